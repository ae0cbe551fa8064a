-- insert_node, move_node, set_payload, delete_node, restore_node: what they do, and what they refuse.
CREATE FUNCTION public.n(int) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-0000-0000-' || lpad($1::text, 12, '0'))::uuid $$;
SELECT treecrdt.create_forest('h');
SET treecrdt.replica = 'me';
\pset format unaligned
\pset tuples_only on

-- Places.
SELECT treecrdt.insert_node('h', 'd', n(0), 'last of two', node => n(1));
SELECT treecrdt.insert_node('h', 'd', n(0), 'first', place => 'first', node => n(2));
SELECT treecrdt.insert_node('h', 'd', n(0), 'after the first', after => n(2), node => n(3));
SELECT treecrdt.insert_node('h', 'd', n(0), 'before the last', before => n(1), node => n(4));
SELECT treecrdt.insert_node('h', 'd', n(0), 'between', after => n(3), before => n(4), node => n(5));
SELECT treecrdt.insert_node('h', 'd', n(5), '{"a": [1, 2]}'::jsonb, node => n(6));
SELECT treecrdt.insert_node('h', 'd', n(5), '\x6279746573'::bytea, node => n(7));
SELECT treecrdt.insert_node('h', 'd', n(5), 'no \x41 escapes', node => n(8));
SELECT treecrdt.insert_node('h', 'd', parent => n(5), node => n(9));
SELECT treecrdt.insert_node('h', 'd', n(5), payload => NULL, node => n(10));
SELECT treecrdt.render('h', 'd');
SELECT kind, counter, lamport, replica FROM h.ops WHERE counter IN (1, 10);

-- Payloads.
SELECT treecrdt.set_payload('h', 'd', n(9), 'text'), treecrdt.set_payload('h', 'd', n(10), '[]'::jsonb), treecrdt.set_payload('h', 'd', n(0), 'title');
SELECT node, encode(payload, 'escape') FROM h.nodes WHERE node IN (n(0), n(9), n(10)) ORDER BY node;
SELECT treecrdt.set_payload('h', 'd', n(9), NULL::bytea);
SELECT payload IS NULL FROM h.nodes WHERE node = n(9);

-- A file out of a deleted folder comes back alone, and the folder stays deleted, and what it is in.
SELECT treecrdt.move_node('h', 'd', n(5), n(1));
SELECT treecrdt.delete_node('h', 'd', n(5));
SELECT treecrdt.delete_node('h', 'd', n(1));
SELECT treecrdt.move_node('h', 'd', n(7), n(2));
SELECT treecrdt.render('h', 'd');
SELECT counter, kind, node, known_state FROM h.ops WHERE kind = 'delete' ORDER BY counter;
-- Restored from the top down, with what was below.
SELECT treecrdt.restore_node('h', 'd', n(5));
SELECT treecrdt.restore_node('h', 'd', n(6));
SELECT treecrdt.restore_node('h', 'd', n(1));
SELECT treecrdt.restore_node('h', 'd', n(5));
SELECT treecrdt.render('h', 'd');
SELECT treecrdt.restore_node('h', 'd', n(5));

-- Neighbours with one key, as clients that do not care give them: as few as will do get new ones.
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload)
    SELECT 'eq', 'peer', g, g, 'insert', n(g), n(0), '\x80', g::text::bytea FROM generate_series(1, 9) g;
SELECT count(*) FROM h.ops WHERE doc = 'eq';
SELECT treecrdt.insert_node('h', 'eq', n(0), 'after 2', after => n(2), node => n(20));
SELECT count(*) - 9 FROM h.ops WHERE doc = 'eq';
SELECT treecrdt.insert_node('h', 'eq', n(0), 'before 8', before => n(8), node => n(21));
SELECT string_agg(convert_from(payload, 'UTF8'), ', ' ORDER BY order_key, node) FROM h.children WHERE doc = 'eq';
-- The one that was to follow stands before: it goes behind.
SELECT treecrdt.move_node('h', 'eq', n(5), n(0), after => n(7), before => n(3));
SELECT string_agg(convert_from(payload, 'UTF8'), ', ' ORDER BY order_key, node) FROM h.children WHERE doc = 'eq';
-- The smallest key there is, empty ones, and zeros that nothing goes between.
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) VALUES
    ('tiny', 'peer', 1, 1, 'insert', n(1), n(0), '', 'a'), ('tiny', 'peer', 2, 2, 'insert', n(2), n(0), '\x00', 'b'), ('tiny', 'peer', 3, 3, 'insert', n(3), n(0), '\x0000', 'c');
