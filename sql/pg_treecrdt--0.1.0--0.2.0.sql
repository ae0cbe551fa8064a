\echo Use "ALTER EXTENSION pg_treecrdt UPDATE" to load this file. \quit
-- From 0.1.0 to 0.2.0: what functions.sql has in another form, then edit.sql and json.sql as they are.

DROP FUNCTION treecrdt.ops_since(pg_catalog.regnamespace, pg_catalog.text, treecrdt.version_vector);
CREATE FUNCTION treecrdt.ops_since(forest pg_catalog.regnamespace, doc pg_catalog.text, known treecrdt.version_vector DEFAULT '{}', max pg_catalog.int4 DEFAULT NULL)
    RETURNS TABLE (doc pg_catalog.text, replica pg_catalog.bytea, counter pg_catalog.int8, lamport pg_catalog.int8, kind treecrdt.op_kind, node pg_catalog.uuid,
        parent pg_catalog.uuid, order_key pg_catalog.bytea, payload pg_catalog.bytea, known_state treecrdt.version_vector)
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'ops_since_wrapper';
COMMENT ON FUNCTION treecrdt.ops_since(pg_catalog.regnamespace, pg_catalog.text, treecrdt.version_vector, pg_catalog.int4) IS
    'the rows of ops that known does not cover, in canonical order, at most max: who adds their dots to known and asks again gets all. NULL for known is {}; none for a doc that is not there';

-- Local writes: editing without minting operations oneself.

CREATE TYPE treecrdt.dot AS (replica pg_catalog.bytea, counter pg_catalog.int8);
COMMENT ON TYPE treecrdt.dot IS 'the identity of an operation in its doc';

CREATE FUNCTION treecrdt.insert_node(forest pg_catalog.regnamespace, doc pg_catalog.text, parent pg_catalog.uuid, payload pg_catalog.text DEFAULT NULL,
        after pg_catalog.uuid DEFAULT NULL, before pg_catalog.uuid DEFAULT NULL, place pg_catalog.text DEFAULT 'last', node pg_catalog.uuid DEFAULT NULL) RETURNS pg_catalog.uuid
    LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'insert_node_wrapper';
COMMENT ON FUNCTION treecrdt.insert_node(pg_catalog.regnamespace, pg_catalog.text, pg_catalog.uuid, pg_catalog.text, pg_catalog.uuid, pg_catalog.uuid, pg_catalog.text, pg_catalog.uuid) IS
    'makes a node below a visible parent, right after or before a sibling, else first or last; payload is stored as UTF-8; returns the node, a random uuid if none is given. 42710 if it is there already';

CREATE FUNCTION treecrdt.insert_node(forest pg_catalog.regnamespace, doc pg_catalog.text, parent pg_catalog.uuid, payload pg_catalog.bytea,
        after pg_catalog.uuid DEFAULT NULL, before pg_catalog.uuid DEFAULT NULL, place pg_catalog.text DEFAULT 'last', node pg_catalog.uuid DEFAULT NULL) RETURNS pg_catalog.uuid
    LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'insert_node_wrapper';
COMMENT ON FUNCTION treecrdt.insert_node(pg_catalog.regnamespace, pg_catalog.text, pg_catalog.uuid, pg_catalog.bytea, pg_catalog.uuid, pg_catalog.uuid, pg_catalog.text, pg_catalog.uuid) IS
    'makes a node below a visible parent, right after or before a sibling, else first or last; payload is stored as it is; returns the node, a random uuid if none is given. 42710 if it is there already';

CREATE FUNCTION treecrdt.insert_node(forest pg_catalog.regnamespace, doc pg_catalog.text, parent pg_catalog.uuid, payload pg_catalog.jsonb,
        after pg_catalog.uuid DEFAULT NULL, before pg_catalog.uuid DEFAULT NULL, place pg_catalog.text DEFAULT 'last', node pg_catalog.uuid DEFAULT NULL) RETURNS pg_catalog.uuid
    LANGUAGE sql VOLATILE
    RETURN treecrdt.insert_node(forest, doc, parent, payload::pg_catalog.text, after, before, place, node);
COMMENT ON FUNCTION treecrdt.insert_node(pg_catalog.regnamespace, pg_catalog.text, pg_catalog.uuid, pg_catalog.jsonb, pg_catalog.uuid, pg_catalog.uuid, pg_catalog.text, pg_catalog.uuid) IS
    'makes a node below a visible parent, right after or before a sibling, else first or last; payload is stored as its text; returns the node, a random uuid if none is given. 42710 if it is there already';

