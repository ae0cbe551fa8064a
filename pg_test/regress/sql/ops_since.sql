-- version and ops_since: what is in the log, and what somebody lacks of it.
SELECT treecrdt.create_forest('since');
CREATE FUNCTION pg_temp.n(n int) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid $$;
-- Three replicas; 01 without its 4 and 5, 0100 begins at 3; keys that tie in lamport, and every kind.
INSERT INTO since.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload, known_state) VALUES
    ('d', '\x01', 1, 1, 'insert', pg_temp.n(1), pg_temp.n(0), '\x10', 'one', NULL),
    ('d', '\x01', 2, 2, 'insert', pg_temp.n(2), pg_temp.n(1), '', NULL, NULL),
    ('d', '\x01', 3, 7, 'move', pg_temp.n(2), pg_temp.n(0), '\x20', NULL, NULL),
    ('d', '\x01', 6, 3, 'payload', pg_temp.n(2), NULL, NULL, NULL, NULL),
    ('d', '\x02', 1, 2, 'insert', pg_temp.n(3), pg_temp.n(1), '\x30', 'three', NULL),
    ('d', '\x02', 2, 7, 'delete', pg_temp.n(3), NULL, NULL, NULL, '{"02":[[1,1]]}'),
    ('d', '\x02', 3, 8, 'tombstone', pg_temp.n(9), NULL, NULL, NULL, NULL),
    ('d', '\x0100', 3, 2, 'payload', pg_temp.n(1), NULL, NULL, '', NULL),
    ('d', '\x0100', 4, 9223372036854775807, 'delete', pg_temp.n(1), NULL, NULL, NULL, NULL),
    ('another', '\x03', 1, 1, 'tombstone', pg_temp.n(1), NULL, NULL, NULL, NULL);
SELECT treecrdt.version('since', 'd');
SELECT * FROM treecrdt.ops_since('since', 'd', '{}');
-- In canonical order, and just the rows of ops.
SELECT (SELECT array_agg(o) FROM treecrdt.ops_since('since', 'd', '{}') o)::text
     = (SELECT array_agg(o ORDER BY lamport, replica, counter) FROM since.ops o WHERE doc = 'd')::text AS equal;
-- Known: some of it; with holes; more than there is; replicas that never wrote; all of it.
SELECT what, (SELECT array_agg(encode(replica, 'hex') || ':' || counter) FROM treecrdt.ops_since('since', 'd', known::treecrdt.version_vector)) AS missing
FROM (VALUES (1, 'a beginning', '{"01":[[1,2]],"02":[[1,1]]}'), (2, 'holes', '{"01":[[2,2],[6,6]],"02":[[2,2]],"0100":[[4,4]]}'),
             (3, 'more than there is', '{"01":[[1,100]],"02":[[3,9223372036854775807]]}'), (4, 'others', '{"00":[[1,9]],"ff":[[1,1]],"010000":[[3,4]]}'),
             (5, 'what is not there', '{"01":[[4,5]]}'), (6, 'all', treecrdt.version('since', 'd')::text)) AS t(n, what, known) ORDER BY n;
