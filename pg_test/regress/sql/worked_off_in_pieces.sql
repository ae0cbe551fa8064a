-- What waits, and a large log that is rebuilt, are worked off in pieces: with what they come to in one.
CREATE FUNCTION public.n(k int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT ('00000000-0000-0000-0000-' || lpad(k::text, 12, '0'))::uuid $$;
SELECT treecrdt.create_forest('w'), treecrdt.create_forest('t');

-- What the session remembers of ways up is not that of rows which a rebuild has emptied.
INSERT INTO w.ops (doc, replica, counter, lamport, kind, node, parent, order_key) VALUES
    ('d', '\x01', 1, 1, 'insert', n(3), n(1), ''), ('d', '\x01', 2, 2, 'insert', n(1), n(2), ''),
    ('d', '\x01', 3, 3, 'move', n(1), n(0), ''), ('d', '\x01', 4, 4, 'insert', n(2), n(1), '');
INSERT INTO w.ops (doc, replica, counter, lamport, kind, node, parent, order_key) SELECT 'd', '\x01', g, g, 'insert', n(100 + g), n(0), '' FROM generate_series(5, 20) g;
SELECT treecrdt.digest('w', 'd') AS before \gset
SET treecrdt.batch_size = 2;
SELECT treecrdt.rebuild('w', 'd');
SELECT treecrdt.digest('w', 'd') = :'before' AS same;
SELECT * FROM treecrdt.verify('w', 'd');
RESET treecrdt.batch_size;

-- A trigger that writes the doc between two pieces would take what is yet to come for what has happened.
INSERT INTO t.ops (doc, replica, counter, lamport, kind, node, parent, order_key) VALUES
    ('d', '\x01', 1, 1, 'insert', n(1), n(0), ''), ('d', '\x01', 2, 2, 'insert', n(2), n(1), '');
CREATE FUNCTION public.meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO t.ops (doc, replica, counter, lamport, kind, node, known_state) VALUES ('d', '\x02', (SELECT count(*) FROM t.ops), 20, 'delete', public.n(2), '{"01": [[1, 2]]}');
    RETURN NULL; END $$;
CREATE TRIGGER meddle AFTER INSERT ON t.nodes FOR EACH ROW WHEN (new.node = '00000000-0000-0000-0000-000000000004') EXECUTE FUNCTION public.meddle();
SET treecrdt.catch_up = deferred;
INSERT INTO t.ops (doc, replica, counter, lamport, kind, node, parent, order_key) VALUES
    ('d', '\x01', 3, 10, 'insert', n(4), n(0), ''), ('d', '\x01', 4, 11, 'insert', n(5), n(0), ''), ('d', '\x01', 5, 12, 'move', n(1), n(2), '');
RESET treecrdt.catch_up;
SET treecrdt.batch_size = 1;
SELECT treecrdt.ensure_materialized('t', 'd');
\echo :LAST_ERROR_SQLSTATE
-- The next statement, a large one, comes upon what waits.
INSERT INTO t.ops (doc, replica, counter, lamport, kind, node, parent, order_key) VALUES
    ('d', '\x01', 6, 13, 'insert', n(6), n(0), ''), ('d', '\x01', 7, 14, 'insert', n(7), n(0), '');
\echo :LAST_ERROR_SQLSTATE
RESET treecrdt.batch_size;
SELECT treecrdt.ensure_materialized('t', 'd');
SELECT * FROM treecrdt.verify('t');
DELETE FROM t.nodes WHERE node = n(4);
SET treecrdt.batch_size = 1;
INSERT INTO t.ops (doc, replica, counter, lamport, kind, node, parent, order_key) SELECT 'd', '\x01', g, 100 + g, 'insert', n(g), n(0), '' FROM generate_series(8, 12) g;
SELECT treecrdt.rebuild('t', 'd');
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE t.nodes DISABLE TRIGGER meddle;
SELECT treecrdt.rebuild('t', 'd');
RESET treecrdt.batch_size;
SELECT * FROM treecrdt.verify('t');
SELECT op_count, late_count FROM t.docs;
SELECT treecrdt.drop_forest('w'), treecrdt.drop_forest('t');
DROP FUNCTION public.meddle, public.n;
