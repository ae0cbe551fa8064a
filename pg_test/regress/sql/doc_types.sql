-- Docs named by a text, a uuid or a number: all that is done to a doc goes by any of them.
SELECT treecrdt.create_forest('by_text'), treecrdt.create_forest('by_uuid', 'uuid'), treecrdt.create_forest('by_number', doc_type => 'bigint');
SELECT relname, attname, format_type(atttypid, atttypmod), attcollation::regcollation FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
WHERE relnamespace IN ('by_uuid'::regnamespace, 'by_number'::regnamespace) AND attname = 'doc' AND relkind IN ('r', 'v') ORDER BY relnamespace::regnamespace::text, relname COLLATE "C";
SELECT treecrdt.create_forest('by_other', 'integer');
\echo :LAST_ERROR_SQLSTATE
SELECT treecrdt.create_forest('by_other', 'varchar');
\echo :LAST_ERROR_SQLSTATE
SELECT treecrdt.create_forest('by_other', NULL) IS NULL AS nothing;
CREATE FUNCTION public.n(int) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-0000-0000-' || lpad($1::text, 12, '0'))::uuid $$;

-- The same operations of three docs everywhere, in one statement and late ones after it.
CREATE TABLE public.named (at int, of_text text, of_uuid uuid, of_number bigint);
INSERT INTO public.named VALUES (1, 'one', 'AAAAAAAA-0000-4000-8000-000000000001', 1), (2, 'two', '{bbbbbbbb00004000800000000000000a}', -9223372036854775808), (3, 'three', '00000000-0000-0000-0000-000000000000', 9223372036854775807);
CREATE TABLE public.history (c int, kind treecrdt.op_kind, node uuid, parent uuid, order_key bytea, payload bytea, known_state treecrdt.version_vector);
INSERT INTO public.history VALUES (1, 'insert', n(1), n(0), 'a', 'one', NULL), (2, 'insert', n(2), n(1), 'a', 'two', NULL), (3, 'insert', n(3), n(0), 'b', 'three', NULL), (4, 'move', n(3), n(2), 'c', NULL, NULL),
    (5, 'move', n(1), n(3), 'd', NULL, NULL), (6, 'payload', n(2), NULL, NULL, 'zwei', NULL), (7, 'insert', n(2), n(0), 'e', NULL, NULL), (8, 'delete', n(3), NULL, NULL, NULL, '{"0a": [[1,7]]}');
INSERT INTO by_text.ops SELECT of_text, '\x0a', c, c, kind, node, parent, order_key, payload, known_state FROM named, history WHERE c <> 4 ORDER BY c, at;
INSERT INTO by_uuid.ops SELECT of_uuid, '\x0a', c, c, kind, node, parent, order_key, payload, known_state FROM named, history WHERE c <> 4 ORDER BY c, at;
INSERT INTO by_number.ops SELECT of_number, '\x0a', c, c, kind, node, parent, order_key, payload, known_state FROM named, history WHERE c <> 4 ORDER BY c, at;
INSERT INTO by_text.ops SELECT of_text, '\x0a', c, c, kind, node, parent, order_key, payload, known_state FROM named, history WHERE c = 4;
INSERT INTO by_uuid.ops SELECT of_uuid, '\x0a', c, c, kind, node, parent, order_key, payload, known_state FROM named, history WHERE c = 4;
SET treecrdt.catch_up = deferred;
INSERT INTO by_number.ops SELECT of_number, '\x0a', c, c, kind, node, parent, order_key, payload, known_state FROM named, history WHERE c = 4;
RESET treecrdt.catch_up;
SELECT treecrdt.ensure_materialized('by_number', '1'), treecrdt.ensure_materialized('by_number');
SELECT * FROM by_uuid.docs ORDER BY doc;
SELECT doc, op_count, late_count FROM by_number.docs ORDER BY doc;
SELECT 'text', v FROM treecrdt.verify('by_text') v UNION ALL SELECT 'uuid', v FROM treecrdt.verify('by_uuid') v UNION ALL SELECT 'number', v FROM treecrdt.verify('by_number') v;

