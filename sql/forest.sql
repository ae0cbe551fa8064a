-- The tables of one forest. create_forest runs this as the caller, with the schema's quoted name in the places marked.
-- They are ordinary tables of the caller's: dumps, policies, indexes and publications treat them so.

CREATE SCHEMA @forest@;
-- Seeing the schema gives nothing by itself: what a role may do is granted on the tables.
GRANT USAGE ON SCHEMA @forest@ TO PUBLIC;

CREATE TABLE @forest@.ops (
    doc pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    replica pg_catalog.bytea NOT NULL,
    counter pg_catalog.int8 NOT NULL,
    lamport pg_catalog.int8 NOT NULL,
    kind treecrdt.op_kind NOT NULL,
    node pg_catalog.uuid NOT NULL,
    parent pg_catalog.uuid,
    order_key pg_catalog.bytea,
    payload pg_catalog.bytea,
    known_state treecrdt.version_vector,
    CONSTRAINT ops_pkey PRIMARY KEY (doc, replica, counter)
);
COMMENT ON TABLE @forest@.ops IS 'The operations, append-only: INSERT or COPY them in any order. Everything else in this schema follows from them';
COMMENT ON COLUMN @forest@.ops.doc IS 'the tree; at most 768 bytes';
COMMENT ON COLUMN @forest@.ops.replica IS 'who minted the operation; 1 to 64 bytes';
COMMENT ON COLUMN @forest@.ops.counter IS 'the sequence number that the replica gave it, from 1';
COMMENT ON COLUMN @forest@.ops.lamport IS 'logical time, from 1; (lamport, replica, counter) is the canonical order';
COMMENT ON COLUMN @forest@.ops.parent IS 'insert and move: where to';
COMMENT ON COLUMN @forest@.ops.order_key IS 'insert and move: the place among siblings, bytewise; at most 1536 bytes, may be empty';
COMMENT ON COLUMN @forest@.ops.payload IS 'insert: the payload, NULL for none; payload: the new one, NULL to clear';
COMMENT ON COLUMN @forest@.ops.known_state IS 'delete: what the deleter had seen';

-- The timeline of a node: one entry an operation. What a late operation asks for is the next or the previous one of a
-- kind: of inserts and moves (those with a parent), of those that write the payload, of deletions. The two conditions
-- keep these apart, so that a long history of one kind is never read in search of another.
CREATE INDEX ops_timeline ON @forest@.ops (doc, node, (parent IS NOT NULL),
    (payload IS NOT NULL OR kind OPERATOR(pg_catalog.=) 'payload'), lamport, replica, counter);

CREATE TABLE @forest@.nodes (
    doc pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    node pg_catalog.uuid NOT NULL,
    parent pg_catalog.uuid,
    order_key pg_catalog.bytea,
    tombstone pg_catalog.bool NOT NULL,
    payload pg_catalog.bytea,
    -- The replica first: so the two numbers are padded once, not twice.
    placed_replica pg_catalog.bytea,
    placed_lamport pg_catalog.int8,
    placed_counter pg_catalog.int8,
    payload_replica pg_catalog.bytea,
    payload_lamport pg_catalog.int8,
    payload_counter pg_catalog.int8,
    deleted_at treecrdt.version_vector,
    CONSTRAINT nodes_pkey PRIMARY KEY (doc, node)
);
COMMENT ON TABLE @forest@.nodes IS 'Every node that some operation is about, as a replay of all operations leaves it. Written by the trigger on ops';
COMMENT ON COLUMN @forest@.nodes.parent IS 'where it is; NULL if it was never placed';
COMMENT ON COLUMN @forest@.nodes.order_key IS 'its place among its siblings, who are ordered by (order_key, node)';
COMMENT ON COLUMN @forest@.nodes.tombstone IS 'whether a deletion covers all that happened in its subtree';
COMMENT ON COLUMN @forest@.nodes.payload IS 'what the payload operation with the greatest key wrote';
COMMENT ON COLUMN @forest@.nodes.placed_lamport IS 'with placed_replica and placed_counter the key of the operation that placed it';
COMMENT ON COLUMN @forest@.nodes.payload_lamport IS 'with payload_replica and payload_counter the key of the operation that wrote the payload; NULL if it is the one that placed the node, or if there is none';
COMMENT ON COLUMN @forest@.nodes.deleted_at IS 'the dots of its deletes and all that their authors had seen';
-- The children of a parent in order: children, tree, and catching up where a deletion is to cover a subtree.
CREATE INDEX nodes_children ON @forest@.nodes (doc, parent, order_key, node);
-- Whether a doc has deletions at all: where it has none, no catch-up looks for them.
CREATE INDEX nodes_deleted ON @forest@.nodes (doc) WHERE deleted_at IS NOT NULL;

