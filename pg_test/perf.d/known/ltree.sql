-- The tree of `stage.known` with materialized paths: labels are the uuids without dashes.

CREATE EXTENSION IF NOT EXISTS ltree;
CREATE SCHEMA known_ltree;

CREATE TABLE known_ltree.nodes (
    doc text COLLATE "C" NOT NULL,
    node uuid NOT NULL,
    parent uuid NOT NULL, -- the nil uuid where a node has none
    order_key bytea NOT NULL,
    payload bytea,
    path ltree NOT NULL,
    PRIMARY KEY (doc, node)
);
CREATE INDEX ON known_ltree.nodes USING gist (path);
CREATE INDEX ON known_ltree.nodes (doc, path);

INSERT INTO known_ltree.nodes
WITH RECURSIVE down AS (
    SELECT s.*, encode(uuid_send(node), 'hex')::ltree AS path
    FROM stage.known AS s WHERE parent = '00000000-0000-0000-0000-000000000000'
    UNION ALL
    SELECT s.*, down.path || encode(uuid_send(s.node), 'hex')
    FROM down JOIN stage.known AS s ON s.doc = down.doc AND s.parent = down.node
)
SELECT doc, node, parent, order_key, payload, path FROM down ORDER BY seq;
