-- version_vector_agg(replica, counter): the set of the dots given.
SELECT treecrdt.version_vector_agg(r, c) FROM (VALUES ('\xaa01'::bytea, 2), ('\xbb', 5), ('\xaa01', 1), ('\xaa01', 4), ('\xbb', 5)) AS t(r, c);
SELECT treecrdt.version_vector_agg(r, c) AS none FROM (VALUES ('\xaa'::bytea, 1)) AS t(r, c) WHERE false;
SELECT treecrdt.version_vector_agg(r, c) AS nulls_passed_over FROM (VALUES ('\xaa'::bytea, NULL), (NULL, 1), (NULL, NULL), ('\xaa', 3)) AS t(r, c);
SELECT treecrdt.version_vector_agg(NULL, NULL) AS only_nulls;
SELECT g, treecrdt.version_vector_agg(set_byte('\x00', 0, n % 3), n) FILTER (WHERE n <> 5) FROM generate_series(1, 12) n, (VALUES (1), (2)) AS t(g)
WHERE n % g = 0 GROUP BY g ORDER BY g;
SELECT n, treecrdt.version_vector_agg('\xaa', n) OVER (ORDER BY n) FROM (VALUES (1), (3), (2)) AS t(n);
-- 300,000 dots of three replicas in random order, a hole in the second, duplicates in the third.
SELECT setseed(0.5);
SELECT treecrdt.version_vector_agg(set_byte('\x00', 0, r), CASE r WHEN 2 THEN n % 1000 + 1 ELSE n END)
FROM (SELECT r, n FROM generate_series(0, 2) r, generate_series(1, 100000) n WHERE r <> 1 OR n <> 54321 ORDER BY random()) AS t;
-- Every second counter, in random order: one range a dot.
SELECT length(v::text) AS text_length, v OPERATOR(treecrdt.@>) '{"aa":[[99998,99998]]}' AS last, v OPERATOR(treecrdt.@>) '{"aa":[[3,3]]}' AS odd
FROM (SELECT treecrdt.version_vector_agg('\xaa', n * 2) AS v FROM (SELECT n FROM generate_series(1, 50000) n ORDER BY random()) AS s) AS t;
-- What is no dot is refused.
SELECT treecrdt.version_vector_agg('', 1);
\echo :LAST_ERROR_SQLSTATE
SELECT treecrdt.version_vector_agg('\xaa', 0);
\echo :LAST_ERROR_SQLSTATE
SELECT treecrdt.version_vector_agg(decode(repeat('ab', 65), 'hex'), 1);
\echo :LAST_ERROR_SQLSTATE
