-- A CHECK on nodes refuses a row.
\i pg_test/regress/shared/forest.sql
ALTER TABLE f.nodes ADD CONSTRAINT no_bad CHECK (payload <> 'bad');
\i pg_test/regress/shared/each_refused.sql

-- Deferred ops wait, ensure_materialized fails and leaves them waiting, until the CHECK is gone.
SET treecrdt.catch_up = deferred;
INSERT INTO f.ops VALUES ('e', '\x02', 1, 1, 'insert', n(7), n(0), '', 'bad');
SELECT public.state() AS before \gset
SELECT treecrdt.ensure_materialized('f');
SELECT public.state() = :'before';
SELECT count(*) FROM f.waiting;
ALTER TABLE f.nodes DROP CONSTRAINT no_bad;
SELECT treecrdt.ensure_materialized('f');
SELECT count(*) FROM treecrdt.verify('f');
SELECT convert_from(payload, 'UTF8') FROM f.nodes WHERE doc = 'e';
SELECT treecrdt.drop_doc('f', 'e');
RESET treecrdt.catch_up;
\i pg_test/regress/shared/forest_end.sql
