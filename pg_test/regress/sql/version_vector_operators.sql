-- Sets of dots: covers, equality, union, difference.
SET search_path = treecrdt, public;
CREATE TEMP TABLE pair (n int, a version_vector, b version_vector);
INSERT INTO pair VALUES
    (1, '{}', '{}'),
    (2, '{"aa":[[1,9]]}', '{}'),
    (3, '{"aa":[[1,9]]}', '{"aa":[[3,5],[7,7]]}'),
    (4, '{"aa":[[1,4],[6,9]]}', '{"aa":[[4,6]]}'),
    (5, '{"aa":[[1,4],[6,9]]}', '{"aa":[[5,5]]}'),
    (6, '{"aa":[[1,2]],"bb":[[1,2]]}', '{"bb":[[1,2]],"aa":[[2,2],[1,1]]}'),
    (7, '{"aa":[[1,2]]}', '{"bb":[[1,2]]}'),
    (8, '{"aa":[[1,2]]}', '{"aaaa":[[1,2]]}'),
    (9, '{"aa":[[1,9223372036854775807]]}', '{"aa":[[9223372036854775807,9223372036854775807]]}'),
    (10, '{"aa":[[1,10]]}', NULL),
    (11, '{"aa":[[2,3],[5,6],[8,9]],"bb":[[1,1]]}', '{"aa":[[1,5],[9,20]],"cc":[[1,1]]}');
SELECT n, a @> b AS "@>", a <@ b AS "<@", b @> a AS "b@>a", a = b AS "=", a <> b AS "<>", a || b AS "||", a - b AS "-", b - a AS "b-a"
FROM pair ORDER BY n;
-- The laws that hold for all: 0 rows.
SELECT x.n, y.n FROM pair x, pair y WHERE x.b IS NOT NULL AND y.b IS NOT NULL AND NOT (
    (x.a || y.b) = (y.b || x.a) AND (x.a || y.b) @> x.a AND (x.a || y.b) @> y.b
    AND ((x.a - y.b) || y.b) = (x.a || y.b) AND ((x.a - y.b) - y.b) = (x.a - y.b)
    AND (x.a @> y.b) = ((y.b - x.a) = '{}') AND (x.a @> y.b) = (y.b <@ x.a) AND (x.a = y.b) = (x.a @> y.b AND y.b @> x.a)
    AND (x.a <> y.b) = NOT (x.a = y.b) AND (x.a || x.a) = x.a AND (x.a - x.a) = '{}');
-- Without the schema in the path, the operators have to be named in full.
RESET search_path;
SELECT '{"aa":[[1,2]]}'::treecrdt.version_vector @> '{"aa":[[1,1]]}'::treecrdt.version_vector;
SELECT '{"aa":[[1,2]]}'::treecrdt.version_vector OPERATOR(treecrdt.@>) '{"aa":[[1,1]]}';
