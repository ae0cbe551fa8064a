-- Appending takes INSERT on ops, reading takes SELECT, and nothing else is needed.
\i pg_test/regress/shared/rights.sql

-- Roles without any grant may use the extension's functions and types.
\c - rights_nobody
SELECT WHERE '{}'::treecrdt.version_vector IS NULL;

-- A forest can belong to somebody who is no superuser.
\c - rights_keeper
SELECT treecrdt.create_forest('mine');
INSERT INTO mine.ops VALUES ('d', '\x01', 1, 1, 'insert', n(1), n(0), '\x10', 'one');
SELECT treecrdt.render('mine', 'd');
SELECT count(*) FROM treecrdt.verify('mine');
SELECT treecrdt.rebuild('mine');
INSERT INTO mine.ops VALUES ('e', '\x01', 1, 1, 'insert', n(1), n(0), '\x10', 'one'), ('e', '\x01', 2, 2, 'insert', n(2), n(1), '\x10', 'two');
SELECT treecrdt.drop_doc('mine', 'e');
SELECT count(*) FROM treecrdt.verify('mine');

-- Who may not create schemas may not create a forest.
\c - rights_nobody
SELECT treecrdt.create_forest('mine');
\c - :superuser
SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace = 'mine'::regnamespace;

-- A writer appends in order, late and by COPY.
\c - rights_writer
INSERT INTO f.ops VALUES ('d', '\x02', 11, 10, 'insert', n(12), n(1), '\x30', 'two');
INSERT INTO f.ops VALUES ('d', '\x02', 12, 2, 'insert', n(13), n(1), '\x10', 'late') ON CONFLICT DO NOTHING;
COPY f.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) FROM stdin;
d	\\x02	13	11	insert	00000000-0000-0000-0000-000000000014	00000000-0000-0000-0000-000000000001	\\x20	copied
\.
SELECT treecrdt.render('f', 'd');
SELECT count(*) FROM treecrdt.verify('f');

-- A writer makes a doc.
\c - rights_writer
INSERT INTO f.ops VALUES ('new', '\x02', 1, 1, 'insert', n(1), n(0), '\x10', 'one');
SELECT op_count FROM f.docs WHERE doc = 'new';
SELECT count(*) FROM treecrdt.verify('f');

-- A writer defers and catches up.
\c - rights_writer
SET treecrdt.catch_up = deferred;
INSERT INTO f.ops VALUES ('d', '\x02', 14, 3, 'move', n(2), n(3), '\x10');
SELECT count(*) FROM f.waiting;
SELECT treecrdt.ensure_materialized('f');
SELECT count(*) FROM f.waiting;
SELECT count(*) FROM treecrdt.verify('f');

-- A reader reads all there is.
\c - rights_reader
SELECT count(*) FROM treecrdt.tree('f', 'd');
SELECT cardinality(treecrdt.path('f', 'd', n(1)));
SELECT split_part(treecrdt.render('f', 'd'), E'\n', 1);
SELECT treecrdt.version('f', 'd');
SELECT treecrdt.subtree_version('f', 'd', n(2));
SELECT length(treecrdt.digest('f', 'd')) = 32;
SELECT count(*) FROM treecrdt.verify('f');
SELECT count(*) FROM f.children WHERE doc = 'd' AND parent = n(1);
\c - :superuser

-- INSERT alone is enough to append; nothing can be read.
\c - rights_keeper
GRANT USAGE ON SCHEMA f TO rights_nobody;
GRANT INSERT ON f.ops TO rights_nobody;
\c - rights_nobody
INSERT INTO f.ops VALUES ('d', '\x03', 2, 1, 'insert', n(6), n(1), '\x50', 'unseen');
SELECT treecrdt.render('f', 'd');
SELECT count(*) FROM f.ops;
\c - :superuser
SELECT convert_from(payload, 'UTF8') FROM f.nodes WHERE node = n(6);

-- The trigger functions refuse other tables.
\c - rights_writer
\set VERBOSITY sqlstate
CREATE TEMP TABLE ops (LIKE f.ops);
CREATE TRIGGER m AFTER INSERT ON ops REFERENCING NEW TABLE AS batch FOR EACH STATEMENT EXECUTE FUNCTION treecrdt.ops_materialize();
INSERT INTO ops SELECT * FROM f.ops;
SELECT treecrdt.ops_materialize();
DROP TRIGGER m ON ops;
CREATE TRIGGER c BEFORE INSERT ON ops FOR EACH ROW EXECUTE FUNCTION treecrdt.ops_check();
INSERT INTO ops SELECT * FROM f.ops;
\set VERBOSITY default
\c - :superuser

\c - :superuser
\i pg_test/regress/shared/rights_end.sql
