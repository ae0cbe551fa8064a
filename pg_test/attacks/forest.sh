# What settings.sh and standby.sh compare: a forest with all there is, all that functions say of it, all that writes.

# A forest with all there is: late, ignored, deleted, waiting, payloads with backslashes and without any.
fill=$(cat <<'SQL'
INSERT INTO @.ops SELECT d, E'\\x01', g, g, 'insert', public.n(g), public.n(g / 3), int4send(g), convert_to('node ' || g, 'UTF8') FROM generate_series(1, 90) g, unnest(ARRAY['a', 'Ä "doc"']) d;
INSERT INTO @.ops VALUES ('a', E'\\x02', 9, 599, 'move', public.n(3), public.n(9), E'\\x00', NULL), ('a', E'\\x02', 1, 600, 'move', public.n(1), public.n(13), E'\\x00', NULL), ('a', E'\\x02', 2, 601, 'payload', public.n(4), NULL, NULL, NULL),
    ('a', E'\\x02', 8, 602, 'payload', public.n(7), NULL, NULL, E'\\x5c785c27'), ('a', E'\\x02', 7, 603, 'payload', public.n(8), NULL, NULL, E'\\xff00');
INSERT INTO @.ops (doc, replica, counter, lamport, kind, node, known_state) VALUES ('a', E'\\x02', 3, 604, 'delete', public.n(5), '{"01": [[1,90]], "02": [[1,2],[7,9]]}'),
    ('a', E'\\x02', 4, 605, 'delete', public.n(6), '{"01":[[1,6]]}'), ('a', E'\\x02', 5, 606, 'tombstone', public.n(90), NULL);
INSERT INTO @.ops VALUES ('a', E'\\x03', 1, 50, 'move', public.n(13), public.n(2), E'\\x00', NULL), ('a', E'\\x03', 2, 3, 'payload', public.n(4), NULL, NULL, 'too late'), ('a', E'\\x03', 3, 70, 'insert', public.n(700), public.n(20), E'\\x00', 'late leaf');
SET treecrdt.catch_up = deferred;
INSERT INTO @.ops VALUES ('Ä "doc"', E'\\x02', 1, 10, 'move', public.n(2), public.n(7), E'\\x00', NULL), ('Ä "doc"', E'\\x02', 2, 900, 'insert', public.n(901), public.n(1), E'\\x00', 'waits');
RESET treecrdt.catch_up;
SQL
)
# results FOREST: everything that functions say of it, in forms that do not depend on settings of output.
results="SELECT pg_catalog.md5(pg_catalog.string_agg(r, '|')) FROM (
    SELECT pg_catalog.concat_ws(' ', depth, node, parent, pg_catalog.encode(order_key, 'hex'), pg_catalog.encode(payload, 'hex')) FROM unnest(ARRAY['a', 'Ä \"doc\"']) d, treecrdt.tree('@', d)
    UNION ALL SELECT treecrdt.render('@', d) || treecrdt.render('@', d, public.n(1)) FROM unnest(ARRAY['a', 'Ä \"doc\"']) d
    UNION ALL SELECT pg_catalog.concat_ws(' ', replica, counter, lamport, kind, node, parent, pg_catalog.encode(order_key, 'hex'), pg_catalog.encode(payload, 'hex'), known_state)
        FROM (SELECT pg_catalog.encode(replica, 'hex') AS replica, counter, lamport, kind, node, parent, order_key, payload, known_state FROM treecrdt.ops_since('@', 'a', '{\"01\": [[2,60]]}')) o
    UNION ALL SELECT pg_catalog.concat_ws(' ', treecrdt.version('@', d)::text, pg_catalog.array_to_string(treecrdt.path('@', d, public.n(8)), ','), treecrdt.subtree_version('@', d, public.n(2))::text,
        pg_catalog.encode(treecrdt.digest('@', d), 'hex'), (SELECT pg_catalog.count(*)::text FROM treecrdt.verify('@', d))) FROM unnest(ARRAY['a', 'Ä \"doc\"']) d) AS t(r);"
refusals=$(printf 'ERROR:  25006\n%.0s' {1..8})
writing=$(cat <<'SQL'
SELECT treecrdt.create_forest('h');
SELECT treecrdt.drop_forest('f');
SELECT treecrdt.drop_doc('f', 'a');
SELECT treecrdt.drop_doc('f', 'not there');
SELECT treecrdt.rebuild('f');
SELECT treecrdt.rebuild('f', 'not there');
SELECT treecrdt.ensure_materialized('f');
SELECT treecrdt.ensure_materialized('f', 'a');
SQL
)
