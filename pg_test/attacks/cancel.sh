# Cancelled statements end soon, whatever they are at. How soon is printed; a statement that is not over within 20 s of
# its cancellation is a failure.

big_cluster
# Enough of them that they are not over at once.
statements[vector]="SELECT count(text::treecrdt.version_vector) FROM public.vector, generate_series(1, 20)"
# timed_out STATEMENT MS...: for each moment a line: the moment, and how many ms after it the statement ended.
timed_out() {
    local statement=$1 ms
    shift
    for ms in "$@"; do
        sql <<SQL | tr '\n' ' ' | sed "s/^/$ms /; s/\$/\\n/" >>"$scratch/cancel-$statement"
BEGIN;
SELECT clock_timestamp() AS began \\gset
SET LOCAL statement_timeout = $ms;
${statements[$statement]} \\g /dev/null
ROLLBACK;
SELECT round(extract(epoch FROM clock_timestamp() - :'began') * 1000) - $ms;
SQL
    done
}
{
    timed_out INSERT 1000 7000 16000
    timed_out render 500 2500 5000
    timed_out vector 100 400 800 1500
} &
lanes=$!
timed_out verify 500 3000 8000
timed_out rebuild 500 2500 7000
timed_out ensure_materialized 500 2500 6000
timed_out tree 2000
timed_out ops_since 200 2000
timed_out subtree_version 300 3000
wait $lanes || true
worst=0
for statement in "${!statements[@]}"; do
    bad=
    while IFS= read -r line; do
        if [[ $line =~ ^[0-9]+\ ERROR:\ \ 57014\ ([0-9]+)\ *$ ]]; then
            latency=${BASH_REMATCH[1]}
            ((latency < 20000)) || bad+="$line"$'\n'
            ((latency <= worst)) || worst=$latency
        elif [[ ! $line =~ ^[0-9]+\ -[0-9]+\ *$ ]]; then # it was over before
            bad+="$line"$'\n'
        fi
    done <"$scratch/cancel-$statement"
    is "$statement of 1,000,000 ends within 20 s of its timeout" '' "$bad"
    note "$statement, moment of the timeout and ms to the end: $(sed 's/ERROR:  57014 //; s/ *$//' "$scratch/cancel-$statement" | tr '\n' ',' | sed 's/,$//; s/,/, /g')"
done
# The same by pg_cancel_backend, from another session.
for statement in verify rebuild vector; do
    { echo "\\echo begun"; echo "${statements[$statement]} \\g /dev/null"; } | PGAPPNAME=attacks_cancelled sql >"$scratch/cancelled" &
    sleep 1
    sql <<<"SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'attacks_cancelled'" >/dev/null
    began=$(date +%s%3N)
    wait $!
    took=$(($(date +%s%3N) - began))
    ((took <= worst)) || worst=$took
    is "$statement ends when it is cancelled" $'begun\nERROR:  57014\nwithin 20 s' "$(cat "$scratch/cancelled"; ((took >= 20000)) || echo within 20 s)"
    note "$statement, ms from pg_cancel_backend to the end: $took"
done
note "the longest took $worst ms"
gives "what was cancelled has left nothing" "1000000|1000000|0" <<<"SELECT op_count, (SELECT count(*) FROM f.nodes), (SELECT count(*) FROM f.nodes WHERE doc = 'waits') FROM f.docs WHERE doc = 'big'"
cluster_stop attacks_big immediate
