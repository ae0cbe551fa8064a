-- The functions, in the order of the README. C functions follow the name of the Rust function.

-- Triggers on ops.

CREATE FUNCTION treecrdt.ops_check() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'ops_check';
COMMENT ON FUNCTION treecrdt.ops_check() IS 'trigger on ops: refuses malformed operations and locks the doc';
CREATE FUNCTION treecrdt.ops_materialize() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'ops_materialize';
COMMENT ON FUNCTION treecrdt.ops_materialize() IS 'trigger on ops: brings the tree tables up to date with what a statement has inserted';
CREATE FUNCTION treecrdt.ops_append_only() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'ops_append_only';
COMMENT ON FUNCTION treecrdt.ops_append_only() IS 'trigger on ops: refuses UPDATE, DELETE and TRUNCATE';

-- Life cycle.

CREATE FUNCTION treecrdt.create_forest(name pg_catalog.text, doc_type pg_catalog.regtype DEFAULT 'pg_catalog.text') RETURNS pg_catalog.regnamespace
    LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'create_forest_wrapper';
COMMENT ON FUNCTION treecrdt.create_forest(pg_catalog.text, pg_catalog.regtype) IS
    'makes a schema of this name with the tables of a forest, owned by the caller, whose documents are named by a text, a uuid or a bigint; 42P06 if the schema is there already';
CREATE FUNCTION treecrdt.drop_forest(forest pg_catalog.regnamespace) RETURNS pg_catalog.void
    LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'drop_forest_wrapper';
COMMENT ON FUNCTION treecrdt.drop_forest(pg_catalog.regnamespace) IS
    'drops a forest with all its docs and its schema; 2BP01 if anything else depends on it or stands in the schema';
CREATE FUNCTION treecrdt.drop_doc(forest pg_catalog.regnamespace, doc pg_catalog.text) RETURNS pg_catalog.int8
    LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'drop_doc_wrapper';
COMMENT ON FUNCTION treecrdt.drop_doc(pg_catalog.regnamespace, pg_catalog.text) IS
    'deletes a doc with its whole log, for the owner of the forest; returns how many operations it had';

-- Reading.

CREATE FUNCTION treecrdt.tree(forest pg_catalog.regnamespace, doc pg_catalog.text,
        root pg_catalog.uuid DEFAULT '00000000-0000-0000-0000-000000000000', max_depth pg_catalog.int4 DEFAULT NULL)
    RETURNS TABLE (depth pg_catalog.int4, node pg_catalog.uuid, parent pg_catalog.uuid, order_key pg_catalog.bytea, payload pg_catalog.bytea)
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'tree_wrapper';
COMMENT ON FUNCTION treecrdt.tree(pg_catalog.regnamespace, pg_catalog.text, pg_catalog.uuid, pg_catalog.int4) IS
    'the visible nodes below root in document order, siblings by (order_key, node); children of root have depth 1. None if root is not visible';
CREATE FUNCTION treecrdt.path(forest pg_catalog.regnamespace, doc pg_catalog.text, node pg_catalog.uuid) RETURNS pg_catalog.uuid[]
    LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'path_wrapper';
COMMENT ON FUNCTION treecrdt.path(pg_catalog.regnamespace, pg_catalog.text, pg_catalog.uuid) IS
    'the way from ROOT''s child down to the node, both included; NULL if the node is not visible, {} for ROOT';
CREATE FUNCTION treecrdt.render(forest pg_catalog.regnamespace, doc pg_catalog.text,
        root pg_catalog.uuid DEFAULT '00000000-0000-0000-0000-000000000000') RETURNS pg_catalog.text
    LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'render_wrapper';
COMMENT ON FUNCTION treecrdt.render(pg_catalog.regnamespace, pg_catalog.text, pg_catalog.uuid) IS
    'the visible tree drawn, a line a node; labels are payloads that are UTF-8, else uuids';
CREATE FUNCTION treecrdt.version(forest pg_catalog.regnamespace, doc pg_catalog.text) RETURNS treecrdt.version_vector
    LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'version_wrapper';