SELECT count(*) AS no_doc FROM treecrdt.ops_since('since', 'nope', '{}');
SELECT count(*) FROM treecrdt.ops_since(NULL, 'd', '{}');
SELECT count(*) FROM treecrdt.ops_since('since', NULL, '{}');
SELECT (SELECT count(*) FROM treecrdt.ops_since('since', 'd', NULL)) = (SELECT count(*) FROM treecrdt.ops_since('since', 'd')) AS null_is_nothing_known, count(*) > 0 AS some FROM treecrdt.ops_since('since', 'd');
-- A few at a time: who adds their dots and asks again gets all.
CREATE FUNCTION pg_temp.by_portions(most int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    known treecrdt.version_vector := '{}';
    portion treecrdt.version_vector;
    rounds bigint := 0;
BEGIN
    LOOP
        SELECT treecrdt.version_vector_agg(replica, counter) INTO portion FROM treecrdt.ops_since('since', 'd', known, most);
        EXIT WHEN portion OPERATOR(treecrdt.=) '{}';
        known := known OPERATOR(treecrdt.||) portion;
        rounds := rounds + 1;
    END LOOP;
    IF known OPERATOR(treecrdt.<>) treecrdt.version('since', 'd') THEN RAISE 'got only %', known; END IF;
    RETURN rounds;
END $$;
SELECT pg_temp.by_portions(1) = count(*) AS one_by_one, pg_temp.by_portions(2) = (count(*) + 1) / 2 AS two_by_two, pg_temp.by_portions(1000) AS at_once FROM since.ops WHERE doc = 'd';
SELECT count(*) FROM treecrdt.ops_since('since', 'd', max => 0);
SELECT count(*) FROM treecrdt.ops_since('since', 'd', max => -1);
SELECT * FROM treecrdt.ops_since('public', 'd', '{}');
SELECT * FROM treecrdt.ops_since('since', 'd', '{"01":[[0,1]]}');

-- Handed over, in two parts, the second one more than once, it makes an equal doc.
SELECT treecrdt.create_forest('peer');
INSERT INTO peer.ops SELECT * FROM treecrdt.ops_since('since', 'd', '{}') LIMIT 4;
INSERT INTO peer.ops SELECT * FROM treecrdt.ops_since('since', 'd', treecrdt.version('peer', 'd'));
INSERT INTO peer.ops SELECT * FROM treecrdt.ops_since('since', 'd', '{"01":[[1,1]]}') ON CONFLICT DO NOTHING;
SELECT treecrdt.digest('peer', 'd') = treecrdt.digest('since', 'd') AS equal;
SELECT count(*) FROM treecrdt.ops_since('since', 'd', treecrdt.version('peer', 'd'));
-- Into the forest that it is read from: what comes is what was there before the statement.
INSERT INTO peer.ops SELECT 'copy', replica, counter, lamport, kind, node, parent, order_key, payload, known_state FROM treecrdt.ops_since('peer', 'd', '{}');
SELECT count(*) FROM treecrdt.ops_since('peer', 'copy', '{}');
-- More than is read at once, long payloads, and values that are stored apart.
INSERT INTO since.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload)
SELECT 'long', decode(lpad(to_hex(n % 3), 2, '0'), 'hex'), n, 2000 - n, 'insert', pg_temp.n(n), pg_temp.n(n / 10), '',
    CASE WHEN n % 500 = 0 THEN convert_to(repeat(n::text, 50000), 'UTF8') END FROM generate_series(1, 1500) n;
INSERT INTO peer.ops SELECT * FROM treecrdt.ops_since('since', 'long', '{}');
SELECT treecrdt.digest('peer', 'long') = treecrdt.digest('since', 'long') AS equal;
SELECT bool_and(lamport = 500 + at - 1) AS ordered, count(*) FROM treecrdt.ops_since('since', 'long', '{}') WITH ORDINALITY
    AS t(doc, replica, counter, lamport, kind, node, parent, order_key, payload, known_state, at);
SELECT treecrdt.version('since', 'long')::text = (SELECT treecrdt.version_vector_agg(replica, counter) FROM since.ops WHERE doc = 'long')::text AS version;

-- Versions are those of the log, whether there are gaps or not, and however many replicas wrote it.
INSERT INTO since.ops (doc, replica, counter, lamport, kind, node)
SELECT doc, decode(lpad(to_hex(r), 4, '0'), 'hex'), c, 1, 'tombstone', pg_temp.n(1)
FROM (VALUES ('one each', 1000, 1, 1), ('few of many', 101, 1, 3), ('ten', 10, 1, 50), ('late beginners', 10, 7, 50), ('every third', 5, 0, 0)) AS t(doc, replicas, first, last),
    generate_series(1, replicas) r, generate_series(CASE last WHEN 0 THEN 3 ELSE first END, CASE last WHEN 0 THEN 60 ELSE last END, CASE last WHEN 0 THEN 3 ELSE 1 END) c;
