-- What a caller puts in front of search_path is not looked at, and stays.
\i pg_test/regress/shared/rights.sql
CREATE SCHEMA evil AUTHORIZATION rights_writer;
\c - rights_writer
CREATE TABLE evil.log (who name);
GRANT INSERT ON evil.log TO PUBLIC;
CREATE FUNCTION evil.t(text, text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN INSERT INTO evil.log VALUES (current_user); RETURN false; END $$;
CREATE FUNCTION evil.u(uuid, uuid) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN INSERT INTO evil.log VALUES (current_user); RETURN false; END $$;
CREATE FUNCTION evil.b(bytea, bytea) RETURNS bytea LANGUAGE plpgsql AS $$ BEGIN INSERT INTO evil.log VALUES (current_user); RETURN '\x00'; END $$;
CREATE FUNCTION evil.i(int8, int8) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN INSERT INTO evil.log VALUES (current_user); RETURN false; END $$;
CREATE OPERATOR evil.= (FUNCTION = evil.t, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR evil.= (FUNCTION = evil.u, LEFTARG = uuid, RIGHTARG = uuid);
CREATE OPERATOR evil.<> (FUNCTION = evil.u, LEFTARG = uuid, RIGHTARG = uuid);
CREATE OPERATOR evil.= (FUNCTION = evil.i, LEFTARG = int8, RIGHTARG = int8);
CREATE OPERATOR evil.|| (FUNCTION = evil.b, LEFTARG = bytea, RIGHTARG = bytea);
CREATE FUNCTION evil.unnest(uuid[]) RETURNS SETOF uuid LANGUAGE sql AS 'SELECT NULL::uuid';
CREATE FUNCTION evil.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT ''\x00''::bytea';
CREATE TABLE evil.ops (LIKE f.ops);
CREATE TABLE evil.nodes (LIKE f.nodes);
CREATE TABLE evil.docs (LIKE f.docs);
CREATE TEMP TABLE ops (LIKE f.ops);
CREATE TEMP TABLE nodes (LIKE f.nodes);
CREATE TEMP TABLE docs (LIKE f.docs);
CREATE TEMP TABLE waiting (LIKE f.waiting);
\set search_path 'evil, pg_catalog, treecrdt'
\i pg_test/regress/shared/under_search_path.sql
\set search_path 'pg_temp, evil, pg_catalog, treecrdt'
\i pg_test/regress/shared/under_search_path.sql
\set search_path 'evil'
\i pg_test/regress/shared/under_search_path.sql

-- The caller's search_path stays his.
\c - rights_writer
SET search_path = public, evil;
INSERT INTO f.ops VALUES ('d', '\x02', 20, 20, 'payload', n(1), NULL, NULL, 'I');
SHOW search_path;
INSERT INTO f.ops VALUES ('d', '\x02', 20, 20, 'payload', n(1), NULL, NULL, 'I');
SHOW search_path;
BEGIN;
SET LOCAL search_path = evil;
INSERT INTO f.ops VALUES ('d', '\x02', 21, 21, 'payload', public.n(1), NULL, NULL, 'II');
SHOW search_path;
ROLLBACK;
SHOW search_path;
SELECT FROM treecrdt.ensure_materialized('f') WHERE false;
SHOW search_path;
BEGIN;
SAVEPOINT s;
INSERT INTO f.ops VALUES ('d', '\x02', 22, 0, 'payload', public.n(1), NULL, NULL, 'III');
ROLLBACK TO s;
SHOW search_path;
ROLLBACK;
\c - :superuser

\c - :superuser
\i pg_test/regress/shared/rights_end.sql