-- Functions take the text form, in any spelling, and give the usual one.
SELECT treecrdt.render('by_text', 'one') AS by_text, treecrdt.render('by_uuid', 'aaaaaaaa000040008000000000000001') AS by_uuid, treecrdt.render('by_number', ' 01 ') AS by_number;
SELECT treecrdt.digest('by_text', 'two') = treecrdt.digest('by_uuid', 'bbbbbbbb-0000-4000-8000-00000000000a') AND treecrdt.digest('by_text', 'two') = treecrdt.digest('by_number', '-9223372036854775808') AS same_digests;
SELECT doc, counter, kind FROM treecrdt.ops_since('by_uuid', 'BBBBBBBB-0000-4000-8000-00000000000A', '{"0a": [[1,6]]}');
SELECT treecrdt.version('by_number', '9223372036854775807'), treecrdt.subtree_version('by_number', '9223372036854775807', n(3)), treecrdt.path('by_uuid', '00000000-0000-0000-0000-000000000000', n(2));
SELECT count(*) FROM treecrdt.tree('by_number', '9223372036854775807');
SELECT count(*) FROM treecrdt.tree('by_uuid', 'cccccccc-0000-4000-8000-000000000001');
SELECT parent, lamport FROM by_uuid.oprefs WHERE doc = 'aaaaaaaa-0000-4000-8000-000000000001' AND parent = n(0) ORDER BY lamport;

-- What is none of their names is an error, never an empty doc.
SELECT count(*) FROM treecrdt.tree('by_uuid', 'one');
\echo :LAST_ERROR_SQLSTATE
SELECT treecrdt.version('by_number', 'one');
\echo :LAST_ERROR_SQLSTATE
SELECT treecrdt.drop_doc('by_number', '9223372036854775808');
\echo :LAST_ERROR_SQLSTATE
SELECT treecrdt.verify('by_uuid', '');
\echo :LAST_ERROR_SQLSTATE

-- Messages name them.
INSERT INTO by_uuid.ops (doc, replica, counter, lamport, kind, node) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', '\x0a', 9, 9, 'move', n(1));
INSERT INTO by_number.ops (doc, replica, counter, lamport, kind, node) VALUES (-5, '\x0a', 9, 9, 'move', n(1));

-- Foreign keys: a table of the application's on docs.
CREATE TABLE public.project (id uuid PRIMARY KEY REFERENCES by_uuid.docs);
INSERT INTO public.project VALUES ('aaaaaaaa-0000-4000-8000-000000000001');
INSERT INTO public.project VALUES ('cccccccc-0000-4000-8000-000000000001');
SELECT treecrdt.drop_doc('by_uuid', 'aaaaaaaa-0000-4000-8000-000000000001');
\echo :LAST_ERROR_SQLSTATE
DROP TABLE public.project;

-- Rebuilt and dropped by name.
UPDATE by_uuid.nodes SET payload = 'forged';
SELECT treecrdt.rebuild('by_uuid', 'aaaaaaaa-0000-4000-8000-000000000001'), (SELECT count(*) FROM by_uuid.nodes WHERE payload = 'forged');
SELECT treecrdt.rebuild('by_uuid'), (SELECT count(*) FROM treecrdt.verify('by_uuid'));
SELECT treecrdt.drop_doc('by_uuid', 'aaaaaaaa-0000-4000-8000-000000000001'), treecrdt.drop_doc('by_number', '1');
SELECT doc, count(*) FROM by_number.ops GROUP BY doc ORDER BY doc;
SELECT treecrdt.drop_forest('by_text'), treecrdt.drop_forest('by_uuid'), treecrdt.drop_forest('by_number');
DROP TABLE public.named, public.history;
DROP FUNCTION public.n;
