-- Order keys that are too long for an index: refused, unless the owner has it hold their beginnings.
CREATE FUNCTION public.n(int) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-0000-0000-' || lpad($1::text, 12, '0'))::uuid $$;
SELECT treecrdt.create_forest('h');
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key) VALUES ('d', 'peer', 1, 1, 'insert', n(1), n(0), decode(repeat('80', 1536), 'hex'));
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key) VALUES ('d', 'peer', 2, 2, 'insert', n(2), n(0), decode(repeat('80', 1537), 'hex'));
DROP INDEX h.nodes_children;
CREATE INDEX nodes_children ON h.nodes (doc, parent, substr(order_key, 1, 1537), node);
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key) VALUES ('d', 'peer', 2, 2, 'insert', n(2), n(0), decode(repeat('80', 65535), 'hex'));
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key) VALUES ('d', 'peer', 3, 3, 'insert', n(3), n(0), decode(repeat('80', 65536), 'hex'));

-- Whether siblings come out of tree in order, page by page.
CREATE FUNCTION public.in_order(doc text) RETURNS TABLE (nodes bigint, in_disorder bigint, longest int) LANGUAGE sql AS $$
    SELECT count(*), count(*) FILTER (WHERE less), max(length(order_key)) FROM (
        SELECT order_key, (order_key, node) < lag((order_key, node)) OVER (PARTITION BY parent ORDER BY at) AS less
        FROM treecrdt.tree('h', $1) WITH ORDINALITY AS t (depth, node, parent, order_key, payload, at)) AS steps
$$;
-- An allocator that makes each key two bytes longer than the last: nodes are in another order than keys.
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key)
    SELECT 'appended', 'peer', g, g, 'insert', n(g * 7 % 2003), n(0), decode(repeat('f0', 2 * g), 'hex') FROM generate_series(1, 2000) g;
SELECT * FROM in_order('appended');
SELECT node FROM treecrdt.tree('h', 'appended') LIMIT 2;
-- Short and long ones by turns, in two batches, the second late; some are moved from long to short and back.
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key)
    SELECT 'mixed', 'peer', g, 5000 + g, 'insert', n(g), n(0), decode(lpad(to_hex(g % 5), 2, '0') || CASE WHEN g % 3 = 0 THEN repeat('80', 1530 + g % 11) || lpad(to_hex(g * 31 % 251), 2, '0') ELSE lpad(to_hex(g * 17 % 256), 2, '0') END, 'hex')
    FROM generate_series(1, 1500) g;
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key)
    SELECT 'mixed', 'late', g, 4000 + g, 'move', n(g * 5), n(g), decode(repeat('7f', 1600) || lpad(to_hex(g), 4, '0'), 'hex') FROM generate_series(1, 200) g;
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key)
    SELECT 'mixed', 'peer', 1500 + g, 9000 + g, 'move', n(g * 3), n(0), decode(repeat('03', CASE g % 2 WHEN 0 THEN 1 ELSE 2000 END) || lpad(to_hex(g * 37 % 256), 2, '0'), 'hex') FROM generate_series(1, 300) g;
SELECT * FROM in_order('mixed');
-- The same below a node that comes after leaves enough to have learned where all children lie.
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key)
    SELECT 'below', 'other', g, g, 'insert', n(CASE g WHEN 41 THEN 9999 ELSE 9000 + g END), n(0), int4send(g) FROM generate_series(1, 41) g;
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key)
    SELECT 'below', replica, counter, 50 + lamport, kind, node, CASE parent WHEN n(0) THEN n(9999) ELSE parent END, order_key FROM h.ops WHERE doc = 'mixed';
SELECT * FROM in_order('below');
SELECT count(*), count(DISTINCT node) FROM treecrdt.tree('h', 'below', n(9999));
SELECT count(*) FROM treecrdt.verify('h');
-- By queries, for who may not read every row, the order is the same.
SELECT md5(string_agg(node::text, '' ORDER BY at)) AS all_read FROM treecrdt.tree('h', 'mixed') WITH ORDINALITY AS t (depth, node, parent, order_key, payload, at) \gset
CREATE ROLE long_order_keys_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA h TO long_order_keys_reader;
ALTER TABLE h.nodes ENABLE ROW LEVEL SECURITY;
CREATE POLICY one ON h.nodes FOR SELECT TO long_order_keys_reader USING (doc = 'mixed');
SET ROLE long_order_keys_reader;
SELECT md5(string_agg(node::text, '' ORDER BY at)) = :'all_read' AS alike FROM treecrdt.tree('h', 'mixed') WITH ORDINALITY AS t (depth, node, parent, order_key, payload, at);
RESET ROLE;
ALTER TABLE h.nodes DISABLE ROW LEVEL SECURITY;
DROP OWNED BY long_order_keys_reader;
DROP ROLE long_order_keys_reader;

