-- A forest has one owner; given away as a whole, it works with the new owner's rights.
\i pg_test/regress/shared/rights.sql
\c - :superuser
ALTER SCHEMA f OWNER TO rights_reader;
SELECT format('ALTER TABLE f.%I OWNER TO rights_reader', relname) FROM pg_class WHERE relnamespace = 'f'::regnamespace AND relkind IN ('r', 'v') AND relname <> 'docs' ORDER BY relname COLLATE "C" \gexec

-- A forest whose tables have different owners is none.
INSERT INTO f.ops VALUES ('d', '\x02', 70, 70, 'insert', n(70), n(0), '\x10', 'x');
ALTER TABLE f.docs OWNER TO rights_reader; REVOKE ALL ON ALL TABLES IN SCHEMA f FROM rights_keeper;

-- Given away as a whole, it works with the new owner's rights.
INSERT INTO f.ops VALUES ('d', '\x02', 70, 70, 'insert', n(70), n(0), '\x10', 'x');
SELECT count(*) FROM treecrdt.verify('f');
\c - rights_keeper
SELECT treecrdt.drop_forest('f');
RESET SESSION AUTHORIZATION;
\c - :superuser
\i pg_test/regress/shared/rights_end.sql
