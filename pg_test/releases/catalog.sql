-- The extension as the catalogs have it: all that it consists of, whichever way it came there.
WITH member AS (
    SELECT classid, objid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
        AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_treecrdt')
)
SELECT line FROM (
    SELECT concat_ws(' ', 'extension', extversion, extrelocatable, extnamespace::regnamespace) FROM pg_extension WHERE extname = 'pg_treecrdt'
    UNION ALL SELECT concat_ws(' ', classid::regclass, pg_describe_object(classid, objid, 0), obj_description(objid, classid::regclass::text)) FROM member
    UNION ALL SELECT concat_ws(' ', 'function', p.oid::regprocedure, prokind, prolang, provolatile, proparallel, proisstrict, prosecdef, proleakproof, procost, prorows,
            prosupport, proargnames, proargmodes, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), prosrc, probin, proconfig, proacl)
        FROM pg_proc p JOIN member ON p.oid = objid AND classid = 'pg_proc'::regclass
    UNION ALL SELECT concat_ws(' ', 'aggregate', a.aggfnoid, aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggtranstype::regtype, agginitval, aggkind)
        FROM pg_aggregate a JOIN member ON a.aggfnoid::oid = objid AND classid = 'pg_proc'::regclass
    UNION ALL SELECT concat_ws(' ', 'type', t.oid::regtype, typlen, typbyval, typtype, typcategory, typstorage, typinput, typoutput, typreceive, typsend, typacl)
        FROM pg_type t JOIN member ON t.oid = objid AND classid = 'pg_type'::regclass
    UNION ALL SELECT concat_ws(' ', 'label', enumtypid::regtype, enumsortorder, enumlabel) FROM pg_enum JOIN member ON enumtypid = objid
    UNION ALL SELECT concat_ws(' ', 'column', attrelid::regclass, attnum, attname, format_type(atttypid, atttypmod))
        FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'treecrdt'::regnamespace AND attnum > 0
    UNION ALL SELECT concat_ws(' ', 'operator', o.oid::regoperator, oprcode, oprcom::regoperator, oprnegate::regoperator, oprrest, oprjoin, oprcanhash, oprcanmerge)
        FROM pg_operator o JOIN member ON o.oid = objid AND classid = 'pg_operator'::regclass
    UNION ALL SELECT concat_ws(' ', 'cast', castsource::regtype, casttarget::regtype, castfunc, castcontext, castmethod)
        FROM pg_cast c JOIN member ON c.oid = objid AND classid = 'pg_cast'::regclass
    UNION ALL SELECT concat_ws(' ', 'class', amname, opcname, opcintype::regtype, opcdefault)
        FROM pg_opclass c JOIN pg_am a ON a.oid = opcmethod JOIN member ON c.oid = objid AND classid = 'pg_opclass'::regclass
    UNION ALL SELECT concat_ws(' ', 'member of class', amopopr::regoperator, amopstrategy)
        FROM pg_amop JOIN pg_opfamily f ON f.oid = amopfamily WHERE opfnamespace = 'treecrdt'::regnamespace
    UNION ALL SELECT concat_ws(' ', 'function of class', amproc, amprocnum)
        FROM pg_amproc JOIN pg_opfamily f ON f.oid = amprocfamily WHERE opfnamespace = 'treecrdt'::regnamespace
    UNION ALL SELECT concat_ws(' ', 'schema', nspname, nspacl, obj_description(n.oid, 'pg_namespace')) FROM pg_namespace n WHERE nspname = 'treecrdt'
) AS t (line)
ORDER BY line COLLATE "C";
