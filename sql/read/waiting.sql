-- What waits of the doc $1 in @forest@.
SELECT treecrdt.version_vector_send(dots) FROM @forest@.waiting WHERE doc OPERATOR(pg_catalog.=) $1
