-- The log is append-only, for its owner and a superuser too.
\i pg_test/regress/shared/forest.sql
SELECT statement, public.outcome(statement) FROM unnest(ARRAY[
    $$UPDATE f.ops SET payload = NULL$$,
    $$UPDATE f.ops SET payload = NULL WHERE false$$,
    $$DELETE FROM f.ops$$,
    $$DELETE FROM f.ops WHERE false$$,
    $$TRUNCATE f.ops$$,
    $$TRUNCATE f.nodes, f.ops CASCADE$$,
    $$INSERT INTO f.ops VALUES ('d', '\x01', 1, 1, 'tombstone', n(1)) ON CONFLICT (doc, replica, counter) DO UPDATE SET lamport = 5$$,
    $$MERGE INTO f.ops USING (VALUES (1)) AS v(c) ON doc = 'd' AND replica = '\x01' AND counter = c WHEN MATCHED THEN UPDATE SET lamport = 5$$,
    $$MERGE INTO f.ops USING (VALUES (1)) AS v(c) ON doc = 'd' AND replica = '\x01' AND counter = c WHEN MATCHED THEN DELETE$$]) statement;

-- MERGE that only inserts is an append.
BEGIN;
MERGE INTO f.ops USING (VALUES (1), (99)) AS v(c) ON doc = 'd' AND replica = '\x01' AND counter = c
    WHEN NOT MATCHED THEN INSERT (doc, replica, counter, lamport, kind, node, parent, order_key) VALUES ('d', '\x01', c, c, 'insert', n(99), n(0), '');
SELECT count(*) FROM f.nodes WHERE node = n(99);
SELECT count(*) FROM treecrdt.verify('f');
ROLLBACK;

-- ON CONFLICT DO NOTHING passes over what is there and takes the rest.
BEGIN;
WITH i AS (INSERT INTO f.ops VALUES ('d', '\x01', 1, 1, 'insert', n(1), n(0), '\x10', 'one'), ('d', '\x0f', 1, 1, 'insert', n(98), n(0), '\x10', 'new') ON CONFLICT DO NOTHING RETURNING 1)
SELECT count(*) FROM i;
SELECT public.works();
ROLLBACK;
\i pg_test/regress/shared/forest_end.sql