COMMENT ON FUNCTION treecrdt.version(pg_catalog.regnamespace, pg_catalog.text) IS 'the dots of all operations in the log; {} for a doc that is not there';
CREATE FUNCTION treecrdt.ops_since(forest pg_catalog.regnamespace, doc pg_catalog.text, known treecrdt.version_vector DEFAULT '{}', max pg_catalog.int4 DEFAULT NULL)
    RETURNS TABLE (doc pg_catalog.text, replica pg_catalog.bytea, counter pg_catalog.int8, lamport pg_catalog.int8, kind treecrdt.op_kind, node pg_catalog.uuid,
        parent pg_catalog.uuid, order_key pg_catalog.bytea, payload pg_catalog.bytea, known_state treecrdt.version_vector)
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'ops_since_wrapper';
COMMENT ON FUNCTION treecrdt.ops_since(pg_catalog.regnamespace, pg_catalog.text, treecrdt.version_vector, pg_catalog.int4) IS
    'the rows of ops that known does not cover, in canonical order, at most max: who adds their dots to known and asks again gets all. NULL for known is {}; none for a doc that is not there';
CREATE FUNCTION treecrdt.subtree_version(forest pg_catalog.regnamespace, doc pg_catalog.text, node pg_catalog.uuid) RETURNS treecrdt.version_vector
    LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'subtree_version_wrapper';
COMMENT ON FUNCTION treecrdt.subtree_version(pg_catalog.regnamespace, pg_catalog.text, pg_catalog.uuid) IS
    'the dots that a deletion of the node must cover: the structural history and the winning payload of it and of all below it, tombstones too';
CREATE FUNCTION treecrdt.digest(forest pg_catalog.regnamespace, doc pg_catalog.text) RETURNS pg_catalog.bytea
    LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'digest_wrapper';
COMMENT ON FUNCTION treecrdt.digest(pg_catalog.regnamespace, pg_catalog.text) IS
    'SHA-256 of the log and the materialized rows: equal exactly when two databases hold the same';

-- Maintenance.

CREATE FUNCTION treecrdt.ensure_materialized(forest pg_catalog.regnamespace, doc pg_catalog.text DEFAULT NULL) RETURNS pg_catalog.int8
    LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'ensure_materialized_wrapper';
COMMENT ON FUNCTION treecrdt.ensure_materialized(pg_catalog.regnamespace, pg_catalog.text) IS
    'catches up a doc, or all docs, with the operations appended while treecrdt.catch_up was deferred; returns how many docs that were. For those who may INSERT into ops';
CREATE FUNCTION treecrdt.upgrade_forest(forest pg_catalog.regnamespace) RETURNS pg_catalog.int4
    LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'upgrade_forest_wrapper';
COMMENT ON FUNCTION treecrdt.upgrade_forest(pg_catalog.regnamespace) IS
    'brings the tables of a forest to the layout of the library that is loaded; returns the layout that they had. For the owner of the forest';
CREATE FUNCTION treecrdt.rebuild(forest pg_catalog.regnamespace, doc pg_catalog.text DEFAULT NULL) RETURNS pg_catalog.int8
    LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'rebuild_wrapper';
COMMENT ON FUNCTION treecrdt.rebuild(pg_catalog.regnamespace, pg_catalog.text) IS
    'makes the rows of a doc, or of all docs, from the log alone and writes those that differ; returns how many docs that were. For the owner of the forest';
CREATE FUNCTION treecrdt.verify(forest pg_catalog.regnamespace, doc pg_catalog.text DEFAULT NULL)
    RETURNS TABLE (doc_name pg_catalog.text, table_name pg_catalog.text, row_key pg_catalog.text, problem pg_catalog.text)
    LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'verify_wrapper';
COMMENT ON FUNCTION treecrdt.verify(pg_catalog.regnamespace, pg_catalog.text) IS
    'replays the log naively and compares: a row for each row of the tables that differs. Takes no lock beyond that of a SELECT, changes nothing. For those who may SELECT all tables, without row-level security';
