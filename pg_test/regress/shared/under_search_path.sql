-- A writer with search_path set to :search_path.
\c - :superuser
TRUNCATE evil.log;

-- Appends and reads as ever.
\c - rights_writer
SELECT treecrdt.digest('f', 'd') AS digest, treecrdt.render('f', 'd') AS tree, treecrdt.path('f', 'd', public.n(3))::text AS path,
    treecrdt.version('f', 'd') AS version, treecrdt.subtree_version('f', 'd', public.n(1)) AS below \gset
BEGIN;
CREATE TEMP TABLE nodes (LIKE f.nodes);
CREATE TEMP TABLE docs (LIKE f.docs);
SET search_path = :search_path;
INSERT INTO f.ops VALUES ('path', '\x02', 1, 5, 'insert', public.n(1), public.n(0), '\x10', 'one');
INSERT INTO f.ops VALUES ('path', '\x02', 2, 4, 'move', public.n(1), public.n(0), '\x20');
SET LOCAL treecrdt.catch_up = deferred;
INSERT INTO f.ops VALUES ('path', '\x02', 3, 6, 'insert', public.n(2), public.n(1), '\x20');
SELECT treecrdt.ensure_materialized('f', 'path');
SELECT pg_catalog.count(*) FROM treecrdt.verify('f');
SELECT treecrdt.render('f', 'd') OPERATOR(pg_catalog.=) :'tree';
SELECT treecrdt.path('f', 'd', public.n(3))::text OPERATOR(pg_catalog.=) :'path';
SELECT treecrdt.version('f', 'd')::text OPERATOR(pg_catalog.=) :'version';
SELECT treecrdt.subtree_version('f', 'd', public.n(1))::text OPERATOR(pg_catalog.=) :'below';
SELECT (SELECT op_count FROM f.docs WHERE doc OPERATOR(pg_catalog.=) 'path') OPERATOR(pg_catalog.=) 3;
SELECT (SELECT pg_catalog.count(*) FROM evil.nodes), (SELECT pg_catalog.count(*) FROM pg_temp.nodes), (SELECT pg_catalog.count(*) FROM evil.log);
ROLLBACK;

-- And so is the digest.
\c - rights_writer
SELECT treecrdt.digest('f', 'd') AS digest \gset
SET search_path = :search_path;
SELECT treecrdt.digest('f', 'd')::text OPERATOR(pg_catalog.=) :'digest';
