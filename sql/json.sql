-- Orders and hashes of version vectors, for DISTINCT, GROUP BY, indexes and joins; and JSON.

CREATE FUNCTION treecrdt.version_vector_cmp(treecrdt.version_vector, treecrdt.version_vector) RETURNS pg_catalog.int4
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'version_vector_cmp_wrapper';
COMMENT ON FUNCTION treecrdt.version_vector_cmp(treecrdt.version_vector, treecrdt.version_vector) IS 'an order of all vectors, for sorting; it says nothing of what they cover';
CREATE FUNCTION treecrdt.version_vector_lt(treecrdt.version_vector, treecrdt.version_vector) RETURNS pg_catalog.bool
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'version_vector_lt_wrapper';
COMMENT ON FUNCTION treecrdt.version_vector_lt(treecrdt.version_vector, treecrdt.version_vector) IS 'in the order of version_vector_cmp';
CREATE FUNCTION treecrdt.version_vector_le(treecrdt.version_vector, treecrdt.version_vector) RETURNS pg_catalog.bool
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'version_vector_le_wrapper';
COMMENT ON FUNCTION treecrdt.version_vector_le(treecrdt.version_vector, treecrdt.version_vector) IS 'in the order of version_vector_cmp';
CREATE FUNCTION treecrdt.version_vector_gt(treecrdt.version_vector, treecrdt.version_vector) RETURNS pg_catalog.bool
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'version_vector_gt_wrapper';
COMMENT ON FUNCTION treecrdt.version_vector_gt(treecrdt.version_vector, treecrdt.version_vector) IS 'in the order of version_vector_cmp';
CREATE FUNCTION treecrdt.version_vector_ge(treecrdt.version_vector, treecrdt.version_vector) RETURNS pg_catalog.bool
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'version_vector_ge_wrapper';
COMMENT ON FUNCTION treecrdt.version_vector_ge(treecrdt.version_vector, treecrdt.version_vector) IS 'in the order of version_vector_cmp';
CREATE OPERATOR treecrdt.< (FUNCTION = treecrdt.version_vector_lt, LEFTARG = treecrdt.version_vector, RIGHTARG = treecrdt.version_vector,
    COMMUTATOR = OPERATOR(treecrdt.>), NEGATOR = OPERATOR(treecrdt.>=), RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel);
COMMENT ON OPERATOR treecrdt.< (treecrdt.version_vector, treecrdt.version_vector) IS 'in the order of version_vector_cmp, which says nothing of what they cover: that is <@ and @>';
CREATE OPERATOR treecrdt.<= (FUNCTION = treecrdt.version_vector_le, LEFTARG = treecrdt.version_vector, RIGHTARG = treecrdt.version_vector,
    COMMUTATOR = OPERATOR(treecrdt.>=), NEGATOR = OPERATOR(treecrdt.>), RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel);
COMMENT ON OPERATOR treecrdt.<= (treecrdt.version_vector, treecrdt.version_vector) IS 'in the order of version_vector_cmp, which says nothing of what they cover: that is <@ and @>';
CREATE OPERATOR treecrdt.> (FUNCTION = treecrdt.version_vector_gt, LEFTARG = treecrdt.version_vector, RIGHTARG = treecrdt.version_vector,
    COMMUTATOR = OPERATOR(treecrdt.<), NEGATOR = OPERATOR(treecrdt.<=), RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel);
COMMENT ON OPERATOR treecrdt.> (treecrdt.version_vector, treecrdt.version_vector) IS 'in the order of version_vector_cmp, which says nothing of what they cover: that is <@ and @>';
CREATE OPERATOR treecrdt.>= (FUNCTION = treecrdt.version_vector_ge, LEFTARG = treecrdt.version_vector, RIGHTARG = treecrdt.version_vector,
    COMMUTATOR = OPERATOR(treecrdt.<=), NEGATOR = OPERATOR(treecrdt.<), RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel);
COMMENT ON OPERATOR treecrdt.>= (treecrdt.version_vector, treecrdt.version_vector) IS 'in the order of version_vector_cmp, which says nothing of what they cover: that is <@ and @>';
CREATE OPERATOR CLASS treecrdt.version_vector_ops DEFAULT FOR TYPE treecrdt.version_vector USING btree AS
    OPERATOR 1 treecrdt.<, OPERATOR 2 treecrdt.<=, OPERATOR 3 treecrdt.=, OPERATOR 4 treecrdt.>=, OPERATOR 5 treecrdt.>,
    FUNCTION 1 treecrdt.version_vector_cmp(treecrdt.version_vector, treecrdt.version_vector);
