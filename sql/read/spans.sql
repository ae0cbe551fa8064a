-- From where to where the counters of each replica go in the doc $1 of @forest@, and how many operations docs counts, for
-- those who may know. At most as many replicas as pay, and one: $2 at least, else one for $3 operations.
-- One statement, and so one snapshot: counting and looking up must not drift apart.
WITH RECURSIVE counted AS (SELECT (@op_count@) AS op_count),
spans (replica, first) AS (
    (SELECT replica, counter FROM @forest@.ops WHERE doc OPERATOR(pg_catalog.=) $1 ORDER BY replica, counter LIMIT 1)
    UNION ALL
    SELECT o.replica, o.counter FROM spans s CROSS JOIN LATERAL (
        SELECT replica, counter FROM @forest@.ops
        WHERE doc OPERATOR(pg_catalog.=) $1 AND replica OPERATOR(pg_catalog.>) s.replica
        ORDER BY replica, counter LIMIT 1) o
)
SELECT s.replica, s.first,
    (SELECT o.counter FROM @forest@.ops o
     WHERE o.doc OPERATOR(pg_catalog.=) $1 AND o.replica OPERATOR(pg_catalog.=) s.replica
     ORDER BY o.counter DESC LIMIT 1),
    (SELECT op_count FROM counted)
FROM spans s
LIMIT 1 OPERATOR(pg_catalog.+) greatest((SELECT op_count FROM counted) OPERATOR(pg_catalog./) $3, $2)
