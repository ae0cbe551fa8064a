# What every script here shares: where things are, progress lines, commands that only speak when they fail.

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
work=$repo/pg_test/work # git-ignored; removing it loses nothing but time
cargo_root=$work/cargo
profile=release
asserts=${TREECRDT_ASSERTS:-} # not empty: a server and an extension that check themselves, and a work folder of their own
pg_first=15 pg_default=15 pg_last=18 # the versions of PostgreSQL there are
pg_major=${TREECRDT_PG:-$pg_default}
[[ $pg_major == "$pg_default" ]] || work=$work/pg$pg_major
[[ -z $asserts ]] || work=$work/asserts profile=asserts
logs=$work/log
pg_root=$work/pgsql # what /usr is to Debian's packages
pg_config=$pg_root/lib/postgresql/$pg_major/bin/pg_config

# for_version N: what is called from here on is about that version.
for_version() {
    [[ $1 =~ ^[0-9]+$ ]] && (($1 >= pg_first && $1 <= pg_last)) || die "there is no PostgreSQL $1 here: $pg_first to $pg_last"
    export TREECRDT_PG=$1
}

umask 022 # servers may run as another user, and read what is built here

# A progress line, with the seconds since the script began.
say() { printf '== [%4ds] %s\n' "$SECONDS" "$*"; }

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# quietly NAME COMMAND...: the output goes to the log of that name, and to the screen only if the command fails.
quietly() {
    local log=$logs/$1.log
    shift
    mkdir -p "$logs"
    if ! "$@" >"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        die "failed: $*"
    fi
}

# at_exit FUNCTION: called when the script ends, whatever the reason; the last one registered comes first.
# It finds the exit status in $exit_status and may change it.
exit_hooks=()
at_exit() { exit_hooks=("$1" ${exit_hooks[@]+"${exit_hooks[@]}"}); }
leave() {
    exit_status=$?
    trap '' INT TERM HUP
    set +e
    local hook
    for hook in ${exit_hooks[@]+"${exit_hooks[@]}"}; do "$hook"; done
    exit "$exit_status"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
