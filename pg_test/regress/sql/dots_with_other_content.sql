-- An operation whose dot is there with other content is an error, ON CONFLICT DO NOTHING or not; the same once more is none.
\i pg_test/regress/shared/forest.sql
SELECT treecrdt.create_forest('h');
INSERT INTO h.ops VALUES ('d', '\x01', 1, 1, 'insert', n(1), n(0), '\x10', 'one'), ('d', '\x01', 2, 2, 'insert', n(2), n(0), '\x20', NULL);
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, known_state) VALUES ('d', '\x02', 1, 3, 'delete', n(2), '{"01": [[1,2]]}');

-- Redelivered, alone and with news.
INSERT INTO h.ops SELECT * FROM h.ops ON CONFLICT DO NOTHING;
INSERT INTO h.ops SELECT * FROM h.ops UNION ALL VALUES ('d', '\x01'::bytea, 3::bigint, 4::bigint, 'insert'::treecrdt.op_kind, n(3), n(1), '\x30'::bytea, 'three'::bytea, NULL::treecrdt.version_vector) ON CONFLICT DO NOTHING;

-- Each column in turn, with news beside it: nothing of the statement is loaded.
SELECT what, public.outcome(format($s$INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload)
    VALUES ('d', '\x01', 9, 9, 'insert', n(9), n(0), '\x90', 'nine'), ('d', '\x01', 1, %s) ON CONFLICT DO NOTHING$s$, what))
FROM (VALUES ($$1, 'insert', n(1), n(0), '\x10', 'one'$$), ($$2, 'insert', n(1), n(0), '\x10', 'one'$$), ($$1, 'move', n(1), n(0), '\x10', NULL$$),
    ($$1, 'insert', n(2), n(0), '\x10', 'one'$$), ($$1, 'insert', n(1), n(2), '\x10', 'one'$$), ($$1, 'insert', n(1), n(0), '\x11', 'one'$$),
    ($$1, 'insert', n(1), n(0), '\x10', 'two'$$), ($$1, 'insert', n(1), n(0), '\x10', ''$$), ($$1, 'insert', n(1), n(0), '\x10', NULL$$), ($$1, 'payload', n(1), NULL, NULL, 'one'$$)) AS v(what);
SELECT public.outcome($$INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, known_state) VALUES ('d', '\x02', 1, 3, 'delete', n(2), '{"01": [[1,1],[2,2]]}') ON CONFLICT DO NOTHING$$) AS same,
    public.outcome($$INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, known_state) VALUES ('d', '\x02', 1, 3, 'delete', n(2), '{"01": [[1,1]]}') ON CONFLICT DO NOTHING$$) AS less,
    public.outcome($$INSERT INTO h.ops (doc, replica, counter, lamport, kind, node) VALUES ('d', '\x02', 1, 3, 'delete', n(2)) ON CONFLICT DO NOTHING$$) AS nothing;
SELECT count(*) FROM h.ops;

-- Of another doc or replica it is another dot. Twice in one statement.
INSERT INTO h.ops VALUES ('e', '\x01', 1, 7, 'insert', n(1), n(0), '\x10', 'two'), ('d', '\x0100', 1, 7, 'insert', n(5), n(0), '\x10', 'two');
SELECT public.outcome($$INSERT INTO h.ops VALUES ('e', '\x09', 1, 8, 'insert', n(8), n(0), '\x10', 'two'), ('e', '\x09', 1, 8, 'insert', n(8), n(0), '\x10', 'two') ON CONFLICT DO NOTHING$$);
SELECT public.outcome($$INSERT INTO h.ops VALUES ('e', '\x09', 2, 9, 'insert', n(9), n(0), '\x10', 'two'), ('e', '\x09', 2, 9, 'insert', n(9), n(0), '\x10', 'three') ON CONFLICT DO NOTHING$$);
-- Large contents, stored compressed.
INSERT INTO h.ops VALUES ('e', '\x08', 1, 8, 'payload', n(8), NULL, NULL, convert_to(repeat('large ', 10000), 'UTF8'));
INSERT INTO h.ops SELECT * FROM h.ops WHERE doc = 'e' ON CONFLICT DO NOTHING;
SELECT public.outcome($$INSERT INTO h.ops VALUES ('e', '\x08', 1, 8, 'payload', n(8), NULL, NULL, convert_to(repeat('large ', 9999) || 'larger', 'UTF8')) ON CONFLICT DO NOTHING$$);
-- What waits.
SET treecrdt.catch_up = deferred;
INSERT INTO h.ops VALUES ('w', '\x01', 1, 1, 'insert', n(1), n(0), '\x10', 'one');
SELECT public.outcome($$INSERT INTO h.ops VALUES ('w', '\x01', 1, 1, 'insert', n(1), n(0), '\x10', 'two') ON CONFLICT DO NOTHING$$);
RESET treecrdt.catch_up;
-- More than are held at a time.
SET treecrdt.batch_size = 2;
INSERT INTO h.ops SELECT * FROM h.ops UNION ALL SELECT 'p', '\x01', g, g, 'insert', n(g), n(0), '\x10', 'p', NULL FROM generate_series(1, 10) g ON CONFLICT DO NOTHING;
SELECT public.outcome($$INSERT INTO h.ops SELECT 'p', '\x01', g, g, 'insert', n(g), n(0), '\x10', CASE g WHEN 7 THEN 'q' ELSE 'p' END::bytea FROM generate_series(1, 20) g ON CONFLICT DO NOTHING$$);
RESET treecrdt.batch_size;