-- Placing among them. Ends are short; between two long ones it is a little longer than they are.
SELECT treecrdt.insert_node('h', 'appended', n(0), 'first', place => 'first', node => n(3001)), treecrdt.insert_node('h', 'appended', n(0), 'last', node => n(3002));
SELECT node AS a, lead(node) OVER (ORDER BY order_key, node) AS b FROM h.children WHERE doc = 'appended' ORDER BY order_key, node OFFSET 1500 LIMIT 1 \gset
SELECT treecrdt.insert_node('h', 'appended', n(0), 'after', after => :'a', node => n(3003)), treecrdt.insert_node('h', 'appended', n(0), 'before', before => :'b', node => n(3004));
SELECT array_agg(node ORDER BY order_key, node) = ARRAY[:'a', n(3003), n(3004), :'b'] AS between FROM h.children WHERE doc = 'appended' AND node IN (:'a', n(3003), n(3004), :'b');
SELECT node, length(order_key) - (SELECT length(order_key) FROM h.children WHERE doc = 'appended' AND node = :'a') AS longer FROM h.children WHERE doc = 'appended' AND node IN (n(3003), n(3004)) ORDER BY 1;
SELECT payload, length(order_key) FROM h.children WHERE doc = 'appended' AND node IN (n(3001), n(3002)) ORDER BY 1;
-- Where they are equal, or as long as may be, others make room.
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload)
    SELECT 'equal', 'peer', g, g, 'insert', n(g), n(0), decode(repeat('80', 65535), 'hex'), chr(96 + g)::bytea FROM generate_series(1, 5) g;
SELECT treecrdt.insert_node('h', 'equal', n(0), 'between', after => n(2), node => n(9));
SELECT string_agg(convert_from(payload, 'UTF8') || ' ' || length(order_key), ', ' ORDER BY order_key, node) FROM h.children WHERE doc = 'equal';
SELECT * FROM in_order('appended');

-- A page in the order of the index, which is that of all keys but the long ones that begin alike.
SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off;
EXPLAIN (COSTS OFF) SELECT node FROM h.children WHERE doc = 'mixed' AND parent = n(0) ORDER BY substr(order_key, 1, 1537), node LIMIT 50;
RESET enable_seqscan; RESET enable_bitmapscan; RESET enable_sort;

-- The tables made anew are the same; ops go to another forest of that kind, and not to one of the other.
SELECT digest FROM treecrdt.digest('h', 'mixed') \gset
SELECT treecrdt.rebuild('h', 'mixed');
SELECT treecrdt.digest('h', 'mixed') = :'digest' AS alike;
SELECT count(*) FROM treecrdt.verify('h');
SELECT treecrdt.create_forest('i');
INSERT INTO i.ops SELECT * FROM treecrdt.ops_since('h', 'mixed');
-- With both indexes the shorter limit holds; with neither there is no forest.
CREATE INDEX whole ON i.nodes (doc, parent, order_key, node);
DROP INDEX i.nodes_children;
CREATE INDEX ON i.nodes (doc, parent, substr(order_key, 1, 1537), node);
INSERT INTO i.ops SELECT * FROM treecrdt.ops_since('h', 'mixed');
DROP INDEX i.whole;
INSERT INTO i.ops SELECT * FROM treecrdt.ops_since('h', 'mixed');
SELECT treecrdt.digest('i', 'mixed') = :'digest' AS alike;
DROP INDEX h.nodes_children;
SELECT treecrdt.digest('h', 'mixed');
CREATE INDEX ON h.nodes (doc, parent, substr(order_key, 1, 1536), node);
CREATE INDEX ON h.nodes (doc, parent, substr(order_key, 1, 1537));
CREATE INDEX ON h.nodes (doc, parent, substr(order_key, 1, 1537), node DESC);
SELECT treecrdt.digest('h', 'mixed');
CREATE INDEX ON h.nodes (doc, parent, substr(order_key, 1, 1537), node);
SELECT treecrdt.digest('h', 'mixed') = :'digest' AS alike;

SELECT treecrdt.drop_forest('h'), treecrdt.drop_forest('i');
DROP FUNCTION public.n, public.in_order;
