-- The tables of one forest. create_forest runs this as the caller, with the schema's quoted name and the type of documents
-- in the places marked, which are none in comments: a name may have more than one line.
-- They are ordinary tables of the caller's: dumps, policies, indexes and publications treat them so.

CREATE SCHEMA @forest@;
-- Seeing the schema gives nothing by itself: what a role may do is granted on the tables.
GRANT USAGE ON SCHEMA @forest@ TO PUBLIC;

CREATE TABLE @forest@.ops (
    doc @doc@ NOT NULL,
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
COMMENT ON COLUMN @forest@.ops.doc IS 'the tree; a text has at most 768 bytes';
COMMENT ON COLUMN @forest@.ops.replica IS 'who minted the operation; 1 to 64 bytes';
COMMENT ON COLUMN @forest@.ops.counter IS 'the sequence number that the replica gave it, from 1';
COMMENT ON COLUMN @forest@.ops.lamport IS 'logical time, from 1; (lamport, replica, counter) is the canonical order';
COMMENT ON COLUMN @forest@.ops.parent IS 'insert and move: where to';
COMMENT ON COLUMN @forest@.ops.order_key IS 'insert and move: the place among siblings, bytewise; at most 1536 bytes, may be empty';
COMMENT ON COLUMN @forest@.ops.payload IS 'insert: the payload, NULL for none; payload: the new one, NULL to clear';
COMMENT ON COLUMN @forest@.ops.known_state IS 'delete: what the deleter had seen';

-- The timelines of nodes, but for inserts: a node's row names the first, and what comes after it stands in reinserts. What a
-- late operation asks for is the next or the previous one of a kind; so a long history of one kind is never read in search
-- of another. Which of several with one lamport comes first, their rows tell.
CREATE INDEX ops_timeline ON @forest@.ops (doc, node, kind, lamport) WHERE kind OPERATOR(pg_catalog.<>) 'insert';
-- What names a node as the parent: op refs, and what could ever have been below it. Entries that are equal take six
-- bytes each; so it says nothing of their order, which nobody needs.
CREATE INDEX ops_naming ON @forest@.ops (doc, parent)
    WHERE parent OPERATOR(pg_catalog.<>) 'ffffffff-ffff-ffff-ffff-ffffffffffff'
        AND node OPERATOR(pg_catalog.<>) 'ffffffff-ffff-ffff-ffff-ffffffffffff'
        AND node OPERATOR(pg_catalog.<>) '00000000-0000-0000-0000-000000000000';

CREATE TABLE @forest@.nodes (
    doc @doc@ NOT NULL,
    node pg_catalog.uuid NOT NULL,
    parent pg_catalog.uuid,
    order_key pg_catalog.bytea,
    tombstone pg_catalog.bool NOT NULL,
    payload pg_catalog.bytea,
    keys pg_catalog.bytea,
    deleted_at treecrdt.version_vector,
    CONSTRAINT nodes_pkey PRIMARY KEY (doc, node)
);
COMMENT ON TABLE @forest@.nodes IS 'Every node that some operation is about, as a replay of all operations leaves it. Written by the trigger on ops';
COMMENT ON COLUMN @forest@.nodes.parent IS 'where it is; NULL if it was never placed';
COMMENT ON COLUMN @forest@.nodes.order_key IS 'its place among its siblings, who are ordered by (order_key, node)';
COMMENT ON COLUMN @forest@.nodes.tombstone IS 'whether a deletion covers all that happened in its subtree';
COMMENT ON COLUMN @forest@.nodes.payload IS 'what the payload operation with the greatest key wrote';
COMMENT ON COLUMN @forest@.nodes.keys IS 'the keys of the operations that placed it, that wrote its payload, and of its first insert, packed';
COMMENT ON COLUMN @forest@.nodes.deleted_at IS 'the dots of its deletes and all that their authors had seen';
-- The children of a parent in order: children, tree, and catching up where a deletion is to cover a subtree.
CREATE INDEX nodes_children ON @forest@.nodes (doc, parent, order_key, node);
-- Whether a doc has deletions at all: where it has none, no catch-up looks for them.
CREATE INDEX nodes_deleted ON @forest@.nodes (doc) WHERE deleted_at IS NOT NULL;

CREATE TABLE @forest@.other_refs (
    doc @doc@ NOT NULL,
    parent pg_catalog.uuid NOT NULL,
    lamport pg_catalog.int8 NOT NULL,
    replica pg_catalog.bytea NOT NULL,
    counter pg_catalog.int8 NOT NULL,
    CONSTRAINT other_refs_pkey PRIMARY KEY (doc, parent, lamport, replica, counter)
);
COMMENT ON TABLE @forest@.other_refs IS 'The op refs of operations that do not name the parent. Written by the trigger on ops';

CREATE TABLE @forest@.ignored (
    doc @doc@ NOT NULL,
    node pg_catalog.uuid NOT NULL,
    lamport pg_catalog.int8 NOT NULL,
    replica pg_catalog.bytea NOT NULL,
    counter pg_catalog.int8 NOT NULL,
    CONSTRAINT ignored_pkey PRIMARY KEY (doc, node, lamport, replica, counter)
);
COMMENT ON TABLE @forest@.ignored IS 'Inserts and moves that would have put a node below itself, and so moved nothing. Written by the trigger on ops';

CREATE TABLE @forest@.reinserts (
    doc @doc@ NOT NULL,
    node pg_catalog.uuid NOT NULL,
    payload pg_catalog.bool NOT NULL,
    lamport pg_catalog.int8 NOT NULL,
    replica pg_catalog.bytea NOT NULL,
    counter pg_catalog.int8 NOT NULL,
    CONSTRAINT reinserts_pkey PRIMARY KEY (doc, node, payload, lamport, replica, counter)
);
COMMENT ON TABLE @forest@.reinserts IS 'Inserts that are not the first of their nodes. Written by the trigger on ops';
COMMENT ON COLUMN @forest@.reinserts.payload IS 'whether it carries one';

CREATE TABLE @forest@.waiting (
    doc @doc@ NOT NULL,
    lamport pg_catalog.int8 NOT NULL,
    replica pg_catalog.bytea NOT NULL,
    counter pg_catalog.int8 NOT NULL,
    dots treecrdt.version_vector NOT NULL,
    CONSTRAINT waiting_pkey PRIMARY KEY (doc, lamport, replica, counter)
);
COMMENT ON TABLE @forest@.waiting IS 'The operations appended while treecrdt.catch_up was deferred, until ensure_materialized; a row a statement and doc, by the least key';

CREATE TABLE @forest@.docs (
    doc @doc@ NOT NULL,
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

CREATE VIEW @forest@.oprefs WITH (security_invoker = true) AS
    SELECT o.doc, o.parent, o.lamport, o.replica, o.counter FROM @forest@.ops o
    WHERE o.parent OPERATOR(pg_catalog.<>) 'ffffffff-ffff-ffff-ffff-ffffffffffff'
        AND o.node OPERATOR(pg_catalog.<>) 'ffffffff-ffff-ffff-ffff-ffffffffffff'
        AND o.node OPERATOR(pg_catalog.<>) '00000000-0000-0000-0000-000000000000'
        AND NOT EXISTS (SELECT FROM @forest@.waiting w CROSS JOIN LATERAL treecrdt.version_vector_ranges(w.dots) r
            WHERE w.doc OPERATOR(pg_catalog.=) o.doc AND r.replica OPERATOR(pg_catalog.=) o.replica
                AND o.counter OPERATOR(pg_catalog.>=) r.first AND o.counter OPERATOR(pg_catalog.<=) r.last)
    UNION ALL SELECT doc, parent, lamport, replica, counter FROM @forest@.other_refs;
COMMENT ON VIEW @forest@.oprefs IS 'Which operations a peer needs that follows only the children of a parent: those that name it, once materialized, and some others; ORDER BY lamport, replica, counter';

CREATE TRIGGER treecrdt_check BEFORE INSERT ON @forest@.ops
    FOR EACH ROW EXECUTE FUNCTION treecrdt.ops_check();
CREATE TRIGGER treecrdt_materialize AFTER INSERT ON @forest@.ops REFERENCING NEW TABLE AS batch
    FOR EACH STATEMENT EXECUTE FUNCTION treecrdt.ops_materialize('@layout@');
CREATE TRIGGER treecrdt_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON @forest@.ops
    FOR EACH STATEMENT EXECUTE FUNCTION treecrdt.ops_append_only();
-- Through a table that ops has been made a child of, only triggers of each row fire.
CREATE TRIGGER treecrdt_append_only_row BEFORE UPDATE OR DELETE ON @forest@.ops
    FOR EACH ROW EXECUTE FUNCTION treecrdt.ops_append_only();
