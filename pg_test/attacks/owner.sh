# Nobody's code runs as somebody else: the owner of a forest, an ordinary role, arms its tables with code of all kinds.
# A superuser and another ordinary role then append to it and call every function. Whatever runs must run as the owner;
# and what it does to the session is gone when the call is over.
#
# Each weapon comes down to spy.fire(), which tells (by sequences, since those outlast errors) as whom it runs, and
# tries to make the owner a superuser, to change roles and settings, and to leave things behind in the session.

roles="attacks_owner, attacks_victim, attacks_peer"
database attacks_owner
does -d postgres <<SQL
DROP ROLE IF EXISTS $roles;
CREATE ROLE attacks_owner LOGIN;
CREATE ROLE attacks_victim LOGIN;
CREATE ROLE attacks_peer LOGIN;
SQL
with_nodes
does <<<"GRANT CREATE ON DATABASE attacks_owner TO attacks_owner, attacks_victim"
does -U attacks_owner <<'SQL'
CREATE SCHEMA spy;
GRANT USAGE ON SCHEMA spy TO PUBLIC;
CREATE SEQUENCE spy.as_superuser;
CREATE SEQUENCE spy.as_victim;
CREATE SEQUENCE spy.as_owner;
GRANT ALL ON ALL SEQUENCES IN SCHEMA spy TO PUBLIC;

CREATE FUNCTION spy.fire(what text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    who regclass := CASE WHEN (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) current_user) THEN 'spy.as_superuser'
        WHEN current_user OPERATOR(pg_catalog.=) 'attacks_victim' THEN 'spy.as_victim' ELSE 'spy.as_owner' END;
    trick text;
BEGIN
    -- INFO goes to the client whatever it has set.
    IF who OPERATOR(pg_catalog.<>) 'spy.as_owner'::regclass THEN RAISE INFO '% runs as %', what, current_user; END IF;
    IF pg_catalog.nextval(who) OPERATOR(pg_catalog.>) 9 THEN RETURN; END IF;
    FOREACH trick IN ARRAY ARRAY[
        'ALTER ROLE attacks_owner SUPERUSER',
        'SET ROLE NONE', 'ALTER ROLE attacks_owner SUPERUSER', 'RESET ROLE', 'ALTER ROLE attacks_owner SUPERUSER',
        'SET SESSION AUTHORIZATION DEFAULT', 'SET SESSION AUTHORIZATION postgres', 'ALTER ROLE attacks_owner SUPERUSER',
        $t$SELECT pg_catalog.set_config('role', 'none', false), pg_catalog.set_config('session_authorization', 'default', false)$t$,
        'SET ROLE attacks_owner', 'SET SESSION AUTHORIZATION attacks_owner', 'ALTER ROLE attacks_owner SUPERUSER',
        $t$SELECT pg_catalog.set_config('search_path', 'spy, pg_catalog', false), pg_catalog.set_config('row_security', 'off', false),
            pg_catalog.set_config('treecrdt.catch_up', 'deferred', false), pg_catalog.set_config('work_mem', '77777', false),
            pg_catalog.set_config('standard_conforming_strings', 'off', false), pg_catalog.set_config('IntervalStyle', 'iso_8601', false),
            pg_catalog.set_config('statement_timeout', '77777', true), pg_catalog.set_config('DateStyle', 'German', false),
            pg_catalog.set_config('spy.placeholder', 'set', false)$t$,
        $t$SELECT pg_catalog.set_config('session_replication_role', 'replica', false)$t$,
        'CREATE TEMP TABLE docs (doc text)', 'CREATE TEMP SEQUENCE s', 'PREPARE planted AS SELECT 1', 'LISTEN planted', 'NOTIFY planted',
        'DECLARE planted CURSOR WITH HOLD FOR SELECT 1', 'DISCARD ALL', 'SET CONSTRAINTS ALL DEFERRED',
        'INSERT INTO spy.later VALUES (1)'
    ] LOOP
        BEGIN
            EXECUTE trick;
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END LOOP;
END $$;
CREATE FUNCTION spy.strike() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM spy.fire(pg_catalog.concat_ws(' ', 'a trigger', tg_when, tg_op, tg_level, tg_relid::regclass));
    RETURN CASE tg_op WHEN 'DELETE' THEN old ELSE new END;