CREATE FUNCTION treecrdt.move_node(forest pg_catalog.regnamespace, doc pg_catalog.text, node pg_catalog.uuid, parent pg_catalog.uuid,
        after pg_catalog.uuid DEFAULT NULL, before pg_catalog.uuid DEFAULT NULL, place pg_catalog.text DEFAULT 'last') RETURNS treecrdt.dot
    LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'move_node_wrapper';
COMMENT ON FUNCTION treecrdt.move_node(pg_catalog.regnamespace, pg_catalog.text, pg_catalog.uuid, pg_catalog.uuid, pg_catalog.uuid, pg_catalog.uuid, pg_catalog.text) IS
    'puts a node, with what is below it, below a visible parent, right after or before a sibling, else first or last. What is deleted above it where it was stays deleted. 22023 if the parent is the node or below it';

CREATE FUNCTION treecrdt.set_payload(forest pg_catalog.regnamespace, doc pg_catalog.text, node pg_catalog.uuid, payload pg_catalog.text) RETURNS treecrdt.dot
    LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'set_payload_wrapper';
COMMENT ON FUNCTION treecrdt.set_payload(pg_catalog.regnamespace, pg_catalog.text, pg_catalog.uuid, pg_catalog.text) IS
    'sets the payload of a visible node, stored as UTF-8; NULL clears it';

CREATE FUNCTION treecrdt.set_payload(forest pg_catalog.regnamespace, doc pg_catalog.text, node pg_catalog.uuid, payload pg_catalog.bytea) RETURNS treecrdt.dot
    LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'set_payload_wrapper';
COMMENT ON FUNCTION treecrdt.set_payload(pg_catalog.regnamespace, pg_catalog.text, pg_catalog.uuid, pg_catalog.bytea) IS
    'sets the payload of a visible node, stored as it is; NULL clears it';

CREATE FUNCTION treecrdt.set_payload(forest pg_catalog.regnamespace, doc pg_catalog.text, node pg_catalog.uuid, payload pg_catalog.jsonb) RETURNS treecrdt.dot
    LANGUAGE sql VOLATILE
    RETURN treecrdt.set_payload(forest, doc, node, payload::pg_catalog.text);
COMMENT ON FUNCTION treecrdt.set_payload(pg_catalog.regnamespace, pg_catalog.text, pg_catalog.uuid, pg_catalog.jsonb) IS
    'sets the payload of a visible node, stored as its text; NULL clears it';

CREATE FUNCTION treecrdt.delete_node(forest pg_catalog.regnamespace, doc pg_catalog.text, node pg_catalog.uuid) RETURNS treecrdt.dot
    LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'delete_node_wrapper';
COMMENT ON FUNCTION treecrdt.delete_node(pg_catalog.regnamespace, pg_catalog.text, pg_catalog.uuid) IS
    'deletes a node with all that this database holds below it; what a peer does there meanwhile brings it back';
CREATE FUNCTION treecrdt.restore_node(forest pg_catalog.regnamespace, doc pg_catalog.text, node pg_catalog.uuid) RETURNS treecrdt.dot
    LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'restore_node_wrapper';
COMMENT ON FUNCTION treecrdt.restore_node(pg_catalog.regnamespace, pg_catalog.text, pg_catalog.uuid) IS
    'puts a deleted node back where it was, with what was below it; 55000 names the deleted node above it that stands in the way';

CREATE FUNCTION treecrdt.undo(forest pg_catalog.regnamespace, doc pg_catalog.text, ops treecrdt.version_vector)
    RETURNS TABLE (replica pg_catalog.bytea, counter pg_catalog.int8, outcome pg_catalog.text, because treecrdt.dot)
    LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'undo_wrapper';
COMMENT ON FUNCTION treecrdt.undo(pg_catalog.regnamespace, pg_catalog.text, treecrdt.version_vector) IS
    'mints what puts nodes back as they were before these operations; what came after them stays. A row an operation: undone, superseded (because: by which), or nothing';

CREATE FUNCTION treecrdt.order_key_between(lower pg_catalog.bytea, upper pg_catalog.bytea) RETURNS pg_catalog.bytea
    LANGUAGE c VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'order_key_between_wrapper';
COMMENT ON FUNCTION treecrdt.order_key_between(pg_catalog.bytea, pg_catalog.bytea) IS
    'a key that sorts between two others, bytewise, of 6, 12, … bytes, partly random; NULL is the open end. 22023 if there is none';
CREATE FUNCTION treecrdt.order_keys_between(lower pg_catalog.bytea, upper pg_catalog.bytea, n pg_catalog.int4) RETURNS pg_catalog.bytea[]
    LANGUAGE c VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'order_keys_between_wrapper';
COMMENT ON FUNCTION treecrdt.order_keys_between(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.int4) IS
    'n keys that sort between two others, in order; as order_key_between';
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
