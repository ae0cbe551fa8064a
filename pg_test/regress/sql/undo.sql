-- undo: back to what was before, with what came since left alone; undo of an undo is redo.
CREATE FUNCTION public.n(int) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-0000-0000-' || lpad($1::text, 12, '0'))::uuid $$;
SELECT treecrdt.create_forest('h');
\pset format unaligned
\pset tuples_only on
-- Undoes operations of a replica, says what came of each, and what the replica has minted for it.
CREATE FUNCTION public.undo(who text, first int, last int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    head bigint := (SELECT max(counter) FROM h.ops WHERE doc = 'd' AND replica = current_setting('treecrdt.replica')::bytea);
BEGIN
    RETURN QUERY SELECT format('%s:%s %s', convert_from(u.replica, 'UTF8'), u.counter, u.outcome) || coalesce(' by ' || convert_from((u.because).replica, 'UTF8') || ':' || (u.because).counter, '')
        FROM treecrdt.undo('h', 'd', (SELECT treecrdt.version_vector_agg(who::bytea, c) FROM generate_series(first, last) c)) AS u;
    RETURN QUERY SELECT format('minted %s: %s', counter, kind) FROM h.ops WHERE doc = 'd' AND replica = current_setting('treecrdt.replica')::bytea AND counter > head ORDER BY counter;
END $$;
SET treecrdt.replica = 'ann';
SELECT treecrdt.insert_node('h', 'd', n(0), 'fruit', node => n(1)), treecrdt.insert_node('h', 'd', n(1), 'apples', node => n(2)), treecrdt.insert_node('h', 'd', n(1), 'pears', node => n(3)),
    treecrdt.insert_node('h', 'd', n(0), 'cheese', node => n(4));

-- A payload, a move, and both.
SELECT treecrdt.set_payload('h', 'd', n(2), 'green apples'), treecrdt.move_node('h', 'd', n(2), n(0), place => 'first');
SELECT treecrdt.render('h', 'd');
SELECT public.undo('ann', 5, 5);
SELECT treecrdt.render('h', 'd');
SELECT public.undo('ann', 6, 6);
SELECT treecrdt.render('h', 'd');
-- Redo.
SELECT public.undo('ann', 7, 8);
SELECT treecrdt.render('h', 'd');

-- A deletion, with what is below; its redo; and once more.
SELECT treecrdt.delete_node('h', 'd', n(1));
SELECT public.undo('ann', 11, 11);
SELECT treecrdt.render('h', 'd');
SELECT public.undo('ann', 12, 12);
SELECT treecrdt.render('h', 'd');
SELECT public.undo('ann', 13, 13);
SELECT treecrdt.render('h', 'd');

-- An insert, and its redo.
SELECT public.undo('ann', 4, 4);
SELECT treecrdt.render('h', 'd');
SELECT public.undo('ann', 15, 15);
SELECT treecrdt.render('h', 'd');

-- What others have done since stays.
SET treecrdt.replica = 'ben';
SELECT treecrdt.set_payload('h', 'd', n(4), 'blue cheese'), treecrdt.insert_node('h', 'd', n(3), 'ripe ones', node => n(5));
SET treecrdt.replica = 'ann';
SELECT public.undo('ann', 3, 4);
SELECT treecrdt.render('h', 'd');
-- Ann renames what ben deletes then: her undo does not bring it back.
SELECT treecrdt.set_payload('h', 'd', n(3), 'PEARS');
SET treecrdt.replica = 'ben';
SELECT treecrdt.delete_node('h', 'd', n(1));
SET treecrdt.replica = 'ann';
SELECT counter AS c FROM h.ops WHERE doc = 'd' AND replica = 'ann' ORDER BY counter DESC LIMIT 1 \gset
SELECT public.undo('ann', :c, :c);
SELECT treecrdt.render('h', 'd');
SET treecrdt.replica = 'ben';
SELECT treecrdt.restore_node('h', 'd', n(1));
SELECT treecrdt.render('h', 'd');
SET treecrdt.replica = 'ann';

-- Out of a folder that is deleted: back into it. Into one that has been deleted since: not.
SELECT treecrdt.delete_node('h', 'd', n(1));
SELECT treecrdt.move_node('h', 'd', n(3), n(0));
SELECT counter AS c FROM h.ops WHERE doc = 'd' AND replica = 'ann' AND kind = 'move' ORDER BY counter DESC LIMIT 1 \gset
SELECT treecrdt.render('h', 'd');
SELECT public.undo('ann', :c, :c);
SELECT treecrdt.render('h', 'd');
SELECT treecrdt.restore_node('h', 'd', n(1)), treecrdt.move_node('h', 'd', n(3), n(0));
SELECT counter AS c FROM h.ops WHERE doc = 'd' AND replica = 'ann' ORDER BY counter DESC LIMIT 1 \gset
SET treecrdt.replica = 'ben';
SELECT treecrdt.delete_node('h', 'd', n(1));
SET treecrdt.replica = 'ann';
SELECT public.undo('ann', :c, :c);
SELECT treecrdt.render('h', 'd');

-- Below itself by now; dots that are not there; nothing; refused.
SELECT treecrdt.move_node('h', 'd', n(2), n(4)), treecrdt.move_node('h', 'd', n(3), n(2));
SELECT counter AS c FROM h.ops WHERE doc = 'd' AND replica = 'ann' ORDER BY counter DESC LIMIT 1 \gset
SELECT public.undo('ann', 1000, 1010), public.undo('nobody', 1, 5);
SET treecrdt.replica = 'ben';
SELECT treecrdt.move_node('h', 'd', n(2), n(0));
SET treecrdt.replica = 'ann';
SELECT treecrdt.move_node('h', 'd', n(4), n(2));
SELECT public.undo('ann', :c - 1, :c - 1);
SELECT treecrdt.move_node('h', 'd', n(2), n(0)) AS moved \gset
SET treecrdt.replica = 'ben';
SELECT treecrdt.render('h', 'd');
SELECT * FROM treecrdt.undo('h', 'd', '{}');
SELECT * FROM treecrdt.undo('h', 'nowhere', '{}');
SELECT count(*) FROM h.docs WHERE doc = 'nowhere';
SELECT * FROM treecrdt.undo('h', 'd', NULL);
SELECT * FROM treecrdt.undo('h', NULL, '{}');
-- Everything of hers.
SELECT split_part(u, ' ', 2) AS outcome, count(*) FROM public.undo('ann', 1, 1000) AS u WHERE u LIKE 'ann%' GROUP BY 1 ORDER BY 1;
-- Step by step, as a key that is pressed again and again: what has undone an operation is not what came after it.
CREATE FUNCTION public.undo_in(doc text, first int, last int) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('%s:%s %s', convert_from(u.replica, 'UTF8'), u.counter, u.outcome) || coalesce(' by ' || convert_from((u.because).replica, 'UTF8') || ':' || (u.because).counter, '')
    FROM treecrdt.undo('h', doc, (SELECT treecrdt.version_vector_agg(current_setting('treecrdt.replica')::bytea, c) FROM generate_series(first, last) c)) AS u
$$;
SELECT treecrdt.insert_node('h', 'steps', n(0), 'folder', node => n(1)), treecrdt.insert_node('h', 'steps', n(1), 'one', node => n(2)), treecrdt.set_payload('h', 'steps', n(2), 'two'), treecrdt.set_payload('h', 'steps', n(2), 'three'),
    treecrdt.move_node('h', 'steps', n(2), n(0)), treecrdt.insert_node('h', 'steps', n(0), 'other', node => n(3)), treecrdt.move_node('h', 'steps', n(2), n(3));
SELECT undo_in('steps', 7, 7), undo_in('steps', 6, 6), undo_in('steps', 5, 5);
SELECT treecrdt.render('h', 'steps');
SELECT undo_in('steps', 4, 4), undo_in('steps', 3, 3);
SELECT treecrdt.render('h', 'steps');
SELECT undo_in('steps', 2, 2), undo_in('steps', 1, 1);
SELECT treecrdt.render('h', 'steps');
SELECT counter, kind, node FROM h.ops WHERE doc = 'steps' AND counter > 7 ORDER BY counter;
-- And redone, the last undo first.
SELECT undo_in('steps', 14, 14), undo_in('steps', 13, 13), undo_in('steps', 12, 12), undo_in('steps', 11, 11);
SELECT treecrdt.render('h', 'steps');

-- An insert stays, with its payload, where another has moved the node since; or has brought it back.
SELECT treecrdt.insert_node('h', 'moved', n(0), 'folder', node => n(1)), treecrdt.insert_node('h', 'moved', n(0), 'my text', node => n(2)), treecrdt.insert_node('h', 'moved', n(0), 'mine', node => n(3)), treecrdt.delete_node('h', 'moved', n(3));
SET treecrdt.replica = 'ben';
SELECT treecrdt.move_node('h', 'moved', n(2), n(1)), treecrdt.restore_node('h', 'moved', n(3));
SET treecrdt.replica = 'ann';
SELECT undo_in('moved', 2, 4);
SELECT treecrdt.render('h', 'moved');

-- Together: into a new folder; and by turns, each below the other.
SELECT treecrdt.insert_node('h', 'group', n(0), 'item', node => n(1)), treecrdt.insert_node('h', 'group', n(0), 'folder', node => n(2)), treecrdt.move_node('h', 'group', n(1), n(2));
SELECT undo_in('group', 2, 3);
SELECT treecrdt.render('h', 'group');
SELECT treecrdt.insert_node('h', 'turns', n(0), 'a', node => n(1)), treecrdt.insert_node('h', 'turns', n(1), 'b', node => n(2)), treecrdt.insert_node('h', 'turns', n(2), 'c', node => n(3)),
    treecrdt.move_node('h', 'turns', n(2), n(0)), treecrdt.move_node('h', 'turns', n(1), n(3)), treecrdt.move_node('h', 'turns', n(3), n(0)), treecrdt.move_node('h', 'turns', n(2), n(1));
SELECT treecrdt.render('h', 'turns');
SELECT undo_in('turns', 4, 7);
SELECT treecrdt.render('h', 'turns');
-- Where they would be below themselves, the older one stays.
SELECT treecrdt.insert_node('h', 'circle', n(0), 'a', node => n(1)), treecrdt.insert_node('h', 'circle', n(0), 'b', node => n(2)), treecrdt.move_node('h', 'circle', n(1), n(2)), treecrdt.move_node('h', 'circle', n(1), n(0));
SET treecrdt.replica = 'ben';
SELECT treecrdt.move_node('h', 'circle', n(2), n(1));
SET treecrdt.replica = 'ann';
SELECT treecrdt.move_node('h', 'circle', n(2), n(0));
SELECT undo_in('circle', 4, 5);
SELECT treecrdt.render('h', 'circle');

-- Neither can go back: the one would go into what was deleted, the other below itself then.
SELECT treecrdt.insert_node('h', 'neither', n(0), 'd', node => n(4)), treecrdt.insert_node('h', 'neither', n(4), 'b', node => n(2)), treecrdt.insert_node('h', 'neither', n(2), 'a', node => n(1)),
    treecrdt.move_node('h', 'neither', n(1), n(0)), treecrdt.move_node('h', 'neither', n(2), n(1));
SET treecrdt.replica = 'ben';
SELECT treecrdt.delete_node('h', 'neither', n(4));
SET treecrdt.replica = 'ann';
SELECT undo_in('neither', 4, 5);
SELECT treecrdt.render('h', 'neither');
-- What another has put into a new folder comes back with it.
SELECT treecrdt.insert_node('h', 'folder', n(0), 'folder', node => n(1));
SET treecrdt.replica = 'ben';
SELECT treecrdt.insert_node('h', 'folder', n(1), 'ben''s', node => n(2));
SET treecrdt.replica = 'ann';
SELECT treecrdt.delete_node('h', 'folder', n(1));
SELECT undo_in('folder', 1, 2);
SELECT treecrdt.render('h', 'folder');
-- A node that another has moved in between goes back there, with its payload.
SELECT treecrdt.insert_node('h', 'between', n(0), 'folder', node => n(1)), treecrdt.insert_node('h', 'between', n(0), 'my text', node => n(2));
SET treecrdt.replica = 'ben';
SELECT treecrdt.move_node('h', 'between', n(2), n(1));
SET treecrdt.replica = 'ann';
SELECT treecrdt.move_node('h', 'between', n(2), n(0));
SELECT undo_in('between', 2, 3);
SELECT treecrdt.render('h', 'between');

-- A payload that came with a move that is ignored counts.
SELECT treecrdt.insert_node('h', 'ignored', n(0), 'one', node => n(1)), treecrdt.insert_node('h', 'ignored', n(1), 'below', node => n(2));
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) VALUES ('ignored', 'peer', 1, 50, 'insert', n(1), n(2), '', 'from one that is ignored');
SELECT treecrdt.set_payload('h', 'ignored', n(1), 'mine');
SELECT undo_in('ignored', 3, 3);
SELECT treecrdt.render('h', 'ignored');

