-- Damage planted in each table is found by verify, named, and mended by rebuild, which writes only what differs.
SELECT treecrdt.create_forest('damaged');
CREATE FUNCTION pg_temp.n(n int) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid $$;
-- In each doc a cycle (3: 2 below 1, then 1 below 2 is ignored), a node that is inserted twice, a delete and payloads.
INSERT INTO damaged.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload)
SELECT doc, '\x01', c, c, kind::treecrdt.op_kind, pg_temp.n(n), pg_temp.n(p), k, payload
FROM (VALUES ('d'), ('e')) AS docs(doc),
    (VALUES (1, 'insert', 1, 0, '\x01'::bytea, 'one'::bytea), (2, 'insert', 2, 1, '\x02', 'two'), (3, 'move', 1, 2, '\x03', NULL), (4, 'insert', 3, 0, '\x04', 'three'),
            (5, 'payload', 3, NULL, NULL, 'three again'), (8, 'insert', 2, 1, '\x05', 'two again')) AS t(c, kind, n, p, k, payload);
INSERT INTO damaged.ops (doc, replica, counter, lamport, kind, node, known_state) VALUES ('d', '\x01', 6, 6, 'delete', pg_temp.n(3), '{"01":[[1,5]]}');
SELECT * FROM treecrdt.verify('damaged');
SELECT treecrdt.digest('damaged', 'd') AS d, treecrdt.digest('damaged', 'e') AS e \gset

CREATE TABLE public.written (at serial, what text);
CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.written (what) VALUES (tg_table_name || ' ' || coalesce(new.doc, old.doc));
    RETURN NULL;
END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON damaged.nodes FOR EACH ROW EXECUTE FUNCTION public.note();
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON damaged.other_refs FOR EACH ROW EXECUTE FUNCTION public.note();
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON damaged.reinserts FOR EACH ROW EXECUTE FUNCTION public.note();
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON damaged.ignored FOR EACH ROW EXECUTE FUNCTION public.note();

