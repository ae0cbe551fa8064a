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
