-- The parent of the node $2 of the doc $1 in @forest@, if it is no tombstone.
-- Equality is said as a range, with ORDER BY: where statistics have it that a doc has one row, every index that begins with
-- doc looks equally good, and one may be taken that reads the whole doc for a single row. Only the right one gives that
-- order; and that the order of equal values is no order at all, the planner must not see.
SELECT parent FROM @forest@.nodes
WHERE doc OPERATOR(pg_catalog.=) $1 AND node OPERATOR(pg_catalog.>=) $2 AND node OPERATOR(pg_catalog.<=) $2
  AND NOT tombstone ORDER BY node
