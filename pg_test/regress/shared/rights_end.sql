-- What shared/rights.sql made is gone. Nothing must be wrong until then.
\set ECHO none
SET client_min_messages = warning;
SELECT * FROM treecrdt.verify('f');
DROP OWNED BY rights_keeper, rights_writer, rights_reader, rights_nobody CASCADE;
DROP ROLE rights_keeper, rights_writer, rights_reader, rights_nobody;
DROP FUNCTION public.n;
