-- Who appends to a doc in the midst of a statement that does so too is right, or refused; never wrong in silence.
\i pg_test/regress/shared/forest.sql
INSERT INTO f.ops VALUES ('nested', '\x01', 1, 1, 'insert', n(1), n(0), '', NULL), ('nested', '\x01', 2, 2, 'insert', n(2), n(1), '', NULL),
    ('nested', '\x01', 3, 3, 'insert', n(3), n(0), '', NULL), ('nested', '\x01', 4, 100, 'payload', n(3), NULL, NULL, 'x');
CREATE FUNCTION public.append(node uuid, parent uuid, lamport int) RETURNS uuid LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO f.ops SELECT 'nested', '\x03', 1 + count(*), $3, 'move', $1, $2, '' FROM f.ops WHERE replica = '\x03';
    RETURN $2;
END $$;
CREATE FUNCTION public.append_too() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM public.append(n(1), n(3), 40); RETURN NULL; END $$;
CREATE TRIGGER append_too AFTER INSERT ON f.ops FOR EACH ROW WHEN (new.replica = '\x02') EXECUTE FUNCTION public.append_too();

-- A trigger on ops, before what fired it is materialized: on the same node, with a cycle or without.
INSERT INTO f.ops VALUES ('nested', '\x02', 1, 50, 'move', n(1), n(2), '');
INSERT INTO f.ops VALUES ('nested', '\x02', 1, 50, 'move', n(1), n(0), '');
-- On another node it does no harm.
INSERT INTO f.ops VALUES ('nested', '\x02', 1, 50, 'move', n(2), n(3), '');
SELECT * FROM treecrdt.verify('f', 'nested');
DROP TRIGGER append_too ON f.ops;

-- A function that the statement's query calls.
INSERT INTO f.ops SELECT 'nested', '\x02', 10 + g, 60 + g, 'move', n(2), public.append(n(2), n(g), 50 + g), '' FROM unnest(ARRAY[1, 3]) g;
SELECT * FROM treecrdt.verify('f', 'nested');
-- In one transaction, one after the other, with savepoints, all is well.
BEGIN;
INSERT INTO f.ops VALUES ('nested', '\x04', 1, 70, 'move', n(2), n(3), '');
SAVEPOINT s;
INSERT INTO f.ops VALUES ('nested', '\x04', 2, 71, 'move', n(2), n(1), '');
ROLLBACK TO s;
INSERT INTO f.ops VALUES ('nested', '\x04', 2, 69, 'move', n(2), n(1), ''), ('nested', '\x04', 3, 68, 'move', n(2), n(0), '');
SET LOCAL treecrdt.catch_up = deferred;
INSERT INTO f.ops VALUES ('nested', '\x04', 4, 67, 'move', n(2), n(3), '');
SELECT treecrdt.ensure_materialized('f');
SET LOCAL treecrdt.catch_up = immediate;
INSERT INTO f.ops VALUES ('nested', '\x04', 5, 66, 'move', n(2), n(3), '');
COMMIT;
SELECT * FROM treecrdt.verify('f');
DROP FUNCTION public.append, public.append_too;

-- What is rolled back to a savepoint, or dropped, and comes again in a statement whose query appends is not taken for old.
CREATE FUNCTION public.deleted(node uuid) RETURNS uuid LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO f.ops VALUES ('again', '\x03', 1, 10, 'tombstone', n(1));
    RETURN $1;
END $$;
CREATE FUNCTION public.repaired(node uuid) RETURNS uuid LANGUAGE plpgsql AS $$ BEGIN PERFORM treecrdt.rebuild('f', 'again'); RETURN $1; END $$;
CREATE FUNCTION public.once_more(how text) RETURNS text LANGUAGE SQL RETURN public.outcome(format($$INSERT INTO f.ops
    SELECT 'again', '\x02', c, 5 + c, 'move', n(1), CASE c WHEN 1 THEN n(1) ELSE public.%I(n(2)) END, '' FROM generate_series(1, 2) c$$, how));
BEGIN;
INSERT INTO f.ops VALUES ('again', '\x01', 1, 1, 'insert', n(1), n(0), '', NULL), ('again', '\x01', 2, 2, 'insert', n(2), n(0), '', NULL);
SAVEPOINT s;
INSERT INTO f.ops VALUES ('again', '\x02', 1, 6, 'move', n(1), n(1), '');
ROLLBACK TO s;
SELECT how, public.once_more(how) FROM unnest(ARRAY['deleted', 'repaired']) how;
-- Of a savepoint that is released, it is there; and goes with the one about it.
SAVEPOINT t;
INSERT INTO f.ops VALUES ('again', '\x02', 1, 6, 'move', n(1), n(1), '');
RELEASE t;
SELECT treecrdt.rebuild('f', 'again');
SELECT * FROM treecrdt.verify('f', 'again');
ROLLBACK TO s;
SELECT how, public.once_more(how) FROM unnest(ARRAY['deleted', 'repaired']) how;
SELECT treecrdt.drop_doc('f', 'again');
INSERT INTO f.ops VALUES ('again', '\x02', 1, 6, 'move', n(1), n(1), '');
SELECT treecrdt.drop_doc('f', 'again');
INSERT INTO f.ops VALUES ('again', '\x01', 1, 1, 'insert', n(1), n(0), '', NULL), ('again', '\x01', 2, 2, 'insert', n(2), n(0), '', NULL);
SELECT how, public.once_more(how) FROM unnest(ARRAY['deleted', 'repaired']) how;
SELECT * FROM treecrdt.verify('f', 'again');
COMMIT;
DROP FUNCTION public.once_more, public.deleted, public.repaired;

-- A violation that is not ours stays one: that of a table which a trigger writes, whose key has the same name.
CREATE SCHEMA mirror;
CREATE TABLE mirror.nodes (LIKE f.nodes INCLUDING ALL);
INSERT INTO mirror.nodes (doc, node, tombstone) VALUES ('nested', n(9), false);
CREATE FUNCTION public.mirror() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO mirror.nodes SELECT new.*; RETURN NULL; END $$;
CREATE TRIGGER mirror AFTER INSERT ON f.nodes FOR EACH ROW EXECUTE FUNCTION public.mirror();
SELECT public.outcome($$INSERT INTO f.ops VALUES ('nested', '\x05', 1, 80, 'insert', n(9), n(0), '')$$);
SET client_min_messages = warning;
DROP TRIGGER mirror ON f.nodes;
DROP FUNCTION public.mirror;
DROP SCHEMA mirror CASCADE;

-- A cursor over tree or ops_since does not end early if its own transaction writes the table anew.
INSERT INTO f.ops SELECT 'wide', '\x01', g, g, 'insert', n(g), n(0), int4send(g), NULL FROM generate_series(1, 600) g;
BEGIN;
DECLARE c CURSOR FOR SELECT (treecrdt.tree('f', 'wide')).depth;
FETCH 1 FROM c;
ALTER TABLE f.nodes ADD mine float8 DEFAULT random();
MOVE ALL IN c;
ROLLBACK;
BEGIN;
DECLARE c CURSOR FOR SELECT (treecrdt.ops_since('f', 'wide', '{}')).counter;
FETCH 1 FROM c;
ALTER TABLE f.ops ADD mine float8 DEFAULT random();
MOVE ALL IN c;
ROLLBACK;
-- Nor does tree go astray where a place among siblings is missing.
BEGIN;
UPDATE f.nodes SET order_key = NULL WHERE doc = 'nested' AND node = n(1);
SELECT count(*) FROM treecrdt.tree('f', 'nested');
ROLLBACK;
\i pg_test/regress/shared/forest_end.sql
