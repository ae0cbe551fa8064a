-- The tables of the peer `full_replay`: the log, the tree, and a row a doc with the greatest key. No undo data.

CREATE SCHEMA full_replay;

CREATE TABLE full_replay.ops (
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

CREATE TABLE full_replay.nodes (
    doc text COLLATE "C" NOT NULL,
    node uuid NOT NULL,
    parent uuid,
    order_key bytea,
    payload bytea,
    PRIMARY KEY (doc, node)
);
CREATE INDEX nodes_children ON full_replay.nodes (doc, parent, order_key, node);

CREATE TABLE full_replay.heads (
    doc text COLLATE "C" PRIMARY KEY,
    lamport bigint NOT NULL,
    replica bytea NOT NULL,
    counter bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TRIGGER materialize AFTER INSERT ON full_replay.ops REFERENCING NEW TABLE AS batch
    FOR EACH STATEMENT EXECUTE FUNCTION treecrdt_peers.full_replay();
