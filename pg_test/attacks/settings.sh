# Results do not depend on settings of the session; and what writes refuses to where nothing may be written.

source "$here/forest.sh"
database attacks_settings
with_nodes
does <<<"CREATE ACCESS METHOD other TYPE TABLE HANDLER heap_tableam_handler; SELECT treecrdt.create_forest('f'); ${fill//@/f}"
expected=$(sql <<<"${results//@/f}")
gives "there is something to compare" "t|t" <<<"SELECT (SELECT count(*) > 0 FROM f.ignored), (SELECT sum(late_count) > 1 FROM f.docs)"

settings=(
    # How text is read and written.
    "standard_conforming_strings = off" "escape_string_warning = off" "backslash_quote = off" "backslash_quote = on" "array_nulls = off" "bytea_output = escape" "quote_all_identifiers = on"
    "DateStyle = 'SQL, DMY'" "IntervalStyle = iso_8601" "TimeZone = 'Pacific/Chatham'" "extra_float_digits = -15" "xmloption = document" "client_min_messages = error" "log_statement = 'all'" "debug_print_parse = on"
    # What statements mean.
    "transform_null_equals = on" "row_security = off" "search_path = ''" "search_path = pg_temp" "default_table_access_method = other" "default_toast_compression = pglz" "check_function_bodies = off"
    "session_replication_role = local" "lo_compat_privileges = on" "default_transaction_isolation = 'repeatable read'" "default_transaction_isolation = serializable" "default_transaction_deferrable = on"
    # How they are planned.
    enable_{indexscan,indexonlyscan,bitmapscan,nestloop,seqscan,sort,material,memoize,hashagg,hashjoin,mergejoin,incremental_sort}" = off" "plan_cache_mode = force_generic_plan" "plan_cache_mode = force_custom_plan"
    "geqo_threshold = 2" "geqo = off" "from_collapse_limit = 1" "join_collapse_limit = 1" "constraint_exclusion = on" "cursor_tuple_fraction = 1" "$(parallel_mode) = on" "$(parallel_mode) = regress"
    "parallel_setup_cost = 0" "random_page_cost = 1000000" "seq_page_cost = 1000000" "cpu_index_tuple_cost = 1000000" "effective_cache_size = 1" "recursive_worktable_factor = 1000000" "default_statistics_target = 1" "jit = on"
    # What they may take.
    "work_mem = 64" "maintenance_work_mem = 1024" "temp_buffers = 100" "max_stack_depth = 100" "statement_timeout = '60s'" "lock_timeout = '60s'" "idle_in_transaction_session_timeout = '60s'"
    "synchronize_seqscans = off" "stats_fetch_consistency = snapshot" "track_activities = off" "zero_damaged_pages = on")
for setting in "${settings[@]}"; do
    gives "$setting: functions say the same, and a forest can be made, filled, checked and dropped" "$expected"$'\n0\n'"$expected"$'\n1\n2\n0\n92\n1' <<SQL
SET $setting;
${results//@/f}
SELECT 0 FROM treecrdt.create_forest('g') WHERE true;
${fill//@/g}
${results//@/g}
SELECT treecrdt.ensure_materialized('g');
SELECT treecrdt.rebuild('g');
SELECT pg_catalog.count(*) FROM treecrdt.verify('g');
SELECT treecrdt.drop_doc('g', 'Ä "doc"');
SELECT 1 FROM treecrdt.drop_forest('g') WHERE true;
SQL
    does <<<"DROP SCHEMA IF EXISTS g CASCADE"
done
gives "a forest made under default_table_access_method is of heaps all the same" heap <<<"SET default_table_access_method = other; SELECT treecrdt.create_forest('g') \\g /dev/null
SELECT DISTINCT amname FROM pg_class c JOIN pg_am a ON a.oid = relam WHERE relnamespace = 'g'::regnamespace AND relkind = 'r'"
state="SELECT md5(string_agg(t, '' ORDER BY t)) FROM (SELECT d::text FROM f.docs d UNION ALL SELECT n::text FROM f.nodes n UNION ALL SELECT w::text FROM f.waiting w UNION ALL SELECT relname FROM pg_class) AS t(t);"
before=$(sql <<<"$state")
gives "READ ONLY: what would write says 25006 and changes nothing, what reads works" "$refusals"$'\n'"$expected"$'\n'"$before" <<<"SET default_transaction_read_only = on; $writing ${results//@/f} $state"
export PGDATABASE=postgres
dropdb --force attacks_settings
