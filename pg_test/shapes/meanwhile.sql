-- Two sessions, step by step: s2 begins to alter the forest `m`, s1 comes to wait for it, s2 ends its transaction.

CREATE EXTENSION dblink;
CREATE FUNCTION public.connect(session text, role text) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    IF session = ANY (dblink_get_connections()) THEN PERFORM dblink_disconnect(session); END IF;
    PERFORM dblink_connect(session, format('host=%s port=%s dbname=%s user=%s', current_setting('unix_socket_directories'), current_setting('port'), current_database(), role));
    PERFORM dblink_exec(session, 'SET client_min_messages = error');
    RETURN (SELECT pid FROM dblink(session, 'SELECT pg_backend_pid()') AS t (pid int));
END $$;

-- What s1 does. Each gives one value.
CREATE TABLE public.step (at serial, name text, sql text, is_writer bool);
INSERT INTO public.step (name, is_writer, sql) VALUES
    ('append', true, $$INSERT INTO m.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) VALUES ('d', '\xaa', 1, 3, 'insert', n(9), n(3), '', 'new') RETURNING doc$$),
    ('append to a new doc', true, $$INSERT INTO m.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) VALUES ('new', '\xaa', 1, 3, 'insert', n(9), n(0), '', 'new') RETURNING doc$$),
    ('tree', false, $$SELECT string_agg(t::text, ',') FROM treecrdt.tree('m', 'd') AS t$$),
    ('path', false, $$SELECT treecrdt.path('m', 'd', n(2))::text$$),
    ('render', false, $$SELECT treecrdt.render('m', 'd', n(1))$$),
    ('version', false, $$SELECT treecrdt.version('m', 'd')::text$$),
    ('subtree_version', false, $$SELECT treecrdt.subtree_version('m', 'd', n(1))::text$$),
    ('digest', false, $$SELECT treecrdt.digest('m', 'd')::text$$),
    ('ops_since', false, $$SELECT string_agg(o::text, ',') FROM treecrdt.ops_since('m', 'd', '{}') AS o$$),
    ('verify', false, $$SELECT string_agg(v::text, ',') FROM treecrdt.verify('m') AS v$$),
    ('rebuild', true, $$SELECT treecrdt.rebuild('m')::text$$),
    ('ensure_materialized', true, $$SELECT treecrdt.ensure_materialized('m')::text$$),
    ('drop_doc', true, $$SELECT treecrdt.drop_doc('m', 'd')::text$$);

-- The forest. In `x` there is a fault for verify to find.
CREATE FUNCTION public.make_m() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.make('m');
    DROP VIEW m.children, m.oprefs;
    INSERT INTO m.ops VALUES ('x', '\x01', 1, 1, 'insert', n(1), n(0), '');
    UPDATE m.nodes SET payload = 'forged' WHERE doc = 'x';
    ALTER TABLE m.ops ADD mine int; ALTER TABLE m.nodes ADD mine int; ALTER TABLE m.other_refs ADD mine int;
    ALTER TABLE m.ignored ADD mine int; ALTER TABLE m.reinserts ADD mine int; ALTER TABLE m.waiting ADD mine int; ALTER TABLE m.docs ADD mine int;
END $$;
CREATE FUNCTION public.remake(session text) RETURNS void LANGUAGE sql AS $$
    SELECT dblink_exec(session, 'DROP SCHEMA IF EXISTS m, m_old CASCADE; DO $do$ BEGIN PERFORM public.make_m(); END $do$')
$$;