-- What was imported goes at once, as deep as it is; but for where somebody has put something.
SELECT treecrdt.import_json('h', 'deep', n(0), (SELECT jsonb_build_array((string_agg('{"payload": "' || g || '", "children": [', '') || string_agg(']}', ''))::jsonb) FROM generate_series(1, 2000) g));
SELECT count(*) FROM undo_in('deep', 1, 2000) AS u WHERE u LIKE '% undone';
SELECT count(*), (SELECT count(*) FROM treecrdt.tree('h', 'deep')) FROM h.ops WHERE doc = 'deep' AND counter > 2000;
SELECT treecrdt.import_json('h', 'wide', n(0), '[{"payload": "a", "children": [{"payload": "b", "children": [{"payload": "c"}]}, {"payload": "d", "children": [{"payload": "e"}]}]}]');
SET treecrdt.replica = 'ben';
SELECT treecrdt.insert_node('h', 'wide', (SELECT node FROM h.nodes WHERE doc = 'wide' AND payload = 'b'), 'ben''s') IS NOT NULL;
SET treecrdt.replica = 'ann';
SELECT undo_in('wide', 1, 5);
SELECT treecrdt.render('h', 'wide');

-- Whoever claims to have seen what is not minted yet deletes no more than others.
SELECT treecrdt.insert_node('h', 'claimed', n(0), 'one', node => n(1));
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, known_state) VALUES ('claimed', 'eve', 1, 5, 'delete', n(1), '{"616e6e": [[1,99]], "6d61": [[1,9223372036854775807]]}');
SELECT treecrdt.restore_node('h', 'claimed', n(1));
SELECT treecrdt.render('h', 'claimed');
SET treecrdt.replica = 'ma';
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, known_state) VALUES ('claimed', 'eve', 2, 15, 'delete', n(1), '{"616e6e": [[1,100]], "6d61": [[1,9223372036854775807]]}');
SELECT treecrdt.restore_node('h', 'claimed', n(1));
-- Nor does a payload that replaces what has kept a node hide it.
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, payload) VALUES ('claimed', 'peer', 1, 16, 'payload', n(1), 'a peer''s');
SELECT treecrdt.render('h', 'claimed');
SET treecrdt.replica = 'ann';
SELECT treecrdt.set_payload('h', 'claimed', n(1), 'mine');
SELECT treecrdt.render('h', 'claimed');
RESET treecrdt.replica;
SELECT outcome FROM treecrdt.undo('h', 'claimed', '{"657665": [[1,2]]}');
SELECT treecrdt.render('h', 'claimed');
-- Step by step back to an insert that brought no payload.
SET treecrdt.replica = 'bare';
SELECT treecrdt.insert_node('h', 'bare', n(0), node => n(1)) IS NOT NULL AS inserted, treecrdt.set_payload('h', 'bare', n(1), 'later') IS NOT NULL AS written;
SELECT outcome FROM treecrdt.undo('h', 'bare', '{"62617265": [[2,2]]}');
SELECT outcome FROM treecrdt.undo('h', 'bare', '{"62617265": [[1,1]]}');
SELECT treecrdt.render('h', 'bare');
-- Step by step back to before a node left a deleted one: what came between was undone, and the deleted one stays so.
SET treecrdt.replica = 'left';
SELECT treecrdt.insert_node('h', 'left', n(0), 'folder', node => n(1)), treecrdt.insert_node('h', 'left', n(1), 'file', node => n(2)), treecrdt.delete_node('h', 'left', n(1));
SELECT treecrdt.move_node('h', 'left', n(2), n(0)), treecrdt.restore_node('h', 'left', n(1));
SELECT outcome FROM treecrdt.undo('h', 'left', '{"6c656674": [[6,6]]}');
SELECT treecrdt.set_payload('h', 'left', n(2), 'later');
SELECT outcome FROM treecrdt.undo('h', 'left', '{"6c656674": [[8,8]]}');
SELECT treecrdt.render('h', 'left');
SELECT outcome FROM treecrdt.undo('h', 'left', '{"6c656674": [[4,5]]}');
SELECT treecrdt.render('h', 'left');
-- What was put into a restored one, changed, and taken out again does not keep it.
SET treecrdt.replica = 'came';
SELECT treecrdt.insert_node('h', 'came', n(0), 'folder', node => n(1)), treecrdt.delete_node('h', 'came', n(1)), treecrdt.insert_node('h', 'came', n(0), 'file', node => n(2));
SELECT treecrdt.restore_node('h', 'came', n(1)), treecrdt.move_node('h', 'came', n(2), n(1)), treecrdt.set_payload('h', 'came', n(2), 'later');
SELECT outcome FROM treecrdt.undo('h', 'came', '{"63616d65": [[6,6]]}');
SELECT outcome FROM treecrdt.undo('h', 'came', '{"63616d65": [[5,5]]}');
SELECT outcome FROM treecrdt.undo('h', 'came', '{"63616d65": [[4,4]]}');
SELECT treecrdt.render('h', 'came');
RESET treecrdt.replica;
SELECT treecrdt.verify('h');
SELECT treecrdt.drop_forest('h');
DROP FUNCTION public.n, public.undo, public.undo_in;
