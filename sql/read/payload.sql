-- The payload of the node $2 of the doc $1 in @forest@.
SELECT payload FROM @forest@.nodes WHERE doc OPERATOR(pg_catalog.=) $1 AND node OPERATOR(pg_catalog.=) $2
