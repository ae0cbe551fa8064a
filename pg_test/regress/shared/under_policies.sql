-- What a policy on nodes hides from readers, and that it hinders nobody else. New are counter and node :c.
-- Tree, path and the view show a reader what he may see.
\c - rights_reader
SELECT count(*) FROM treecrdt.tree('f', 'secret');
SELECT count(*) FROM f.children WHERE doc = 'secret';
SELECT count(*) FROM treecrdt.path('f', 'secret', n(2)) AS path WHERE path IS NOT NULL;
SELECT count(*) > 3 FROM treecrdt.tree('f', 'd');
SELECT count(*) FROM treecrdt.tree('f', 'd') WHERE payload = 'blind';

-- Verify is not for those who see part of it.
\c - rights_reader
SELECT * FROM treecrdt.verify('f');

-- A writer appends to what he can't see, in order, late and deferred.
\c - rights_writer
INSERT INTO f.ops VALUES ('secret', '\x02', :c, :c, 'insert', n(:c), n(2), '\x10', 'three');
INSERT INTO f.ops VALUES ('secret', '\x02', 100 + :c, 2, 'move', n(1), n(2), '\x10', NULL);
INSERT INTO f.ops VALUES ('secret', '\x02', 200 + :c, :c, 'payload', n(1), NULL, NULL, 'changed');
SET treecrdt.catch_up = deferred;
INSERT INTO f.ops VALUES ('secret', '\x02', 300 + :c, :c, 'move', n(:c), n(1), '\x10', NULL);
SELECT treecrdt.ensure_materialized('f');
\c - :superuser

-- All of it is there.
SELECT count(*) FROM treecrdt.verify('f');

-- The owner rebuilds.
\c - rights_keeper
SELECT treecrdt.rebuild('f') > 1;
\c - :superuser

-- After that.
SELECT count(*) FROM treecrdt.verify('f');
