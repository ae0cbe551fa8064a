-- Forests whose tables are altered at random.

-- One of several, by chance.
CREATE FUNCTION public.one_of(VARIADIC these text[]) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT these[1 + floor(random() * cardinality(these))::int] $$;

-- A statement that alters a table of the forest `look_alike` at random.
CREATE FUNCTION public.random_mutation() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    t text := public.one_of('ops', 'nodes', 'other_refs', 'ignored', 'reinserts', 'waiting', 'docs');
    c text;
    other text := public.one_of('ops', 'nodes', 'other_refs', 'ignored', 'reinserts', 'waiting', 'docs');
    i text;
    type text := public.one_of('text', 'text COLLATE "C"', 'bytea', 'int8', 'int4', 'numeric', 'uuid', 'bool', 'treecrdt.op_kind', 'treecrdt.version_vector', 'text_too', 'bytea_too', 'int8_too', 'uuid_too', 'vector_too', 'boxed', 'other_kind', 'text[]', 'jsonb', 'name', 'inet', 'point', 'varchar(3)', 'interval');
BEGIN
    SELECT attname INTO c FROM pg_attribute WHERE attrelid = to_regclass('look_alike.' || t) AND attnum > 0 AND NOT attisdropped ORDER BY random() LIMIT 1;
    SELECT indexrelid::regclass INTO i FROM pg_index WHERE indrelid = to_regclass('look_alike.' || t) ORDER BY random() LIMIT 1;
    RETURN replace(replace(replace(replace(replace(public.one_of(
        'ALTER TABLE look_alike.@t@ ALTER @c@ DROP DEFAULT, ALTER @c@ TYPE @type@ USING @c@::text::@type@',
        'ALTER TABLE look_alike.@t@ ALTER @c@ DROP NOT NULL', 'ALTER TABLE look_alike.@t@ DROP @c@ CASCADE', 'ALTER TABLE look_alike.@t@ DROP @c@ CASCADE, ADD @c@x @type@',
        'ALTER TABLE look_alike.@t@ DROP @c@ CASCADE; ALTER TABLE look_alike.@t@ ADD @c@ @type@', 'ALTER TABLE look_alike.@t@ RENAME @c@ TO mine',
        'ALTER TABLE look_alike.@t@ ADD mine @type@', 'ALTER TABLE look_alike.@t@ ADD mine int; ALTER TABLE look_alike.@t@ DROP mine', 'ALTER TABLE look_alike.@t@ ADD mine float8 DEFAULT random()',
        'DROP INDEX @i@', 'ALTER TABLE look_alike.@t@ DROP CONSTRAINT @t@_pkey', 'CREATE INDEX ON look_alike.@t@ (@c@)', 'CREATE UNIQUE INDEX ON look_alike.@t@ (doc, @c@)', 'ALTER INDEX @i@ RENAME TO mine',
        'UPDATE pg_index SET indisvalid = false WHERE indexrelid = ''@i@''::regclass', 'REINDEX TABLE look_alike.@t@', 'CLUSTER look_alike.@t@ USING @t@_pkey',
        'ALTER TABLE look_alike.@t@ RENAME TO gone', 'ALTER TABLE look_alike.@t@ RENAME TO gone; ALTER TABLE look_alike.@o@ RENAME TO @t@; ALTER TABLE look_alike.gone RENAME TO @o@',
        'ALTER TABLE look_alike.@t@ RENAME TO gone; CREATE VIEW look_alike.@t@ AS SELECT * FROM look_alike.gone', 'ALTER TABLE look_alike.@t@ RENAME TO gone; CREATE TABLE look_alike.@t@ (LIKE look_alike.gone INCLUDING ALL)',
        'ALTER TABLE look_alike.@t@ RENAME TO gone; CREATE TABLE look_alike.@t@ AS SELECT * FROM look_alike.gone', 'ALTER TABLE look_alike.@t@ SET UNLOGGED', 'CREATE TABLE look_alike.c () INHERITS (look_alike.@t@)',
        'CREATE TABLE look_alike.p (LIKE look_alike.@t@); ALTER TABLE look_alike.@t@ INHERIT look_alike.p', 'ALTER TABLE look_alike.@t@ DISABLE TRIGGER ALL', 'ALTER TABLE look_alike.@t@ OWNER TO shapes_owner',
        'DROP TRIGGER treecrdt_check ON look_alike.ops', 'DROP TRIGGER treecrdt_materialize ON look_alike.ops', 'ALTER TABLE look_alike.@t@ ENABLE ROW LEVEL SECURITY', 'TRUNCATE look_alike.@t@', 'DROP VIEW look_alike.children',
        'UPDATE look_alike.@t@ SET @c@ = NULL', 'DELETE FROM look_alike.@t@', 'INSERT INTO look_alike.@t@ SELECT * FROM look_alike.@t@', 'ALTER TABLE look_alike.@t@ ALTER @c@ SET STORAGE EXTERNAL'
    ), '@t@', t), '@c@', coalesce(c, 'doc')), '@i@', coalesce(i, 'none')), '@o@', other), '@type@', type);
