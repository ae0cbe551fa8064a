-- tree, path and render, from every kind of root.
SELECT treecrdt.create_forest('reading');
CREATE FUNCTION pg_temp.n(n int) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.trash() RETURNS uuid LANGUAGE sql AS $$ SELECT 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid $$;
-- 1 and 2 below ROOT, 3 and 4 below 1, 5 below 3; 6 below 9, who never came; 7 below 2, deleted, with 8 below it; 10 in TRASH with 11.
INSERT INTO reading.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload)
SELECT 'd', '\x01', c, c, 'insert', pg_temp.n(n), CASE p WHEN -1 THEN pg_temp.trash() ELSE pg_temp.n(p) END, k, payload
FROM (VALUES (1, 1, 0, '\x80'::bytea, 'one'::bytea), (2, 2, 0, '\x40', 'two'), (3, 3, 1, '\x01', 'three'), (4, 4, 1, '\x0100', 'four'), (5, 5, 3, '', 'five'),
             (6, 6, 9, '', 'orphan'), (7, 7, 2, '', 'seven'), (8, 8, 7, '', 'eight'), (9, 10, -1, '', 'ten'), (10, 11, 10, '', 'eleven')) AS t(c, n, p, k, payload);
INSERT INTO reading.ops (doc, replica, counter, lamport, kind, node, known_state) VALUES ('d', '\x02', 1, 20, 'delete', pg_temp.n(7), '{"01":[[1,10]]}');
SELECT * FROM treecrdt.tree('reading', 'd');
SELECT * FROM treecrdt.tree('reading', 'd', max_depth => 1);
SELECT * FROM treecrdt.tree('reading', 'd', max_depth => 0);
SELECT * FROM treecrdt.tree('reading', 'd', max_depth => -1);
SELECT depth, node FROM treecrdt.tree('reading', 'd', pg_temp.n(1));
SELECT depth, node FROM treecrdt.tree('reading', 'd', pg_temp.n(1), 1);
SELECT what, (SELECT count(*) FROM treecrdt.tree('reading', doc, root)) AS nodes, treecrdt.render('reading', doc, root), treecrdt.path('reading', doc, root)
FROM (VALUES (1, 'leaf', 'd', pg_temp.n(5)), (2, 'tombstone', 'd', pg_temp.n(7)), (3, 'below a tombstone', 'd', pg_temp.n(8)), (4, 'orphan', 'd', pg_temp.n(6)),
             (5, 'parent that never came', 'd', pg_temp.n(9)), (6, 'TRASH', 'd', pg_temp.trash()), (7, 'in TRASH', 'd', pg_temp.n(10)),
             (8, 'below TRASH', 'd', pg_temp.n(11)), (9, 'unknown node', 'd', pg_temp.n(77)), (10, 'unknown doc', 'nope', pg_temp.n(0)),
             (11, 'ROOT', 'd', pg_temp.n(0)), (12, 'inner', 'd', pg_temp.n(1))) AS t(n, what, doc, root) ORDER BY n;
-- NULL arguments: nothing, except those that have a default meaning.
SELECT count(*) FROM treecrdt.tree(NULL, 'd');
SELECT count(*) FROM treecrdt.tree('reading', NULL);
SELECT count(*) AS as_root FROM treecrdt.tree('reading', 'd', NULL);
SELECT count(*) AS no_limit FROM treecrdt.tree('reading', 'd', pg_temp.n(0), NULL);
SELECT treecrdt.path('reading', 'd', NULL) IS NULL AND treecrdt.path('reading', NULL, pg_temp.n(1)) IS NULL AND treecrdt.path(NULL, 'd', pg_temp.n(1)) IS NULL
    AND treecrdt.render('reading', 'd', NULL) IS NULL AND treecrdt.render('reading', NULL) IS NULL AND treecrdt.version('reading', NULL) IS NULL
    AND treecrdt.subtree_version('reading', 'd', NULL) IS NULL AND treecrdt.digest('reading', NULL) IS NULL AS nulls;
-- Versions.
SELECT treecrdt.version('reading', 'd'), treecrdt.version('reading', 'nope');
SELECT n, treecrdt.subtree_version('reading', 'd', pg_temp.n(n)) FROM (VALUES (0), (1), (3), (5), (2), (7), (8), (9), (77)) AS t(n);
SELECT treecrdt.subtree_version('reading', 'd', pg_temp.trash());
SELECT treecrdt.digest('reading', 'd') = treecrdt.digest('reading', 'd') AS same, treecrdt.digest('reading', 'd') <> treecrdt.digest('reading', 'nope') AS differs,
    length(treecrdt.digest('reading', 'nope'));
-- The view of children says the same as tree, in order.
SELECT node, order_key FROM reading.children WHERE doc = 'd' AND parent = pg_temp.n(0) ORDER BY order_key, node;
SELECT count(*) AS of_trash FROM reading.children WHERE parent = pg_temp.trash();

-- Labels: control characters escaped, what is no UTF-8 or empty shown as the uuid; equal order keys by node.
INSERT INTO reading.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload)
SELECT 'labels', '\x01', n, n, 'insert', pg_temp.n(n), pg_temp.n(0), '\x00', payload
FROM (VALUES (9, '\x0a0d09'::bytea), (8, '\x00'), (7, '\x1b5b33316d'), (6, '\x7f'), (5, '\xff'), (4, ''), (3, NULL), (2, convert_to('Ünï ☃ 🌳', 'UTF8')), (1, '  spaces  '),
             (10, convert_to(E'two\nlines', 'UTF8')), (11, '\xc285')) AS t(n, payload);
SELECT treecrdt.render('reading', 'labels');
-- A chain and a fork below it, drawn with rails.
INSERT INTO reading.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload)
SELECT 'rails', '\x01', n, n, 'insert', pg_temp.n(n), pg_temp.n(p), set_byte('\x00', 0, n), convert_to(n::text, 'UTF8')
FROM (VALUES (1, 0), (2, 1), (3, 2), (4, 2), (5, 1), (6, 0), (7, 6), (8, 7), (9, 8), (10, 6)) AS t(n, p);
SELECT treecrdt.render('reading', 'rails');
SELECT depth, array_agg(node ORDER BY at) FROM treecrdt.tree('reading', 'rails') WITH ORDINALITY AS t(depth, node, parent, order_key, payload, at) GROUP BY depth ORDER BY depth;
SELECT treecrdt.path('reading', 'rails', pg_temp.n(9));
-- A payload of ROOT is kept and labels nothing.
INSERT INTO reading.ops (doc, replica, counter, lamport, kind, node, payload) VALUES ('rails', '\x02', 1, 1, 'payload', pg_temp.n(0), 'the root');
SELECT treecrdt.render('reading', 'rails', pg_temp.n(6));
SELECT convert_from(payload, 'UTF8') FROM reading.nodes WHERE doc = 'rails' AND node = pg_temp.n(0);
-- 5,000 levels: no recursion over data.
INSERT INTO reading.ops (doc, replica, counter, lamport, kind, node, parent, order_key)
SELECT 'deep', '\x01', n, n, 'insert', pg_temp.n(n), pg_temp.n(n - 1), '' FROM generate_series(1, 5000) n;
SELECT max(depth), count(*) FROM treecrdt.tree('reading', 'deep');
SELECT cardinality(treecrdt.path('reading', 'deep', pg_temp.n(5000)));
SELECT * FROM treecrdt.verify('reading');
SELECT treecrdt.drop_forest('reading');
