-- Every object of the extension says what it is: 0 rows.
SELECT pg_describe_object(classid, objid, objsubid)
FROM pg_depend
WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
    AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_treecrdt')
    AND NOT (classid = 'pg_type'::regclass AND (SELECT typelem <> 0 AND typname ~ '^_' FROM pg_type t WHERE t.oid = objid))
    AND obj_description(objid, classid::regclass::name) IS NULL
ORDER BY 1;
SELECT obj_description(oid, 'pg_extension') IS NOT NULL AS extension FROM pg_extension WHERE extname = 'pg_treecrdt';
-- What kinds there are, so that the query above is seen to look at something.
SELECT DISTINCT classid::regclass FROM pg_depend
WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
    AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_treecrdt')
ORDER BY 1;
-- Nothing of it stands outside its schema.
SELECT proname FROM pg_depend JOIN pg_proc p ON p.oid = objid
WHERE classid = 'pg_proc'::regclass AND deptype = 'e' AND refclassid = 'pg_extension'::regclass
    AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_treecrdt') AND pronamespace <> 'treecrdt'::regnamespace;
-- So do the tables of a forest.
SELECT treecrdt.create_forest('commented');
SELECT relname FROM pg_class WHERE relnamespace = 'commented'::regnamespace AND relkind IN ('r', 'v') AND obj_description(oid, 'pg_class') IS NULL;
SELECT treecrdt.drop_forest('commented');