CREATE TABLE @forest@.oprefs (
    doc pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    parent pg_catalog.uuid NOT NULL,
    lamport pg_catalog.int8 NOT NULL,
    replica pg_catalog.bytea NOT NULL,
    counter pg_catalog.int8 NOT NULL,
    CONSTRAINT oprefs_pkey PRIMARY KEY (doc, parent, lamport, replica, counter)
);
COMMENT ON TABLE @forest@.oprefs IS 'Which operations a peer needs that follows only the children of a parent. Written by the trigger on ops';

CREATE TABLE @forest@.ignored (
    doc pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    node pg_catalog.uuid NOT NULL,
    lamport pg_catalog.int8 NOT NULL,
    replica pg_catalog.bytea NOT NULL,
    counter pg_catalog.int8 NOT NULL,
    CONSTRAINT ignored_pkey PRIMARY KEY (doc, node, lamport, replica, counter)
);
COMMENT ON TABLE @forest@.ignored IS 'Inserts and moves that would have put a node below itself, and so moved nothing. Written by the trigger on ops';

CREATE TABLE @forest@.waiting (
    doc pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    lamport pg_catalog.int8 NOT NULL,
    replica pg_catalog.bytea NOT NULL,
    counter pg_catalog.int8 NOT NULL,
    dots treecrdt.version_vector NOT NULL,
    CONSTRAINT waiting_pkey PRIMARY KEY (doc, lamport, replica, counter)
);
COMMENT ON TABLE @forest@.waiting IS 'The operations appended while treecrdt.catch_up was deferred, until ensure_materialized; a row a statement and doc, by the least key';

CREATE TABLE @forest@.docs (
    doc pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    head_lamport pg_catalog.int8,
    head_replica pg_catalog.bytea,
    head_counter pg_catalog.int8,
    op_count pg_catalog.int8 NOT NULL DEFAULT 0,
    frontier_lamport pg_catalog.int8,
    frontier_replica pg_catalog.bytea,
    frontier_counter pg_catalog.int8,
    late_count pg_catalog.int8 NOT NULL DEFAULT 0,
    reevaluated_count pg_catalog.int8 NOT NULL DEFAULT 0,
    CONSTRAINT docs_pkey PRIMARY KEY (doc)
) WITH (fillfactor = 50);
COMMENT ON TABLE @forest@.docs IS 'A row a doc; whoever appends to a doc holds the lock on its row. Written by the trigger on ops';
COMMENT ON COLUMN @forest@.docs.head_lamport IS 'with head_replica and head_counter the greatest key materialized';
COMMENT ON COLUMN @forest@.docs.op_count IS 'how many operations the log holds, those that wait included';
COMMENT ON COLUMN @forest@.docs.frontier_lamport IS 'with frontier_replica and frontier_counter the least key that waits; NULL when nothing does';
COMMENT ON COLUMN @forest@.docs.late_count IS 'how many operations stood below the head when they were materialized';
COMMENT ON COLUMN @forest@.docs.reevaluated_count IS 'how often catching up judged an insert or move again that had been judged before';

CREATE VIEW @forest@.children WITH (security_invoker = true) AS
    SELECT doc, parent, node, order_key, payload FROM @forest@.nodes
    WHERE NOT tombstone AND parent IS NOT NULL AND parent OPERATOR(pg_catalog.<>) 'ffffffff-ffff-ffff-ffff-ffffffffffff';
COMMENT ON VIEW @forest@.children IS 'Nodes that are neither tombstones, nor in TRASH, nor without a parent; ORDER BY order_key, node';

CREATE TRIGGER treecrdt_check BEFORE INSERT ON @forest@.ops
    FOR EACH ROW EXECUTE FUNCTION treecrdt.ops_check();
CREATE TRIGGER treecrdt_materialize AFTER INSERT ON @forest@.ops REFERENCING NEW TABLE AS batch
    FOR EACH STATEMENT EXECUTE FUNCTION treecrdt.ops_materialize();
CREATE TRIGGER treecrdt_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON @forest@.ops
    FOR EACH STATEMENT EXECUTE FUNCTION treecrdt.ops_append_only();
-- Through a table that ops has been made a child of, only triggers of each row fire.
CREATE TRIGGER treecrdt_append_only_row BEFORE UPDATE OR DELETE ON @forest@.ops
    FOR EACH ROW EXECUTE FUNCTION treecrdt.ops_append_only();
