-- A forest f with one doc, and how to look at it: what tests of what may go wrong begin with.
\set ECHO none
SET client_min_messages = warning;
CREATE FUNCTION public.n(int) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-0000-0000-' || lpad($1::text, 12, '0'))::uuid $$;
DO $$ BEGIN PERFORM treecrdt.create_forest('f'); END $$;
INSERT INTO f.ops VALUES ('d', '\x01', 1, 1, 'insert', n(1), n(0), '\x10', 'one'), ('d', '\x01', 2, 2, 'insert', n(2), n(1), '\x10', 'two'),
    ('d', '\x01', 3, 3, 'move', n(1), n(2), '\x10', NULL), ('d', '\x01', 4, 9, 'payload', n(1), NULL, NULL, 'uno');

-- Every row of every table, where it is and who wrote it.
CREATE FUNCTION public.state() RETURNS text LANGUAGE sql AS $$
    SELECT md5(string_agg(r, '' ORDER BY r COLLATE "C")) FROM (
        SELECT (tableoid, ctid, xmin, t)::text FROM f.ops t UNION ALL SELECT (tableoid, ctid, xmin, t)::text FROM f.nodes t
        UNION ALL SELECT (tableoid, ctid, xmin, t)::text FROM f.other_refs t UNION ALL SELECT (tableoid, ctid, xmin, t)::text FROM f.reinserts t UNION ALL SELECT (tableoid, ctid, xmin, t)::text FROM f.ignored t
        UNION ALL SELECT (tableoid, ctid, xmin, t)::text FROM f.waiting t UNION ALL SELECT (tableoid, ctid, xmin, t)::text FROM f.docs t) AS rows(r)
$$;
-- Appends in order and late, and holds all against the log.
CREATE SEQUENCE public.counters;
CREATE FUNCTION public.works() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    c int := nextval('public.counters') * 2;
    before int := (SELECT count(*) FROM f.nodes);
BEGIN
    INSERT INTO f.ops VALUES ('d', '\xee', c, 1000 + c, 'insert', gen_random_uuid(), public.n(0), '', 'good');
    INSERT INTO f.ops VALUES ('d', '\xee', c + 1, 2, 'insert', gen_random_uuid(), public.n(2), '', 'good');
    IF (SELECT count(*) FROM f.nodes) <> before + 2 THEN RETURN 'no new nodes'; END IF;
    RETURN coalesce((SELECT string_agg(concat_ws(' ', doc_name, table_name, row_key, problem), E'\n') FROM treecrdt.verify('f')), 'works');
END $$;
-- What a trigger does that refuses payloads which say so.
CREATE FUNCTION public.no_bad() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.payload = 'bad' THEN RAISE 'bad'; END IF;
    RETURN new;
END $$;
-- Runs a statement, and tells what became of it, the hint included, and whether anything stays of what failed.
CREATE FUNCTION public.outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before text := public.state();
    state text;
    message text;
    hint text;
BEGIN
    BEGIN
        EXECUTE statement;
        RETURN 'done';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
    END;
    RETURN state || ' ' || message || CASE hint WHEN '' THEN ' (no hint)' ELSE '' END || CASE WHEN public.state() <> before THEN ', and something stays' ELSE '' END;
END $$;
RESET client_min_messages;
\set ECHO all
