-- What users put on nodes sees the net changes: triggers, foreign keys.
\i pg_test/regress/shared/forest.sql
CREATE TABLE public.fired (at serial, what text);
CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.fired (what) VALUES (concat_ws(' ', tg_when, lower(tg_op), lower(tg_level), right(coalesce(to_jsonb(new), to_jsonb(old))->>'node', 2), nullif(array_to_string(tg_argv, ' '), '')));
    RETURN new;
END $$;
CREATE FUNCTION public.what_fired() RETURNS SETOF text LANGUAGE sql AS $$
    WITH taken AS (DELETE FROM public.fired RETURNING at, what) SELECT what FROM taken ORDER BY at
$$;
SELECT treecrdt.create_forest('g');
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON g.nodes FOR EACH ROW EXECUTE FUNCTION public.note();
CREATE TRIGGER note_before BEFORE INSERT OR UPDATE OR DELETE ON g.nodes FOR EACH ROW EXECUTE FUNCTION public.note();
INSERT INTO g.ops VALUES ('d', '\x01', 1, 1, 'insert', n(1), n(0), '\x10', 'one'), ('d', '\x01', 2, 2, 'insert', n(2), n(0), '\x10', 'two'), ('d', '\x01', 3, 9, 'payload', n(1), NULL, NULL, 'uno');
DELETE FROM public.fired;

-- A row trigger: one new leaf, one row.
INSERT INTO g.ops VALUES ('d', '\x02', 1, 20, 'insert', n(3), n(1), '', 'three'); SELECT public.what_fired();

-- A row trigger: a late leaf, one row.
INSERT INTO g.ops VALUES ('d', '\x02', 2, 1, 'insert', n(4), n(1), '', 'four'); SELECT public.what_fired();

-- A row trigger: a move, one row.
INSERT INTO g.ops VALUES ('d', '\x02', 3, 21, 'move', n(3), n(2), ''); SELECT public.what_fired();

-- A row trigger: a late payload that is dominated changes no row.
INSERT INTO g.ops VALUES ('d', '\x02', 4, 3, 'payload', n(1), NULL, NULL, 'eins'); SELECT public.what_fired();

-- A row trigger: a late move that is dominated changes no row.
INSERT INTO g.ops VALUES ('d', '\x02', 5, 20, 'move', n(3), n(0), ''); SELECT public.what_fired();

-- A row trigger: redelivery changes no row.
INSERT INTO g.ops SELECT * FROM g.ops ON CONFLICT DO NOTHING; SELECT public.what_fired();

-- A row trigger: a batch of many ops on a node, one row.
INSERT INTO g.ops SELECT 'd', '\x03', c, 30 + c, CASE c WHEN 1 THEN 'insert' ELSE 'move' END::treecrdt.op_kind, n(5), n(c % 4), '' FROM generate_series(1, 50) c; SELECT public.what_fired();

-- A row trigger: rebuild of what is right changes no row.
SELECT treecrdt.rebuild('g'); SELECT public.what_fired();
DROP TRIGGER note_before ON g.nodes; CREATE TRIGGER note_statement AFTER INSERT OR UPDATE ON g.nodes FOR EACH STATEMENT EXECUTE FUNCTION public.note();

-- A statement trigger fires once for a batch.
INSERT INTO g.ops VALUES ('d', '\x04', 1, 100, 'insert', n(6), n(0), '', 'six'), ('d', '\x04', 2, 101, 'insert', n(7), n(0), '', 'seven'); SELECT public.what_fired();

-- A statement trigger stays silent when no row changes.
INSERT INTO g.ops VALUES ('d', '\x04', 3, 3, 'payload', n(1), NULL, NULL, 'ein'); SELECT public.what_fired();
DROP TRIGGER note_statement ON g.nodes; DROP TRIGGER note_row ON g.nodes; CREATE TRIGGER note_of AFTER UPDATE OF payload ON g.nodes FOR EACH ROW EXECUTE FUNCTION public.note('of payload');