-- Waits until s1 waits, or is done.
CREATE FUNCTION public.wait_for(pid int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..1000 LOOP
        EXIT WHEN cardinality(pg_blocking_pids(pid)) > 0 OR dblink_is_busy('s1') = 0;
        PERFORM pg_sleep(0.002);
    END LOOP;
END $$;

-- Takes in what else the server has said to s1.
CREATE FUNCTION public.drain() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..5 LOOP PERFORM * FROM dblink_get_result('s1', false) AS t (r text); END LOOP;
END $$;

-- What s1 gets for a statement that it has sent: the value, or the SQLSTATE.
CREATE FUNCTION public.got() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    it text;
    state text;
BEGIN
    BEGIN
        SELECT r INTO it FROM dblink_get_result('s1') AS t (r text);
    EXCEPTION WHEN OTHERS THEN
        state := SQLSTATE;
        it := SQLERRM;
    END;
    PERFORM public.drain();
    RETURN CASE WHEN state IS NULL THEN coalesce(it, '(null)') ELSE 'ERROR ' || state || ' ' || it END;
END $$;

-- Every step of s1 while s2 alters a table, at two isolation levels where that may make a difference. What came, where it is not as it should be: right means
-- what comes without s2 too. Who waited with an older snapshot for a table to be rewritten may get 40001, but for appends at
-- READ COMMITTED.
CREATE FUNCTION public.meanwhile(of_table text, ddl text, ending text, allowed text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    s1 int := public.connect('s1', 'postgres');
    s2 int := public.connect('s2', 'postgres');
    it public.step;
    level text;
    alone text;
    came text;
    fault text;
BEGIN
    PERFORM public.remake('s2');
    FOR it IN SELECT * FROM public.step ORDER BY at LOOP
        FOREACH level IN ARRAY CASE WHEN ending = 'COMMIT' AND allowed = 'right' THEN ARRAY['READ COMMITTED', 'REPEATABLE READ'] ELSE ARRAY['READ COMMITTED'] END LOOP
            PERFORM dblink_exec('s1', 'BEGIN');
            SELECT coalesce(r, '(null)') INTO alone FROM dblink('s1', it.sql) AS t (r text);
            PERFORM dblink_exec('s1', 'ROLLBACK');
            PERFORM dblink_exec('s1', 'BEGIN ISOLATION LEVEL ' || level);
            PERFORM * FROM dblink('s1', 'SELECT 1') AS t (r int);
            PERFORM dblink_exec('s2', 'BEGIN; ' || replace(ddl, '@t@', of_table));
            PERFORM dblink_send_query('s1', it.sql);
            PERFORM public.wait_for(s1);
            PERFORM dblink_exec('s2', ending);
            came := public.got();
            PERFORM dblink_exec('s1', 'COMMIT');
            fault := NULL;
            IF came = alone AND it.is_writer AND allowed = 'right' AND ddl !~ 'RENAME TO m_old' THEN
                SELECT r INTO fault FROM dblink('s1', $sql$SELECT string_agg(v::text, '; ') FROM treecrdt.verify('m') AS v WHERE doc_name <> 'x'$sql$) AS t (r text);
            END IF;
            came := CASE WHEN fault IS NOT NULL THEN 'a fault: ' || fault WHEN came = alone THEN 'right' ELSE regexp_replace(came, '^ERROR ', '') END;
            IF came !~ ('^' || allowed) AND NOT (came ~ '^40001' AND (level <> 'READ COMMITTED' OR it.name !~ 'append'))
                -- The names in a statement of SQL mean what they mean when it is analyzed.
                AND NOT (it.name ~ 'append' AND came ~ '^(42|55|23)' AND allowed <> 'right') THEN
                RETURN NEXT concat_ws(' ', of_table, it.name, 'at', level, '->', left(came, 200), CASE WHEN came !~ '^[0-9A-Z]{5} ' THEN '<> ' || left(alone, 100) END);
            END IF;
            IF ending <> 'ROLLBACK' OR it.is_writer THEN PERFORM public.remake('s2'); END IF;
        END LOOP;
    END LOOP;
END $$;

-- The superuser's steps while the owner, for whose transaction they wait, puts views in the place of the tables.
CREATE FUNCTION public.masked(locking text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    s1 int := public.connect('s1', 'postgres');
    s2 int := public.connect('s2', 'shapes_owner');
    it public.step;
    came text;
BEGIN
    FOR it IN SELECT * FROM public.step ORDER BY at LOOP
        PERFORM dblink_exec('s1', 'DROP SCHEMA IF EXISTS m, m_old CASCADE; TRUNCATE public.harm');
        PERFORM public.remake('s2');
        PERFORM dblink_exec('s2', 'BEGIN; ' || locking);
        PERFORM dblink_send_query('s1', it.sql);
        PERFORM public.wait_for(s1);
        -- Some do not wait for this; what they gave is not in question.
        CONTINUE WHEN dblink_is_busy('s1') = 0 AND public.got() IS NOT NULL AND dblink_exec('s2', 'ROLLBACK') = 'ROLLBACK';
        PERFORM * FROM dblink('s2', $sql$SELECT public.masquerade('m')::text$sql$) AS t (r text);
        PERFORM dblink_exec('s2', 'COMMIT');
        came := public.got();
        IF came ~ '^ERROR (XX|P0)' OR came = '(null)' AND it.name <> 'verify' THEN RETURN NEXT concat_ws(' ', it.name, '->', left(came, 200)); END IF;
        RETURN QUERY SELECT concat_ws(' ', it.name, 'ran', at) FROM dblink('s1', $sql$SELECT DISTINCT at FROM public.harm WHERE who = 'postgres'$sql$) AS t (at text);
    END LOOP;
    PERFORM dblink_exec('s1', 'DROP SCHEMA IF EXISTS m, m_old CASCADE; TRUNCATE public.harm');
END $$;

-- A superuser's cursor over more operations than are read at a time, while the owner does that.
CREATE FUNCTION public.masked_cursor() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    s1 int := public.connect('s1', 'postgres');
    s2 int := public.connect('s2', 'shapes_owner');
    came text;
BEGIN
    PERFORM public.remake('s2');
    PERFORM dblink_exec('s2', $sql$INSERT INTO m.ops (doc, replica, counter, lamport, kind, node) SELECT 'many', '\x01', i, i, 'payload', n(1) FROM generate_series(1, 600) AS i$sql$);
    PERFORM dblink_exec('s1', $sql$BEGIN; DECLARE c CURSOR FOR SELECT treecrdt.ops_since('m', 'many', '{}')::text; MOVE 1 FROM c$sql$);
    PERFORM * FROM dblink('s2', $sql$SELECT public.masquerade('m')::text$sql$) AS t (r text);
    PERFORM dblink_send_query('s1', 'FETCH 599 FROM c');
    BEGIN
        SELECT count(*) || ' rows' INTO came FROM dblink_get_result('s1') AS t (r text);
    EXCEPTION WHEN OTHERS THEN
        came := SQLSTATE;
    END;
    PERFORM public.drain();
    PERFORM dblink_exec('s1', 'COMMIT', false);
    IF came !~ '^(599 rows|55000)$' THEN RETURN NEXT came; END IF;
    RETURN QUERY SELECT 'ran ' || at FROM dblink('s1', $sql$SELECT DISTINCT at FROM public.harm WHERE who = 'postgres'$sql$) AS t (at text);
    PERFORM dblink_exec('s1', 'DROP SCHEMA IF EXISTS m, m_old CASCADE; TRUNCATE public.harm');
END $$;

-- The ways in, for the temporary tables of another session.
CREATE FUNCTION public.temporary_elsewhere() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    s2 int := public.connect('s2', 'shapes_nobody');
    f text;
BEGIN
    PERFORM dblink_exec('s2', format('CREATE TEMP TABLE %I (LIKE one.%1$I)', t)) FROM (SELECT DISTINCT of_table FROM public.declared) AS d (t);
    SELECT schema INTO f FROM dblink('s2', 'SELECT pg_my_temp_schema()::regnamespace::text') AS t (schema text);
    RETURN QUERY SELECT concat_ws(' ', o) FROM public.outcomes(f) AS o WHERE entry <> 'INSERT' AND (state <> '42809' OR message !~ 'temporary table');
    PERFORM dblink_disconnect('s2');
END $$;
