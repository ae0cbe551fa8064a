-- Payloads and trees as JSON, version vectors in order, in groups and as jsonb.
CREATE FUNCTION public.n(int) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-0000-0000-' || lpad($1::text, 12, '0'))::uuid $$;
SELECT treecrdt.create_forest('h');
SET treecrdt.replica = 'me';
\pset format unaligned
\pset tuples_only on
\pset null '<NULL>'

SELECT payload, treecrdt.payload_text(payload), treecrdt.payload_jsonb(payload) FROM unnest(ARRAY['', 'text', '{"b": 1, "a": [true, null]}', '"string"', '12', '1e400',
    '1e-9999', '"\\u0000"', '"\\ud800"', 'nul', '[1,]', '\xff', 'a\000b', 'ä'::bytea, '"ä"'::bytea, NULL]::bytea[]) AS payload;
SELECT treecrdt.payload_jsonb(convert_to(repeat('[', 127) || repeat(']', 127), 'UTF8')) IS NULL, treecrdt.payload_jsonb(convert_to(repeat('[', 10000) || repeat(']', 10000), 'UTF8')) IS NULL;

-- A tree there and back.
SELECT treecrdt.import_json('h', 'd', n(0), '[{"node": "00000000-0000-0000-0000-000000000001", "payload": "fruit", "children": [
    {"node": "00000000-0000-0000-0000-000000000002", "payload": {"kind": "apple", "n": 12345678901234567890.5}}, {"payload": null}, {"payload": 7, "children": []}]},
    {"payload": {"base64": "AP8="}}, {"payload": "line\nbreak \"quoted\" \\"}]');
SELECT treecrdt.render('h', 'd') ~ '^\.\n├─ fruit\n│  ├─ {"n": 12345678901234567890.5, "kind": "apple"}\n';
SELECT treecrdt.import_json('h', 'e', n(0), treecrdt.tree_json('h', 'd'));
SELECT treecrdt.tree_json('h', 'd') = treecrdt.tree_json('h', 'e');
SELECT jsonb_path_query_array(treecrdt.tree_json('h', 'd', max_depth => 1), '$[*].payload'), jsonb_array_length(treecrdt.tree_json('h', 'd', n(1)));
SELECT treecrdt.tree_json('h', 'd', n(77)), treecrdt.tree_json('h', 'nowhere');
SELECT encode(payload, 'hex') FROM h.nodes WHERE doc = 'd' AND payload IS NOT NULL ORDER BY 1;
-- Below what is there, after it.
SELECT treecrdt.import_json('h', 'd', n(1), '[{"payload": "one more"}, {"payload": "and one"}]'), treecrdt.import_json('h', 'd', n(1), '[]');
SELECT string_agg(coalesce(treecrdt.payload_text(payload), '-'), ', ' ORDER BY order_key, node) FROM h.children WHERE doc = 'd' AND parent = n(1);
-- Deep, and many.
SELECT treecrdt.import_json('h', 'deep', n(0), (repeat('[{"children": ', 1000) || '[]' || repeat('}]', 1000))::jsonb);
SELECT max(depth) FROM treecrdt.tree('h', 'deep');
SELECT length(treecrdt.tree_json('h', 'deep')::text) > 50000;
SELECT treecrdt.import_json('h', 'wide', n(0), (SELECT jsonb_agg(jsonb_build_object('payload', g)) FROM generate_series(1, 40000) g));
SELECT array_agg(treecrdt.payload_text(payload)::int ORDER BY order_key, node) = array_agg(treecrdt.payload_text(payload)::int ORDER BY treecrdt.payload_text(payload)::int), max(length(order_key)) FROM h.children WHERE doc = 'wide';

-- Copies: visible nodes only, in order, with new ids; within itself too.
SELECT treecrdt.delete_node('h', 'd', n(2));
SELECT treecrdt.copy_tree('h', 'd', n(1), 'copy', n(0)) AS copy \gset
SELECT treecrdt.copy_tree('h', 'd', n(1), 'd', n(1)) AS twin \gset
SELECT :'copy' <> n(1)::text, depth, coalesce(treecrdt.payload_text(payload), '-') FROM treecrdt.tree('h', 'copy');
SELECT count(*), count(DISTINCT node) FROM treecrdt.tree('h', 'd', :'twin');
SELECT count(*) FROM treecrdt.tree('h', 'd', n(1));

-- Refused.
SELECT count(*) AS before FROM h.ops \gset
SELECT treecrdt.import_json('h', 'd', n(0), '{"payload": "no list"}');
SELECT treecrdt.import_json('h', 'd', n(0), '[{"title": "no such key"}]');
SELECT treecrdt.import_json('h', 'd', n(0), '[{"node": "no uuid"}]');
SELECT treecrdt.import_json('h', 'd', n(0), '[{"payload": {"base64": "!"}}]');
SELECT treecrdt.import_json('h', 'd', n(0), '[{"node": "00000000-0000-0000-0000-000000000001"}]');
SELECT treecrdt.import_json('h', 'd', n(0), '[{"node": "00000000-0000-0000-0000-000000000099"}, {"node": "00000000-0000-0000-0000-000000000099"}]');
SELECT treecrdt.import_json('h', 'd', n(0), NULL);
SELECT treecrdt.import_json('h', 'd', n(2), '[]');
SELECT treecrdt.copy_tree('h', 'd', n(2), 'd', n(0));
SELECT treecrdt.copy_tree('h', 'd', n(0), 'copy', n(0));
SELECT treecrdt.copy_tree('h', NULL, n(1), 'copy', n(0));
SELECT treecrdt.copy_tree('h', 'd', n(77), 'copy', n(0));
SELECT treecrdt.tree_json('h', NULL);
SELECT treecrdt.tree_json(NULL, 'd');
SELECT count(*) - :before FROM h.ops;
-- Who may not read cannot copy.
CREATE ROLE json_writer;
GRANT INSERT ON h.ops TO json_writer;
SET ROLE json_writer;
SELECT treecrdt.copy_tree('h', 'd', n(1), 'stolen', n(0));
SELECT treecrdt.import_json('h', 'theirs', n(0), '[{"payload": "theirs"}]');
SELECT treecrdt.tree_json('h', 'theirs');
RESET ROLE;
DROP OWNED BY json_writer;
DROP ROLE json_writer;

-- Version vectors.
SET search_path = public, treecrdt;
SELECT DISTINCT v FROM (VALUES ('{"01": [[1,2]]}'::version_vector), ('{"01": [[1,1],[2,2]]}'), ('{}'), ('{"02": [[1,1]]}')) AS t(v) ORDER BY v;
SELECT v, count(*) FROM (VALUES ('{"01": [[1,2]]}'::version_vector), ('{"01": [[1,1],[2,2]]}'), ('{}')) AS t(v) GROUP BY v ORDER BY count(*);
SELECT '{"01": [[1,2]]}'::version_vector::jsonb -> '01', '{"01": [[1,1], [2,2]]}'::jsonb::version_vector;
SELECT '{"01": [[1,0]]}'::jsonb::version_vector;
SELECT '{}'::version_vector < '{"01": [[1,1]]}', '{"01": [[1,1]]}'::version_vector >= '{"01": [[1,1]]}';
RESET search_path;

SELECT treecrdt.verify('h');
SELECT treecrdt.drop_forest('h');
DROP FUNCTION public.n;
