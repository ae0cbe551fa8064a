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
SELECT treecrdt.verify('h');
SELECT treecrdt.drop_forest('h');
DROP FUNCTION public.n, public.undo;
