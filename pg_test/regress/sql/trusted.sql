-- A trusted extension: whoever may CREATE in a database makes it there, and is none the mightier for it.
\set SHOW_CONTEXT never
DROP EXTENSION pg_treecrdt;
CREATE ROLE trusted_user;
CREATE ROLE trusted_other;
SELECT current_database() AS db \gset
SET ROLE trusted_user;
CREATE EXTENSION pg_treecrdt;
RESET ROLE;
GRANT CREATE ON DATABASE :"db" TO trusted_user, trusted_other;

-- In a schema of somebody's own making it is not made: that owner would own what is put there.
SET ROLE trusted_other;
CREATE SCHEMA treecrdt;
SET ROLE trusted_user;
CREATE EXTENSION pg_treecrdt;
CREATE EXTENSION pg_treecrdt SCHEMA treecrdt;
RESET ROLE;
DROP SCHEMA treecrdt;

SET ROLE trusted_user;
CREATE EXTENSION pg_treecrdt;
SELECT extowner::regrole, extnamespace::regnamespace FROM pg_extension WHERE extname = 'pg_treecrdt';
-- All of it belongs to the superuser, and runs as whoever calls it.
SELECT DISTINCT rolsuper FROM pg_depend d JOIN pg_extension e ON refclassid = 'pg_extension'::regclass AND refobjid = e.oid
    LEFT JOIN pg_proc p ON classid = 'pg_proc'::regclass AND objid = p.oid
    LEFT JOIN pg_type t ON classid = 'pg_type'::regclass AND objid = t.oid
    LEFT JOIN pg_operator o ON classid = 'pg_operator'::regclass AND objid = o.oid
    LEFT JOIN pg_namespace n ON classid = 'pg_namespace'::regclass AND objid = n.oid
    JOIN pg_roles r ON r.oid = coalesce(proowner, typowner, oprowner, nspowner)
    WHERE extname = 'pg_treecrdt' AND d.deptype = 'e';
SELECT count(*) FROM pg_proc WHERE pronamespace = 'treecrdt'::regnamespace AND prosecdef;
SELECT DISTINCT probin FROM pg_proc WHERE pronamespace = 'treecrdt'::regnamespace AND prolang = (SELECT oid FROM pg_language WHERE lanname = 'c');
-- Who made it can change none of it.
CREATE FUNCTION treecrdt.tree(text) RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER FUNCTION treecrdt.render(regnamespace, text, uuid) OWNER TO trusted_user;
ALTER FUNCTION treecrdt.render(regnamespace, text, uuid) SECURITY DEFINER;
ALTER SCHEMA treecrdt OWNER TO trusted_user;
GRANT CREATE ON SCHEMA treecrdt TO trusted_user;
ALTER TYPE treecrdt.op_kind ADD VALUE 'other';
ALTER EXTENSION pg_treecrdt DROP FUNCTION treecrdt.render(regnamespace, text, uuid);
CREATE FUNCTION pg_temp.c() RETURNS int LANGUAGE c AS '$libdir/pg_treecrdt', 'render_wrapper';
-- And use all of it.
SELECT treecrdt.create_forest('theirs');
INSERT INTO theirs.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) VALUES
    ('d', '\x01', 1, 1, 'insert', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000000', '', 'one');
SELECT count(*) FROM treecrdt.tree('theirs', 'd');
DROP EXTENSION pg_treecrdt;
SELECT treecrdt.drop_forest('theirs');
DROP EXTENSION pg_treecrdt;
RESET ROLE;
CREATE EXTENSION pg_treecrdt;
DROP OWNED BY trusted_user, trusted_other;
DROP ROLE trusted_user, trusted_other;
