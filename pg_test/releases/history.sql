-- What is in the database of a release's fixtures: forests of all types of documents, with a history that has everything in
-- it: nodes, a move that would make a cycle, deletes that cover all and that do not, late operations, operations that wait,
-- a node inserted again, payloads cleared; and what users put on a forest.
CREATE SCHEMA app;
CREATE FUNCTION app.n(int) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-0000-0000-' || lpad($1::text, 12, '0'))::uuid $$;
SELECT treecrdt.create_forest('texts'), treecrdt.create_forest('numbers', 'bigint'), treecrdt.create_forest('uuids', 'uuid');
SET search_path = public, app;
INSERT INTO texts.ops SELECT d, '\x01', g, g, 'insert', n(g), n(g / 3), int4send(g), convert_to('node ' || g, 'UTF8')
    FROM generate_series(1, 60) g, (VALUES ('a'), ('Ä doc')) AS docs (d);
INSERT INTO texts.ops VALUES ('a', '\x02', 9, 599, 'move', n(3), n(9), '\x00', NULL), ('a', '\x02', 1, 600, 'move', n(1), n(13), '\x00', NULL),
    ('a', '\x02', 2, 601, 'payload', n(4), NULL, NULL, NULL), ('a', '\x02', 6, 605, 'insert', n(20), n(2), '\x0102', 'again');
INSERT INTO texts.ops (doc, replica, counter, lamport, kind, node, known_state) VALUES
    ('a', '\x02', 3, 602, 'delete', n(5), treecrdt.subtree_version('texts', 'a', n(5))), ('a', '\x02', 4, 603, 'delete', n(6), '{"01":[[1,6]]}'),
    ('a', '\x02', 5, 604, 'tombstone', n(60), NULL);
INSERT INTO texts.ops VALUES ('a', '\x03', 1, 50, 'move', n(13), n(2), '\x00', NULL), ('a', '\x03', 2, 3, 'payload', n(4), NULL, NULL, 'too late'),
    ('a', '\x03', 3, 55, 'insert', n(70), n(20), '\x00', 'late leaf');
INSERT INTO numbers.ops SELECT 7, replica, counter, lamport, kind, node, parent, order_key, payload, known_state FROM texts.ops WHERE doc = 'a';
INSERT INTO uuids.ops SELECT n(7), replica, counter, lamport, kind, node, parent, order_key, payload, known_state FROM texts.ops WHERE doc = 'a';
SET treecrdt.catch_up = deferred;
INSERT INTO texts.ops VALUES ('Ä doc', '\x02', 1, 10, 'move', n(2), n(7), '\x00', NULL), ('Ä doc', '\x02', 2, 900, 'insert', n(901), n(1), '\x00', 'waits');
INSERT INTO texts.ops VALUES ('only waits', '\x02', 1, 1, 'insert', n(1), n(0), '\x00', 'one');
RESET treecrdt.catch_up;
ALTER TABLE texts.nodes ADD COLUMN title text GENERATED ALWAYS AS (encode(payload, 'escape')) STORED;
CREATE INDEX titles ON texts.nodes (doc, title) WHERE NOT tombstone;
RESET search_path;