-- damage(SQL): what verify says, what rebuild wrote, and whether all is well then.
CREATE FUNCTION pg_temp.damage(how text) RETURNS TABLE (at text, found text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE how;
    RETURN QUERY SELECT concat_ws(' ', 'verify:', doc_name, table_name, row_key),
        CASE table_name WHEN 'nodes' THEN regexp_replace(problem, '^found .*', 'differs') ELSE problem END FROM treecrdt.verify('damaged');
    RETURN QUERY SELECT 'verify of the other doc'::text, count(*)::text FROM treecrdt.verify('damaged', 'e');
    DELETE FROM public.written;
    RETURN QUERY SELECT 'rebuild', treecrdt.rebuild('damaged')::text;
    RETURN QUERY SELECT DISTINCT 'written', w.what FROM public.written w ORDER BY 2;
    RETURN QUERY SELECT concat_ws(' ', 'left:', doc_name, table_name, row_key), problem FROM treecrdt.verify('damaged');
END $$;
SELECT * FROM pg_temp.damage('SELECT 1');
SELECT * FROM pg_temp.damage($$UPDATE damaged.nodes SET tombstone = false WHERE doc = 'd' AND tombstone$$);
SELECT * FROM pg_temp.damage($$UPDATE damaged.nodes SET payload = 'forged' WHERE doc = 'd' AND node = pg_temp.n(2)$$);
SELECT * FROM pg_temp.damage($$UPDATE damaged.nodes SET parent = pg_temp.n(0) WHERE doc = 'd' AND node = pg_temp.n(2)$$);
SELECT * FROM pg_temp.damage($$UPDATE damaged.nodes SET keys = set_byte(keys, 2, 9) WHERE doc = 'd' AND node = pg_temp.n(2)$$);
SELECT * FROM pg_temp.damage($$UPDATE damaged.nodes SET keys = substr(keys, 1, 4) WHERE doc = 'd' AND node = pg_temp.n(2)$$);
SELECT * FROM pg_temp.damage($$UPDATE damaged.nodes SET deleted_at = '{"01":[[1,4]]}' WHERE doc = 'd' AND node = pg_temp.n(3)$$);
SELECT * FROM pg_temp.damage($$DELETE FROM damaged.nodes WHERE doc = 'd' AND node = pg_temp.n(1)$$);
SELECT * FROM pg_temp.damage($$INSERT INTO damaged.nodes (doc, node, tombstone) VALUES ('d', pg_temp.n(99), false)$$);
SELECT * FROM pg_temp.damage($$DELETE FROM damaged.other_refs WHERE doc = 'd' AND lamport = 5$$);
SELECT * FROM pg_temp.damage($$INSERT INTO damaged.other_refs VALUES ('d', pg_temp.n(1), 7, '\x01', 7)$$);
SELECT * FROM pg_temp.damage($$DELETE FROM damaged.reinserts WHERE doc = 'd'$$);
SELECT * FROM pg_temp.damage($$UPDATE damaged.reinserts SET payload = NOT payload WHERE doc = 'd'$$);
SELECT * FROM pg_temp.damage($$DELETE FROM damaged.ignored WHERE doc = 'd'$$);
SELECT * FROM pg_temp.damage($$INSERT INTO damaged.ignored VALUES ('d', pg_temp.n(2), 2, '\x01', 2)$$);
SELECT * FROM pg_temp.damage($$UPDATE damaged.docs SET head_lamport = 5, head_counter = 5 WHERE doc = 'd'$$);
SELECT * FROM pg_temp.damage($$UPDATE damaged.docs SET op_count = 7 WHERE doc = 'd'$$);
SELECT * FROM pg_temp.damage($$UPDATE damaged.docs SET frontier_lamport = 1, frontier_replica = '\x01', frontier_counter = 1 WHERE doc = 'd'$$);
SELECT * FROM pg_temp.damage($$INSERT INTO damaged.waiting VALUES ('d', 6, '\x01', 6, '{"01":[[6,6]]}')$$);
SELECT * FROM pg_temp.damage($$INSERT INTO damaged.waiting VALUES ('d', 1, '\x77', 1, '{"77":[[1,2]]}')$$);
SELECT * FROM pg_temp.damage($$DELETE FROM damaged.docs WHERE doc = 'd'$$);
SELECT * FROM pg_temp.damage($$INSERT INTO damaged.nodes (doc, node, tombstone) VALUES ('no log', pg_temp.n(1), false)$$);
SELECT count(*) AS docs_without_a_log FROM damaged.docs WHERE doc = 'no log';
-- All derived tables empty: everything from the log.
TRUNCATE damaged.nodes, damaged.other_refs, damaged.ignored, damaged.reinserts, damaged.docs;
SELECT table_name, count(*), min(problem) FROM treecrdt.verify('damaged') GROUP BY table_name ORDER BY table_name COLLATE "C";
SELECT treecrdt.rebuild('damaged', 'd'), treecrdt.rebuild('damaged', 'e'), treecrdt.rebuild('damaged', 'nope');
SELECT * FROM treecrdt.verify('damaged');
SELECT treecrdt.digest('damaged', 'd') = :'d' AND treecrdt.digest('damaged', 'e') = :'e' AS same_digests;
-- Damage in the log itself, which takes switching its triggers off.
ALTER TABLE damaged.ops DISABLE TRIGGER USER;
INSERT INTO damaged.ops (doc, replica, counter, lamport, kind, node) VALUES ('d', '\x01', 7, 7, 'move', pg_temp.n(1));
SELECT doc_name, table_name, problem FROM treecrdt.verify('damaged');
SELECT treecrdt.rebuild('damaged', 'd');
\echo :LAST_ERROR_SQLSTATE
DELETE FROM damaged.ops WHERE counter = 7;
DELETE FROM damaged.ops WHERE doc = 'd' AND counter = 5;
ALTER TABLE damaged.ops ENABLE TRIGGER USER;
SELECT doc_name, table_name, row_key FROM treecrdt.verify('damaged');
SELECT treecrdt.rebuild('damaged', 'd');
SELECT * FROM treecrdt.verify('damaged');
-- After mending, appends go on.
INSERT INTO damaged.ops (doc, replica, counter, lamport, kind, node, payload) VALUES ('d', '\x01', 5, 5, 'payload', pg_temp.n(3), 'three again');
SELECT * FROM treecrdt.verify('damaged');
SELECT treecrdt.digest('damaged', 'd') = :'d' AS same_digest;
DROP TABLE public.written;
SELECT treecrdt.drop_forest('damaged');
DROP FUNCTION public.note;
