-- The nodes below the nodes $2 of the doc $1 in @forest@, tombstones too.
SELECT n.node FROM pg_catalog.unnest($2) p (parent) CROSS JOIN LATERAL (
    SELECT node FROM @forest@.nodes WHERE doc OPERATOR(pg_catalog.=) $1 AND parent OPERATOR(pg_catalog.=) p.parent
    ORDER BY order_key, node) n
