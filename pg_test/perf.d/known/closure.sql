-- The tree of `stage.known` with a closure table: a row for each node and each of those above it, itself included.

CREATE SCHEMA known_closure;

CREATE TABLE known_closure.nodes (
    doc text COLLATE "C" NOT NULL,
    node uuid NOT NULL,
    parent uuid NOT NULL, -- the nil uuid where a node has none
    order_key bytea NOT NULL,
    payload bytea,
    PRIMARY KEY (doc, node)
);
CREATE INDEX ON known_closure.nodes (doc, parent, order_key, node);

CREATE TABLE known_closure.closure (
    doc text COLLATE "C" NOT NULL,
    ancestor uuid NOT NULL,
    descendant uuid NOT NULL,
    depth int NOT NULL,
    PRIMARY KEY (doc, ancestor, descendant)
);
CREATE INDEX ON known_closure.closure (doc, descendant);

-- A move, in one round trip. Not in one statement: rows that go and come again would collide.
CREATE FUNCTION known_closure.move(moved uuid, under uuid, key bytea) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE known_closure.nodes SET parent = under, order_key = key WHERE doc = 'doc' AND node = moved;
    -- What is farther above a node than the moved one is, is above that.
    DELETE FROM known_closure.closure AS c USING known_closure.closure AS below
    WHERE below.doc = 'doc' AND below.ancestor = moved
    AND c.doc = 'doc' AND c.descendant = below.descendant AND c.depth > below.depth;
    INSERT INTO known_closure.closure
    SELECT 'doc', above.ancestor, below.descendant, above.depth + 1 + below.depth
    FROM known_closure.closure AS above, known_closure.closure AS below
    WHERE above.doc = 'doc' AND above.descendant = under
    AND below.doc = 'doc' AND below.ancestor = moved;
END
$$;

INSERT INTO known_closure.nodes
SELECT doc, node, parent, order_key, payload FROM stage.known ORDER BY seq;

INSERT INTO known_closure.closure
WITH RECURSIVE up AS (
    SELECT seq, doc, node AS ancestor, node AS descendant, 0 AS depth, parent FROM stage.known
    UNION ALL
    SELECT up.seq, doc, s.node, up.descendant, up.depth + 1, s.parent
    FROM up JOIN stage.known AS s USING (doc) WHERE s.node = up.parent
)
SELECT doc, ancestor, descendant, depth FROM up ORDER BY seq, depth;