END $$;
CREATE FUNCTION spy.number(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM spy.fire('an expression'); RETURN 1; END $$;
CREATE FUNCTION spy.truth(anyelement) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM spy.fire('a condition'); RETURN true; END $$;
-- Writing to it puts a trigger off to the commit.
CREATE TABLE spy.later (n int);
GRANT INSERT ON spy.later TO PUBLIC;
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON spy.later DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION spy.strike();
SQL

# prepare_attack: a fresh forest of the owner's: a doc, one that waits, one with damage to rebuild. Then the weapon on stdin.
prepare_attack() {
    does <<<"DROP SCHEMA IF EXISTS f, g CASCADE; DROP TABLE IF EXISTS spy.pawn CASCADE"
    does -U attacks_owner <<'SQL'
SELECT treecrdt.create_forest('f');
INSERT INTO f.ops SELECT d, '\x01', g, g, 'insert', n(g), n(g / 2), int4send(g), 'label' FROM generate_series(1, 12) g, unnest(ARRAY['d', 'damaged', 'dropped']) d;
INSERT INTO f.ops VALUES ('d', '\x01', 20, 20, 'move', n(1), n(5), '', NULL), ('d', '\x01', 21, 21, 'tombstone', n(12), NULL, NULL, NULL);
SET treecrdt.catch_up = deferred;
INSERT INTO f.ops SELECT 'waits', '\x01', g, g, 'insert', n(g), n(g / 2), int4send(g), 'label' FROM generate_series(1, 4) g;
UPDATE f.nodes SET payload = 'damaged' WHERE doc = 'damaged' AND node = n(3);
DELETE FROM f.nodes WHERE doc = 'damaged' AND node = n(4);
DELETE FROM f.other_refs WHERE doc = 'damaged' AND parent = n(2);
INSERT INTO f.ignored VALUES ('damaged', n(1), 1, '\x07', 1);
GRANT INSERT, SELECT ON f.ops TO attacks_victim;
GRANT SELECT ON ALL TABLES IN SCHEMA f TO attacks_victim;
SQL
    does -U attacks_owner
    does -U attacks_owner <<'SQL'
ALTER SEQUENCE spy.as_superuser RESTART;
ALTER SEQUENCE spy.as_victim RESTART;
ALTER SEQUENCE spy.as_owner RESTART;
SQL
}

appends=$(cat <<'SQL'
INSERT INTO f.ops VALUES ('d', :'me', 1, 31, 'insert', :n31, :n2, '', 'in order'), ('new', :'me', 1, 1, 'insert', :n31, :n2, '', 'in order');
INSERT INTO f.ops VALUES ('d', :'me', 2, 2, 'move', :n3, :n4, '', NULL), ('d', :'me', 3, 3, 'payload', :n4, NULL, NULL, 'late'), ('new', :'me', 2, 3, 'move', :n31, :n4, '', NULL);
INSERT INTO f.ops (doc, replica, counter, lamport, kind, node, known_state) VALUES ('d', :'me', 4, 40, 'delete', :n4, '{"01": [[1,30]]}'), ('d', :'me', 5, 41, 'tombstone', :n31, NULL);
COPY f.ops (doc, replica, counter, lamport, kind, node, parent, order_key) FROM stdin;
d	copied	1	41	insert	00000000-0000-0000-0000-000000000041	00000000-0000-0000-0000-000000000001	x
\.
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
INSERT INTO f.ops VALUES ('d', :'me', 6, 42, 'insert', :n3, :n4, '', 'in a block');
COMMIT;
BEGIN;
INSERT INTO f.ops VALUES ('d', :'me', 7, 43, 'insert', :n31, :n4, '', 'in a block');
COMMIT;
SET treecrdt.catch_up = deferred;
INSERT INTO f.ops VALUES ('waits', :'me', 1, 1, 'insert', :n31, :n1, '', 'waits');
RESET treecrdt.catch_up;
SQL
)
reads=$(cat <<'SQL'
SELECT * FROM treecrdt.tree('f', 'd');
SELECT * FROM treecrdt.tree('f', 'd', :n1, 1);
SELECT treecrdt.path('f', 'd', :n3);
SELECT treecrdt.render('f', 'd');
SELECT treecrdt.render('f', 'd', :n2);
SELECT treecrdt.version('f', 'd');
SELECT treecrdt.subtree_version('f', 'd', :n1);
SELECT treecrdt.digest('f', 'd');
SELECT * FROM treecrdt.ops_since('f', 'd', '{"01": [[2,3]]}');
SELECT * FROM treecrdt.verify('f');
SQL
)
writes=$(cat <<'SQL'
SELECT treecrdt.ensure_materialized('f', 'waits');
SELECT treecrdt.ensure_materialized('f');
SELECT treecrdt.rebuild('f', 'damaged');
SELECT treecrdt.rebuild('f');
SELECT treecrdt.drop_doc('f', 'dropped');
SQL
)
calls=$reads$'\n'$writes

# The session of a victim: what stands on stdin, between two looks at itself. Prints what differs, and what ran as him.
session() { # ROLE
    {
        cat <<'SQL'
\set n1 '''00000000-0000-0000-0000-000000000001'''
\set n2 '''00000000-0000-0000-0000-000000000002'''
\set n3 '''00000000-0000-0000-0000-000000000003'''
\set n4 '''00000000-0000-0000-0000-000000000004'''
\set n31 '''00000000-0000-0000-0000-000000000031'''
DO 'BEGIN END'; -- settings of libraries turn up when they are loaded
SELECT '{}'::treecrdt.version_vector \g /dev/null
SET search_path = :path;
CREATE TEMP TABLE before AS SELECT name, setting FROM pg_catalog.pg_settings;
SELECT current_user AS me, session_user AS session, pg_catalog.current_setting('role') AS role \gset
\o /dev/null
SQL
        cat
        cat <<'SQL'
\o
SELECT 'setting', s.name, b.setting, s.setting FROM pg_temp.before b FULL JOIN pg_catalog.pg_settings s ON s.name OPERATOR(pg_catalog.=) b.name
    WHERE s.setting OPERATOR(pg_catalog.<>) b.setting OR s.name IS NULL OR b.name IS NULL;
SELECT 'user', current_user, session_user, pg_catalog.current_setting('role') WHERE current_user OPERATOR(pg_catalog.<>) :'me' OR session_user OPERATOR(pg_catalog.<>) :'session'
    OR pg_catalog.current_setting('role') OPERATOR(pg_catalog.<>) :'role';
SELECT 'placeholder', pg_catalog.current_setting('spy.placeholder', true) WHERE pg_catalog.current_setting('spy.placeholder', true) OPERATOR(pg_catalog.<>) '';
SELECT 'prepared', name FROM pg_catalog.pg_prepared_statements;
SELECT 'cursor', name FROM pg_catalog.pg_cursors WHERE name OPERATOR(pg_catalog.<>) '';
SELECT 'listens', pg_catalog.pg_listening_channels();
SELECT 'temporary', relname FROM pg_catalog.pg_class WHERE relnamespace OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema() AND relname OPERATOR(pg_catalog.<>) 'before';
SQL
    } | psql -XAtq -v VERBOSITY=terse -v SHOW_CONTEXT=never -v path="${path:-public}" -U "$1" 2>&1 |
        grep -E '^(INFO|psql:.*INFO|setting|user|placeholder|prepared|cursor|listens|temporary|FATAL|PANIC|server closed|.*FATAL)' | sort | uniq -c | head -n 20 || true
}
# verdict: whether the owner is a superuser by now, and as whom his code ran.
verdict() {
    sql <<'SQL'
SELECT 'is a superuser' FROM pg_roles WHERE rolname = 'attacks_owner' AND rolsuper;
SELECT 'ran as a superuser' FROM spy.as_superuser WHERE is_called;
SELECT 'ran as the victim' FROM spy.as_victim WHERE is_called;
SELECT 'ran as the owner' FROM spy.as_owner WHERE is_called;
SQL
}
# attacked NAME EXPECTED [CALLS]: both victims make these calls, all of them if none are given; the superuser drops the
# forest at last. EXPECTED: `fires` if the weapon must be seen to run, as the owner; `silent` if it must not run at all;
# `either` where that is not the point.
attacked() {
    local name=$1 expected=$2 all=${3:-$appends$'\n'$calls} said ran
    said=$(session attacks_victim <<<"$all"; session postgres <<<"$all"$'\n'"SELECT treecrdt.drop_forest('f');")
    ran=$(verdict)
    does <<<"ALTER ROLE attacks_owner NOSUPERUSER"
    case $expected in fires) expected='ran as the owner' ;; silent) expected= ;; either) [[ $ran == 'ran as the owner' ]] && expected=$ran || expected= ;; esac
    is "$name: nobody is hurt" "$expected" "$ran${said:+$'\n'$said}"
}
# armed NAME EXPECTED [CALLS]: as attacked, with the weapon on stdin.
armed() {
    prepare_attack
    attacked "$@"
}