SELECT treecrdt.insert_node('h', 'tiny', n(0), 'first', place => 'first', node => n(4)), treecrdt.insert_node('h', 'tiny', n(0), 'after b', after => n(2), node => n(5));
SELECT string_agg(convert_from(payload, 'UTF8'), ', ' ORDER BY order_key, node) FROM h.children WHERE doc = 'tiny';
-- As few as will do: none for tombstones, and those on the side where they are fewer.
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload)
    SELECT 'few', 'peer', g, g, 'insert', n(g), n(0), 'k', g::text::bytea FROM generate_series(1, 9) g;
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, known_state)
    SELECT 'few', 'peer', g, g, 'delete', n(g - 5), format('{"70656572": [[1,%s]]}', g - 1)::treecrdt.version_vector FROM generate_series(10, 13) g;
SELECT treecrdt.insert_node('h', 'few', n(0), 'after 4', after => n(4), node => n(20)), treecrdt.insert_node('h', 'few', n(0), 'after 2', after => n(2), node => n(21)), treecrdt.insert_node('h', 'few', n(0), 'after 3', after => n(3), node => n(22));
SELECT string_agg(convert_from(payload, 'UTF8'), ', ' ORDER BY order_key, node) FROM h.children WHERE doc = 'few';
SELECT kind, count(*) FROM h.ops WHERE doc = 'few' AND replica <> 'peer' GROUP BY kind ORDER BY kind;
-- A node of which a payload or a deletion came before its insert.
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, payload) VALUES ('stray', 'peer', 1, 1, 'payload', n(1), 'not asked for'), ('stray', 'peer', 2, 2, 'payload', n(2), 'nor this');
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, known_state) VALUES ('stray', 'peer', 3, 3, 'delete', n(3), '{}');
SELECT treecrdt.insert_node('h', 'stray', n(0), node => n(1)), treecrdt.insert_node('h', 'stray', n(0), 'two', node => n(2)), treecrdt.insert_node('h', 'stray', n(0), 'three', node => n(3));
SELECT treecrdt.render('h', 'stray');
-- A key of a peer as long as may be.
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) VALUES
    ('long', 'peer', 1, 1, 'insert', n(1), n(0), decode(repeat('80', 1536), 'hex'), 'a'), ('long', 'peer', 2, 2, 'insert', n(2), n(0), decode(repeat('80', 1535) || '81', 'hex'), 'b');
SELECT treecrdt.insert_node('h', 'long', n(0), 'between', after => n(1), node => n(3));
SELECT string_agg(convert_from(payload, 'UTF8') || ' ' || length(order_key), ', ' ORDER BY order_key, node) FROM h.children WHERE doc = 'long';

-- What waits is caught up first, and what is minted does not wait.
SET treecrdt.catch_up = deferred;
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) VALUES ('w', 'peer', 1, 41, 'insert', n(1), n(0), '', 'waited');
SELECT treecrdt.insert_node('h', 'w', n(1), 'below', node => n(2));
SELECT lamport FROM h.ops WHERE doc = 'w' AND node = n(2);
SELECT treecrdt.render('h', 'w');
SHOW treecrdt.catch_up;
RESET treecrdt.catch_up;

-- A thousand in one statement.
SELECT count(DISTINCT treecrdt.insert_node('h', 'many', n(0), g::text)) FROM generate_series(1, 1000) g;
SELECT count(*), max(counter), max(lamport), max(length(order_key)) FROM h.ops WHERE doc = 'many';
SELECT string_agg(convert_from(payload, 'UTF8'), ' ' ORDER BY order_key, node) = (SELECT string_agg(g::text, ' ' ORDER BY g) FROM generate_series(1, 1000) g) FROM h.children WHERE doc = 'many';

