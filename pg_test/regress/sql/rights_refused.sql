-- What grants on ops and SELECT are not good for.
\i pg_test/regress/shared/rights.sql
CREATE FUNCTION public.outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE TABLE public.others (at serial, statement text);
GRANT SELECT ON public.others TO PUBLIC;
INSERT INTO public.others (statement) SELECT format(statement, t) FROM unnest('{nodes,other_refs,ignored,reinserts,waiting,docs}'::text[]) t,
    unnest(ARRAY['INSERT INTO f.%1$I SELECT * FROM f.%1$I', 'UPDATE f.%1$I SET doc = doc', 'DELETE FROM f.%1$I', 'TRUNCATE f.%1$I']) statement;
INSERT INTO public.others (statement) SELECT unnest(ARRAY[
    $$UPDATE f.ops SET payload = NULL$$, $$DELETE FROM f.ops$$, $$TRUNCATE f.ops$$, $$SELECT treecrdt.rebuild('f')$$, $$SELECT treecrdt.rebuild('f', 'd')$$,
    $$SELECT treecrdt.drop_doc('f', 'd')$$, $$SELECT treecrdt.drop_forest('f')$$, $$ALTER TABLE f.ops DISABLE TRIGGER ALL$$,
    $$CREATE TRIGGER t AFTER INSERT ON f.nodes EXECUTE FUNCTION suppress_redundant_updates_trigger()$$,
    $$CREATE TRIGGER t AFTER INSERT ON f.ops EXECUTE FUNCTION treecrdt.ops_append_only()$$, $$DROP TABLE f.nodes$$, $$CREATE TABLE f.extra ()$$,
    $$SELECT 1 FROM f.docs FOR UPDATE$$]);

-- A writer may not write derived tables, nor do what is the owner's.
\c - rights_writer
SELECT statement, public.outcome(statement) FROM public.others ORDER BY at;

-- Nor may a reader, nor append.
\c - rights_reader
SELECT count(*), public.outcome(statement) LIKE '42501 %' AS refused FROM public.others GROUP BY 2;
SELECT statement, public.outcome(statement) FROM unnest(ARRAY['INSERT INTO f.ops SELECT * FROM f.ops', $$SELECT treecrdt.ensure_materialized('f')$$]) statement;

-- Who has no grant may do nothing, with USAGE on the schema or without.
\c - rights_nobody
SELECT statement, public.outcome(statement) FROM unnest(ARRAY[$$INSERT INTO f.ops VALUES ('d', '\x03', 9, 1, 'tombstone', n(1))$$,
    $$SELECT treecrdt.ensure_materialized('f')$$, $$SELECT treecrdt.rebuild('f')$$, $$SELECT treecrdt.drop_doc('f', 'd')$$, $$SELECT treecrdt.drop_forest('f')$$,
    $$SELECT * FROM treecrdt.tree('f', 'd')$$, $$SELECT treecrdt.render('f', 'd')$$, $$SELECT treecrdt.path('f', 'd', n(1))$$,
    $$SELECT treecrdt.version('f', 'd')$$, $$SELECT treecrdt.subtree_version('f', 'd', n(1))$$, $$SELECT treecrdt.digest('f', 'd')$$,
    $$SELECT * FROM treecrdt.verify('f')$$]) statement;
\c - rights_keeper
GRANT USAGE ON SCHEMA f TO rights_nobody;
\c - rights_nobody
SELECT statement, public.outcome(statement) FROM unnest(ARRAY[
    $$SELECT * FROM treecrdt.tree('f', 'd')$$, $$SELECT treecrdt.render('f', 'd')$$, $$SELECT treecrdt.path('f', 'd', n(1))$$,
    $$SELECT treecrdt.version('f', 'd')$$, $$SELECT treecrdt.subtree_version('f', 'd', n(1))$$, $$SELECT treecrdt.digest('f', 'd')$$,
    $$SELECT * FROM treecrdt.verify('f')$$]) statement;
-- Who owns schema and log of a forest does not lock tables of others'.
\c - :superuser
SELECT treecrdt.create_forest('mixed');
ALTER SCHEMA mixed OWNER TO rights_writer;
ALTER TABLE mixed.ops OWNER TO rights_writer;
\c - rights_writer
SELECT statement, public.outcome(statement) FROM unnest(ARRAY[$$SELECT treecrdt.drop_forest('mixed')$$, $$SELECT treecrdt.upgrade_forest('mixed')$$]) statement;
\c - :superuser
SET client_min_messages = warning;
DROP SCHEMA mixed CASCADE;
RESET client_min_messages;
DROP TABLE public.others;
DROP FUNCTION public.outcome;
\c - :superuser
\i pg_test/regress/shared/rights_end.sql