derived=(nodes other_refs ignored reinserts waiting docs)
# for_each SQL TABLE...: the SQL for each of these tables, in place of @.
for_each() {
    local sql=$1 table
    shift
    for table in "$@"; do echo "${sql//@/$table};"; done
}

# The test of the tests: an owner's trigger on ops runs as who appends, by PostgreSQL's rule, and is seen to do so.
prepare_attack <<<"CREATE TRIGGER z BEFORE INSERT ON f.ops FOR EACH ROW EXECUTE FUNCTION spy.strike()"
session attacks_victim <<<"$appends" >/dev/null
is "the spy sees what runs as the victim" 'ran as the victim' "$(verdict)"

# --- Triggers. ---
for moment in BEFORE AFTER; do
    for level in ROW STATEMENT; do
        action="FOR EACH $level EXECUTE FUNCTION spy.strike()"
        armed "triggers $moment on derived tables, for each $level" fires < <(for_each "CREATE TRIGGER z $moment INSERT OR UPDATE OR DELETE ON f.@ $action" "${derived[@]}")
        armed "a trigger $moment DELETE on ops, for each $level" fires "$calls" <<<"CREATE TRIGGER z $moment DELETE ON f.ops $action"
    done
done
armed "constraint triggers, immediate, that may be deferred" fires \
    < <(for_each "CREATE CONSTRAINT TRIGGER z AFTER INSERT OR UPDATE OR DELETE ON f.@ DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION spy.strike()" "${derived[@]}")
