-- Somebody has given an operation the greatest lamport, or a counter, there is: the doc stays writable.
CREATE FUNCTION public.n(int) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-0000-0000-' || lpad($1::text, 12, '0'))::uuid $$;
SELECT treecrdt.create_forest('h');
\set end 9223372036854775807
SET treecrdt.replica = 'me';
SELECT treecrdt.insert_node('h', 'd', n(0), 'one', node => n(1)), treecrdt.insert_node('h', 'd', n(0), 'two', node => n(2));

-- A peer that sorts after us moves one node. Nothing can come after that, so that node stays where it is.
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, parent, order_key) VALUES ('d', 'peer', 1, :end, 'move', n(1), n(2), 'k');
SELECT treecrdt.render('h', 'd') \g (format=unaligned tuples_only=on)
SELECT treecrdt.move_node('h', 'd', n(1), n(0));
SELECT count(*) FROM h.ops;
-- All else goes on: its payload, other nodes, several operations at once, undo.
SELECT treecrdt.set_payload('h', 'd', n(1), 'eins'), treecrdt.insert_node('h', 'd', n(1), 'three', node => n(3)) IS NOT NULL AS inserted;
SELECT treecrdt.import_json('h', 'd', n(0), '[{"payload": "four", "children": [{"payload": "five"}]}]');
SELECT treecrdt.move_node('h', 'd', n(3), n(0), place => 'first');
SELECT treecrdt.render('h', 'd') \g (format=unaligned tuples_only=on)
SELECT outcome FROM treecrdt.undo('h', 'd', '{"6d65": [[3,3],[7,7]]}');
SELECT treecrdt.render('h', 'd') \g (format=unaligned tuples_only=on)
SELECT treecrdt.delete_node('h', 'd', n(1));
SELECT treecrdt.render('h', 'd') \g (format=unaligned tuples_only=on)
-- Put back it is where the peer has put it.
SELECT treecrdt.restore_node('h', 'd', n(1));
SELECT counter, lamport = :end AS at_the_end FROM h.ops WHERE replica = 'me' ORDER BY counter;
-- Who sorts after the peer overrides it.
SET treecrdt.replica = 'q';
SELECT treecrdt.restore_node('h', 'd', n(1)), treecrdt.move_node('h', 'd', n(1), n(0));
SELECT treecrdt.render('h', 'd') \g (format=unaligned tuples_only=on)

-- A replica that is named has counters up to the greatest.
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, payload) VALUES ('d', 'q', :end - 1, 9, 'payload', n(9), 'x');
SELECT treecrdt.set_payload('h', 'd', n(2), 'zwei');
SELECT treecrdt.set_payload('h', 'd', n(2), 'deux');
SELECT count(*) FROM h.ops WHERE payload IN ('zwei', 'deux');
-- The database's own replica is followed by another in time, in all sessions.
RESET treecrdt.replica;
SELECT treecrdt.insert_node('h', 'f', n(0), 'six', node => n(6)) IS NOT NULL AS inserted;
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, payload) SELECT doc, replica, :end - 1000, 9, 'payload', n(9), 'x' FROM h.ops WHERE doc = 'f';
SELECT treecrdt.set_payload('h', 'f', n(6), 'sechs') IS NOT NULL AS set, treecrdt.set_payload('h', 'f', n(6), 'VI') IS NOT NULL AS set_again;
SELECT count(*), count(DISTINCT replica), max(length(replica)) FROM h.ops WHERE doc = 'f';
\c
SET client_min_messages = warning;
SELECT treecrdt.set_payload('h', 'f', n(6), 'seis') IS NOT NULL AS set_by_another;
SELECT count(*), count(DISTINCT replica), count(DISTINCT substr(replica, 1, 12)) FROM h.ops WHERE doc = 'f';
SELECT treecrdt.render('h', 'f') \g (format=unaligned tuples_only=on)

-- An owner who does not want it bounds the step.
CREATE FUNCTION public.no_leap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.lamport > 1000000 + coalesce((SELECT head_lamport FROM h.docs WHERE doc = NEW.doc), 0) THEN
        RAISE 'doc "%": lamport % leaps', NEW.doc, NEW.lamport USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER no_leap BEFORE INSERT ON h.ops FOR EACH ROW EXECUTE FUNCTION public.no_leap();
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, payload) VALUES ('g', 'peer', 1, 1000001, 'payload', n(9), 'x');
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, payload) VALUES ('g', 'peer', 1, 1000000, 'payload', n(9), 'x');
INSERT INTO h.ops (doc, replica, counter, lamport, kind, node, payload) VALUES ('g', 'peer', 2, 2000000, 'payload', n(9), 'y');
SELECT treecrdt.insert_node('h', 'g', n(0), 'seven') IS NOT NULL AS inserted;

SELECT treecrdt.verify('h');
SELECT treecrdt.drop_forest('h');
DROP FUNCTION public.n, public.no_leap;
