-- A forest's name is an identifier, whatever it holds: no part of it is run.
SELECT treecrdt.create_forest(E'two\nlines');
SELECT treecrdt.create_forest(E'x\n; CREATE TABLE public.injected (); --') IS NOT NULL AS created;
SELECT to_regclass('public.injected') IS NULL AS not_injected;
INSERT INTO "two
lines".ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) VALUES
    ('d', '\x01', 1, 1, 'insert', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000000', '', 'one');
SELECT treecrdt.render(oid::regnamespace, 'd'), (SELECT count(*) FROM treecrdt.verify(oid::regnamespace)) FROM pg_namespace WHERE nspname = E'two\nlines';
SELECT count(treecrdt.drop_forest(oid::regnamespace)) FROM pg_namespace WHERE nspname ~ '\n';
DROP TABLE IF EXISTS public.injected;