armed "constraint triggers, initially deferred" silent \
    < <(for_each "CREATE CONSTRAINT TRIGGER z AFTER INSERT OR UPDATE OR DELETE ON f.@ DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION spy.strike()" "${derived[@]}")
for table in nodes other_refs docs; do
    prepare_attack <<<"CREATE CONSTRAINT TRIGGER z AFTER INSERT OR UPDATE OR DELETE ON f.$table DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION spy.strike()"
    one="INSERT INTO f.ops VALUES ('d', '\\x09', 1, 30, 'move', public.n(3), public.n(2), '', NULL)"
    gives "a constraint trigger on $table that is initially deferred is refused at once" "ERROR:  55000" <<<"$one;"
    gives "a constraint trigger on $table that is initially deferred is refused with a hint" t \
        <<<"DO \$\$ DECLARE hint text; BEGIN $one; EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT; CREATE TEMP TABLE hints AS SELECT hint AS hint; END \$\$; SELECT hint LIKE '%INITIALLY IMMEDIATE%' FROM hints"
    prepare_attack <<<"CREATE CONSTRAINT TRIGGER z AFTER INSERT OR UPDATE OR DELETE ON f.$table DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION spy.strike()"
    gives "a constraint trigger on $table that the caller defers is refused at once" "ERROR:  42501" <<<"BEGIN; SET CONSTRAINTS ALL DEFERRED; $one; COMMIT;"
done
armed "constraint triggers on a deletion of ops, initially deferred" silent "$calls" \
    <<<"CREATE CONSTRAINT TRIGGER z AFTER DELETE ON f.ops DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION spy.strike()"
armed "a trigger that puts a view in the place of a table" either <<'SQL'
CREATE FUNCTION spy.swap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        ALTER SCHEMA f RENAME TO g;
        CREATE SCHEMA f;
        GRANT ALL ON SCHEMA f TO PUBLIC;
        CREATE VIEW f.nodes AS SELECT * FROM g.nodes WHERE spy.truth(doc);
        CREATE VIEW f.ops AS SELECT * FROM g.ops WHERE spy.truth(doc);
        CREATE VIEW f.docs AS SELECT * FROM g.docs WHERE spy.truth(doc);
        GRANT ALL ON ALL TABLES IN SCHEMA f TO PUBLIC;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    PERFORM spy.fire('a swap');
    RETURN new;