COMMENT ON OPERATOR CLASS treecrdt.version_vector_ops USING btree IS 'the order of version_vector_cmp';
COMMENT ON OPERATOR FAMILY treecrdt.version_vector_ops USING btree IS 'the order of version_vector_cmp';

CREATE FUNCTION treecrdt.version_vector_hash(treecrdt.version_vector) RETURNS pg_catalog.int4
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'version_vector_hash_wrapper';
COMMENT ON FUNCTION treecrdt.version_vector_hash(treecrdt.version_vector) IS 'a hash of the dots';
CREATE FUNCTION treecrdt.version_vector_hash_extended(treecrdt.version_vector, pg_catalog.int8) RETURNS pg_catalog.int8
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'version_vector_hash_extended_wrapper';
COMMENT ON FUNCTION treecrdt.version_vector_hash_extended(treecrdt.version_vector, pg_catalog.int8) IS 'a hash of the dots, with a seed';
CREATE OPERATOR CLASS treecrdt.version_vector_ops DEFAULT FOR TYPE treecrdt.version_vector USING hash AS
    OPERATOR 1 treecrdt.=, FUNCTION 1 treecrdt.version_vector_hash(treecrdt.version_vector), FUNCTION 2 treecrdt.version_vector_hash_extended(treecrdt.version_vector, pg_catalog.int8);
COMMENT ON OPERATOR CLASS treecrdt.version_vector_ops USING hash IS 'equal sets of dots have equal hashes';
COMMENT ON OPERATOR FAMILY treecrdt.version_vector_ops USING hash IS 'equal sets of dots have equal hashes';

CREATE CAST (treecrdt.version_vector AS pg_catalog.jsonb) WITH INOUT;
COMMENT ON CAST (treecrdt.version_vector AS pg_catalog.jsonb) IS 'the JSON form';
CREATE CAST (pg_catalog.jsonb AS treecrdt.version_vector) WITH INOUT;
COMMENT ON CAST (pg_catalog.jsonb AS treecrdt.version_vector) IS 'reads the JSON form';

CREATE FUNCTION treecrdt.payload_text(payload pg_catalog.bytea) RETURNS pg_catalog.text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'payload_text_wrapper';
COMMENT ON FUNCTION treecrdt.payload_text(pg_catalog.bytea) IS 'the text that a payload is in UTF-8; NULL if it is none';
CREATE FUNCTION treecrdt.payload_jsonb(payload pg_catalog.bytea) RETURNS pg_catalog.jsonb
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'payload_jsonb_wrapper';
COMMENT ON FUNCTION treecrdt.payload_jsonb(pg_catalog.bytea) IS
    'the JSON that a payload is, with numbers in the range of a double and at most 127 levels; NULL if it is none';
CREATE FUNCTION treecrdt.tree_json(forest pg_catalog.regnamespace, doc pg_catalog.text,
        root pg_catalog.uuid DEFAULT '00000000-0000-0000-0000-000000000000', max_depth pg_catalog.int4 DEFAULT NULL) RETURNS pg_catalog.jsonb
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'tree_json_wrapper';
COMMENT ON FUNCTION treecrdt.tree_json(pg_catalog.regnamespace, pg_catalog.text, pg_catalog.uuid, pg_catalog.int4) IS
    'what is visible below root: [{"node", "payload", "children": […]}]; a payload that is JSON as such, else as a string, else {"base64": …}';
CREATE FUNCTION treecrdt.import_json(forest pg_catalog.regnamespace, doc pg_catalog.text, parent pg_catalog.uuid, tree pg_catalog.jsonb) RETURNS pg_catalog.int8
    LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'import_json_wrapper';
COMMENT ON FUNCTION treecrdt.import_json(pg_catalog.regnamespace, pg_catalog.text, pg_catalog.uuid, pg_catalog.jsonb) IS
    'makes the nodes of a tree in the form of tree_json, last below parent; node, payload and children may be left out. Returns how many';
CREATE FUNCTION treecrdt.copy_tree(forest pg_catalog.regnamespace, doc pg_catalog.text, node pg_catalog.uuid, to_doc pg_catalog.text, parent pg_catalog.uuid)
    RETURNS pg_catalog.uuid
    LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'copy_tree_wrapper';
COMMENT ON FUNCTION treecrdt.copy_tree(pg_catalog.regnamespace, pg_catalog.text, pg_catalog.uuid, pg_catalog.text, pg_catalog.uuid) IS
    'copies a node, with what the caller may see below it, last below a parent in the same doc or another; all get new ids. Returns that of the copy';
