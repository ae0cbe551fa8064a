-- The tables of the peer `suffix_rewind`: the log, the tree, a row a doc with the greatest key, and in canonical order
-- every insert and move with what undoes it.

CREATE SCHEMA suffix_rewind;

CREATE TABLE suffix_rewind.ops (
    doc text COLLATE "C" NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL,
    lamport bigint NOT NULL,
    kind treecrdt.op_kind NOT NULL,
    node uuid NOT NULL,
    parent uuid,
    order_key bytea,
    payload bytea,
    PRIMARY KEY (doc, replica, counter)
);

CREATE TABLE suffix_rewind.nodes (
    doc text COLLATE "C" NOT NULL,
    node uuid NOT NULL,
    parent uuid,
    order_key bytea,
    payload bytea,
    payload_lamport bigint,
    payload_replica bytea,
    payload_counter bigint,
    PRIMARY KEY (doc, node)
);
CREATE INDEX nodes_children ON suffix_rewind.nodes (doc, parent, order_key, node);

-- Where the node was before, and whether the operation moved it.
CREATE TABLE suffix_rewind.undo (
    doc text COLLATE "C" NOT NULL,
    lamport bigint NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL,
    node uuid NOT NULL,
    parent uuid NOT NULL,
    order_key bytea NOT NULL,
    effective boolean NOT NULL,
    old_parent uuid,
    old_order_key bytea,
    PRIMARY KEY (doc, lamport, replica, counter)
);

CREATE TABLE suffix_rewind.heads (
    doc text COLLATE "C" PRIMARY KEY,
    lamport bigint NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TRIGGER materialize AFTER INSERT ON suffix_rewind.ops REFERENCING NEW TABLE AS batch
    FOR EACH STATEMENT EXECUTE FUNCTION treecrdt_peers.suffix_rewind();
