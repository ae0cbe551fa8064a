-- Scripts of edits, made at random, that one user undoes and redoes step by step while another edits beside:
-- each undo has to show what was there before its step, each redo what was there before the undo, and neither
-- may touch what the other has. Nodes have fixed names, so a script that fails can be played again.
\set ON_ERROR_STOP on
SELECT treecrdt.create_forest('scripts');

CREATE FUNCTION node(int) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT lpad(to_hex($1), 32, '0')::uuid $$;

-- What can be seen of a document, in order: of the nodes from 128 to 255, which are the other's, or of the rest.
CREATE FUNCTION seen(doc text, others bool) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(format('%s/%s=%s', right(parent::text, 2), right(node::text, 2), treecrdt.payload_text(payload)), ' ' ORDER BY at), '')
    FROM treecrdt.tree('scripts', doc) WITH ORDINALITY AS t (depth, node, parent, order_key, payload, at)
    WHERE (t.node BETWEEN node(128) AND node(255)) = others $$;

CREATE FUNCTION last_counter(doc text) RETURNS bigint LANGUAGE sql AS
    $$ SELECT coalesce(max(counter), 0) FROM scripts.ops AS o WHERE o.doc = $1 AND replica = 'ann' $$;

-- An edit of one of the nodes after `first`, which may be put into that one, too; as a call. Its letter is one of `kinds`.
CREATE FUNCTION any_edit(first int, count int, kinds text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    node text := format('node(%s)', first + 1 + floor(random() * count)::int);
    other text := format('node(%s)', first + 1 + floor(random() * count)::int);
    parent text := CASE WHEN random() < 0.4 THEN format('node(%s)', first) ELSE other END;
    payload text := CASE WHEN random() < 0.2 THEN 'NULL' ELSE format('%L', chr(97 + floor(random() * 3)::int)) END;
    place text := (ARRAY['first', 'last'])[1 + floor(random() * 2)::int];
BEGIN
    RETURN CASE substr(kinds, 1 + floor(random() * length(kinds))::int, 1)
        WHEN 'c' THEN format('copy_tree(''scripts'', $1, %s, $1, %s)', node, parent)
        WHEN 'j' THEN format('import_json(''scripts'', $1, %s, ''[{"node": "%s", "payload": "i", "children": [{"payload": "j"}]}]'')', parent, node(first + 1))
        WHEN 'i' THEN format('insert_node(''scripts'', $1, %s, %s::text, place => %L, node => %s)', parent, payload, place, node)
        WHEN 'm' THEN format('move_node(''scripts'', $1, %s, %s, place => %L)', node, parent, place)
        WHEN 'p' THEN format('set_payload(''scripts'', $1, %s, %s::text)', node, payload)
        WHEN 'd' THEN format('delete_node(''scripts'', $1, %s)', node)
        WHEN 'r' THEN format('restore_node(''scripts'', $1, %s)', node)
    END;
END $$;

CREATE TYPE step AS (after bigint, last bigint, shown text);

-- Plays a script: `undo`, `redo`, `ben EDIT`, or an edit of ann's, which belongs to the step before where it begins with
-- a plus. Gives what was wrong, if anything was.
CREATE FUNCTION play(script text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    doc text := gen_random_uuid();
    undos step[]; redos step[]; done step; line text; before text; theirs text; counter bigint;
    is_ben bool; follows bool; was_ann bool := false;
BEGIN
    PERFORM set_config('treecrdt.replica', 'ben', false);
    PERFORM treecrdt.insert_node('scripts', doc, node(0), 'ben''s', node => node(128));
    PERFORM set_config('treecrdt.replica', 'ann', false);
    FOREACH line IN ARRAY script LOOP
        before := seen(doc, false); theirs := seen(doc, true); counter := last_counter(doc);
        IF line IN ('undo', 'redo') THEN
            was_ann := false;
            done := CASE line WHEN 'undo' THEN undos[cardinality(undos)] ELSE redos[cardinality(redos)] END;
            CONTINUE WHEN done IS NULL;
            PERFORM treecrdt.undo('scripts', doc, (SELECT treecrdt.version_vector_agg('ann', c) FROM generate_series(done.after + 1, done.last) AS c));
            IF seen(doc, false) <> done.shown THEN
                RETURN format('%s of %s to %s shows %s, not %s', line, done.after + 1, done.last, seen(doc, false), done.shown);
            ELSIF seen(doc, true) <> theirs THEN
                RETURN format('%s of %s to %s makes of what ben has, %s: %s', line, done.after + 1, done.last, theirs, seen(doc, true));
            END IF;
            IF line = 'undo' THEN
                undos := trim_array(undos, 1);
                redos := redos || (counter, last_counter(doc), before)::step;
            ELSE
                redos := trim_array(redos, 1);
                undos := undos || (counter, last_counter(doc), before)::step;
            END IF;
        ELSE
            is_ben := line LIKE 'ben %'; follows := was_ann AND line LIKE '+%';
            PERFORM set_config('treecrdt.replica', CASE WHEN is_ben THEN 'ben' ELSE 'ann' END, false);
            BEGIN
                EXECUTE 'SELECT treecrdt.' || regexp_replace(line, '^(ben |\+)', '') USING doc;
            EXCEPTION WHEN SQLSTATE '22023' OR SQLSTATE '42704' OR SQLSTATE '42710' OR SQLSTATE '55000' THEN
                NULL; -- it could not be done
            END;
            PERFORM set_config('treecrdt.replica', 'ann', false);
            IF NOT is_ben AND last_counter(doc) > counter THEN
                IF follows THEN
                    undos[cardinality(undos)].last := last_counter(doc);
                ELSE
                    undos := undos || (counter, last_counter(doc), before)::step;
                END IF;
                redos := '{}';
            END IF;
            was_ann := CASE WHEN is_ben THEN false ELSE last_counter(doc) > counter OR was_ann AND follows END;
        END IF;
    END LOOP;
    RETURN (SELECT 'verify: ' || string_agg(v::text, ', ') FROM treecrdt.verify('scripts', doc) AS v);
END $$;

-- A script that fails, without the lines that it does not need.
CREATE FUNCTION shortened(script text[]) RETURNS text[] LANGUAGE plpgsql AS $$
BEGIN
    FOR at IN REVERSE cardinality(script)..1 LOOP
        IF play(script[:at - 1] || script[at + 1:]) IS NOT NULL THEN
            script := script[:at - 1] || script[at + 1:];
        END IF;
    END LOOP;
    RETURN script;
END $$;

-- Plays so many; gives those that fail.
CREATE FUNCTION play_any(count int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE script text[]; nodes int; edits float; bens float; wrong text;
BEGIN
    FOR at IN 1..count LOOP
        script := '{}'; nodes := 1 + floor(random() * 4); edits := 0.4 + random() * 0.6; bens := (ARRAY[0, 0, 0.3])[1 + at % 3];
        FOR line IN 1..4 + floor(random() * 16) LOOP
            IF random() < bens THEN
                script := script || ('ben ' || any_edit(128, 4, 'iimmpdr'));
            END IF;
            script := script || CASE
                WHEN random() < edits THEN CASE WHEN random() < 0.3 THEN '+' ELSE '' END || any_edit(0, nodes, 'cjiiiimmmmmpppppddddrrr')
                WHEN random() < 0.65 THEN 'undo'
                ELSE 'redo'
            END;
        END LOOP;
        script := script || array_fill('undo'::text, ARRAY[20]);
        wrong := play(script);
        IF wrong IS NOT NULL THEN
            script := shortened(script);
            RETURN NEXT coalesce(play(script), wrong) || E'\n' || array_to_string(script, E'\n');
        END IF;
    END LOOP;
END $$;
