-- treecrdt.catch_up, and the prefix that is reserved.
LOAD 'pg_treecrdt';
SHOW treecrdt.catch_up;
SELECT name, setting, context, vartype, enumvals, short_desc FROM pg_settings WHERE name = 'treecrdt.catch_up';
SET treecrdt.catch_up = deferred;
SET treecrdt.catch_up = 'IMMEDIATE';
SHOW treecrdt.catch_up;
SET treecrdt.catch_up = 'sometimes';
\echo :LAST_ERROR_SQLSTATE
SET treecrdt.catch_up = '';
SET treecrdt.catch_up = on;
SET treecrdt.no_such_setting = 1;
\echo :LAST_ERROR_SQLSTATE
SELECT set_config('treecrdt.anything', 'x', false);
SHOW treecrdt.catch_up;
-- Set before the library is loaded, values are kept if they are good, and else given up with a warning.
\c
SET treecrdt.catch_up = deferred;
LOAD 'pg_treecrdt';
SHOW treecrdt.catch_up;
\c
SET treecrdt.catch_up = 'sometimes';
SET treecrdt.no_such_setting = 1;
LOAD 'pg_treecrdt';
SHOW treecrdt.catch_up;
SHOW treecrdt.no_such_setting;
-- For a transaction, a function, a role.
BEGIN;
SET LOCAL treecrdt.catch_up = deferred;
SHOW treecrdt.catch_up;
COMMIT;
SHOW treecrdt.catch_up;

SELECT treecrdt.create_forest('later');
CREATE FUNCTION public.bulk() RETURNS void LANGUAGE sql SET treecrdt.catch_up = deferred AS $$
    INSERT INTO later.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload)
    SELECT 'd', '\x01', n, n, 'insert', ('00000000-0000-0000-0000-00000000000' || n)::uuid, '00000000-0000-0000-0000-000000000000', set_byte('\x00', 0, n), convert_to('n' || n, 'UTF8')
    FROM generate_series(1, 3) n
$$;
SELECT public.bulk();
SELECT doc, head_lamport, op_count, frontier_lamport FROM later.docs;
SELECT count(*) FROM later.nodes;
SELECT * FROM treecrdt.verify('later');
-- The next immediate append brings along what waits.
INSERT INTO later.ops (doc, replica, counter, lamport, kind, node, payload) VALUES ('d', '\x02', 1, 4, 'payload', '00000000-0000-0000-0000-000000000002', 'renamed');
SELECT treecrdt.render('later', 'd');
SELECT doc, head_lamport, op_count, frontier_lamport FROM later.docs;
-- A deferred op below the head: the frontier lies below the head, and the tree stays as it was until it is caught up.
SET treecrdt.catch_up = deferred;
INSERT INTO later.ops (doc, replica, counter, lamport, kind, node, parent, order_key) VALUES ('d', '\x02', 2, 2, 'move', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000003', '\x00');
RESET treecrdt.catch_up;
SELECT doc, head_lamport, op_count, frontier_lamport, late_count FROM later.docs;
SELECT treecrdt.render('later', 'd');
SELECT * FROM treecrdt.verify('later');
SELECT treecrdt.ensure_materialized('later', 'no such doc'), treecrdt.ensure_materialized('later'), treecrdt.ensure_materialized('later');
SELECT treecrdt.render('later', 'd');
SELECT doc, head_lamport, op_count, frontier_lamport, late_count FROM later.docs;
SELECT count(*) FROM later.waiting;
SELECT * FROM treecrdt.verify('later');
DROP FUNCTION public.bulk;
SELECT treecrdt.drop_forest('later');

-- treecrdt.batch_size: a statement in pieces, rows of two docs in no order, beside the same in one.
SELECT name, setting, min_val, max_val, context, short_desc FROM pg_settings WHERE name = 'treecrdt.batch_size';
SET treecrdt.batch_size = 0;
\echo :LAST_ERROR_SQLSTATE
SELECT treecrdt.create_forest('whole'), treecrdt.create_forest('pieces');
CREATE TABLE public.shuffled AS SELECT d AS doc, ('\x0' || g % 3)::bytea AS replica, g AS counter, 1 + g / 2 AS lamport, (ARRAY['insert', 'insert', 'move', 'payload'])[1 + g % 4]::treecrdt.op_kind AS kind,
    ('00000000-0000-0000-0000-' || lpad((1 + g * 7 % 20)::text, 12, '0'))::uuid AS node, CASE WHEN g % 4 < 3 THEN ('00000000-0000-0000-0000-' || lpad((g * 11 % 20)::text, 12, '0'))::uuid END AS parent,
    CASE WHEN g % 4 < 3 THEN decode(lpad(to_hex(g), 4, '0'), 'hex') END AS order_key, CASE WHEN g % 4 = 3 THEN 'p' || g END::bytea AS payload
FROM generate_series(1, 200) g, unnest(ARRAY['d', 'e']) d ORDER BY md5(g || d);
INSERT INTO whole.ops SELECT * FROM shuffled;
CREATE TABLE public.fired (at text);
CREATE FUNCTION public.fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.fired VALUES (tg_level); RETURN NULL; END $$;
CREATE TRIGGER fire AFTER UPDATE ON pieces.docs FOR EACH STATEMENT EXECUTE FUNCTION public.fire();
SET treecrdt.batch_size = 64;
INSERT INTO pieces.ops SELECT * FROM shuffled;
RESET treecrdt.batch_size;
SELECT count(*) AS pieces FROM fired;
SELECT doc, treecrdt.digest('whole', doc) = treecrdt.digest('pieces', doc) AS same, op_count, late_count FROM pieces.docs ORDER BY doc;
SELECT count(*) FROM treecrdt.verify('pieces');
-- All or nothing: the last piece fails.
ALTER TABLE pieces.nodes ADD CONSTRAINT no_bad CHECK (payload <> 'bad');
CREATE TEMP TABLE before AS SELECT treecrdt.digest('pieces', 'd') AS d;
SET treecrdt.batch_size = 10;
INSERT INTO pieces.ops SELECT 'd', '\x09', g, 1000 + g, 'payload', '00000000-0000-0000-0000-000000000001', NULL, NULL, CASE g WHEN 100 THEN 'bad' ELSE 'good' END::bytea FROM generate_series(1, 100) g;
\echo :LAST_ERROR_SQLSTATE
SELECT treecrdt.digest('pieces', 'd') = d AS nothing_stays FROM before;
-- Deferred, and what waits with the next piece.
SET treecrdt.catch_up = deferred;
INSERT INTO pieces.ops SELECT 'd', '\x09', g, 1000 + g, 'payload', '00000000-0000-0000-0000-000000000001', NULL, NULL, 'good' FROM generate_series(1, 25) g;
RESET treecrdt.catch_up;
SELECT count(*) FROM pieces.waiting;
INSERT INTO pieces.ops SELECT 'd', '\x09', g, 1000 + g, 'payload', '00000000-0000-0000-0000-000000000001', NULL, NULL, 'good' FROM generate_series(26, 50) g;
SELECT (SELECT count(*) FROM pieces.waiting), op_count, frontier_lamport, (SELECT count(*) FROM treecrdt.verify('pieces')) FROM pieces.docs WHERE doc = 'd';
RESET treecrdt.batch_size;
SELECT treecrdt.drop_forest('whole'), treecrdt.drop_forest('pieces');
DROP TABLE public.shuffled, public.fired;
DROP FUNCTION public.fire;
