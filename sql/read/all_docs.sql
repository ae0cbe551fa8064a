-- The docs that any table of @forest@ knows of, or $1 if it is among them.
SELECT doc FROM @forest@.docs WHERE $1 IS NULL OR doc OPERATOR(pg_catalog.=) $1
UNION SELECT doc FROM @forest@.ops WHERE $1 IS NULL OR doc OPERATOR(pg_catalog.=) $1
UNION SELECT doc FROM @forest@.nodes WHERE $1 IS NULL OR doc OPERATOR(pg_catalog.=) $1
UNION SELECT doc FROM @forest@.oprefs WHERE $1 IS NULL OR doc OPERATOR(pg_catalog.=) $1
UNION SELECT doc FROM @forest@.ignored WHERE $1 IS NULL OR doc OPERATOR(pg_catalog.=) $1
UNION SELECT doc FROM @forest@.waiting WHERE $1 IS NULL OR doc OPERATOR(pg_catalog.=) $1
ORDER BY doc
