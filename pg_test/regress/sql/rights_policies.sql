-- Row-level security holds for readers, and hinders neither appending nor maintenance.
\i pg_test/regress/shared/rights.sql
\c - rights_keeper
INSERT INTO f.ops VALUES ('secret', '\x01', 1, 1, 'insert', n(1), n(0), '\x10', 'one'), ('secret', '\x01', 2, 2, 'insert', n(2), n(1), '\x10', 'two');
CREATE POLICY visible ON f.nodes FOR SELECT USING (doc <> 'secret' AND payload IS DISTINCT FROM 'blind');
ALTER TABLE f.nodes ENABLE ROW LEVEL SECURITY;

\set c 40
\i pg_test/regress/shared/under_policies.sql

-- The same, forced on the owner.
\c - rights_keeper
ALTER TABLE f.nodes FORCE ROW LEVEL SECURITY;
\set c 80
\i pg_test/regress/shared/under_policies.sql

\c - rights_keeper
ALTER TABLE f.docs ENABLE ROW LEVEL SECURITY;
ALTER TABLE f.docs FORCE ROW LEVEL SECURITY;
ALTER TABLE f.ops ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON f.ops FOR ALL TO rights_writer USING (doc LIKE 'mine%') WITH CHECK (doc LIKE 'mine%');

-- A policy on ops says where one may append; those on docs do not matter.
\c - rights_writer
INSERT INTO f.ops VALUES ('d', '\x02', 60, 60, 'insert', n(60), n(0), '\x10', 'x');
INSERT INTO f.ops VALUES ('mine too', '\x02', 1, 60, 'insert', n(60), n(0), '\x10', 'x');
INSERT INTO f.ops VALUES ('mine too', '\x02', 2, 61, 'insert', n(61), n(60), '\x10', 'x');
SELECT count(*) FROM f.ops;

-- And drop_doc, for an owner under forced policies, drops the whole doc.
\c - rights_keeper
SELECT treecrdt.drop_doc('f', 'mine too');
SET ROLE NONE;
SELECT count(*) FROM f.ops WHERE doc = 'mine too';
\c - :superuser

-- Nothing is wrong at the end.
SELECT count(*) FROM treecrdt.verify('f');
\c - :superuser
\i pg_test/regress/shared/rights_end.sql
