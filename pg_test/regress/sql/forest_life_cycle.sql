-- Forests come and go: odd names, schemas that are in the way, things that hang on a forest.
SELECT treecrdt.create_forest('plain');
SELECT relname, relkind FROM pg_class WHERE relnamespace = 'plain'::regnamespace AND relkind <> 'i' ORDER BY relname COLLATE "C";
SELECT treecrdt.create_forest('plain');
\echo :LAST_ERROR_SQLSTATE
CREATE SCHEMA in_the_way;
SELECT treecrdt.create_forest('in_the_way');
\echo :LAST_ERROR_SQLSTATE
SELECT treecrdt.create_forest('pg_forest');
\echo :LAST_ERROR_SQLSTATE
SELECT treecrdt.create_forest('');
\echo :LAST_ERROR_SQLSTATE
SELECT treecrdt.create_forest(NULL) IS NULL AS nothing;

-- Names that SQL has to quote, and one as long as they get.
SET client_min_messages = error;
CREATE TEMP TABLE odd (n int, name text);
INSERT INTO odd VALUES (1, 'Upper Case'), (2, 'with "quotes" and ''more'''), (3, 'select'), (4, 'Übergröße'), (5, '1; DROP SCHEMA plain; --'),
    (6, '@forest@'), (7, '$1'), (8, 'a.b'), (9, left(repeat('long', 20), 63)), (10, E'tab\there'), (11, '%s'), (12, 'back\slash');
SELECT n, treecrdt.create_forest(name) FROM odd ORDER BY n;
CREATE FUNCTION pg_temp.fill(name text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format($f$INSERT INTO %I.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) VALUES
        ('d', '\x01', 1, 1, 'insert', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000000', '', 'one')$f$, name);
    RETURN treecrdt.render(quote_ident(name)::regnamespace, 'd') || E'\n' || (SELECT count(*) FROM treecrdt.verify(quote_ident(name)::regnamespace));
END $$;
SELECT n, pg_temp.fill(left(name, 63)) = E'.\n└─ one\n0' AS works FROM odd ORDER BY n;
SELECT n, treecrdt.drop_doc(quote_ident(left(name, 63))::regnamespace, 'd'), treecrdt.drop_forest(quote_ident(left(name, 63))::regnamespace) FROM odd ORDER BY n;
SELECT count(*) AS left_over FROM pg_namespace, odd WHERE nspname = left(name, 63);
RESET client_min_messages;

-- Only a forest can be dropped as one.
SELECT treecrdt.drop_forest('in_the_way');
\echo :LAST_ERROR_SQLSTATE
SELECT treecrdt.drop_forest('public');
SELECT treecrdt.drop_forest('no_such_schema');
\echo :LAST_ERROR_SQLSTATE
SELECT treecrdt.drop_forest(NULL) IS NULL AS nothing;
SELECT treecrdt.drop_forest(0);
DROP SCHEMA in_the_way;
SELECT treecrdt.tree('public', 'd');
SELECT treecrdt.verify('public');

-- A view of the user's holds it; a table of the user's in the schema too. Nothing is lost by trying.
INSERT INTO plain.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) VALUES
    ('d', '\x01', 1, 1, 'insert', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000000', '', 'one');
CREATE VIEW public.titles AS SELECT convert_from(payload, 'UTF8') AS title FROM plain.nodes;
SELECT treecrdt.drop_forest('plain');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM public.titles;
DROP VIEW public.titles;
CREATE TABLE plain.extra ();
SELECT treecrdt.drop_forest('plain');
\echo :LAST_ERROR_SQLSTATE
SELECT treecrdt.render('plain', 'd');
DROP TABLE plain.extra;
CREATE TABLE public.marks (doc text COLLATE "C", node uuid, FOREIGN KEY (doc, node) REFERENCES plain.nodes);
SELECT treecrdt.drop_forest('plain');
DROP TABLE public.marks;

-- Renamed, it stays a forest; a new one may have the old name, in the same session.
ALTER SCHEMA plain RENAME TO renamed;
SELECT treecrdt.create_forest('plain');
INSERT INTO renamed.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) VALUES
    ('d', '\x01', 2, 2, 'insert', '00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000000', '\x01', 'two');
INSERT INTO plain.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) VALUES
    ('d', '\x01', 1, 1, 'insert', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000000', '', 'another');
SELECT treecrdt.render('renamed', 'd'), treecrdt.render('plain', 'd');
SELECT * FROM treecrdt.verify('renamed') UNION ALL SELECT * FROM treecrdt.verify('plain');

-- drop_doc takes one doc with all its rows, and the doc can begin anew.
INSERT INTO renamed.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) VALUES
    ('e', '\x01', 1, 1, 'insert', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000000', '', 'other doc');
SELECT treecrdt.drop_doc('renamed', 'd'), treecrdt.drop_doc('renamed', 'd'), treecrdt.drop_doc('renamed', 'never there');
SELECT doc FROM renamed.ops UNION SELECT doc FROM renamed.nodes UNION SELECT doc FROM renamed.oprefs UNION SELECT doc FROM renamed.docs;
INSERT INTO renamed.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) VALUES
    ('d', '\x01', 1, 1, 'insert', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000000', '', 'anew');
SELECT treecrdt.render('renamed', 'd');
SELECT * FROM treecrdt.verify('renamed');
-- The permission that drop_doc has to delete from ops ends with it.
DELETE FROM renamed.ops;
\echo :LAST_ERROR_SQLSTATE
SELECT treecrdt.drop_forest('renamed');
SELECT treecrdt.drop_forest('plain');

-- In a transaction that is rolled back nothing happened; dropped and made anew in one, it works.
BEGIN;
SELECT treecrdt.create_forest('fleeting');
ROLLBACK;
SELECT to_regnamespace('fleeting') IS NULL AS gone;
BEGIN;
SELECT treecrdt.create_forest('fleeting');
SELECT treecrdt.drop_forest('fleeting');
SELECT treecrdt.create_forest('fleeting');
INSERT INTO fleeting.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) VALUES
    ('d', '\x01', 1, 1, 'insert', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000000', '', 'in time');
SELECT treecrdt.render('fleeting', 'd');
SELECT * FROM treecrdt.verify('fleeting');
SELECT treecrdt.drop_forest('fleeting');
COMMIT;

-- A name that the catalog would cut is refused rather than cut.
SELECT treecrdt.create_forest(repeat('long', 20));
