-- The text form of treecrdt.version_vector: what is read is normalized, what is malformed is refused.
SELECT v, v::treecrdt.version_vector FROM (VALUES
    (1, '{}'), (2, ' { } '), (3, '{"aa01": [[1,9],[12,12]]}'), (4, '{"AA01":[[1,9]]}'),
    (5, '{"bb":[[5,6]],"aa":[[1,1]]}'), (6, '{"aa":[[12,12],[1,9],[3,10]]}'), (7, '{"aa":[[1,2],[3,4]]}'),
    (8, '{"aa":[[1,1],[1,1]]}'), (9, '{"aa":[[1,2]],"AA":[[3,4]],"bb":[]}'), (10, '{"00":[[9223372036854775807,9223372036854775807]]}'),
    (11, '{"aa":[[1,9223372036854775807]],"ab":[[2,2]],"a9":[[7,7]]}'), (12, '{"' || repeat('f0', 64) || '":[[1,1]]}')
) AS t(n, v) ORDER BY n;
-- Bytewise order of replicas, a prefix first.
SELECT '{"ff":[[1,1]],"00":[[1,1]],"aa":[[1,1]],"aa00":[[1,1]],"7f":[[1,1]]}'::treecrdt.version_vector;
-- The text form comes back as it went.
SELECT v::text::treecrdt.version_vector OPERATOR(treecrdt.=) v AS equal, v::text::treecrdt.version_vector::text = v::text AS same
FROM (SELECT '{"bb":[[9,9],[1,3]],"aa01":[[1,2]]}'::treecrdt.version_vector) AS t(v);
SELECT NULL::treecrdt.version_vector IS NULL AS null_in_null_out;

-- Malformed: each with its SQLSTATE, its message and a hint.
CREATE FUNCTION pg_temp.refused(vector text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text;
    hint text;
BEGIN
    PERFORM vector::treecrdt.version_vector;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
    -- What the JSON reader says after that is its own.
    RETURN SQLSTATE || ' ' || regexp_replace(message, '(lists of counter ranges): .+', '\1: …') || CASE hint WHEN '' THEN ' (no hint)' ELSE '' END;
END $$;
SELECT v, pg_temp.refused(v) FROM (VALUES
    (1, ''), (2, 'null'), (3, '[]'), (4, '1'), (5, '{'), (6, '{} {}'), (7, '{"aa":1}'), (8, '{"aa":null}'), (9, '{"aa":[1,2]}'),
    (10, '{"aa":[[1]]}'), (11, '{"aa":[[1,2,3]]}'), (12, '{"aa":[["1","2"]]}'), (13, '{"aa":[[1.5,2]]}'), (14, '{"aa":[[-1,2]]}'),
    (15, '{"aa":[[0,2]]}'), (16, '{"aa":[[3,2]]}'), (17, '{"aa":[[1,9223372036854775808]]}'), (18, '{"aa":[[1,18446744073709551616]]}'),
    (19, '{"":[[1,1]]}'), (20, '{"a":[[1,1]]}'), (21, '{"xy":[[1,1]]}'), (22, '{"\\xaa":[[1,1]]}'), (23, '{aa:[[1,1]]}'),
    (24, '{"ä":[[1,1]]}'), (25, '{"":[]}')
) AS t(n, v) ORDER BY n;
SELECT pg_temp.refused('{"' || repeat('ab', 65) || '":[[1,1]]}') ~ '^22P02 malformed version vector: replica "(ab){50}…" is not' AS too_long;
SELECT '{"aa":[[3,2]]}'::treecrdt.version_vector;
-- Deep nesting is an error, not a crash.
SELECT pg_temp.refused(repeat('[', 100000)) ~ '^22P02' AS refused;
SELECT pg_temp.refused('{"aa":' || repeat('[', 100000)) ~ '^22P02' AS refused;
