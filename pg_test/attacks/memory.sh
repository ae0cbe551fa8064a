# Out of memory: the address space of a backend is limited, and what it does ends with an error (53200) or succeeds; at
# worst its own session ends (FATAL, 53200). No other session takes notice, and the server never restarts.

big_cluster
before=$(crashes)
# A session that stays connected throughout.
coproc witness { sql; }
echo "SELECT 'there';" >&"${witness[1]}"
read -r there <&"${witness[0]}"

# The dozen limits, in MB.
limits=(20 60 100 150 220 300 400 550 700 900 1200 1600)
attempt() { # STATEMENT MB: prints how it ended
    local came
    came=$({
        echo "SELECT '{}'::treecrdt.version_vector \\g /dev/null" # loads the library
        limit "$2"
        echo "SET statement_timeout = '180s'; BEGIN; ${statements[$1]} \\g /dev/null"
        echo "ROLLBACK; SELECT 'done';"
    } | sql || true)
    case $came in
        done) echo success ;;
        'ERROR:  53200'$'\ndone') echo ERROR ;;
        'FATAL:  53200'*) echo FATAL ;;
        *) echo "$came" | tr '\n' ' '; echo ;;
    esac
}
lane() { # STATEMENT MB...: attempts, a line each
    local statement=$1 mb
    shift
    for mb in "$@"; do echo "$mb $(attempt "$statement" "$mb")" >>"$scratch/memory-$statement"; done
}
# Two at a time. What takes long before it needs memory is tried less often.
{
    lane INSERT 60 700
    lane render 60 150 300
    lane vector "${limits[@]}"
    lane subtree_version 60 300
    lane tree 20 100 400
} &
lanes=$!
lane ensure_materialized 20 220 550
lane rebuild 60 150 400
lane verify 20 100 220 400 900
lane ops_since 60 100 150 220 300
wait $lanes || true
for statement in "${!statements[@]}"; do
    bad=$(grep -vE ' (success|ERROR|FATAL)$' "$scratch/memory-$statement" || true)
    is "$statement of 1,000,000 under a limit of memory ends with 53200 or success" '' "$bad"
    note "$statement, by MB: $(tr '\n' ',' <"$scratch/memory-$statement" | sed 's/,$//; s/,/, /g')"
done
note "the session ended (FATAL) $(cat "$scratch"/memory-* | grep -c FATAL) times, the statement (ERROR) $(cat "$scratch"/memory-* | grep -c ERROR) times"
echo "SELECT 'still there';" >&"${witness[1]}"
read -r still <&"${witness[0]}" || still=gone
exec {witness[1]}>&-
is "another session stays connected throughout" "there, still there" "$there, $still"
is "the server has not restarted" "$before" "$(crashes)"
gives "nothing of it is left: what is materialized is as before" "1000000|1000000|0" <<<"SELECT op_count, (SELECT count(*) FROM f.nodes), (SELECT count(*) FROM f.nodes WHERE doc = 'waits') FROM f.docs WHERE doc = 'big'"

# The reference kept what each deletion covers without the dots of deletions: as many ranges as there were others before.
sql <<'SQL' >/dev/null
INSERT INTO f.ops (doc, replica, counter, lamport, kind, node, parent, order_key, known_state)
SELECT 'deletions', '\x01'::bytea, counter, counter, 'insert'::treecrdt.op_kind, md5(counter::text)::uuid, '00000000-0000-0000-0000-000000000000'::uuid, '\x80'::bytea, NULL::treecrdt.version_vector
FROM generate_series(1, 15999, 2) AS counter
UNION ALL
SELECT 'deletions', '\x01'::bytea, counter + 1, counter + 1, 'delete'::treecrdt.op_kind, md5(counter::text)::uuid, NULL, NULL, format('{"01": [[1,%s]]}', counter)::treecrdt.version_vector
FROM generate_series(1, 15999, 2) AS counter
SQL
statements[deletions]="SELECT 1 / (count(*) = 0)::int FROM treecrdt.verify('f', 'deletions')"
is "memory_of_verify_is_quadratic_in_deletions: 8,000 of one replica, by turns with inserts, are verified within 150 MB" success "$(attempt deletions 150)"
unset 'statements[deletions]'

# What was brought in of a row that is stored compressed stayed until the end: 800 MB of a node's payloads, 400 MB of 10,000 nodes.
sql <<'SQL' >/dev/null
INSERT INTO f.ops (doc, replica, counter, lamport, kind, node, payload)
SELECT 'written', '\x01', n, n, 'payload', md5('one')::uuid, repeat('x', 40000)::bytea FROM generate_series(1, 20000) AS n;
INSERT INTO f.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload)
SELECT 'long', '\x01', n, n, 'insert', md5(n::text)::uuid, '00000000-0000-0000-0000-000000000000'::uuid, int4send(n), repeat('x', 40000)::bytea
FROM generate_series(1, 10000) AS n
SQL
statements[written]="SELECT 1 / (count(*) = 0)::int FROM treecrdt.verify('f', 'written')"
is "memory_of_verify_grows_with_compressed_values: a log of 800 MB is verified within 150 MB" success "$(attempt written 150)"
statements[long]="SELECT 1 / (count(*) = 10000)::int FROM treecrdt.tree('f', 'long')"
is "memory_of_tree_grows_with_compressed_values: 400 MB are walked through within 150 MB" success "$(attempt long 150)"
unset 'statements[written]' 'statements[long]'
gives "what was verified and walked through was there" "deletions 16000, long 10000, written 20000" <<<"SELECT string_agg(doc || ' ' || op_count, ', ' ORDER BY doc) FROM f.docs WHERE doc IN ('deletions', 'long', 'written')"
sql <<<"SELECT treecrdt.drop_doc('f', doc) FROM (VALUES ('deletions'), ('long'), ('written')) AS docs (doc)" >/dev/null
