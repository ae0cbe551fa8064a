# A hot standby: all that reads gives what the primary gives, all that writes is refused.

source "$here/forest.sh"
cluster_start attacks_primary
database attacks_standby
with_nodes
does <<<"SELECT treecrdt.create_forest('f'); ${fill//@/f}"
expected=$(sql <<<"${results//@/f}")
folder=$run/attacks_standby
mkdir -m 700 "$folder"
[[ -z $server_user ]] || chown "$server_user:" "$folder"
quietly attacks-basebackup as_server pg_basebackup -h "$PGHOST" -p 5432 -U postgres -R -X stream -c fast -D "$folder/data"
cluster_start attacks_standby "unix_socket_directories=$folder"
# What comes after the copy arrives by replication.
cluster_use attacks_primary
does <<<"INSERT INTO f.ops VALUES ('a', '\\x09', 1, 1000, 'insert', n(1000), n(1), '', 'streamed')"
after=$(sql <<<"${results//@/f}")
flushed=$(sql <<<"SELECT pg_current_wal_flush_lsn()")
cluster_use attacks_standby
arrived=
for ((i = 0; i < 600 && ! arrived; i++)); do
    [[ $(sql <<<"SELECT pg_last_wal_replay_lsn() >= '$flushed'") != t ]] || arrived=1
    sleep 0.1
done
is "what comes after the copy arrives on the standby" 1 "$arrived"
gives "a standby is one, and what it has is other than before" t <<<"SELECT pg_is_in_recovery() AND '$expected' <> '$after'"
gives "on a standby all reading functions, digest and verify among them, give the primary's results" "$after" <<<"${results//@/f}"
gives "on a standby what would write says 25006" "$refusals" <<<"$writing"
for table in ops nodes docs; do
    gives "on a standby an INSERT into $table says 25006" 'ERROR:  25006' <<<"INSERT INTO f.$table SELECT * FROM f.$table"
done
cluster_stop attacks_standby immediate
cluster_use attacks_primary
cluster_stop attacks_primary immediate