-- Refused, with nothing minted.
SELECT count(*) AS before FROM h.ops \gset
SELECT treecrdt.insert_node('h', 'd', n(77));
SELECT treecrdt.insert_node('h', 'd', 'ffffffff-ffff-ffff-ffff-ffffffffffff');
SELECT treecrdt.insert_node('h', 'd', n(0), node => n(2));
SELECT treecrdt.insert_node('h', 'd', n(0), node => n(0));
SELECT treecrdt.insert_node('h', 'd', n(0), after => n(6));
SELECT treecrdt.insert_node('h', 'd', n(0), after => n(2), before => n(2));
SELECT treecrdt.insert_node('h', 'd', n(0), place => 'middle');
SELECT treecrdt.insert_node('h', 'd', NULL);
SELECT treecrdt.insert_node('h', NULL, n(0));
SELECT treecrdt.insert_node(NULL, 'd', n(0));
SELECT treecrdt.insert_node('public', 'd', n(0));
SELECT treecrdt.move_node('h', 'd', n(5), n(6));
SELECT treecrdt.move_node('h', 'd', n(5), n(5));
SELECT treecrdt.move_node('h', 'd', n(77), n(0));
SELECT treecrdt.move_node('h', 'd', n(5), n(0), after => n(5));
SELECT treecrdt.set_payload('h', 'd', n(77), 'x');
SELECT treecrdt.delete_node('h', 'd', n(0));
SELECT treecrdt.delete_node('h', 'd', n(77));
SELECT treecrdt.restore_node('h', 'd', NULL);
SELECT treecrdt.restore_node('h', 'nowhere', n(1));
SET treecrdt.replica = '\xabc';
SELECT treecrdt.insert_node('h', 'd', n(0));
SET treecrdt.replica = '\x000102';
SELECT count(*) - :before FROM h.ops;
SELECT count(*) FROM h.docs WHERE doc = 'nowhere';
SELECT treecrdt.insert_node('h', 'd', n(0), node => n(50));
SELECT encode(replica, 'hex'), counter FROM h.ops WHERE node = n(50);
BEGIN READ ONLY;
SELECT treecrdt.insert_node('h', 'd', n(0));
ROLLBACK;
-- Docs named by numbers.
SELECT treecrdt.create_forest('numbers', 'bigint');
SELECT treecrdt.insert_node('numbers', '7', n(0), 'seven', node => n(1));
SELECT treecrdt.insert_node('numbers', 'seven', n(0));
SELECT treecrdt.render('numbers', '7');

-- Who may INSERT may edit, as policies on ops have it; nobody else may.
CREATE ROLE editing_writer;
GRANT INSERT ON numbers.ops TO editing_writer;
GRANT SELECT ON h.ops, h.nodes TO editing_writer;
ALTER TABLE numbers.ops ENABLE ROW LEVEL SECURITY;
CREATE POLICY eight ON numbers.ops FOR INSERT TO editing_writer WITH CHECK (doc = 8);
SET ROLE editing_writer;
SELECT treecrdt.insert_node('numbers', '8', n(0), 'eight', node => n(1)), treecrdt.set_payload('numbers', '8', n(1), 'acht');
SELECT treecrdt.insert_node('numbers', '7', n(0), 'not theirs');
SELECT treecrdt.delete_node('numbers', '7', n(1));
SELECT outcome FROM treecrdt.undo('numbers', '8', '{"000102": [[1,1]]}');
SELECT treecrdt.insert_node('h', 'd', n(0));
SELECT * FROM treecrdt.undo('h', 'd', '{"6d65": [[1,1]]}');
RESET ROLE;
SELECT treecrdt.render('numbers', '7'), treecrdt.render('numbers', '8');
DROP OWNED BY editing_writer;
DROP ROLE editing_writer;

-- Order keys by themselves.
SELECT a < b AND b < c AND length(b) = 6 FROM (SELECT a, treecrdt.order_key_between(a, c) AS b, c FROM (SELECT treecrdt.order_key_between(NULL, NULL) AS a, '\xff'::bytea AS c) AS two) AS three;
SELECT cardinality(k), k[1] < k[2] AND k[2] < k[3] FROM treecrdt.order_keys_between('\x10', NULL, 3) AS k;
SELECT treecrdt.order_keys_between(NULL, NULL, 0);
SELECT treecrdt.order_key_between('\x10', '\x10');
SELECT treecrdt.order_key_between('\x10', '\x1000');
SELECT treecrdt.order_keys_between(NULL, NULL, -1);

SELECT treecrdt.verify('h'), treecrdt.verify('numbers');
SELECT treecrdt.drop_forest('h'), treecrdt.drop_forest('numbers');
DROP FUNCTION public.n;
