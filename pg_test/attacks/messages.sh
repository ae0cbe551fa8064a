# Messages quote some 100 bytes of what they are about at most: neither the client nor the server's log is flooded.

database attacks_messages
with_nodes
does <<'SQL'
SELECT treecrdt.create_forest('f');
INSERT INTO f.ops VALUES ('d', '\x01', 1, 1, 'insert', n(1), n(0), '', 'one');
SQL
longest="repeat('x', 300000000)"
long="repeat('x', 30000000)"
bytes="convert_to(repeat('x', 100000000), 'UTF8')"
some="repeat('x', 3000000)"
declare -A calls=(
    ["a doc name of 300 MB in an INSERT"]="INSERT INTO f.ops VALUES ($longest, '\\x01', 2, 2, 'insert', n(2), n(0), '', NULL)"
    ["a doc name of 3 MB with all else wrong"]="INSERT INTO f.ops VALUES ($some, '\\x01', 0, 0, 'insert', n(2), NULL, '', NULL)"
    ["a doc name of 30 MB and no counter"]="INSERT INTO f.ops VALUES ($long, '\\x01', NULL, 2, 'insert', n(2), n(0), '', NULL)"
    ["a doc name of 300 MB in tree"]="SELECT treecrdt.tree('f', $longest)"
    ["a doc name of 30 MB in path"]="SELECT treecrdt.path('f', $long, n(1))"
    ["a doc name of 3 MB in version"]="SELECT treecrdt.version('f', $some)"
    ["a doc name of 3 MB in subtree_version"]="SELECT treecrdt.subtree_version('f', $some, n(1))"
    ["a doc name of 3 MB in digest"]="SELECT treecrdt.digest('f', $some)"
    ["a doc name of 3 MB in ops_since"]="SELECT treecrdt.ops_since('f', $some, '{}')"
    ["a doc name of 30 MB in verify"]="SELECT treecrdt.verify('f', $long)"
    ["a doc name of 30 MB in rebuild"]="SELECT treecrdt.rebuild('f', $long)"
    ["a doc name of 30 MB in ensure_materialized"]="SELECT treecrdt.ensure_materialized('f', $long)"
    ["a doc name of 300 MB in drop_doc"]="SELECT treecrdt.drop_doc('f', $longest)"
    ["a doc name of 3 MB that does not compress in drop_doc"]="SELECT treecrdt.drop_doc('f', (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 100000) g))"
    ["a doc name of 3 MB that does not compress in an INSERT"]="INSERT INTO f.ops SELECT string_agg(md5(g::text), ''), '\\x01', 1, 1, 'tombstone'::treecrdt.op_kind, n(1) FROM generate_series(1, 100000) g"
    ["a forest name of 100 MB"]="SELECT treecrdt.create_forest(repeat('x', 100000000))"
    ["a replica of 100 MB"]="INSERT INTO f.ops VALUES ('d', $bytes, 2, 2, 'insert', n(2), n(0), '', NULL)"
    ["an order key of 100 MB"]="INSERT INTO f.ops VALUES ('d', '\\x01', 2, 2, 'insert', n(2), n(0), $bytes, NULL)"
    ["a payload of 100 MB in a malformed row"]="INSERT INTO f.ops VALUES ('d', '\\x01', 2, 2, 'insert', n(2), NULL, '', $bytes)"
    ["a payload of 100 MB in a dot that is there"]="INSERT INTO f.ops VALUES ('d', '\\x01', 1, 2, 'insert', n(2), n(0), '', $bytes)"
    ["a known_state of a replica of 3 MB"]="SELECT ('{\"' || repeat('ab', 1500000) || '\": [[1,2]]}')::treecrdt.version_vector"
    ["a known_state of a replica of 3 MB that is no hex"]="SELECT ('{\"' || $some || '\": [[1,2]]}')::treecrdt.version_vector"
    ["a vector that is a string of 3 MB"]="SELECT ('\"' || $some || '\"')::treecrdt.version_vector"
    ["a vector whose ranges are a string of 3 MB"]="SELECT ('{\"aa\": \"' || $some || '\"}')::treecrdt.version_vector"
    ["a vector whose counters are a string of 3 MB"]="SELECT ('{\"aa\": [[\"' || $some || '\",1]]}')::treecrdt.version_vector"
    ["a vector of 100 MB of nonsense"]="SELECT repeat('x', 100000000)::treecrdt.version_vector"
    ["a vector of a number of 3 MB"]="SELECT ('{\"aa\": [[' || repeat('9', 3000000) || ',1]]}')::treecrdt.version_vector"
    ["a vector nested 3,000,000 deep"]="SELECT ('{\"aa\": ' || repeat('[', 3000000))::treecrdt.version_vector"
    ["a vector with an escaped replica of 3 MB"]="SELECT ('{\"' || repeat('\\u0001', 500000) || '\": [[1,2]]}')::treecrdt.version_vector"
)
for what in "${!calls[@]}"; do
    logged=$(stat -c %s "$(server_log)")
    came=$(psql -XAtq -v VERBOSITY=verbose 2>&1 <<<"SET statement_timeout = '60s'; ${calls[$what]} \\g $scratch/out" | wc -c)
    logged=$(($(stat -c %s "$(server_log)") - logged))
    if ((came < 2500 && logged < 4000)); then ok "$what: messages are short"; else not_ok "$what: messages are short" "to the client $came bytes, to the log $logged"; fi
done
# In the tables: names as long as may be, in findings of verify and in errors about what is damaged.
does <<'SQL'
INSERT INTO f.ops VALUES (repeat('x', 768), '\x01', 1, 1, 'insert', n(1), n(0), '', convert_to(repeat('p', 3000000), 'UTF8'));
INSERT INTO f.ops (doc, replica, counter, lamport, kind, node, known_state) SELECT repeat('x', 768), '\x01', 2, 2, 'delete', n(1),
    ('{' || string_agg(format('"%s": [[1,2]]', lpad(to_hex(g), 32, '0')), ', ') || '}')::treecrdt.version_vector FROM generate_series(1, 50000) g;
UPDATE f.nodes SET payload = convert_to(repeat('q', 3000000), 'UTF8'), deleted_at = NULL;
SQL
gives "verify does not print long payloads and vectors" t <<<"SELECT max(length(problem)) < 10000 FROM treecrdt.verify('f')"
export PGDATABASE=postgres
dropdb --force attacks_messages
