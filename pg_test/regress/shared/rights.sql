-- Four roles, and a forest f of one of them, who is no superuser: what rights_*.sql begin with.
\set ECHO none
\set superuser :USER
SET client_min_messages = warning;
CREATE ROLE rights_keeper LOGIN;
CREATE ROLE rights_writer LOGIN;
CREATE ROLE rights_reader LOGIN;
CREATE ROLE rights_nobody LOGIN;
SELECT format('GRANT CREATE ON DATABASE %I TO rights_keeper', current_database()) \gexec
CREATE FUNCTION public.n(int) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-0000-0000-' || lpad($1::text, 12, '0'))::uuid $$;
SET SESSION AUTHORIZATION rights_keeper;
DO $$ BEGIN PERFORM treecrdt.create_forest('f'); END $$;
INSERT INTO f.ops VALUES ('d', '\x01', 1, 1, 'insert', n(1), n(0), '\x10', 'one'), ('d', '\x02', 1, 10, 'insert', n(2), n(1), '\x30', 'two'),
    ('d', '\x02', 2, 2, 'insert', n(3), n(1), '\x10', 'late'), ('d', '\x02', 3, 11, 'insert', n(4), n(1), '\x20', 'copied'),
    ('d', '\x03', 1, 1, 'insert', n(5), n(1), '\x50', 'blind');
GRANT USAGE ON SCHEMA f TO rights_writer, rights_reader;
GRANT INSERT, SELECT ON f.ops TO rights_writer;
GRANT SELECT ON ALL TABLES IN SCHEMA f TO rights_reader, rights_writer;
RESET SESSION AUTHORIZATION;
RESET client_min_messages;
\set ECHO all