END $$;
CREATE TRIGGER z BEFORE INSERT OR UPDATE ON f.docs FOR EACH ROW EXECUTE FUNCTION spy.swap();
SQL

# --- Expressions. ---
armed "defaults of further columns" fires < <(for_each "ALTER TABLE f.@ ADD COLUMN extra int; ALTER TABLE f.@ ALTER COLUMN extra SET DEFAULT spy.number(1)" "${derived[@]}")
armed "generated columns" fires < <(for_each "ALTER TABLE f.@ ADD COLUMN extra int GENERATED ALWAYS AS (spy.number(octet_length(doc))) STORED" "${derived[@]}")
armed "columns of a domain with a default and a check" fires < <(
    echo "DROP DOMAIN IF EXISTS spy.d; CREATE DOMAIN spy.d AS int DEFAULT spy.number(1) CHECK (spy.truth(VALUE));"
    for_each "ALTER TABLE f.@ ADD COLUMN extra spy.d" "${derived[@]}")
armed "CHECK constraints" fires < <(for_each "ALTER TABLE f.@ ADD CHECK (spy.truth(doc))" "${derived[@]}")
armed "index expressions" fires < <(for_each "CREATE INDEX ON f.@ (spy.number(octet_length(doc)))" "${derived[@]}")
armed "index predicates" fires < <(for_each "CREATE INDEX ON f.@ (doc) WHERE spy.truth(doc)" "${derived[@]}")
armed "unique indexes on expressions" fires <<<"CREATE UNIQUE INDEX ON f.nodes (doc, node, (spy.number(octet_length(doc)))); CREATE UNIQUE INDEX ON f.docs (doc, (spy.number(octet_length(doc))))"
# What is constant in them the planner would compute beforehand, as whoever runs the query.
declare -A constant=(
    ["index expressions"]="CREATE INDEX ON f.@ ((spy.number(1)))"
    ["index predicates"]="CREATE INDEX ON f.@ (doc) WHERE spy.truth(1)"
    ["statistics"]="CREATE STATISTICS f.statistics_@ ON (spy.number(1)), (spy.number(octet_length(doc))) FROM f.@; ANALYZE f.@"
    ["CHECK constraints"]="ALTER TABLE f.@ ADD CHECK (spy.truth(1))"
)
for what in "${!constant[@]}"; do
    declare -A kinds=([appends]=$appends [reads]=$reads [maintenance]=$writes)
    for kind in "${!kinds[@]}"; do
        exclusion="SET constraint_exclusion = on;"$'\n'"${kinds[$kind]}"$'\n'"RESET constraint_exclusion;"
        armed "$what on derived tables that are constant: $kind" either "$exclusion" < <(for_each "${constant[$what]}" "${derived[@]}")
        [[ $kind == appends ]] || armed "$what on ops that are constant: $kind" either "$exclusion" < <(for_each "${constant[$what]}" ops)
    done
done
armed "expressions and predicates of indexes on ops: reads" either "$reads" <<<"CREATE INDEX ON f.ops (spy.number(octet_length(doc))); CREATE INDEX ON f.ops (doc) WHERE spy.truth(doc)"
armed "an index that looks like one of the forest's" either <<'SQL'
DROP INDEX f.nodes_deleted;
CREATE INDEX nodes_deleted ON f.nodes (doc) WHERE deleted_at IS NOT NULL AND spy.truth(1);
SQL
# Policies are for superusers no matter; others are subject to them in reading, as with SELECT.
for force in "" "ALTER TABLE f.@ FORCE ROW LEVEL SECURITY;"; do
    prepare_attack < <(for_each "CREATE POLICY p ON f.@ USING (spy.truth(doc)) WITH CHECK (spy.truth(doc)); ALTER TABLE f.@ ENABLE ROW LEVEL SECURITY; $force" ops "${derived[@]}")
    session postgres <<<"$appends"$'\n'"$calls" >"$scratch/said"
    is "policies${force:+, forced}: they do not run for a superuser" '' "$(verdict | grep -v 'as the owner'; cat "$scratch/said")"
    prepare_attack < <(for_each "CREATE POLICY p ON f.@ USING (spy.truth(doc)) WITH CHECK (spy.truth(doc)); ALTER TABLE f.@ ENABLE ROW LEVEL SECURITY; $force" "${derived[@]}")
    session attacks_victim <<<"$appends" >"$scratch/said"
    is "policies${force:+, forced}: those of derived tables do not run for who appends" '' "$(verdict | grep -v 'as the owner'; cat "$scratch/said")"
