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
