-- Triggers on nodes refuse a row: before it is written, after it, at the end.
\i pg_test/regress/shared/forest.sql
CREATE TRIGGER no_bad BEFORE INSERT OR UPDATE ON f.nodes FOR EACH ROW EXECUTE FUNCTION public.no_bad();
\i pg_test/regress/shared/each_refused.sql
DROP TRIGGER no_bad ON f.nodes;
CREATE TRIGGER no_bad AFTER INSERT OR UPDATE ON f.nodes FOR EACH ROW EXECUTE FUNCTION public.no_bad();
\i pg_test/regress/shared/each_refused.sql
DROP TRIGGER no_bad ON f.nodes;

-- A constraint trigger that could be deferred.
CREATE CONSTRAINT TRIGGER no_bad AFTER INSERT OR UPDATE ON f.nodes DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION public.no_bad();
\i pg_test/regress/shared/each_refused.sql

-- A constraint trigger that the session defers.
SELECT public.state() AS before \gset
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
INSERT INTO f.ops VALUES ('d', '\x02', 1, 2, 'insert', n(7), n(1), '', 'bad');
COMMIT;
SELECT public.state() = :'before' AS nothing_stays, public.works();
DROP TRIGGER no_bad ON f.nodes;
CREATE CONSTRAINT TRIGGER no_bad AFTER INSERT OR UPDATE ON f.nodes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.no_bad();

-- A constraint trigger that is initially deferred refuses a row with payload 'fine'.
SELECT public.state() AS before \gset
INSERT INTO f.ops VALUES ('d', '\x03', 1, 30, 'insert', n(31), n(0), '', 'fine');
SELECT public.state() = :'before';

-- A constraint trigger that is initially deferred refuses a row with payload NULL.
SELECT public.state() AS before \gset
INSERT INTO f.ops VALUES ('d', '\x03', 1, 30, 'insert', n(31), n(0), '', NULL);
SELECT public.state() = :'before';
DROP TRIGGER no_bad ON f.nodes;

-- A trigger that suppresses a row, instead of refusing it, fails the statement.
CREATE FUNCTION public.suppress_bad() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.payload = 'bad' THEN RETURN NULL; END IF; RETURN new; END $$;
CREATE TRIGGER suppress_bad BEFORE INSERT OR UPDATE ON f.nodes FOR EACH ROW EXECUTE FUNCTION public.suppress_bad();
\i pg_test/regress/shared/each_refused.sql
DROP TRIGGER suppress_bad ON f.nodes;
DROP FUNCTION public.suppress_bad;
\i pg_test/regress/shared/forest_end.sql
