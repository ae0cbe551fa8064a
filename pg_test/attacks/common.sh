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
