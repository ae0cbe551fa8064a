-- What the structural history of the nodes $2 of the doc $1 in @forest@ may have beside what their rows say, as dots: their
-- moves and later inserts, what names them, and the moves that left them. Those ignored are not told apart.
-- Single rows are asked for as ranges: see step_up.sql.
WITH s AS (SELECT pg_catalog.unnest($2) AS node)
SELECT o.replica, o.counter FROM s CROSS JOIN LATERAL (
    SELECT * FROM @forest@.ops WHERE doc OPERATOR(pg_catalog.=) $1
      AND node OPERATOR(pg_catalog.>=) s.node AND node OPERATOR(pg_catalog.<=) s.node
      AND kind OPERATOR(pg_catalog.<>) 'insert' ORDER BY node, kind) o
WHERE o.kind OPERATOR(pg_catalog.=) 'move'
  AND o.node OPERATOR(pg_catalog.<>) '00000000-0000-0000-0000-000000000000'
  AND o.node OPERATOR(pg_catalog.<>) 'ffffffff-ffff-ffff-ffff-ffffffffffff'
UNION ALL
SELECT r.replica, r.counter FROM s JOIN @forest@.reinserts r
    ON r.doc OPERATOR(pg_catalog.=) $1 AND r.node OPERATOR(pg_catalog.=) s.node
UNION ALL
SELECT o.replica, o.counter FROM s JOIN @forest@.ops o
    ON o.doc OPERATOR(pg_catalog.=) $1 AND o.parent OPERATOR(pg_catalog.=) s.node
WHERE o.parent OPERATOR(pg_catalog.<>) 'ffffffff-ffff-ffff-ffff-ffffffffffff'
  AND o.node OPERATOR(pg_catalog.<>) 'ffffffff-ffff-ffff-ffff-ffffffffffff'
  AND o.node OPERATOR(pg_catalog.<>) '00000000-0000-0000-0000-000000000000'
UNION ALL
SELECT o.replica, o.counter FROM s JOIN @forest@.other_refs r
    ON r.doc OPERATOR(pg_catalog.=) $1 AND r.parent OPERATOR(pg_catalog.=) s.node
CROSS JOIN LATERAL (
    SELECT * FROM @forest@.ops WHERE doc OPERATOR(pg_catalog.=) $1 AND replica OPERATOR(pg_catalog.=) r.replica
      AND counter OPERATOR(pg_catalog.>=) r.counter AND counter OPERATOR(pg_catalog.<=) r.counter ORDER BY counter) o
WHERE o.kind OPERATOR(pg_catalog.=) 'move'
