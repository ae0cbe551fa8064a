-- Index entries of new rows are written in the order of the index, many at a time: none is missing, and none is another's.
\i pg_test/regress/shared/forest.sql
CREATE INDEX later ON f.nodes (length(payload), payload) WHERE payload IS NOT NULL;
CREATE UNIQUE INDEX once ON f.nodes (doc, md5(node::text));

-- 70,000 operations of three docs, by turns; every seventh node has a payload and no place.
INSERT INTO f.ops
    SELECT (ARRAY['d', 'another', 'a third one with a longer name'])[1 + i % 3], '\x02', i, i, CASE WHEN i % 7 = 0 THEN 'payload' ELSE 'insert' END::treecrdt.op_kind,
        md5(i::text)::uuid, CASE WHEN i % 7 > 0 THEN n(i % 5) END, CASE WHEN i % 7 > 0 THEN decode(md5('k' || i), 'hex') END, decode(md5('p' || i), 'hex')
    FROM generate_series(10, 70009) i;

-- What each index leads to, in its order, beside what is there. Rows that have the index's expressions in another order would differ.
CREATE FUNCTION public.led_to(ordered text, wanted text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    query text := format('SELECT md5(string_agg(r, '''')) || '' '' || count(*) FROM (SELECT node::text AS r FROM f.nodes WHERE %s ORDER BY %s) AS rows', wanted, ordered);
    by_index text;
    by_sort text;
    plan text;
    line text;
BEGIN
    PERFORM set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true), set_config('enable_incremental_sort', 'off', true);
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP plan := concat(plan, line); END LOOP;
    EXECUTE query INTO by_index;
    PERFORM set_config('enable_sort', 'on', true), set_config('enable_seqscan', 'on', true), set_config('enable_indexscan', 'off', true), set_config('enable_indexonlyscan', 'off', true);
    EXECUTE query INTO by_sort;
    PERFORM set_config('enable_indexscan', 'on', true), set_config('enable_indexonlyscan', 'on', true);
    RETURN concat_ws(' ', substring(plan FROM 'Index(?: Only)? Scan using (\w+)'), CASE WHEN plan LIKE '%Sort%' THEN 'sorts' END,
        CASE WHEN by_index = by_sort THEN split_part(by_index, ' ', 2) || ' rows' ELSE 'differs' END);
END $$;
ANALYZE f.nodes;
SELECT led_to('doc, node', 'true');
SELECT led_to('doc, parent, order_key, node', 'true');
SELECT led_to('length(payload), payload', 'payload IS NOT NULL');
SELECT led_to('doc, md5(node::text)', 'true');
SELECT count(*) FROM treecrdt.verify('f');

-- One that refuses a row refuses the statement.
SELECT outcome($$INSERT INTO f.ops SELECT 'd', '\x03', i, 80000 + i, 'insert', md5('x' || i)::uuid, n(0), decode(md5('y' || i), 'hex'), CASE WHEN i = 900 THEN (SELECT string_agg(md5(j::text), '')::bytea FROM generate_series(1, 200) j) END FROM generate_series(1, 1000) i$$);
CREATE UNIQUE INDEX places ON f.nodes (doc, parent, order_key);
SELECT outcome($$INSERT INTO f.ops SELECT 'd', '\x03', i, 80000 + i, 'insert', md5('x' || i)::uuid, n(0), decode(md5('y' || i % 999), 'hex') FROM generate_series(1, 1000) i$$);

-- One that is checked only when the statement is over, or that is no btree, is written as the server writes it.
DROP INDEX f.places;
ALTER TABLE f.nodes ADD CONSTRAINT places UNIQUE (doc, parent, order_key) DEFERRABLE;
SELECT outcome($$INSERT INTO f.ops SELECT 'd', '\x03', i, 80000 + i, 'insert', md5('x' || i)::uuid, n(0), decode(md5('y' || i % 999), 'hex') FROM generate_series(1, 1000) i$$);
ALTER TABLE f.nodes DROP CONSTRAINT places;
CREATE INDEX payloads ON f.nodes USING hash (payload);
SELECT outcome($$INSERT INTO f.ops SELECT 'd', '\x03', i, 80000 + i, 'insert', md5('x' || i)::uuid, n(0), decode(md5('y' || i % 999), 'hex') FROM generate_series(1, 1000) i$$);
SELECT led_to('doc, node', 'true');
SELECT works();

-- What the condition of an index, or a default, cannot compute fails the append, and no other.
CREATE INDEX tenths ON f.nodes (node) WHERE 100 / length(payload) > 5;
SELECT outcome($$INSERT INTO f.ops VALUES ('d', '\x04', 1, 90000, 'insert', n(90), n(0), '', '')$$);
SELECT works();
DROP INDEX f.tenths;
ALTER TABLE f.nodes ADD COLUMN tenth int;
ALTER TABLE f.nodes ALTER COLUMN tenth SET DEFAULT 1 / (random() * 0)::int;
SELECT outcome($$INSERT INTO f.ops VALUES ('d', '\x04', 1, 90000, 'insert', n(90), n(0), '', '')$$);
ALTER TABLE f.nodes ALTER COLUMN tenth DROP DEFAULT;
SELECT works();

-- Triggers that fire before a row find the rows that were written before, by an index too.
ALTER TABLE f.docs ADD COLUMN seen bigint;
CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    NEW.seen := (SELECT count(*) FROM f.nodes WHERE doc = NEW.doc);
    RETURN NEW;
END $$;
CREATE TRIGGER see BEFORE UPDATE ON f.docs FOR EACH ROW EXECUTE FUNCTION public.see();
INSERT INTO f.ops SELECT 'seen', '\x05', i, i, 'insert', md5('z' || i)::uuid, n(0), '', NULL FROM generate_series(1, 5000) i;
SELECT seen FROM f.docs WHERE doc = 'seen';
\i pg_test/regress/shared/forest_end.sql
