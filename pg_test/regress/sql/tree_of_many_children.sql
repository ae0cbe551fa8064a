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
-- It is remembered where children lie. What is written meanwhile, by the same transaction, is not seen there.
CREATE FUNCTION public.rows_that_differ() RETURNS TABLE (rows int, differ int) LANGUAGE plpgsql AS $$
DECLARE r record; before text[];
BEGIN
    rows := 0; differ := 0;
    SELECT array_agg(t::text ORDER BY at) INTO before FROM (SELECT row_number() OVER () AS at, t FROM (SELECT treecrdt.tree('f', 'wide') AS t) AS s) AS s;
    FOR r IN SELECT treecrdt.tree('f', 'wide') AS t LOOP
        rows := rows + 1;
        differ := differ + (before[rows] IS DISTINCT FROM r.t::text)::int;
        IF rows = 300 THEN
            INSERT INTO f.ops SELECT 'wide', '\x04', g, 10000 + g, 'move', n(1500 + g), n(0), int4send(g % 7) FROM generate_series(1, 900) g;
            INSERT INTO f.ops SELECT 'wide', '\x05', g, 11000 + g, 'payload', n(2400 + g), NULL, NULL, 'written' FROM generate_series(1, 100) g;
            INSERT INTO f.ops SELECT 'wide', '\x06', g, 12000 + g, 'move', n(g), n(700), int4send(g) FROM generate_series(1, 100) g;
        END IF;
    END LOOP;
    RETURN NEXT;
END $$;
BEGIN;
SELECT * FROM public.rows_that_differ();
-- Of what was moved and written the index has entries that lead nowhere.
SELECT count(*), count(*) FILTER (WHERE r.at IS NULL OR t.order_key IS NULL) AS not_alike FROM treecrdt.tree('f', 'wide') WITH ORDINALITY AS t (depth, node, parent, order_key, payload, at)
    FULL JOIN public.by_recursion r USING (at, depth, node, parent);
ROLLBACK;
DROP FUNCTION public.rows_that_differ;
-- A table that is cut off in between is noticed, in a file of this transaction too.
BEGIN;
SELECT treecrdt.create_forest('young');
INSERT INTO young.ops SELECT * FROM f.ops;
DECLARE c CURSOR FOR SELECT (treecrdt.tree('young', 'wide')).node;
MOVE 300 IN c;
TRUNCATE young.nodes;
MOVE ALL IN c;
ROLLBACK;
-- The version of a subtree.
SELECT treecrdt.subtree_version('f', 'wide', n(700));
SELECT treecrdt.subtree_version('f', 'wide', n(2700));
DROP VIEW public.by_recursion;
\i pg_test/regress/shared/forest_end.sql
