-- The structural history of the nodes $2 of the doc $1 in @forest@, and their winning payloads, as dots.
-- Single rows are asked for as ranges: see step_up.sql.
WITH s AS (SELECT pg_catalog.unnest($2) AS node)
SELECT o.replica, o.counter FROM s CROSS JOIN LATERAL (
    SELECT * FROM @forest@.ops WHERE doc OPERATOR(pg_catalog.=) $1
      AND node OPERATOR(pg_catalog.>=) s.node AND node OPERATOR(pg_catalog.<=) s.node ORDER BY node) o
WHERE (o.kind OPERATOR(pg_catalog.=) 'insert' OR o.kind OPERATOR(pg_catalog.=) 'move')
  AND o.node OPERATOR(pg_catalog.<>) '00000000-0000-0000-0000-000000000000'
  AND o.node OPERATOR(pg_catalog.<>) 'ffffffff-ffff-ffff-ffff-ffffffffffff'
  AND NOT EXISTS (SELECT FROM @forest@.ignored i WHERE i.doc OPERATOR(pg_catalog.=) o.doc
      AND i.node OPERATOR(pg_catalog.=) o.node AND i.lamport OPERATOR(pg_catalog.=) o.lamport
      AND i.replica OPERATOR(pg_catalog.=) o.replica AND i.counter OPERATOR(pg_catalog.=) o.counter)
UNION ALL
SELECT o.replica, o.counter FROM s JOIN @forest@.oprefs r
    ON r.doc OPERATOR(pg_catalog.=) $1 AND r.parent OPERATOR(pg_catalog.=) s.node
CROSS JOIN LATERAL (
    SELECT * FROM @forest@.ops WHERE doc OPERATOR(pg_catalog.=) $1 AND replica OPERATOR(pg_catalog.=) r.replica
      AND counter OPERATOR(pg_catalog.>=) r.counter AND counter OPERATOR(pg_catalog.<=) r.counter ORDER BY counter) o
WHERE (o.kind OPERATOR(pg_catalog.=) 'move'
       OR (o.kind OPERATOR(pg_catalog.=) 'insert' AND o.parent OPERATOR(pg_catalog.=) s.node))
  AND NOT EXISTS (SELECT FROM @forest@.ignored i WHERE i.doc OPERATOR(pg_catalog.=) o.doc
      AND i.node OPERATOR(pg_catalog.=) o.node AND i.lamport OPERATOR(pg_catalog.=) o.lamport
      AND i.replica OPERATOR(pg_catalog.=) o.replica AND i.counter OPERATOR(pg_catalog.=) o.counter)
UNION ALL
SELECT n.payload_replica, n.payload_counter FROM s CROSS JOIN LATERAL (
    SELECT * FROM @forest@.nodes WHERE doc OPERATOR(pg_catalog.=) $1
      AND node OPERATOR(pg_catalog.>=) s.node AND node OPERATOR(pg_catalog.<=) s.node ORDER BY node) n
WHERE n.payload_replica IS NOT NULL