-- A trigger on a column (AFTER UPDATE OF payload) fires when that column changes.
INSERT INTO g.ops VALUES ('d', '\x04', 4, 110, 'payload', n(1), NULL, NULL, 'I'); SELECT public.what_fired();

-- A trigger on a column stays silent when another one changes.
INSERT INTO g.ops VALUES ('d', '\x04', 5, 111, 'move', n(1), n(6), ''); SELECT public.what_fired();
DROP TRIGGER note_of ON g.nodes;
CREATE FUNCTION public.note_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.fired (what) SELECT 'all: ' || count(*) FROM fresh;
    RETURN NULL;
END $$;
CREATE TRIGGER note_all AFTER INSERT ON g.nodes REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION public.note_all();
DROP TRIGGER note_all ON g.nodes;

-- A foreign key to nodes holds and does not hinder.
CREATE TABLE public.marks (doc text COLLATE "C", node uuid, FOREIGN KEY (doc, node) REFERENCES g.nodes ON UPDATE CASCADE);
INSERT INTO public.marks VALUES ('d', n(77));
INSERT INTO public.marks VALUES ('d', n(1)) RETURNING 'INSERT';
INSERT INTO g.ops VALUES ('d', '\x05', 1, 140, 'payload', n(1), NULL, NULL, 'uno?'), ('d', '\x05', 2, 4, 'move', n(1), n(2), '', NULL);
SELECT convert_from(payload, 'UTF8') FROM public.marks JOIN g.nodes USING (doc, node);
SELECT count(*) FROM treecrdt.verify('g');

-- A foreign key to nodes holds up drop_doc, which then leaves all.
SELECT treecrdt.drop_doc('g', 'd');
SELECT count(*) > 0 FROM g.ops;
SELECT count(*) FROM treecrdt.verify('g');
DROP TABLE public.marks; CREATE TABLE public.kinds (payload bytea PRIMARY KEY); INSERT INTO public.kinds SELECT DISTINCT payload FROM g.nodes WHERE payload IS NOT NULL;
ALTER TABLE g.nodes ADD CONSTRAINT kinds FOREIGN KEY (payload) REFERENCES public.kinds;

-- A foreign key from nodes is checked.
INSERT INTO g.ops VALUES ('d', '\x05', 3, 150, 'payload', n(1), NULL, NULL, 'no such kind');
SELECT count(*) FROM g.ops WHERE replica = '\x05' AND counter = 3;
SELECT count(*) FROM treecrdt.verify('g');
ALTER TABLE g.nodes DROP CONSTRAINT kinds;

-- A trigger with a transition table is refused, and leaves nothing.
CREATE TRIGGER note_all AFTER INSERT ON g.nodes REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION public.note_all();
SELECT count(*) AS before FROM g.ops \gset
INSERT INTO g.ops VALUES ('d', '\x04', 6, 120, 'insert', n(8), n(0), '', 'eight'), ('d', '\x04', 7, 121, 'insert', n(9), n(0), '', 'nine');
SELECT count(*) - :before FROM g.ops;
SELECT public.what_fired();
SELECT count(*) FROM treecrdt.verify('g');
DROP TRIGGER note_all ON g.nodes;

-- A row trigger leaves no relation open: there is no warning.
CREATE TRIGGER note AFTER INSERT OR UPDATE ON g.nodes FOR EACH ROW EXECUTE FUNCTION public.note();
INSERT INTO g.ops VALUES ('d', '\x04', 8, 130, 'insert', public.n(10), public.n(0), '', 'ten');
DROP TRIGGER note ON g.nodes;
SET client_min_messages = warning;
DROP SCHEMA g CASCADE;
DROP TABLE public.fired, public.kinds;
DROP FUNCTION public.note, public.note_all, public.what_fired;
\i pg_test/regress/shared/forest_end.sql
