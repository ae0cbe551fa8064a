# Rows of ops that came past the checks, as with session_replication_role = replica: what reads them names doc and dot
# and says how to get rid of them; other docs are not concerned.

database attacks_malformed
with_nodes
does <<'SQL'
CREATE FUNCTION public.told(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text;
    hint text;
BEGIN
    EXECUTE sql;
    RETURN 'well';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
    RETURN SQLSTATE || ' ' || message || CASE hint WHEN '' THEN ' (no hint)' ELSE ' HINT ' || hint END;
END $$;
CREATE CAST (bytea AS treecrdt.version_vector) WITHOUT FUNCTION;
SQL
declare -A rows=(
    ["an insert without a parent"]="'\\xaa', 7, 7, 'insert', n(1), NULL, '', NULL, NULL"
    ["a move without an order key"]="'\\xaa', 7, 7, 'move', n(1), n(2), NULL, NULL, NULL"
    ["a payload with a parent"]="'\\xaa', 7, 7, 'payload', n(1), n(2), '', 'x', NULL"
    ["a tombstone with a payload"]="'\\xaa', 7, 7, 'tombstone', n(1), NULL, NULL, 'x', NULL"
    ["counter 0"]="'\\xaa', 0, 7, 'move', n(1), n(2), '', NULL, NULL"
    ["a negative counter"]="'\\xaa', -7, 7, 'move', n(1), n(2), '', NULL, NULL"
    ["lamport 0"]="'\\xaa', 7, 0, 'move', n(1), n(2), '', NULL, NULL"
    ["an empty replica"]="'', 7, 7, 'move', n(1), n(2), '', NULL, NULL"
    ["a replica of 100 bytes"]="decode(repeat('ab', 100), 'hex'), 7, 7, 'move', n(1), n(2), '', NULL, NULL"
    ["a known_state that is no CBOR"]="'\\xaa', 7, 7, 'delete', n(1), NULL, NULL, NULL, '\\xff00ff'::bytea::treecrdt.version_vector"
    ["a known_state that is empty"]="'\\xaa', 7, 7, 'delete', n(1), NULL, NULL, NULL, ''::bytea::treecrdt.version_vector"
)
for what in "${!rows[@]}"; do
    does <<SQL
DROP SCHEMA IF EXISTS f CASCADE;
SELECT treecrdt.create_forest('f');
INSERT INTO f.ops SELECT d, '\\x01', g, 2 * g, 'insert', n(g), n(g - 1), '', NULL FROM generate_series(1, 5) g, unnest(ARRAY['bad', 'good']) d;
SET session_replication_role = replica;
INSERT INTO f.ops VALUES ('bad', ${rows[$what]});
SQL
    counter=$(sql <<<"SELECT counter FROM f.ops WHERE doc = 'bad' AND replica <> '\\x01'")
    mend=
    gives "$what: verify names doc and dot, and no other doc" "bad|t" <<<"SELECT doc_name, bool_or(row_key || ' ' || problem LIKE '%:$counter%') FROM treecrdt.verify('f') GROUP BY 1"
    for call in "SELECT treecrdt.rebuild('f', 'bad')" "SELECT treecrdt.rebuild('f')" "INSERT INTO f.ops VALUES ('bad', '\\x02', 1, 3, 'move', n(1), n(5), '', NULL), ('bad', '\\x02', 2, 4, 'delete', n(1), NULL, NULL, NULL), ('bad', '\\x02', 3, 4, 'payload', n(1), NULL, NULL, NULL)"; do
        came=$(sql <<<"SELECT public.told($(printf '$c$%s$c$' "$call"))")
        # An append that has no need to read the row is none the worse for it.
        if [[ $call == INSERT* && $came == well ]]; then
            ok "$what: INSERT INTO f.ops has no need to read it"
        elif [[ $came == XX001*':'"$counter"*'doc "bad"'*' HINT '* ]]; then
            ok "$what: ${call%% VALUES*} says which row, and how to get rid of it"
            mend=${came##*take it out: }
        else
            not_ok "$what: ${call%% VALUES*} says which row, and how to get rid of it" "$came"
        fi
    done
    gives "$what: the hint of rebuild mends it" $'1\n0\n0' <<<"BEGIN; ${mend%%; then*}; SELECT treecrdt.rebuild('f', 'bad'); SELECT count(*) FROM f.ops WHERE replica NOT IN ('\\x01', '\\x02'); SELECT count(*) FROM treecrdt.verify('f'); ROLLBACK"
    gives "$what: other docs work" $'1\n1\n0' <<<"INSERT INTO f.ops VALUES ('good', '\\x02', 1, 3, 'move', n(1), n(5), '', NULL) RETURNING 1; SELECT treecrdt.rebuild('f', 'good'); SELECT count(*) FROM treecrdt.verify('f', 'good')"
    gives "$what: drop_doc takes the doc away" $'t\n0\n0' <<<"SELECT treecrdt.drop_doc('f', 'bad') >= 6; SELECT count(*) FROM f.ops WHERE doc = 'bad'; SELECT count(*) FROM treecrdt.verify('f')"
done
export PGDATABASE=postgres
dropdb --force attacks_malformed