done

# --- Other objects. ---
armed "rules" either < <(
    for event in INSERT UPDATE DELETE; do for_each "CREATE RULE z_$event AS ON $event TO f.@ DO ALSO SELECT spy.fire('a rule')" "${derived[@]}"; done
    for event in UPDATE DELETE; do for_each "CREATE RULE z_$event AS ON $event TO f.@ DO INSTEAD SELECT spy.fire('a rule')" ops; done)
armed "a view children of the owner's" either <<<"CREATE OR REPLACE VIEW f.children AS SELECT doc, parent, node, order_key, payload FROM f.nodes WHERE spy.truth(doc); GRANT SELECT ON f.children TO PUBLIC"
armed "foreign keys to the tables, deferred, with triggers on the other side" either <<'SQL'
CREATE TABLE spy.pawn (doc text COLLATE "C", node uuid,
    FOREIGN KEY (doc, node) REFERENCES f.nodes ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, FOREIGN KEY (doc) REFERENCES f.docs DEFERRABLE INITIALLY DEFERRED);
INSERT INTO spy.pawn SELECT doc, node FROM f.nodes;
CREATE TRIGGER z BEFORE INSERT OR UPDATE OR DELETE ON spy.pawn FOR EACH ROW EXECUTE FUNCTION spy.strike();
CREATE CONSTRAINT TRIGGER y AFTER INSERT OR UPDATE OR DELETE ON spy.pawn DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION spy.strike();
SQL
armed "foreign keys with ON DELETE SET DEFAULT and a default of the owner's" either <<'SQL'
CREATE FUNCTION spy.some_node() RETURNS uuid LANGUAGE plpgsql AS $$ BEGIN PERFORM spy.fire('a default'); RETURN NULL; END $$;
CREATE TABLE spy.pawn (doc text COLLATE "C", node uuid DEFAULT spy.some_node(), FOREIGN KEY (doc, node) REFERENCES f.nodes ON DELETE SET DEFAULT (node) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO spy.pawn SELECT doc, node FROM f.nodes;
CREATE TRIGGER z AFTER UPDATE ON spy.pawn FOR EACH ROW EXECUTE FUNCTION spy.strike();
SQL
armed "foreign keys from the tables, deferred, to a table with triggers and policies" either <<'SQL'
CREATE TABLE spy.pawn (doc text COLLATE "C" PRIMARY KEY);
INSERT INTO spy.pawn SELECT unnest(ARRAY['d', 'damaged', 'dropped', 'waits', 'new']);
CREATE POLICY p ON spy.pawn USING (spy.truth(doc));
ALTER TABLE spy.pawn ENABLE ROW LEVEL SECURITY;
ALTER TABLE f.nodes ADD FOREIGN KEY (doc) REFERENCES spy.pawn DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE f.docs ADD FOREIGN KEY (doc) REFERENCES spy.pawn DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE f.other_refs ADD FOREIGN KEY (doc, parent) REFERENCES f.nodes DEFERRABLE INITIALLY DEFERRED NOT VALID;
SQL
armed "a unique constraint, deferred, on an expression's column" either <<<"ALTER TABLE f.nodes ADD COLUMN extra int GENERATED ALWAYS AS (spy.number(octet_length(doc))) STORED; ALTER TABLE f.nodes ADD UNIQUE (doc, node, extra) DEFERRABLE INITIALLY DEFERRED"
armed "a table replaced by a child of another, whose rows the owner computes" either <<<"CREATE TABLE spy.pawn (LIKE f.nodes); ALTER TABLE f.nodes INHERIT spy.pawn"
armed "a table replaced by a view" either <<<"ALTER TABLE f.ignored RENAME TO was_ignored; CREATE VIEW f.ignored AS SELECT * FROM f.was_ignored WHERE spy.truth(doc); GRANT SELECT ON f.ignored TO PUBLIC"

# --- What comes first in the caller's search_path: overloads of all operators and functions on the types that we use. ---
does -U attacks_owner <<'SQL'
CREATE SCHEMA overloads;
GRANT USAGE ON SCHEMA overloads TO PUBLIC;
DO $$
DECLARE
    ours oid[] := ARRAY['text', 'bytea', 'int4', 'int8', 'bool', 'uuid', 'uuid[]', 'treecrdt.op_kind', 'treecrdt.version_vector', 'int8[]', 'bytea[]', 'name', 'oid', 'regclass', 'anyarray', 'anyenum', 'anyelement']::regtype[]::oid[];
    body text := $body$ LANGUAGE plpgsql IMMUTABLE AS $f$ BEGIN PERFORM spy.fire('an overload of %s'); RETURN NULL; END $f$ $body$;
    f record;
BEGIN
    FOR f IN SELECT DISTINCT ON (proname, proargtypes) proname, p.oid::regprocedure AS signature, array_to_string(proargtypes::regtype[], ', ') AS arguments, proretset,
            prorettype::regtype AS result
        FROM pg_proc p WHERE pronamespace IN ('pg_catalog'::regnamespace, 'treecrdt'::regnamespace) AND prokind = 'f' AND proargtypes::oid[] <@ ours AND prorettype = ANY (ours)
            AND pronargs BETWEEN 1 AND 3 AND provariadic = 0 AND prorettype <> ALL ('{anyarray,anyenum,anyelement}'::regtype[]::oid[])
            AND proargtypes[0] <> ALL ('{anyarray,anyenum,anyelement}'::regtype[]::oid[])
    LOOP
        BEGIN
            EXECUTE format('CREATE FUNCTION overloads.%I(%s) RETURNS %s%s', f.proname, f.arguments, CASE WHEN f.proretset THEN 'SETOF ' ELSE '' END, f.result)
                || format(replace(body, CASE WHEN f.proretset THEN 'RETURN NULL;' ELSE '~' END, ''), f.signature);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
    FOR f IN SELECT row_number() OVER () AS at, oprname, nullif(oprleft::regtype::text, '-') AS l, oprright::regtype AS r, oprresult::regtype AS result
        FROM (SELECT oprname, oprleft, oprright, oprresult FROM pg_operator WHERE (oprleft = 0 OR oprleft = ANY (ours)) AND oprright = ANY (ours) AND oprresult = ANY (ours)
            UNION SELECT '=', k, k, 'bool'::regtype FROM unnest('{treecrdt.op_kind,"uuid[]"}'::regtype[]) k UNION SELECT '-', 0, 'int8'::regtype, 'int8'::regtype
            UNION SELECT o, 'int4'::regtype, 'int8'::regtype, 'bool'::regtype FROM unnest('{=,<,>,<=,>=,<>}'::text[]) o) o
        WHERE oprleft <> ALL ('{anyarray,anyenum,anyelement}'::regtype[]::oid[]) AND oprright <> ALL ('{anyarray,anyenum,anyelement}'::regtype[]::oid[])
    LOOP
        BEGIN
            EXECUTE format('CREATE FUNCTION overloads.operator_%s(%s) RETURNS %s', f.at, concat_ws(', ', f.l, f.r), f.result)
                || format(body, replace(f.oprname, '%', 'modulo'));
            EXECUTE format('CREATE OPERATOR overloads.%s (FUNCTION = overloads.operator_%s, %s RIGHTARG = %s)', f.oprname, f.at, 'LEFTARG = ' || f.l || ',', f.r);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
END $$;
CREATE TABLE overloads.ops (doc text);
CREATE TABLE overloads.nodes (doc text);
CREATE DOMAIN overloads.uuid AS pg_catalog.uuid CHECK (spy.truth(VALUE));
CREATE DOMAIN overloads.text AS pg_catalog.text CHECK (spy.truth(VALUE));
CREATE DOMAIN overloads.version_vector AS treecrdt.version_vector CHECK (spy.truth(VALUE));
SQL
gives "overloads are many" t <<<"SELECT (SELECT count(*) FROM pg_operator WHERE oprnamespace = 'overloads'::regnamespace) > 60 AND (SELECT count(*) FROM pg_proc WHERE pronamespace = 'overloads'::regnamespace) > 200"
for path in "overloads, pg_catalog" "overloads, treecrdt, pg_catalog, pg_temp"; do
    path=$path armed "search_path = $path" silent <<<""
done

# --- A dump, by a superuser, of a database full of weapons. ---
prepare_attack < <(
    for_each "CREATE TRIGGER z BEFORE INSERT OR UPDATE OR DELETE ON f.@ FOR EACH ROW EXECUTE FUNCTION spy.strike()" ops "${derived[@]}"
    for_each "ALTER TABLE f.@ ADD COLUMN extra int GENERATED ALWAYS AS (spy.number(octet_length(doc))) STORED; ALTER TABLE f.@ ADD CHECK (spy.truth(1));
        CREATE INDEX ON f.@ ((spy.number(1))) WHERE spy.truth(1); CREATE STATISTICS f.statistics_@ ON (spy.number(1)), doc FROM f.@;
        CREATE POLICY p ON f.@ USING (spy.truth(doc)); ALTER TABLE f.@ ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY" ops "${derived[@]}")
pg_dump -f "$scratch/dump" 2>"$scratch/said" || true
is "pg_dump by a superuser: nobody is hurt" '' "$(verdict; cat "$scratch/said")"

# --- The reverse: who may INSERT into ops, and nothing else, gets nothing else. ---
prepare_attack <<<"GRANT INSERT ON f.ops TO attacks_peer; REVOKE ALL ON SCHEMA spy FROM PUBLIC"
all_refused=$(for ((i = 0; i < 24; i++)); do echo 'ERROR:  42501'; done)
gives "INSERT on ops gives no way to read or write anything else" "1"$'\n'"$all_refused" -U attacks_peer <<'SQL'
INSERT INTO f.ops VALUES ('d', '\xaa', 1, 50, 'insert', public.n(50), public.n(1), '', 'mine');
SELECT 1;
INSERT INTO f.ops VALUES ('d', '\xaa', 2, 51, 'payload', public.n(50), NULL, NULL, 'x') RETURNING *;
INSERT INTO f.ops VALUES ('d', '\xaa', 1, 51, 'payload', public.n(50), NULL, NULL, 'x') ON CONFLICT (doc, replica, counter) DO UPDATE SET payload = 'x';
INSERT INTO f.ops SELECT * FROM f.ops;
COPY f.ops TO stdout;
SELECT FROM f.ops;
UPDATE f.ops SET payload = 'x';
DELETE FROM f.ops;
SELECT treecrdt.render('f', 'd');
SELECT * FROM treecrdt.tree('f', 'd');
SELECT treecrdt.path('f', 'd', public.n(1));
SELECT treecrdt.version('f', 'd');
SELECT * FROM treecrdt.ops_since('f', 'd', '{}');
SELECT treecrdt.subtree_version('f', 'd', public.n(1));
SELECT treecrdt.digest('f', 'd');
SELECT * FROM treecrdt.verify('f');
SELECT treecrdt.rebuild('f');
SELECT treecrdt.drop_doc('f', 'd');
SELECT treecrdt.drop_forest('f');
SELECT FROM f.nodes;
SELECT FROM f.docs FOR UPDATE;
INSERT INTO f.nodes SELECT * FROM f.nodes;
DELETE FROM f.docs;
TRUNCATE f.waiting;
ALTER TABLE f.nodes DISABLE TRIGGER ALL;
SQL
does -U attacks_owner <<<"GRANT USAGE ON SCHEMA spy TO PUBLIC"
gives "nor to create anything in the schema treecrdt, for anybody but superusers" $'ERROR:  42501\nERROR:  42501\nERROR:  42501' -U attacks_owner <<'SQL'
CREATE FUNCTION treecrdt.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE OR REPLACE FUNCTION treecrdt.render(regnamespace, text, uuid) RETURNS text LANGUAGE sql AS $$ SELECT '' $$;
CREATE OPERATOR treecrdt.=== (FUNCTION = pg_catalog.uuid_eq, LEFTARG = uuid, RIGHTARG = uuid);
SQL

does <<<"DROP OWNED BY $roles CASCADE"
export PGDATABASE=postgres
dropdb --force attacks_owner
does <<<"DROP ROLE $roles"
