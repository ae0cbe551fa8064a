-- The operations of the doc $1 in @forest@ with the dots ($2, $3), in their order. Single rows as ranges: see step_up.sql.
SELECT k.at, k.replica, o.counter, o.lamport, o.kind, o.node, o.parent, o.order_key, o.payload,
    treecrdt.version_vector_send(o.known_state)
FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3)) WITH ORDINALITY k (replica, counter, at)
CROSS JOIN LATERAL (
    SELECT * FROM @forest@.ops
    WHERE doc OPERATOR(pg_catalog.=) $1 AND replica OPERATOR(pg_catalog.=) k.replica
      AND counter OPERATOR(pg_catalog.>=) k.counter AND counter OPERATOR(pg_catalog.<=) k.counter ORDER BY counter) o
