-- Undo gives back what these operations have taken, and nothing that others, or other operations of one's own, stand for.
\pset tuples_only on
\pset format unaligned
SELECT treecrdt.create_forest('h');
CREATE FUNCTION public.n(int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT lpad(to_hex($1), 32, '0')::uuid $$;
CREATE FUNCTION public.undo_in(doc text, first int, last int) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('%s:%s %s', convert_from(u.replica, 'UTF8'), u.counter, u.outcome) || coalesce(' by ' || convert_from((u.because).replica, 'UTF8') || ':' || (u.because).counter, '')
    FROM treecrdt.undo('h', doc, (SELECT treecrdt.version_vector_agg('ann', c) FROM generate_series(first, last) AS c)) AS u $$;
SET treecrdt.replica = 'ann';

-- What was written and deleted in one step comes back, and so does what had been written before that.
SELECT treecrdt.insert_node('h', 'written', n(0), 'a', node => n(1)), treecrdt.set_payload('h', 'written', n(1), 'b'), treecrdt.set_payload('h', 'written', n(1), 'c'), treecrdt.delete_node('h', 'written', n(1));
SELECT undo_in('written', 3, 4);
SELECT undo_in('written', 2, 2);
SELECT treecrdt.render('h', 'written');

-- A folder was restored, and something put into it, in one step; that was deleted and put back since.
SELECT treecrdt.insert_node('h', 'filled', n(0), 'folder', node => n(1)), treecrdt.delete_node('h', 'filled', n(1)), treecrdt.restore_node('h', 'filled', n(1)), treecrdt.insert_node('h', 'filled', n(1), 'new', node => n(2)), treecrdt.delete_node('h', 'filled', n(2));
SELECT undo_in('filled', 5, 5);
SELECT undo_in('filled', 3, 4);
SELECT treecrdt.render('h', 'filled');

-- A node that has to stay, for another has put something into it, stays in what was deleted above it.
SELECT treecrdt.insert_node('h', 'above', n(0), 'project', node => n(1)), treecrdt.insert_node('h', 'above', n(1), 'folder', node => n(2));
SET treecrdt.replica = 'ben';
SELECT treecrdt.insert_node('h', 'above', n(2), 'ben''s', node => n(3));
SET treecrdt.replica = 'ann';
SELECT treecrdt.delete_node('h', 'above', n(2));
SET treecrdt.replica = 'ben';
SELECT treecrdt.delete_node('h', 'above', n(1));
SET treecrdt.replica = 'ann';
SELECT undo_in('above', 2, 3);
SELECT treecrdt.render('h', 'above');
SELECT treecrdt.restore_node('h', 'above', n(1));
SELECT treecrdt.render('h', 'above');

-- A folder that was restored, by an operation that stands, stays.
SELECT treecrdt.insert_node('h', 'stands', n(0), 'folder', node => n(1)), treecrdt.insert_node('h', 'stands', n(1), 'file', node => n(2)), treecrdt.delete_node('h', 'stands', n(1)), treecrdt.move_node('h', 'stands', n(2), n(0)), treecrdt.restore_node('h', 'stands', n(1));
SELECT undo_in('stands', 4, 5);
SELECT treecrdt.render('h', 'stands');

-- So it does where what is undone are operations long before and after.
SELECT treecrdt.insert_node('h', 'distant', n(0), 'other', node => n(9)), treecrdt.set_payload('h', 'distant', n(9), 'other, renamed'), treecrdt.insert_node('h', 'distant', n(0), 'folder', node => n(1)), treecrdt.insert_node('h', 'distant', n(1), 'file', node => n(2)), treecrdt.delete_node('h', 'distant', n(1)), treecrdt.restore_node('h', 'distant', n(1)), treecrdt.set_payload('h', 'distant', n(1), 'folder, renamed');
SELECT outcome FROM treecrdt.undo('h', 'distant', '{"616e6e": [[2,2], [7,7]]}');
SELECT treecrdt.render('h', 'distant');

-- A folder that was deleted before, restored by another and deleted again stays deleted.
SELECT treecrdt.insert_node('h', 'again', n(0), 'folder', node => n(1)), treecrdt.insert_node('h', 'again', n(1), 'file', node => n(2));
SET treecrdt.replica = 'ben';
SELECT treecrdt.delete_node('h', 'again', n(1));
SET treecrdt.replica = 'ann';
SELECT treecrdt.move_node('h', 'again', n(2), n(0));
SET treecrdt.replica = 'ben';
SELECT treecrdt.restore_node('h', 'again', n(1));
SET treecrdt.replica = 'ann';
SELECT treecrdt.delete_node('h', 'again', n(1));
SELECT undo_in('again', 3, 4);
SELECT treecrdt.render('h', 'again');

-- Of two that were moved out of a deleted folder one goes back.
SELECT treecrdt.insert_node('h', 'two', n(0), 'folder', node => n(1)), treecrdt.insert_node('h', 'two', n(1), 'one', node => n(2)), treecrdt.insert_node('h', 'two', n(1), 'two', node => n(3)), treecrdt.delete_node('h', 'two', n(1)), treecrdt.move_node('h', 'two', n(2), n(0)), treecrdt.move_node('h', 'two', n(3), n(0));
SELECT undo_in('two', 5, 6);
SELECT treecrdt.render('h', 'two');

-- Nothing goes into a folder that was deleted since, although it had been deleted, and restored, before.
SELECT treecrdt.insert_node('h', 'since', n(0), 'folder', node => n(1)), treecrdt.insert_node('h', 'since', n(1), 'file', node => n(2)), treecrdt.delete_node('h', 'since', n(1)), treecrdt.restore_node('h', 'since', n(1)), treecrdt.move_node('h', 'since', n(2), n(0)), treecrdt.delete_node('h', 'since', n(1));
SELECT undo_in('since', 5, 5);
SELECT treecrdt.render('h', 'since');

-- A move that is ignored has not brought it back.
SELECT treecrdt.insert_node('h', 'ignored', n(0), 'folder', node => n(1)), treecrdt.insert_node('h', 'ignored', n(1), 'file', node => n(2)), treecrdt.delete_node('h', 'ignored', n(1));
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key) VALUES ('ignored', 'eve', 1, 4, 'move', n(1), n(2), '');
SELECT treecrdt.move_node('h', 'ignored', n(2), n(0)), treecrdt.delete_node('h', 'ignored', n(1));
SELECT undo_in('ignored', 4, 5);
SELECT treecrdt.render('h', 'ignored');

