-- The keys of the nodes $2 of the doc $1 in @forest@. Single rows as ranges: see step_up.sql.
SELECT n.keys
FROM pg_catalog.unnest($2) s (node) CROSS JOIN LATERAL (
    SELECT keys FROM @forest@.nodes WHERE doc OPERATOR(pg_catalog.=) $1
      AND node OPERATOR(pg_catalog.>=) s.node AND node OPERATOR(pg_catalog.<=) s.node ORDER BY node) n
