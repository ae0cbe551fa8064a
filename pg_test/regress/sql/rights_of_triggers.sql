-- A trigger on a derived table runs as the forest's owner; the caller is himself again, after errors too.
\i pg_test/regress/shared/rights.sql
\c - rights_keeper
CREATE SCHEMA keep;
CREATE TABLE keep.log (at serial, who name, session name, node uuid);
CREATE FUNCTION keep.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.payload = 'bad' THEN RAISE 'bad'; END IF;
    INSERT INTO keep.log (who, session, node) VALUES (current_user, session_user, new.node);
    RETURN new;
END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE ON f.nodes FOR EACH ROW EXECUTE FUNCTION keep.note();

-- A trigger on nodes runs as the owner, and the caller is himself again, after errors too.
\c - rights_writer
INSERT INTO f.ops VALUES ('d', '\x02', 30, 30, 'insert', n(30), n(0), '', 'x');
SELECT current_user;
INSERT INTO f.ops VALUES ('d', '\x02', 31, 31, 'insert', n(31), n(0), '', 'bad');
SELECT current_user;
BEGIN;
DO $$
BEGIN
    INSERT INTO f.ops VALUES ('d', '\x02', 31, 31, 'insert', n(31), n(0), '', 'bad');
EXCEPTION WHEN raise_exception THEN
    IF current_user <> 'rights_writer' THEN RAISE 'not myself in the handler'; END IF;
END $$;
SELECT current_user;
INSERT INTO f.ops VALUES ('d', '\x02', 32, 32, 'insert', n(32), n(0), '', 'x');
COMMIT;
SELECT current_user;
TABLE keep.log;
UPDATE f.nodes SET payload = NULL;
\c - :superuser

-- SET ROLE holds over an append.
BEGIN;
SET LOCAL ROLE rights_writer;
SELECT current_user;
INSERT INTO f.ops VALUES ('d', '\x02', 33, 33, 'insert', n(33), n(0), '', 'x');
SELECT current_user;
ROLLBACK;
SELECT current_user;
\c - rights_keeper
DROP TRIGGER note ON f.nodes;
\c - :superuser
SELECT who, session, node FROM keep.log ORDER BY at;
\c - :superuser
\i pg_test/regress/shared/rights_end.sql