-- A deletion that had not seen all is no reason to stay deleted when what it had not seen goes back.
SELECT treecrdt.insert_node('h', 'unseen', n(0), 'project', node => n(1)), treecrdt.insert_node('h', 'unseen', n(1), 'folder', node => n(2));
SET treecrdt.replica = 'ben';
SELECT treecrdt.insert_node('h', 'unseen', n(2), 'ben''s', node => n(3));
SET treecrdt.replica = 'ann';
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, known_state) VALUES ('unseen', 'eve', 1, 9, 'delete', n(1), '{"616e6e": [[1,2]]}');
SELECT treecrdt.move_node('h', 'unseen', n(2), n(0)), treecrdt.delete_node('h', 'unseen', n(1));
SELECT treecrdt.render('h', 'unseen');
SELECT undo_in('unseen', 3, 4);
SELECT treecrdt.render('h', 'unseen');

-- A node that stays gets the payload that another had given it in between, or that it was made with; not over another's later one.
SELECT treecrdt.insert_node('h', 'between', n(0), 'a', node => n(1));
SET treecrdt.replica = 'ben';
SELECT treecrdt.set_payload('h', 'between', n(1), 'ben''s');
SET treecrdt.replica = 'ann';
SELECT treecrdt.set_payload('h', 'between', n(1), 'b');
SELECT undo_in('between', 1, 2);
SELECT treecrdt.render('h', 'between');
SELECT treecrdt.insert_node('h', 'inside', n(0), 'a', node => n(1)), treecrdt.set_payload('h', 'inside', n(1), 'b');
SET treecrdt.replica = 'ben';
SELECT treecrdt.insert_node('h', 'inside', n(1), 'ben''s', node => n(2));
SET treecrdt.replica = 'ann';
SELECT undo_in('inside', 1, 2);
SELECT treecrdt.render('h', 'inside');
SELECT treecrdt.insert_node('h', 'later', n(0), 'a', node => n(1)), treecrdt.set_payload('h', 'later', n(1), 'b');
SET treecrdt.replica = 'ben';
SELECT treecrdt.set_payload('h', 'later', n(1), 'ben''s');
SET treecrdt.replica = 'ann';
SELECT undo_in('later', 1, 2);
SELECT treecrdt.render('h', 'later');
SELECT treecrdt.verify('h');
SELECT treecrdt.drop_forest('h');
DROP FUNCTION public.n, public.undo_in;
