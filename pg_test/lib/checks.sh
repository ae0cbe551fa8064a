# What scripts that count tests of their own share: a line `ok NAME` or `not ok NAME` for each, and below the
# latter, marked with #, what was expected and what came.

ok() { echo "ok $1"; }
not_ok() {
    echo "not ok $1"
    printf '%s\n' "${@:2}" | sed 's/^/#   /'
}

# is NAME EXPECTED ACTUAL
is() {
    if [[ $2 == "$3" ]]; then ok "$1"; else not_ok "$1" "expected:" "$2" "came:" "$3"; fi
}

# sql [ARGUMENT...]: the SQL on stdin; rows bare, errors as their SQLSTATE, in the order in which they come.
sql() { PGOPTIONS='-c client_min_messages=error' psql -XAtq -v VERBOSITY=sqlstate -v SHOW_CONTEXT=never "$@" 2>&1; }

# gives NAME EXPECTED [ARGUMENT...]: the SQL on stdin gives these lines.
gives() { is "$1" "$2" "$(sql "${@:3}" || true)"; }

# does [ARGUMENT...]: the SQL on stdin, which must not fail: what the tests after it stand on.
does() {
    PGOPTIONS='-c client_min_messages=error' psql -XAtq -v ON_ERROR_STOP=1 "$@" >/dev/null || {
        not_ok "preparing the tests that follow line ${BASH_LINENO[0]}"
        exit 1
    }
}

# The setting that makes the planner use workers: 16 gave it another name.
parallel_mode() { sql <<<"SELECT name FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query')"; }