END $$;

-- Makes a forest `look_alike` and alters it, which must not always succeed. Gives what was done to it.
CREATE FUNCTION public.random_forest(seed int, loud bool DEFAULT true) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    mutation text;
BEGIN
    PERFORM setseed((seed % 1000000) / 1000000.0);
    PERFORM public.make('look_alike');
    FOR i IN 1..1 + floor(random() * 4) LOOP
        mutation := public.random_mutation();
        BEGIN
            EXECUTE mutation;
            IF loud THEN RETURN NEXT mutation; END IF;
        EXCEPTION WHEN OTHERS THEN NULL; -- another one was in its way
        END;
    END LOOP;
END $$;

-- Such a forest through every way in, and taken back. A line if anything but an error that was foreseen comes of it, or if
-- the tree of a new doc is wrong.
CREATE FUNCTION public.random_look_alike(seed int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    done text;
    bad text[] := '{}';
    o public.outcome;
    appended text;
    wrong text;
BEGIN
    BEGIN
        SELECT string_agg(m, '; ') INTO done FROM public.random_forest(seed) AS m;
        FOR o IN SELECT * FROM public.outcomes('look_alike') LOOP
            IF o.state !~ '^(00000|42|55|23|22|40|0A|2B|39P01|XX001)' THEN bad := bad || concat_ws(' ', o.entry, o.state, o.message); END IF;
        END LOOP;
        appended := public.outcome_of($s$INSERT INTO look_alike.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload)
            VALUES ('fresh', '\xee', 1, 2, 'insert', n(1), n(0), '\x10', 'a'), ('fresh', '\xee', 2, 1, 'insert', n(2), n(1), '\x10', 'b'), ('fresh', '\xee', 3, 3, 'delete', n(2), NULL, NULL, NULL)$s$);
        IF appended !~ '^(00000|42|55|23|22|40|0A|39P01|XX001)' THEN bad := bad || ('append ' || appended);
        ELSIF appended = '00000' THEN
            BEGIN
                SELECT string_agg(concat_ws(' ', table_name, row_key, problem), '; ') INTO wrong FROM treecrdt.verify('look_alike', 'fresh');
            EXCEPTION WHEN wrong_object_type OR object_not_in_prerequisite_state THEN NULL; -- where triggers are disabled, it may be found here
            END;
            IF wrong IS NOT NULL AND done !~ 'DISABLE TRIGGER' THEN bad := bad || wrong; END IF;
        END IF;
        RAISE SQLSTATE '00001';
    EXCEPTION WHEN SQLSTATE '00001' THEN NULL;
    END;
    RETURN QUERY SELECT format('TREECRDT_SEED=%s %s -> %s', seed, done, b) FROM unnest(bad) AS b;
END $$;