-- Triggers of others on ops, after ours in name: one that drops rows, one that alters them, one that appends.
CREATE FUNCTION public.meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.payload = 'drop' THEN RETURN NULL; END IF;
    IF new.payload = 'append' THEN
        INSERT INTO h.ops VALUES ('t', '\x77', new.counter, 1, 'insert', n(77), n(0), '', 'nested') ON CONFLICT DO NOTHING;
    END IF;
    IF new.payload = 'clash' THEN
        INSERT INTO h.ops VALUES ('d', '\x01', 1, 1, 'insert', n(77), n(0), '', 'nested') ON CONFLICT DO NOTHING;
    END IF;
    IF new.payload = 'alter' THEN new.payload := 'altered'; END IF;
    RETURN new;
END $$;
CREATE TRIGGER zz BEFORE INSERT ON h.ops FOR EACH ROW EXECUTE FUNCTION public.meddle();
SELECT counter, payload, public.outcome(format($$INSERT INTO h.ops VALUES ('u', '\x01', %s, %1$s, 'insert', n(%1$s), n(0), '', %L), ('u', '\x01', 99, 99, 'insert', n(99), n(0), '', 'plain') ON CONFLICT DO NOTHING$$, counter, payload))
FROM (VALUES (1, 'drop'), (2, 'alter'), (2, 'altered'), (2, 'alter'), (3, 'append'), (4, 'clash')) AS v(counter, payload);
DROP TRIGGER zz ON h.ops;

-- Two INSERTs in one statement.
WITH w AS (INSERT INTO h.ops VALUES ('two', '\x01', 1, 1, 'insert', n(1), n(0), '', 'one') RETURNING 1) SELECT count(*) FROM w;
WITH w AS (INSERT INTO h.ops VALUES ('two', '\x01', 2, 2, 'insert', n(2), n(0), '', 'new') ON CONFLICT DO NOTHING RETURNING 1)
INSERT INTO h.ops VALUES ('two', '\x01', 1, 1, 'insert', n(1), n(0), '', 'other') ON CONFLICT DO NOTHING;
WITH w AS (INSERT INTO h.ops VALUES ('two', '\x01', 1, 1, 'insert', n(1), n(0), '', 'other') ON CONFLICT DO NOTHING RETURNING 1)
INSERT INTO h.ops VALUES ('two', '\x01', 2, 2, 'insert', n(2), n(0), '', 'new') ON CONFLICT DO NOTHING;
WITH w AS (INSERT INTO h.ops VALUES ('two', '\x01', 1, 1, 'insert', n(1), n(0), '', 'one') ON CONFLICT DO NOTHING RETURNING 1)
INSERT INTO h.ops VALUES ('two', '\x01', 2, 2, 'insert', n(2), n(0), '', 'new') ON CONFLICT DO NOTHING;
SELECT counter, payload FROM h.ops WHERE doc = 'two' ORDER BY counter;

-- What a rolled back subtransaction has brought is not remembered.
BEGIN;
SAVEPOINT s;
INSERT INTO h.ops VALUES ('v', '\x01', 1, 1, 'insert', n(1), n(0), '', 'one');
ROLLBACK TO s;
INSERT INTO h.ops VALUES ('v', '\x01', 1, 1, 'insert', n(1), n(0), '', 'two') ON CONFLICT DO NOTHING;
INSERT INTO h.ops VALUES ('v', '\x01', 1, 1, 'insert', n(1), n(0), '', 'two') ON CONFLICT DO NOTHING;
SAVEPOINT s;
INSERT INTO h.ops VALUES ('v', '\x01', 1, 1, 'insert', n(1), n(0), '', 'one') ON CONFLICT DO NOTHING;
ROLLBACK TO s;
COMMIT;
SELECT * FROM treecrdt.verify('h');
DROP FUNCTION public.meddle;
\i pg_test/regress/shared/forest_end.sql
SELECT treecrdt.drop_forest('h');
