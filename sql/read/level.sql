-- The children of the nodes $2 of the doc $1 in @forest@, in order for each of them.
-- The LATERAL subquery with its own order is not merged into the query around it: so for each parent there is one index
-- range to read, and nothing to join or to sort.
SELECT p.parent, n.node, n.order_key, n.payload
FROM pg_catalog.unnest($2) p (parent) CROSS JOIN LATERAL (
    SELECT node, order_key, payload FROM @forest@.nodes
    WHERE doc OPERATOR(pg_catalog.=) $1 AND parent OPERATOR(pg_catalog.=) p.parent AND NOT tombstone
    ORDER BY order_key, node) n
