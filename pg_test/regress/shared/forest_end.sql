-- What shared/forest.sql made is gone. It must have worked until then.
SELECT public.works();
\set ECHO none
SET client_min_messages = warning;
DROP SCHEMA f CASCADE;
DROP SEQUENCE public.counters;
DROP FUNCTION public.n, public.state, public.works, public.no_bad, public.outcome;
