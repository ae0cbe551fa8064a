-- A trigger of the user's on nodes that appends works, or fails and leaves nothing.
\i pg_test/regress/shared/forest.sql
SELECT treecrdt.create_forest('r');
CREATE FUNCTION public.copy_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.doc = 'd' AND new.payload IS DISTINCT FROM 'copy' THEN
        INSERT INTO r.ops SELECT tg_argv[0], '\xcc', coalesce(max(counter), 0) + 1, 1000 + coalesce(max(counter), 0), 'insert', gen_random_uuid(), new.node, '', 'copy' FROM r.ops WHERE doc = tg_argv[0] AND replica = '\xcc';
    END IF;
    RETURN new;
END $$;

\set doc other
\set when AFTER
\i pg_test/regress/shared/copy_to.sql

\set doc other
\set when BEFORE
\i pg_test/regress/shared/copy_to.sql

\set doc d
\set when AFTER
\i pg_test/regress/shared/copy_to.sql

\set doc d
\set when BEFORE
\i pg_test/regress/shared/copy_to.sql
SET client_min_messages = warning;
DROP SCHEMA r CASCADE;
DROP FUNCTION public.copy_to;
\i pg_test/regress/shared/forest_end.sql