INSERT INTO since.ops (doc, replica, counter, lamport, kind, node) VALUES ('greatest', '\x01', 9223372036854775807, 1, 'tombstone', pg_temp.n(1)), ('greatest', '\x01', 1, 1, 'tombstone', pg_temp.n(1)),
    ('whole', '\x01', 9223372036854775807, 1, 'tombstone', pg_temp.n(1)), ('whole', '\x01', 9223372036854775806, 1, 'tombstone', pg_temp.n(1));
CREATE VIEW pg_temp.versions AS
SELECT doc, op_count, treecrdt.version('since', doc)::text = (SELECT treecrdt.version_vector_agg(replica, counter) FROM since.ops o WHERE o.doc = d.doc)::text AS version,
    (SELECT count(*) FROM treecrdt.ops_since('since', doc, '{}')) = op_count AS all_since, (SELECT count(*) FROM treecrdt.ops_since('since', doc, treecrdt.version('since', doc))) AS none_since
FROM (SELECT doc, count(*) AS op_count FROM since.ops GROUP BY doc) d;
SELECT * FROM pg_temp.versions ORDER BY doc;
-- Operations that wait are in the log.
SET treecrdt.catch_up = deferred;
INSERT INTO since.ops (doc, replica, counter, lamport, kind, node) VALUES ('d', '\x04', 1, 1, 'tombstone', pg_temp.n(1));
SELECT treecrdt.version('since', 'd'), (SELECT count(*) FROM treecrdt.ops_since('since', 'd', '{"01":[[1,9]],"02":[[1,9]],"0100":[[1,9]]}'));
RESET treecrdt.catch_up;

-- With the rights of the caller: SELECT on ops is what it takes, and a policy holds, though what it leaves looks
-- as long as the whole.
CREATE ROLE since_reader;
SET ROLE since_reader;
SELECT treecrdt.version('since', 'd');
SELECT * FROM treecrdt.ops_since('since', 'd', '{}');
RESET ROLE;
GRANT SELECT ON since.ops TO since_reader;
SET ROLE since_reader;
SELECT treecrdt.version('since', 'ten')::text = (SELECT treecrdt.version_vector_agg(replica, counter) FROM since.ops WHERE doc = 'ten')::text AS without_docs;
SELECT treecrdt.version('since', 'd'), (SELECT count(*) FROM treecrdt.ops_since('since', 'd', '{}'));
RESET ROLE;
GRANT SELECT ON since.docs TO since_reader;
ALTER TABLE since.ops ENABLE ROW LEVEL SECURITY;
CREATE POLICY outer_ones ON since.ops FOR SELECT USING (doc = 'ten' AND counter <> 25);
SET ROLE since_reader;
SELECT treecrdt.version('since', 'ten')::text = (SELECT treecrdt.version_vector_agg(replica, counter) FROM since.ops WHERE doc = 'ten')::text AS under_a_policy;
SELECT count(*), bool_or(counter = 25) AS hidden FROM treecrdt.ops_since('since', 'ten', '{}');
SELECT treecrdt.version('since', 'd');
RESET ROLE;
ALTER TABLE since.ops DISABLE ROW LEVEL SECURITY;
-- Settings of the caller are what they were, after an error too.
BEGIN;
SET LOCAL enable_sort = on;
SELECT count(*) FROM treecrdt.ops_since('since', 'd', '{}');
SAVEPOINT s;
REVOKE SELECT ON since.ops FROM since_reader;
SET LOCAL ROLE since_reader;
SELECT treecrdt.version('since', 'd');
ROLLBACK TO s;
SELECT name, setting FROM pg_settings WHERE name IN ('enable_sort', 'enable_seqscan', 'enable_bitmapscan', 'enable_memoize', 'plan_cache_mode') ORDER BY name COLLATE "C";
COMMIT;
DROP OWNED BY since_reader;
DROP ROLE since_reader;
DROP VIEW pg_temp.versions;
SELECT treecrdt.drop_forest('peer'), treecrdt.drop_forest('since');
