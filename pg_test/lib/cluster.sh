# Throwaway clusters: a folder in /tmp with its own copy of PostgreSQL, unix sockets only, gone when the script ends.
#
# Whoever opens the run owns it and removes it. A script that `pg_test/test` calls finds TREECRDT_RUN set and joins:
# it may start further clusters with `cluster_start NAME`, and the owner stops them.
# The copy (60 MB) lets the next build replace the extension while these servers still run, and lets
# them run as another user than the one who owns the clone. PostgreSQL refuses to run as root.

run=${TREECRDT_RUN:-}
run_bin=$run/pgsql/lib/postgresql/$pg_major/bin
server_user=${TREECRDT_SERVER_USER:-} # empty: ourselves

cluster_open() {
    [[ -z $run ]] || return 0
    if ((EUID == 0)); then
        server_user=treecrdt_test
        if getent passwd postgres >/dev/null; then
            server_user=postgres
        elif ! getent passwd $server_user >/dev/null; then
            say "creating the system user $server_user: PostgreSQL refuses to run as root"
            quietly useradd useradd --system --user-group --no-create-home --shell /usr/sbin/nologin $server_user
        fi
    fi
    # A socket's path may have 107 bytes: not below $TMPDIR.
    run=$(mktemp -d /tmp/treecrdt.XXXXXX)
    at_exit cluster_close
    run_bin=$run/pgsql/lib/postgresql/$pg_major/bin
    chmod 711 "$run"
    mkdir "$run/pgsql"
    local parts=(lib share) part
    for part in bin needs; do [[ ! -d $pg_root/$part ]] || parts+=("$part"); done
    (cd "$pg_root" && cp -a --no-preserve=ownership "${parts[@]}" "$run/pgsql")
    own_libraries "$run/pgsql"
    export TREECRDT_RUN=$run TREECRDT_SERVER_USER=$server_user
    export PATH=$run_bin:$PATH
    export PGUSER=postgres PGPORT=5432 PGDATABASE=postgres
}

# Stops every cluster of the run and removes its folder; says nothing, so that the caller has the last word.
cluster_close() {
    local data
    for data in "$run"/*/data; do
        [[ ! -e $data/postmaster.pid ]] || as_server pg_ctl -D "$data" -m immediate -t 30 stop >/dev/null 2>&1
        cp "${data%/data}/log" "$logs/server-$(basename "${data%/data}").log" 2>/dev/null
    done
    rm -rf "$run"
}

# as_server COMMAND...: as the user that servers run as, in an environment that owes nothing to the caller's.
as_server() {
    local as=()
    [[ -z $server_user ]] || as=(setpriv --reuid="$server_user" --regid="$(id -g "$server_user")" --init-groups)
    (cd "$run" && exec ${as[@]+"${as[@]}"} env -i PATH="$run_bin:/usr/bin:/bin" HOME="$run" LC_ALL=C.UTF-8 "$@" </dev/null)
}

# cluster_start NAME [SETTING=VALUE...]: starts that cluster, made first if it is new, and connects to it from here on.
cluster_start() {
    [[ -n $run ]] || die "no run is open: call this through ./pg_test/test"
    local name=$1 folder=$run/$1 setting
    shift
    if [[ ! -e $folder ]]; then
        mkdir -m 700 "$folder"
        [[ -z $server_user ]] || chown "$server_user:" "$folder"
        # Databases sort in English order, where the server can: SQL that means bytewise order has to say so.
        local order=(--locale-provider=icu --icu-locale=en-US)
        if "$run_bin/pg_config" --configure | grep -q -e --without-icu; then
            order=()
        fi
        quietly "initdb-$name" as_server initdb --no-sync --username=postgres --auth=trust --encoding=UTF8 \
            --locale=C.UTF-8 ${order[@]+"${order[@]}"} -D "$folder/data"
        # fsync guards against a crash of the machine only: a crashed server still keeps what it committed.
        cat >>"$folder/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$folder'
port = 5432
fsync = off
full_page_writes = off
jit = off
wal_level = logical
max_prepared_transactions = 20
timezone = 'UTC'
log_line_prefix = '%m [%p] %d '
CONF
    fi
    for setting in "$@"; do echo "${setting%%=*} = '${setting#*=}'" >>"$folder/data/postgresql.conf"; done
    if ! as_server pg_ctl -D "$folder/data" -l "$folder/log" -w -t 60 start >"$logs/start-$name.log" 2>&1; then
        cat "$logs/start-$name.log" "$folder/log" >&2
        die "the cluster $name does not start"
    fi
    cluster_use "$name"
}

# cluster_use NAME: what psql, pg_dump and the rest connect to from here on.
cluster_use() { export PGHOST=$run/$1; }

# cluster_stop NAME [MODE]: smart, fast (the default), or immediate, which is a crash.
cluster_stop() { as_server pg_ctl -D "$run/$1/data" -m "${2:-fast}" -w -t 60 stop >/dev/null; }

# database NAME: makes that database anew, with the extension, and connects to it from here on.
# Waits a while for a server that is recovering from a crash.
database() {
    local tries=100
    until pg_isready -q -d postgres; do
        ((tries-- > 0)) || { echo "the server in $PGHOST does not answer" >&2; return 1; }
        sleep 0.2
    done
    export PGDATABASE=postgres
    dropdb --if-exists --force "$1" 2>/dev/null &&
        createdb "$1" &&
        psql -Xq -v ON_ERROR_STOP=1 -d "$1" -c 'CREATE EXTENSION pg_treecrdt' &&
        export PGDATABASE=$1
}

# open_run NAME: everything from setup to a running cluster of that name.
open_run() {
    with_lock eval 'setup_extension; cluster_open'
    say "starting a throwaway PostgreSQL"
    cluster_start "$1"
}
