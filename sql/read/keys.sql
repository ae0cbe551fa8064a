-- The keys of the operations of the doc $1 in @forest@ in the ranges $4 to $5 of the replicas $3, which go by the numbers $2.
SELECT o.lamport, r.at, o.counter
FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3),
                pg_catalog.unnest($4), pg_catalog.unnest($5)) r (at, replica, first, last)
CROSS JOIN LATERAL (
    SELECT lamport, counter FROM @forest@.ops
    WHERE doc OPERATOR(pg_catalog.=) $1 AND replica OPERATOR(pg_catalog.=) r.replica
      AND counter OPERATOR(pg_catalog.>=) r.first AND counter OPERATOR(pg_catalog.<=) r.last
    ORDER BY counter) o
