-- Where ranges of counters begin and end in the doc $1 of @forest@, replica by replica. Reads the doc's whole log.
SELECT replica, counter, begins, ends
FROM (SELECT replica, counter,
          pg_catalog.lag(counter, 1, '-1'::pg_catalog.int8) OVER replicas OPERATOR(pg_catalog.+) 1
              OPERATOR(pg_catalog.<>) counter AS begins,
          pg_catalog.lead(counter, 1, '0'::pg_catalog.int8) OVER replicas OPERATOR(pg_catalog.-) 1
              OPERATOR(pg_catalog.<>) counter AS ends
      FROM @forest@.ops WHERE doc OPERATOR(pg_catalog.=) $1
      WINDOW replicas AS (PARTITION BY replica ORDER BY counter)) dots
WHERE begins OR ends
