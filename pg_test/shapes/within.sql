-- What a trigger of the owner's does to the forest `f` within an append.

CREATE TABLE public.actions (action text);
INSERT INTO public.actions VALUES
    ('ALTER TABLE f.@t@ ADD mine int'), ('ALTER TABLE f.@t@ ADD mine float8 DEFAULT random()'), ('ALTER TABLE f.@t@ ALTER doc TYPE varchar COLLATE "C"'), ('ALTER TABLE f.@t@ DROP doc CASCADE'),
    ('ALTER TABLE f.@t@ RENAME doc TO docx'), ('ALTER TABLE f.@t@ RENAME TO gone'),
    ('ALTER TABLE f.@t@ RENAME TO gone; CREATE VIEW f.@t@ AS SELECT * FROM f.gone'), ('DROP TABLE f.@t@ CASCADE'), ('ALTER TABLE f.@t@ SET UNLOGGED'), ('CREATE TABLE f.c () INHERITS (f.@t@)'),
    ('CREATE TABLE f.p (LIKE f.@t@); ALTER TABLE f.@t@ INHERIT f.p'), ('ALTER TABLE f.@t@ DROP CONSTRAINT @t@_pkey'), ('ALTER INDEX f.@t@_pkey RENAME TO mine'), ('CREATE INDEX ON f.@t@ (doc)'),
    ('CLUSTER f.@t@ USING @t@_pkey'), ('REINDEX TABLE f.@t@'), ('ALTER TABLE f.@t@ OWNER TO shapes_owner'), ('ALTER TABLE f.@t@ DISABLE TRIGGER ALL'), ('GRANT ALL ON f.@t@ TO PUBLIC'), ('ALTER TABLE f.@t@ ENABLE ROW LEVEL SECURITY'),
    ('CREATE TRIGGER other AFTER INSERT ON f.@t@ REFERENCING NEW TABLE AS new FOR EACH STATEMENT EXECUTE FUNCTION public.pass()'), ('CREATE TRIGGER other BEFORE UPDATE OR INSERT OR DELETE ON f.@t@ FOR EACH ROW EXECUTE FUNCTION public.pass()'),
    ('ALTER TABLE f.@t@ SET SCHEMA public'), ('COMMENT ON TABLE f.@t@ IS ''mine'''), ('ANALYZE f.@t@'), ('LOCK f.@t@'),
    ('DROP INDEX f.nodes_children'), ('DROP INDEX f.nodes_deleted'), ('DROP INDEX f.ops_timeline'), ('DROP TRIGGER treecrdt_check ON f.ops'), ('DROP TRIGGER treecrdt_materialize ON f.ops'),
    ('ALTER SCHEMA f RENAME TO g'), ('ALTER SCHEMA f RENAME TO g; CREATE SCHEMA f'), ('DROP SCHEMA f CASCADE'), ('DO $a$ BEGIN PERFORM treecrdt.drop_forest(''f''); END $a$'), ('DO $a$ BEGIN PERFORM treecrdt.drop_doc(''f'', ''d''); END $a$'),
    ('DO $a$ BEGIN PERFORM treecrdt.rebuild(''f''); END $a$'), ('DO $a$ BEGIN PERFORM treecrdt.ensure_materialized(''f''); END $a$'), ('DO $a$ BEGIN PERFORM public.works(''f''); END $a$'),
    ('DO $a$ BEGIN PERFORM treecrdt.create_forest(''f2''); PERFORM treecrdt.drop_forest(''f2''); END $a$'), ('DROP EXTENSION pg_treecrdt CASCADE');
CREATE FUNCTION public.pass() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE SEQUENCE public.once;

-- Appends where a trigger on a table does something, once, and takes it back. A line if that goes wrong.
CREATE FUNCTION public.within(of_table text, timing text, action text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    state text;
    left_over text;
BEGIN
    BEGIN
        PERFORM setval('public.once', 1, false);
        EXECUTE format('CREATE FUNCTION public.act() RETURNS trigger LANGUAGE plpgsql AS %L', format('BEGIN IF nextval(''public.once'') = 1 THEN %s; END IF; RETURN new; END', action));
        EXECUTE format('CREATE TRIGGER zz_act %s INSERT OR UPDATE ON f.%I FOR EACH ROW EXECUTE FUNCTION public.act()', timing, of_table);
        BEGIN
            INSERT INTO f.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) VALUES ('d', '\xaa', 1, 1, 'insert', n(9), n(0), '', 'x'),
                ('d', '\xaa', 2, 100, 'move', n(1), n(9), '', NULL), ('e', '\xaa', 1, 1, 'insert', n(9), n(0), '', 'x');
            state := '00000';
        EXCEPTION WHEN OTHERS THEN
            state := SQLSTATE || ' ' || SQLERRM;
        END;
        IF state = '00000' THEN
            BEGIN
                SELECT string_agg(concat_ws(' ', doc_name, table_name, row_key, problem), '; ') INTO left_over FROM treecrdt.verify(CASE WHEN to_regclass('g.ops') IS NULL THEN 'f' ELSE 'g' END::regnamespace);
            EXCEPTION WHEN wrong_object_type OR undefined_object OR invalid_schema_name THEN NULL; -- no forest any more, and it says so
            END;
        END IF;
        RAISE SQLSTATE '00001';
    EXCEPTION
        WHEN SQLSTATE '00001' THEN NULL;
        WHEN OTHERS THEN state := concat_ws(' ', 'preparing it gives', SQLSTATE, SQLERRM);
    END;
    IF left_over IS NOT NULL OR state !~ '^(00000|42|55|0A|2B|23|40|27|XX001)' THEN
        RETURN NEXT concat_ws(' ', timing, of_table, action, '->', state, left_over);
    END IF;
END $$;

-- Puts another schema in the place of a forest: views, whose rows do harm to whoever reads them.
CREATE FUNCTION public.masquerade(f text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    t text;
BEGIN
    EXECUTE format('ALTER SCHEMA %I RENAME TO %I', f, f || '_old');
    EXECUTE format('CREATE SCHEMA %I; GRANT ALL ON SCHEMA %1$I TO PUBLIC', f);
    FOR t IN SELECT DISTINCT of_table FROM public.declared LOOP
        EXECUTE format('CREATE VIEW %I.%I AS SELECT * FROM %I.%2$I WHERE public.harm(%2$L)', f, t, f || '_old');
    END LOOP;
END $$;
