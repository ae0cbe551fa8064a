-- Two people plan a trip in one outline, each on a device that is often offline.
\set ECHO queries
\pset format unaligned
\pset tuples_only on
\set ECHO none
CREATE FUNCTION public.node(label text) RETURNS uuid LANGUAGE sql IMMUTABLE
    RETURN CASE label WHEN 'ROOT' THEN '00000000-0000-0000-0000-000000000000' ELSE md5(label) END::uuid;
\set ECHO queries
\echo
\echo '1. Ann writes a first plan.'
\echo
\echo 'An operation is a row: who minted it, its sequence number there, and its logical time (lamport).'
\echo 'A node is a uuid; node(label) makes them here, so that the rows can be read.'
\echo
SELECT 'forest ' || treecrdt.create_forest('plan');
\echo
INSERT INTO plan.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) VALUES
    ('trip', 'ann', 1, 1, 'insert', node('Tent'),   node('ROOT'), 'a', 'Tent'),
    ('trip', 'ann', 2, 2, 'insert', node('Food'),   node('ROOT'), 'b', 'Food'),
    ('trip', 'ann', 3, 3, 'insert', node('Bread'),  node('Food'), 'a', 'Bread'),
    ('trip', 'ann', 4, 4, 'insert', node('Cheese'), node('Food'), 'b', 'Cheese');
\echo
SELECT treecrdt.render('plan', 'trip');
\echo
\echo
\echo '2. Both are offline, and move what the other moves.'
\echo
\echo 'Ann puts the food into the tent; Ben puts the tent into the food. Together that is a cycle.'
\echo 'Ben is heard of first:'
\echo
INSERT INTO plan.ops (doc, replica, counter, lamport, kind, node, parent, order_key) VALUES
    ('trip', 'ben', 1, 5, 'move', node('Tent'), node('Food'), 'c');
\echo
SELECT treecrdt.render('plan', 'trip');
\echo
\echo 'Ann comes late. At equal lamports the lesser replica goes first, so her move stands before his,'
\echo 'and his is the one that would close the cycle: it is ignored, and everybody agrees on that.'
\echo
INSERT INTO plan.ops (doc, replica, counter, lamport, kind, node, parent, order_key) VALUES
    ('trip', 'ann', 5, 5, 'move', node('Food'), node('Tent'), 'a');
\echo
SELECT treecrdt.render('plan', 'trip');
\echo
SELECT 'ignored: ' || convert_from(replica, 'UTF8') || ' ' || counter FROM plan.ignored;
\echo
\echo
\echo '3. A delete meets an edit that it has not seen.'
\echo
\echo 'Ann deletes the food. The operation says what she has seen: her own 1 to 5, nothing of Ben.'
\echo '(A version vector writes replicas in hex: 616e6e is ann, 62656e is ben.)'
\echo
INSERT INTO plan.ops (doc, replica, counter, lamport, kind, node, known_state) VALUES
    ('trip', 'ann', 6, 6, 'delete', node('Food'), '{"616e6e": [[1,5]]}');
\echo
SELECT treecrdt.render('plan', 'trip');
\echo
\echo 'But Ben, offline, has decided on a cheese. His work must not be lost: the food comes back.'
\echo
INSERT INTO plan.ops (doc, replica, counter, lamport, kind, node, payload) VALUES
    ('trip', 'ben', 2, 6, 'payload', node('Cheese'), 'Gruyère');
\echo
SELECT treecrdt.render('plan', 'trip');
\echo
\echo 'Ann sees the cheese, and deletes the bread only. Nobody else has touched it: it goes.'
\echo
INSERT INTO plan.ops (doc, replica, counter, lamport, kind, node, known_state) VALUES
    ('trip', 'ann', 7, 7, 'delete', node('Bread'), '{"616e6e": [[1,6]], "62656e": [[1,2]]}');
\echo
SELECT treecrdt.render('plan', 'trip');
\echo
\echo
\echo '4. Payloads arrive late.'
\echo
\echo 'Eve was there from the start, and nobody heard of her. She named two nodes at lamport 5.'
\echo 'Her cheese is older than the one Ben chose, and changes nothing. Her tent is newer than the first: it counts.'
\echo
INSERT INTO plan.ops (doc, replica, counter, lamport, kind, node, payload) VALUES
    ('trip', 'eve', 1, 5, 'payload', node('Cheese'), 'Brie'),
    ('trip', 'eve', 2, 5, 'payload', node('Tent'), 'Tent for three');
\echo
SELECT treecrdt.render('plan', 'trip');
\echo
\echo
\echo '5. The order in which operations arrive does not show.'
\echo
\echo 'A second forest gets the same operations one by one, the last first; a third gets them shuffled.'
\echo
SELECT 'forest ' || treecrdt.create_forest(name) FROM unnest('{backwards,shuffled}'::text[]) AS name;
\echo
DO $$
DECLARE op plan.ops;
BEGIN
    FOR op IN SELECT * FROM plan.ops ORDER BY lamport DESC, replica DESC, counter DESC LOOP
        INSERT INTO backwards.ops VALUES (op.*);
    END LOOP;
    FOR op IN SELECT * FROM plan.ops ORDER BY random() LOOP
        INSERT INTO shuffled.ops VALUES (op.*);
    END LOOP;
END $$;
\echo
SELECT treecrdt.render('shuffled', 'trip');
\echo
\echo 'A digest covers the log and all the rows made of it:'
\echo
SELECT rpad(forest::text, 10) || left(encode(treecrdt.digest(forest, 'trip'), 'hex'), 16) || '…'
FROM unnest('{plan,backwards,shuffled}'::regnamespace[]) AS forest;
\echo
\echo 'And verify replays each log from nothing and compares. It returns a row a discrepancy:'
\echo
\pset tuples_only off
SELECT v.* FROM unnest('{plan,backwards,shuffled}'::regnamespace[]) AS forest, treecrdt.verify(forest) AS v;
\echo
\set ECHO none
-- The run fails here if the story did not end as it says.
DO $$
BEGIN
    IF (SELECT count(DISTINCT treecrdt.digest(forest, 'trip')) <> 1
        FROM unnest('{plan,backwards,shuffled}'::regnamespace[]) AS forest) THEN
        RAISE 'the forests differ';
    END IF;
    IF EXISTS (SELECT FROM unnest('{plan,backwards,shuffled}'::regnamespace[]) AS forest, treecrdt.verify(forest)) THEN
        RAISE 'verify found something';
    END IF;
END $$;
\echo 'Every arrival order has the same digest, and verify finds nothing.'
