-- The inserts and moves of the doc $1 in @forest@ that would have made a cycle, as dots.
SELECT replica, counter FROM @forest@.ignored WHERE doc OPERATOR(pg_catalog.=) $1
