-- tree reads children a page at a time, and nodes a stretch at a time: all of them come once, in order.
\i pg_test/regress/shared/forest.sql
INSERT INTO f.ops SELECT 'wide', '\x01', g, g, 'insert', n(g), n(CASE WHEN g <= 1500 THEN 0 WHEN g <= 2600 THEN 700 ELSE g - 1 END),
    int4send(g % 7), 'x' FROM generate_series(1, 3000) g;
INSERT INTO f.ops (doc, replica, counter, lamport, kind, node, known_state) SELECT 'wide', '\x02', g, 5000 + g, 'delete', n(g * 3), '{"01": [[1,3000]]}' FROM generate_series(1, 300) g;
CREATE VIEW public.by_recursion AS
    WITH RECURSIVE tree AS (
        SELECT 1 AS depth, node, parent, ARRAY[order_key || uuid_send(node)] AS place FROM f.children WHERE doc = 'wide' AND parent = n(0)
        UNION ALL SELECT depth + 1, c.node, c.parent, place || (c.order_key || uuid_send(c.node)) FROM tree t JOIN f.children c ON c.doc = 'wide' AND c.parent = t.node)
    SELECT row_number() OVER (ORDER BY place) AS at, depth, node, parent FROM tree;
SELECT count(*), max(depth) FROM public.by_recursion;
-- Each row, and its place.
SELECT count(*) FROM treecrdt.tree('f', 'wide') WITH ORDINALITY AS t (depth, node, parent, order_key, payload, at)
    FULL JOIN public.by_recursion r USING (at, depth, node, parent) WHERE t.order_key IS NULL OR r.at IS NULL;
SELECT count(*), count(DISTINCT node) FROM treecrdt.tree('f', 'wide', n(700));
SELECT count(*) FROM treecrdt.tree('f', 'wide', n(0), 1);
SELECT count(*) FROM treecrdt.tree('f', 'wide', n(0), 0);
-- Row by row, as far as wanted.
SELECT (treecrdt.tree('f', 'wide')).depth LIMIT 3;
BEGIN;
DECLARE c CURSOR FOR SELECT (treecrdt.tree('f', 'wide')).node;
FETCH 2 FROM c;
INSERT INTO f.ops VALUES ('wide', '\x03', 1, 9000, 'insert', n(9000), n(0), '', 'came later');
MOVE 100000 IN c;
SELECT count(*) FROM treecrdt.tree('f', 'wide') WHERE node = n(9000);
ROLLBACK;
-- The version of a subtree.
SELECT treecrdt.subtree_version('f', 'wide', n(700));
SELECT treecrdt.subtree_version('f', 'wide', n(2700));
DROP VIEW public.by_recursion;
\i pg_test/regress/shared/forest_end.sql
