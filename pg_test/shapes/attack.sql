-- What the attacks are made of: forests with some of everything, the ways in, and functions that alter a forest, try every
-- way in, and take all of it back.

CREATE FUNCTION public.n(int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT ('00000000-0000-0000-0000-' || lpad($1::pg_catalog.text, 12, '0'))::uuid $$;
CREATE SEQUENCE public.counters START 100;

-- A forest with rows in every table: a cycle that is ignored, a node that is inserted twice, a deletion, a doc that waits.
CREATE FUNCTION public.make(f text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM treecrdt.create_forest(f);
    EXECUTE format($sql$INSERT INTO %I.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload, known_state) VALUES
        ('d', '\x01', 1, 1, 'insert', n(1), n(0), '\x10', 'one', NULL), ('d', '\x01', 2, 2, 'insert', n(2), n(1), '\x10', 'two', NULL),
        ('d', '\x01', 3, 3, 'insert', n(3), n(0), '\x10', 'three', NULL), ('d', '\x01', 4, 4, 'insert', n(4), n(3), '\x10', 'four', NULL),
        ('d', '\x01', 5, 5, 'move', n(1), n(2), '\x10', NULL, NULL), ('d', '\x01', 6, 6, 'payload', n(2), NULL, NULL, 'zwei', NULL),
        ('d', '\x01', 7, 8, 'insert', n(3), n(0), '\x20', 'drei', NULL), ('d', '\x02', 1, 7, 'delete', n(4), NULL, NULL, NULL, '{"01": [[4,4]]}')$sql$, f);
    PERFORM set_config('treecrdt.catch_up', 'deferred', true);
    EXECUTE format($sql$INSERT INTO %I.ops (doc, replica, counter, lamport, kind, node, parent, order_key)
        VALUES ('w', '\x01', 1, 1, 'insert', n(1), n(0), '\x10')$sql$, f);
    PERFORM set_config('treecrdt.catch_up', 'immediate', true);
END $$;

-- Appends in order, late, and to a new doc, reads, and holds all against the log.
CREATE FUNCTION public.works(f text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    c int := nextval('public.counters') * 10;
    insert text := format('INSERT INTO %I.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) ', f);
    visible int;
    wrong text;
BEGIN
    EXECUTE insert || $sql$VALUES ('d', '\xee', $1, 1000 + $1, 'insert', n($1), n(0), '', 'good'), ('d', '\xee', $1 + 1, 2, 'move', n(2), n($1), '', NULL)$sql$ USING c;
    EXECUTE insert || $sql$VALUES ('new ' || $1, '\xee', 1, 1, 'insert', n($1), n(0), '', 'good')$sql$ USING c;
    EXECUTE format('SELECT count(*) FROM treecrdt.tree(%L, $1)', quote_ident(f)) INTO visible USING 'new ' || c;
    IF visible <> 1 THEN RETURN 'tree shows ' || visible || ' nodes of a new doc'; END IF;
    EXECUTE format($sql$SELECT string_agg(concat_ws(' ', doc_name, table_name, row_key, problem), '; ') FROM treecrdt.verify(%L)$sql$, quote_ident(f)) INTO wrong;
    RETURN coalesce(wrong, 'works');
EXCEPTION WHEN OTHERS THEN
    RETURN concat_ws(' ', SQLSTATE, SQLERRM);
END $$;

-- The ways in, for a forest @f@.
CREATE TABLE public.entry (at serial, name text, sql text);
INSERT INTO public.entry (name, sql) VALUES
    ('INSERT', 'INSERT INTO @f@.ops SELECT * FROM @f@.ops LIMIT 1 ON CONFLICT DO NOTHING'),
    ('tree', $$SELECT * FROM treecrdt.tree('@f@', 'd')$$),
    ('path', $$SELECT treecrdt.path('@f@', 'd', public.n(2))$$),
    ('render', $$SELECT treecrdt.render('@f@', 'd', public.n(1))$$),
    ('version', $$SELECT treecrdt.version('@f@', 'd')$$),
    ('subtree_version', $$SELECT treecrdt.subtree_version('@f@', 'd', public.n(1))$$),
    ('digest', $$SELECT treecrdt.digest('@f@', 'd')$$),
    ('ops_since', $$SELECT * FROM treecrdt.ops_since('@f@', 'd', '{}')$$),
    ('ensure_materialized', $$SELECT treecrdt.ensure_materialized('@f@')$$),
    ('rebuild', $$SELECT treecrdt.rebuild('@f@')$$),
    ('verify', $$SELECT * FROM treecrdt.verify('@f@')$$),
    ('drop_doc', $$SELECT treecrdt.drop_doc('@f@', 'd')$$),
    ('drop_forest', $$SELECT treecrdt.drop_forest('@f@')$$);

CREATE TYPE public.outcome AS (entry text, state text, message text, hint text);

-- What becomes of every way in, each of them taken back: its SQLSTATE, 00000 for success. The forest may be NULL.
CREATE FUNCTION public.outcomes(f text) RETURNS SETOF public.outcome LANGUAGE plpgsql AS $$
DECLARE
    it public.entry;
    o public.outcome;
BEGIN
    FOR it IN SELECT * FROM public.entry ORDER BY at LOOP
        BEGIN
            EXECUTE coalesce(replace(it.sql, '@f@', f), replace(it.sql, '''@f@''', 'NULL'));
            RAISE SQLSTATE '00001';
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS o.state = RETURNED_SQLSTATE, o.message = MESSAGE_TEXT, o.hint = PG_EXCEPTION_HINT;
            IF o.state = '00001' THEN o := (NULL, '00000', '', ''); END IF;
        END;
        o.entry := it.name;
        RETURN NEXT o;
    END LOOP;
END $$;

-- Alters a forest, tries every way in, mends it and uses it, and takes all of it back. A line for whatever is not as it
-- should be: an outcome not among those allowed, an error of ours that does not name what it should or has no hint, and a
-- forest that does not work after it was mended. To mend with 'hint' is to execute what the error says.
CREATE FUNCTION public.attack(f text, ddl text, naming text, mend text DEFAULT '', allowed text DEFAULT '^42809$') RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    bad text[] := '{}';
    step text := 'altering';
    o public.outcome;
    hint text := '';
    works text;
BEGIN
    BEGIN
        EXECUTE ddl;
        FOR o IN SELECT * FROM public.outcomes(f) LOOP
            -- Where no trigger of ours is in the way, it is the server that says what becomes of an INSERT.
            CONTINUE WHEN o.entry = 'INSERT' AND (o.state IN ('23514', '55000', '39P01', '428C9') OR NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass(f || '.ops')));
            IF o.state !~ allowed THEN
                bad := bad || concat_ws(' ', o.entry, 'gives', o.state, o.message);
            ELSIF o.message ~ '^(schema|forest) ' THEN
                IF strpos(o.message, naming) = 0 THEN bad := bad || concat_ws(' ', o.entry, 'names something else:', o.message); END IF;
                IF o.hint = '' THEN bad := bad || concat_ws(' ', o.entry, 'has no hint:', o.message); END IF;
                hint := o.hint;
            END IF;
        END LOOP;
        IF mend <> '' THEN
            step := CASE mend WHEN 'hint' THEN hint ELSE mend END;
            EXECUTE step;
            works := public.works(f);
            IF works <> 'works' THEN bad := bad || concat_ws(' ', 'mended by', step, 'it gives', works); END IF;
        END IF;
        RAISE SQLSTATE '00001';
    EXCEPTION
        WHEN SQLSTATE '00001' THEN NULL;
        WHEN OTHERS THEN bad := bad || concat_ws(' ', step, 'gives', SQLSTATE, SQLERRM);
    END;
    RETURN QUERY SELECT ddl || ': ' || b FROM unnest(bad) AS b;
END $$;

-- A trap: who evaluates it writes down who that is, whatever the planner believes of it.
CREATE TABLE public.harm (who name, at text);
GRANT ALL ON public.harm TO PUBLIC;
CREATE FUNCTION public.harm(at text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.harm VALUES (current_user, at); RETURN true; END $$;
CREATE FUNCTION public.evil(at text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN public.harm(at); END $$;

-- Gives a column of the forest `one` another type. What is in the way of it (an index, a default) goes.
CREATE FUNCTION public.retype(of_table text, of_column text, type text, value text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    retype text := format('ALTER TABLE one.%I ALTER %I DROP DEFAULT, ALTER %2$I TYPE %s USING %L', of_table, of_column, type, value);
    index record;
BEGIN
    EXECUTE retype;
EXCEPTION WHEN OTHERS THEN
    EXECUTE format('ALTER TABLE one.%I DROP CONSTRAINT %I', of_table, of_table || '_pkey');
    FOR index IN SELECT indexrelid::regclass FROM pg_index WHERE indrelid = format('one.%I', of_table)::regclass LOOP
        EXECUTE format('DROP INDEX %s', index.indexrelid);
    END LOOP;
    EXECUTE retype;
END $$;

-- The indexes of the forest `f`: their keys, and the statement that drops one.
CREATE VIEW public.declared_index AS
    SELECT c.relname AS name, t.relname AS of_table, i.indisunique AS is_unique, pg_get_expr(i.indpred, i.indrelid) AS predicate,
        ARRAY(SELECT pg_get_indexdef(c.oid, at, true) FROM generate_series(1, i.indnkeyatts) AS at) AS keys,
        CASE WHEN i.indisprimary THEN format('ALTER TABLE f.%I DROP CONSTRAINT %I; ', t.relname, c.relname) ELSE format('DROP INDEX f.%I; ', c.relname) END AS drop
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    WHERE t.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'f');

-- An index of the forest `f` replaced by one that looks like it.
CREATE FUNCTION public.reindexed(it public.declared_index) RETURNS TABLE (what text, ddl text) LANGUAGE sql AS $$
    WITH made AS (SELECT CASE WHEN it.is_unique THEN 'UNIQUE ' ELSE '' END AS uniq, coalesce(' WHERE ' || it.predicate, '') AS cond,
        cardinality(it.keys) AS count, array_to_string(it.keys, ', ') AS list, it.keys[cardinality(it.keys)] AS last)
    SELECT v.what, it.drop || coalesce('CREATE ' || v.uniq || 'INDEX ' || it.name || ' ON f.' || it.of_table || ' ' || v.rest, '')
    FROM made, LATERAL (VALUES
        ('dropped', uniq, NULL),
        ('fewer columns', '', CASE WHEN count > 1 THEN format('(%s)%s', array_to_string(it.keys[1:count - 1], ', '), cond) END),
        ('more columns', uniq, format('(%s, %s)%s', list, last, cond)),
        ('another order', uniq, CASE WHEN count > 1 THEN format('(%s, %s)%s', array_to_string(it.keys[2:count], ', '), it.keys[1], cond) END),
        ('DESC', uniq, format('(%s DESC)%s', list, cond)),
        ('DESC NULLS LAST', uniq, format('(%s DESC NULLS LAST)%s', list, cond)),
        ('NULLS FIRST', uniq, format('(%s NULLS FIRST)%s', list, cond)),
        ('hash', '', format('USING hash (%s)%s', it.keys[1], cond)),
        ('text_pattern_ops', uniq, format('(%s)%s', replace(list, 'doc', 'doc text_pattern_ops'), cond)),
        ('the default collation', uniq, format('(%s)%s', replace(list, 'doc', 'doc COLLATE "default"'), cond)),
        ('POSIX', uniq, format('(%s)%s', replace(list, 'doc', 'doc COLLATE "POSIX"'), cond)),
        ('an expression for a column', uniq, format('(%s)%s', replace(list, 'doc', '(doc || '''')'), cond)),
        ('another predicate', uniq, format('(%s) WHERE doc <> ''x''', list)),
        ('the opposite predicate', uniq, CASE WHEN cond <> '' THEN format('(%s) WHERE NOT (%s)', list, it.predicate) END),
        ('no predicate', uniq, CASE WHEN cond <> '' THEN format('(%s)', list) END),
        ('not unique', '', CASE WHEN it.is_unique THEN format('(%s)', list) END),
        ('an expression for a kind', '', CASE WHEN list LIKE '%kind%' THEN format('(%s)%s', replace(list, 'kind', '(kind <> ''move'')'), cond) END),
        ('another kind in the predicate', '', CASE WHEN cond LIKE '%kind%' THEN format('(%s)%s', list, replace(cond, '''insert''', '''move''')) END)
    ) AS v (what, uniq, rest)
    WHERE v.what = 'dropped' OR v.rest IS NOT NULL
$$;

-- Puts a thing of another kind in the place of a table of the forest `f`, or makes another kind of it.
CREATE FUNCTION public.kinds(t text) RETURNS TABLE (kind text, ddl text, mend text) LANGUAGE sql AS $$
    SELECT kind, replace(replace(CASE WHEN kind ~ '^[a-z]' THEN 'ALTER TABLE f.@t@ RENAME TO @t@_; ' ELSE '' END || ddl, '@t@', t), '@columns@',
            (SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = format('f.%I', t)::regclass AND attnum > 0)),
        replace(coalesce(mend, CASE WHEN kind ~ '^[a-z]' THEN ddl_back || '; ALTER TABLE f.@t@_ RENAME TO @t@' ELSE ddl_back END), '@t@', t)
    FROM (VALUES
        ('a view', 'CREATE VIEW f.@t@ AS SELECT * FROM f.@t@_', 'DROP VIEW f.@t@', NULL),
        ('a materialized view', 'CREATE MATERIALIZED VIEW f.@t@ AS SELECT * FROM f.@t@_', 'DROP MATERIALIZED VIEW f.@t@', NULL),
        ('a foreign table', 'CREATE FOREIGN DATA WRAPPER none; CREATE SERVER nowhere FOREIGN DATA WRAPPER none; CREATE FOREIGN TABLE f.@t@ (@columns@) SERVER nowhere', 'DROP FOREIGN TABLE f.@t@', NULL),
        ('a partitioned table', 'CREATE TABLE f.@t@ (LIKE f.@t@_ INCLUDING ALL) PARTITION BY HASH (doc)', 'DROP TABLE f.@t@', NULL),
        ('a sequence', 'CREATE SEQUENCE f.@t@', 'DROP SEQUENCE f.@t@', NULL),
        ('a composite type', 'CREATE TYPE f.@t@ AS (@columns@)', 'DROP TYPE f.@t@', NULL),
        ('an index', 'CREATE INDEX @t@ ON f.@t@_ (doc)', 'DROP INDEX f.@t@', NULL),
        ('a copy without indexes', 'CREATE TABLE f.@t@ (LIKE f.@t@_)', 'DROP TABLE f.@t@', NULL),
        ('nothing', '', 'SELECT', NULL),
        ('A partition', 'CREATE TABLE public.root (LIKE f.@t@) PARTITION BY HASH (doc); ALTER TABLE public.root ATTACH PARTITION f.@t@ FOR VALUES WITH (MODULUS 1, REMAINDER 0)', 'ALTER TABLE public.root DETACH PARTITION f.@t@', NULL),
        ('A child', 'CREATE TABLE public.p (LIKE f.@t@); ALTER TABLE f.@t@ INHERIT public.p', 'ALTER TABLE f.@t@ NO INHERIT public.p', NULL),
        ('A parent', 'CREATE TABLE public.c () INHERITS (f.@t@)', 'ALTER TABLE public.c NO INHERIT f.@t@', NULL),
        ('A parent of a child that is gone', 'CREATE TABLE public.c () INHERITS (f.@t@); ALTER TABLE f.@t@ SET UNLOGGED', 'ALTER TABLE public.c SET SCHEMA f; DROP TABLE f.c; ALTER TABLE f.@t@ SET LOGGED', NULL),
        ('Unlogged', 'ALTER TABLE f.@t@ SET UNLOGGED', NULL, 'hint'),
        ('Of another access method', 'CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler; ALTER TABLE f.@t@ SET ACCESS METHOD heap_too', 'ALTER TABLE f.@t@ SET ACCESS METHOD heap', NULL),
        ('Of another owner', 'ALTER TABLE f.@t@ OWNER TO shapes_owner', 'ALTER TABLE f.@t@ OWNER TO postgres', NULL)
    ) AS k (kind, ddl, ddl_back, mend)
$$;

-- The triggers on ops, with something in their place.
CREATE FUNCTION public.retriggered() RETURNS TABLE (trigger text, what text, ddl text) LANGUAGE sql AS $$
    SELECT t.name, v.what, format('DROP TRIGGER %I ON f.ops; ', t.name) || coalesce('CREATE TRIGGER ' || t.name || ' ' || v.sql, '')
    FROM (VALUES ('treecrdt_check', 'BEFORE', 'INSERT', '', 'ROW', 'ops_check'),
        ('treecrdt_materialize', 'AFTER', 'INSERT', 'REFERENCING NEW TABLE AS batch', 'STATEMENT', 'ops_materialize'),
        ('treecrdt_append_only', 'BEFORE', 'UPDATE OR DELETE OR TRUNCATE', '', 'STATEMENT', 'ops_append_only'),
        ('treecrdt_append_only_row', 'BEFORE', 'UPDATE OR DELETE', '', 'ROW', 'ops_append_only')) AS t (name, at, event, refer, level, function),
    LATERAL (SELECT CASE name WHEN 'treecrdt_materialize' THEN '(''1'')' ELSE '()' END) AS a (args),
    LATERAL (VALUES
        ('dropped', NULL),
        ('another function', format('%s %s ON f.ops %s FOR EACH %s EXECUTE FUNCTION public.%s()', at, event, refer, level, function)),
        ('WHEN (false)', format('%s %s ON f.ops %s FOR EACH %s WHEN (false) EXECUTE FUNCTION treecrdt.%s', at, event, refer, level, function || args)),
        ('another time', format('%s %s ON f.ops FOR EACH %s EXECUTE FUNCTION treecrdt.%s', CASE at WHEN 'AFTER' THEN 'BEFORE' ELSE 'AFTER' END, event, level, function || args)),
        ('another level', format('%s %s ON f.ops FOR EACH %s EXECUTE FUNCTION treecrdt.%s', at, replace(event, ' OR TRUNCATE', ''), CASE level WHEN 'ROW' THEN 'STATEMENT' ELSE 'ROW' END, function || args)),
        ('fewer events', CASE WHEN event <> 'INSERT' THEN format('%s UPDATE ON f.ops FOR EACH %s EXECUTE FUNCTION treecrdt.%s', at, level, function || args) END),
        ('a list of columns', CASE WHEN event <> 'INSERT' THEN format('%s %s ON f.ops FOR EACH %s EXECUTE FUNCTION treecrdt.%s', at, replace(event, 'UPDATE', 'UPDATE OF doc'), level, function || args) END),
        ('no transition table', CASE WHEN refer <> '' THEN format('%s %s ON f.ops FOR EACH %s EXECUTE FUNCTION treecrdt.%s', at, event, level, function || args) END)
    ) AS v (what, sql)
    WHERE v.what = 'dropped' OR v.sql IS NOT NULL
$$;

-- Alters a forest and mends it by the hint.
CREATE FUNCTION public.hinted(f text, ddl text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    PERFORM set_config('search_path', quote_ident(f) || ', public', true);
    EXECUTE ddl;
    PERFORM set_config('search_path', 'public', true);
    BEGIN
        PERFORM treecrdt.verify(quote_ident(f)::regnamespace);
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    END;
    EXECUTE hint;
    IF public.works(f) <> 'works' THEN RAISE '%', public.works(f); END IF;
END $$;

CREATE FUNCTION public.outcome_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN '00000';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
