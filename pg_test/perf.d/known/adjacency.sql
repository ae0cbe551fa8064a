-- The tree of `stage.known` as an adjacency list: each node knows its parent.

CREATE SCHEMA known_adjacency;

CREATE TABLE known_adjacency.nodes (
    doc text COLLATE "C" NOT NULL,
    node uuid NOT NULL,
    parent uuid NOT NULL, -- the nil uuid where a node has none
    order_key bytea NOT NULL,
    payload bytea,
    PRIMARY KEY (doc, node)
);
CREATE INDEX ON known_adjacency.nodes (doc, parent, order_key, node);

INSERT INTO known_adjacency.nodes
SELECT doc, node, parent, order_key, payload FROM stage.known ORDER BY seq;
