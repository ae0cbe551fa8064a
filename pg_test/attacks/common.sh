# What the parts of this rung share.

# note TEXT...: a line that is no test.
note() { echo "# $*"; }

# with_nodes: what every database here needs: n(7) is the node of that number, n(0) is ROOT.
with_nodes() {
    does <<'SQL'
CREATE FUNCTION public.n(int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT ('00000000-0000-0000-0000-' || lpad($1::text, 12, '0'))::uuid $$;
SQL
}

# server_log: the log of the cluster that we are connected to.
server_log() { echo "$PGHOST/log"; }
# crashes: how often a process of that server has died and taken all sessions with it.
crashes() { grep -c 'terminating any other active server processes' "$(server_log)" || true; }

# said ARGUMENT...: as sql, with whole messages, details and hints.
said() { PGOPTIONS='-c client_min_messages=error' psql -XAtq -v SHOW_CONTEXT=never "$@" 2>&1; }

# big_cluster: a cluster with a doc `big` of 1,000,000 operations, a doc `waits` of as many that wait, and a version
# vector of 120 MB as text. Made once.
big_cluster() {
    if [[ -e $run/attacks_big ]]; then
        cluster_use attacks_big
        export PGDATABASE=attacks
        return
    fi
    cluster_start attacks_big wal_level=minimal max_wal_senders=0 max_wal_size=16GB autovacuum=off synchronous_commit=off
    database attacks
    with_nodes
    does <<'SQL'
SELECT treecrdt.create_forest('f');
CREATE TABLE public.source AS SELECT decode('01', 'hex') AS replica, g::int8 AS counter, g::int8 AS lamport, 'insert'::treecrdt.op_kind AS kind,
    n(g) AS node, n(g / 3) AS parent, int4send(g) AS order_key, int4send(g) AS payload FROM generate_series(1, 1000000) g;
CREATE TABLE public.vector (text text);
ALTER TABLE public.vector ALTER text SET STORAGE EXTERNAL;
INSERT INTO public.vector SELECT '{' || string_agg(format('"%s": [[%s,%s]]', lpad(to_hex(g), 32, '0'), g, g + 1000000), ', ') || '}' FROM generate_series(1, 2100000) g;
SQL
    does <<<"INSERT INTO f.ops SELECT 'big', * FROM public.source" &
    does <<<"SET treecrdt.catch_up = deferred; INSERT INTO f.ops SELECT 'waits', * FROM public.source"
    wait $!
    does <<<"VACUUM ANALYZE; CHECKPOINT"
}

# What is asked of that cluster, by name.
declare -A statements=(
    [INSERT]="INSERT INTO f.ops SELECT d, source.* FROM public.source, (SELECT gen_random_uuid()::text AS d) AS doc"
    [ensure_materialized]="SELECT treecrdt.ensure_materialized('f', 'waits')"
    [rebuild]="SELECT treecrdt.rebuild('f', 'big')"
    [verify]="SELECT count(*) FROM treecrdt.verify('f', 'big')"
    [tree]="SELECT count(*) FROM treecrdt.tree('f', 'big')"
    [render]="SELECT length(treecrdt.render('f', 'big'))"
    [ops_since]="SELECT count(*) FROM treecrdt.ops_since('f', 'big', '{}')"
    [subtree_version]="SELECT treecrdt.subtree_version('f', 'big', n(1))"
    [vector]="SELECT count(text::treecrdt.version_vector) FROM public.vector"
)

# limit MB: SQL that limits the address space of its backend to what it has by now and so many MB more.
limit() {
    echo "COPY (SELECT) TO PROGRAM 'cat >/dev/null; prlimit --pid \$PPID --as=\$((1024 * \$(sed -n \"s/^VmSize:[^0-9]*\\([0-9]*\\).*/\\1/p\" /proc/\$PPID/status) + 1048576 * $1))';"
}
