-- What one late operation costs, against the length of the log and how late it is.
-- Docs of 1,000, 10,000 and 100,000 operations (a tree of fan-out 10 with moves and payloads), then single late
-- inserts, moves, payloads and deletes, each a statement of its own, just behind the head and at the very start.
-- Figures are microseconds a statement, medians; compare within one run only.
\set ON_ERROR_STOP on
\set QUIET on
\pset footer off
SET client_min_messages = warning;
SELECT treecrdt.create_forest('perf') \gset

CREATE FUNCTION perf.node(n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql AS
$$ SELECT CASE WHEN n < 1 THEN '00000000-0000-0000-0000-000000000000' ELSE lpad(to_hex(n), 32, '0')::uuid END $$;

-- Lamports are 1000 apart so that late operations find room between them.
CREATE PROCEDURE perf.fill(doc text, n bigint) LANGUAGE sql AS $$
    INSERT INTO perf.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload)
    SELECT doc, '\xaa', i, i * 1000, k::treecrdt.op_kind, perf.node(m),
           CASE WHEN k <> 'payload' THEN perf.node(p) END, CASE WHEN k <> 'payload' THEN int8send(i) END,
           CASE WHEN k <> 'move' THEN int8send(i) END
    FROM (SELECT i, CASE WHEN i % 10 = 8 THEN 'payload' WHEN i % 10 = 9 THEN 'move' ELSE 'insert' END AS k,
                 CASE WHEN i % 10 >= 8 THEN 1 + (i * 7919) % (i - i % 10 - 1) ELSE i END AS m,
                 CASE WHEN i % 10 = 9 THEN (i * 104729) % 100 ELSE (i - 1) / 10 END AS p
          FROM generate_series(1, n) AS i) AS history
    WHERE i > 10 OR k = 'insert'
$$;

CREATE TABLE perf.result (n bigint, op text, late text, micros double precision);

-- Each late operation comes from a replica of its own, 40 of a kind, spread over the nodes.
CREATE PROCEDURE perf.measure(doc text, n bigint, op text, late text) LANGUAGE plpgsql AS $$
DECLARE
    t timestamptz; at bigint; id bigint;
BEGIN
    FOR i IN 1..40 LOOP
        at := CASE late WHEN 'by 1 op' THEN n * 1000 - 500 ELSE 500 END;
        id := 1 + (i * 31) % 900;
        t := clock_timestamp();
        INSERT INTO perf.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload, known_state)
        VALUES (doc, convert_to(op || late, 'UTF8'), i, at,
                (CASE op WHEN 'leaf' THEN 'insert' ELSE op END)::treecrdt.op_kind,
                CASE op WHEN 'leaf' THEN gen_random_uuid() ELSE perf.node(id - id % 10 + 1) END,
                CASE WHEN op IN ('leaf', 'move') THEN perf.node(2 + i % 5) END,
                CASE WHEN op IN ('leaf', 'move') THEN '\x55'::bytea END,
                CASE WHEN op IN ('leaf', 'payload') THEN '\x55'::bytea END, NULL);
        INSERT INTO perf.result VALUES (n, op, late, extract(epoch FROM clock_timestamp() - t) * 1e6);
        COMMIT;
    END LOOP;
END $$;

CALL perf.fill('d1', 1000);
CALL perf.fill('d2', 10000);
CALL perf.fill('d3', 100000);
VACUUM ANALYZE;
-- Warm up, then measure.
CALL perf.fill('warm', 1000);
CALL perf.measure('warm', 1000, 'leaf', 'by 1 op');
TRUNCATE perf.result;
SELECT format('CALL perf.measure(%L, %s, %L, %L)', doc, n, op, late)
FROM (VALUES ('d1', 1000), ('d2', 10000), ('d3', 100000)) AS docs (doc, n),
     (VALUES ('leaf'), ('move'), ('payload'), ('delete')) AS ops (op),
     (VALUES ('by 1 op'), ('by all ops')) AS lates (late)
ORDER BY op, late, n \gexec

\echo 'median microseconds a late operation, by length of the log; ratio of the longest log to the shortest'
SELECT op, late, round(min(m) FILTER (WHERE n = 1000)) AS "1,000", round(min(m) FILTER (WHERE n = 10000)) AS "10,000",
       round(min(m) FILTER (WHERE n = 100000)) AS "100,000",
       round((min(m) FILTER (WHERE n = 100000) / min(m) FILTER (WHERE n = 1000))::numeric, 2) AS ratio
FROM (SELECT n, op, late, percentile_cont(0.5) WITHIN GROUP (ORDER BY micros) AS m FROM perf.result GROUP BY 1, 2, 3) AS medians
GROUP BY op, late ORDER BY op, late;
\echo 'rows that verify finds wrong (the shorter docs; the naive replay of the long one takes its time):'
SELECT count(*) FROM treecrdt.verify('perf', 'd1');
SELECT count(*) FROM treecrdt.verify('perf', 'd2');
\timing on
SELECT count(*) FROM treecrdt.verify('perf', 'd3');
