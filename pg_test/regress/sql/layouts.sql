-- Forests say which layout they have; those of another are not touched, but by upgrade_forest.
SELECT treecrdt.create_forest('old'), treecrdt.create_forest('new');
INSERT INTO old.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) VALUES
    ('d', '\x01', 1, 1, 'insert', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000000', '', 'one');
SELECT tgname, tgnargs, encode(tgargs, 'escape') FROM pg_trigger WHERE tgrelid = 'old.ops'::regclass AND NOT tgisinternal ORDER BY tgname;

-- Layout 0, as forests were before there was a mark.
DROP TRIGGER treecrdt_materialize ON old.ops;
CREATE TRIGGER treecrdt_materialize AFTER INSERT ON old.ops REFERENCING NEW TABLE AS batch
    FOR EACH STATEMENT EXECUTE FUNCTION treecrdt.ops_materialize();
\pset format unaligned
SELECT treecrdt.render('old', 'd');
\echo :LAST_ERROR_SQLSTATE
INSERT INTO old.ops (doc, replica, counter, lamport, kind, node, payload) VALUES ('d', '\x01', 2, 2, 'payload', '00000000-0000-0000-0000-000000000001', 'two');
SELECT treecrdt.rebuild('old');
SELECT treecrdt.drop_forest('old');
SELECT count(*) FROM old.ops;

-- Its owner brings it up to date, and nobody else.
CREATE ROLE layouts_other;
GRANT USAGE ON SCHEMA old TO layouts_other;
GRANT ALL ON ALL TABLES IN SCHEMA old TO layouts_other;
SET ROLE layouts_other;
SELECT treecrdt.upgrade_forest('old');
RESET ROLE;
BEGIN READ ONLY;
SELECT treecrdt.upgrade_forest('old');
ROLLBACK;
SELECT treecrdt.upgrade_forest(NULL);
SELECT treecrdt.upgrade_forest('public');
SELECT treecrdt.upgrade_forest('old');
SELECT treecrdt.upgrade_forest('old');
INSERT INTO old.ops (doc, replica, counter, lamport, kind, node, payload) VALUES ('d', '\x01', 2, 2, 'payload', '00000000-0000-0000-0000-000000000001', 'two');
SELECT treecrdt.render('old', 'd');

-- One of a newer library, and what is no number at all.
DROP TRIGGER treecrdt_materialize ON old.ops;
CREATE TRIGGER treecrdt_materialize AFTER INSERT ON old.ops REFERENCING NEW TABLE AS batch
    FOR EACH STATEMENT EXECUTE FUNCTION treecrdt.ops_materialize('2');
SELECT treecrdt.render('old', 'd');
SELECT treecrdt.upgrade_forest('old');
DROP TRIGGER treecrdt_materialize ON old.ops;
CREATE TRIGGER treecrdt_materialize AFTER INSERT ON old.ops REFERENCING NEW TABLE AS batch
    FOR EACH STATEMENT EXECUTE FUNCTION treecrdt.ops_materialize('x');
SELECT treecrdt.render('old', 'd');
SELECT treecrdt.upgrade_forest('old');
DROP TRIGGER treecrdt_materialize ON old.ops;
CREATE TRIGGER treecrdt_materialize AFTER INSERT ON old.ops REFERENCING NEW TABLE AS batch
    FOR EACH STATEMENT EXECUTE FUNCTION treecrdt.ops_materialize('1');
DROP TRIGGER treecrdt_check ON old.ops;
CREATE TRIGGER treecrdt_check BEFORE INSERT ON old.ops FOR EACH ROW EXECUTE FUNCTION treecrdt.ops_check('1');
SELECT treecrdt.render('old', 'd');
DROP TRIGGER treecrdt_check ON old.ops;
CREATE TRIGGER treecrdt_check BEFORE INSERT ON old.ops FOR EACH ROW EXECUTE FUNCTION treecrdt.ops_check();
SELECT treecrdt.render('old', 'd');

-- After an upgrade a forest is as a new one.
CREATE FUNCTION public.described(forest text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT replace(pg_get_triggerdef(t.oid), forest || '.', '') FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
    WHERE relnamespace = forest::regnamespace AND NOT tgisinternal
    UNION ALL SELECT replace(pg_get_indexdef(c.oid), forest || '.', '') FROM pg_class c WHERE relnamespace = forest::regnamespace AND relkind = 'i'
    UNION ALL SELECT replace(pg_get_viewdef(c.oid), forest || '.', '') FROM pg_class c WHERE relnamespace = forest::regnamespace AND relkind = 'v'
    UNION ALL SELECT concat_ws(' ', relname, attnum, attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid), col_description(c.oid, attnum))
    FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum
    WHERE relnamespace = forest::regnamespace AND attnum > 0 AND relkind IN ('r', 'v')
    UNION ALL SELECT concat_ws(' ', relname, relkind, reloptions::text, obj_description(oid, 'pg_class')) FROM pg_class WHERE relnamespace = forest::regnamespace $$;
SELECT count(*) FROM ((SELECT described('old') EXCEPT SELECT described('new')) UNION ALL (SELECT described('new') EXCEPT SELECT described('old'))) AS differs;

SELECT treecrdt.drop_forest('old'), treecrdt.drop_forest('new');
DROP FUNCTION public.described;
DROP ROLE layouts_other;
