-- A malformed operation is refused with doc, dot and a hint, and with it the good rows around it.
\i pg_test/regress/shared/forest.sql
SELECT what, public.outcome(format('INSERT INTO f.ops VALUES %s, %s, %s', $$('d', '\x07', 1, 1, 'insert', n(70), n(0), '', 'x', NULL)$$, row,
    $$('d', '\x07', 2, 70, 'insert', n(71), n(0), '', 'x', NULL)$$)) FROM (VALUES
    (1, $$insert without parent$$, $$('d', '\xaa', 7, 7, 'insert', n(9), NULL, '\x10', NULL, NULL)$$),
    (2, $$insert without order_key$$, $$('d', '\xaa', 7, 7, 'insert', n(9), n(0), NULL, NULL, NULL)$$),
    (3, $$insert with known_state$$, $$('d', '\xaa', 7, 7, 'insert', n(9), n(0), '', NULL, '{}')$$),
    (4, $$move without parent$$, $$('d', '\xaa', 7, 7, 'move', n(9), NULL, '', NULL, NULL)$$),
    (5, $$move without order_key$$, $$('d', '\xaa', 7, 7, 'move', n(9), n(0), NULL, NULL, NULL)$$),
    (6, $$move with payload$$, $$('d', '\xaa', 7, 7, 'move', n(9), n(0), '', 'x', NULL)$$),
    (7, $$move with known_state$$, $$('d', '\xaa', 7, 7, 'move', n(9), n(0), '', NULL, '{}')$$),
    (8, $$payload with parent$$, $$('d', '\xaa', 7, 7, 'payload', n(9), n(0), NULL, NULL, NULL)$$),
    (9, $$payload with order_key$$, $$('d', '\xaa', 7, 7, 'payload', n(9), NULL, '', NULL, NULL)$$),
    (10, $$delete with parent$$, $$('d', '\xaa', 7, 7, 'delete', n(9), n(0), NULL, NULL, NULL)$$),
    (11, $$delete with order_key$$, $$('d', '\xaa', 7, 7, 'delete', n(9), NULL, '', NULL, NULL)$$),
    (12, $$tombstone with parent$$, $$('d', '\xaa', 7, 7, 'tombstone', n(9), n(0), NULL, NULL, NULL)$$),
    (13, $$tombstone with order_key$$, $$('d', '\xaa', 7, 7, 'tombstone', n(9), NULL, '', NULL, NULL)$$),
    (14, $$delete with payload$$, $$('d', '\xaa', 7, 7, 'delete', n(9), NULL, NULL, 'x', NULL)$$),
    (15, $$tombstone with payload$$, $$('d', '\xaa', 7, 7, 'tombstone', n(9), NULL, NULL, 'x', NULL)$$),
    (16, $$payload with known_state$$, $$('d', '\xaa', 7, 7, 'payload', n(9), NULL, NULL, NULL, '{}')$$),
    (17, $$tombstone with known_state$$, $$('d', '\xaa', 7, 7, 'tombstone', n(9), NULL, NULL, NULL, '{}')$$),
    (18, $$an empty replica$$, $$('d', '', 7, 7, 'tombstone', n(9), NULL, NULL, NULL, NULL)$$),
    (19, $$a replica of 65 bytes$$, $$('d', decode(repeat('ab', 65), 'hex'), 7, 7, 'tombstone', n(9), NULL, NULL, NULL, NULL)$$),
    (20, $$counter 0$$, $$('d', '\xaa', 0, 7, 'tombstone', n(9), NULL, NULL, NULL, NULL)$$),
    (21, $$a negative counter$$, $$('d', '\xaa', -1, 7, 'tombstone', n(9), NULL, NULL, NULL, NULL)$$),
    (22, $$lamport 0$$, $$('d', '\xaa', 7, 0, 'tombstone', n(9), NULL, NULL, NULL, NULL)$$),
    (23, $$an order_key of 1537 bytes$$, $$('d', '\xaa', 7, 7, 'move', n(9), n(0), decode(repeat('ab', 1537), 'hex'), NULL, NULL)$$),
    (24, $$a doc of 769 bytes$$, $$(repeat('d', 769), '\xaa', 7, 7, 'tombstone', n(9), NULL, NULL, NULL, NULL)$$),
    (25, $$no doc$$, $$(NULL, '\xaa', 7, 7, 'tombstone', n(9), NULL, NULL, NULL, NULL)$$),
    (26, $$no replica$$, $$('d', NULL, 7, 7, 'tombstone', n(9), NULL, NULL, NULL, NULL)$$),
    (27, $$no counter$$, $$('d', '\xaa', NULL, 7, 'tombstone', n(9), NULL, NULL, NULL, NULL)$$),
    (28, $$no lamport$$, $$('d', '\xaa', 7, NULL, 'tombstone', n(9), NULL, NULL, NULL, NULL)$$),
    (29, $$no kind$$, $$('d', '\xaa', 7, 7, NULL, n(9), NULL, NULL, NULL, NULL)$$),
    (30, $$no node$$, $$('d', '\xaa', 7, 7, 'tombstone', NULL, NULL, NULL, NULL, NULL)$$)) AS v (at, what, row) ORDER BY at;

-- An unknown kind.
SELECT public.state() AS before \gset
INSERT INTO f.ops VALUES ('d', '\xaa', 7, 7, 'rename', n(9));
SELECT public.state() = :'before' AS nothing_stays, public.works();

-- A malformed known_state.
SELECT public.state() AS before \gset
INSERT INTO f.ops VALUES ('d', '\xaa', 7, 7, 'delete', n(9), NULL, NULL, NULL, '{"aa":[[2,1]]}');
SELECT public.state() = :'before' AS nothing_stays, public.works();

-- A malformed row in a COPY.
SELECT public.state() AS before \gset
COPY f.ops (doc, replica, counter, lamport, kind, node, parent, order_key) FROM stdin;
d	\\xaa	1	1	insert	00000000-0000-0000-0000-000000000090	00000000-0000-0000-0000-000000000000	\\x10
d	\\xaa	2	2	insert	00000000-0000-0000-0000-000000000091	\N	\\x10
d	\\xaa	3	3	insert	00000000-0000-0000-0000-000000000092	00000000-0000-0000-0000-000000000000	\\x10
\.
SELECT public.state() = :'before' AS nothing_stays, public.works();

-- A dot that is there, in a COPY.
SELECT public.state() AS before \gset
COPY f.ops (doc, replica, counter, lamport, kind, node) FROM stdin;
d	\\xaa	1	1	tombstone	00000000-0000-0000-0000-000000000090
d	\\x01	1	2	tombstone	00000000-0000-0000-0000-000000000091
\.
SELECT public.state() = :'before' AS nothing_stays, public.works();

-- A dot that is there.
SELECT public.state() AS before \gset
INSERT INTO f.ops VALUES ('d', '\xaa', 1, 1, 'tombstone', n(1)), ('d', '\x01', 1, 1, 'tombstone', n(1));
SELECT public.state() = :'before' AS nothing_stays, public.works();

-- A dot twice in a statement.
SELECT public.state() AS before \gset
INSERT INTO f.ops VALUES ('d', '\xaa', 1, 1, 'tombstone', n(1)), ('d', '\xaa', 1, 1, 'tombstone', n(1));
SELECT public.state() = :'before' AS nothing_stays, public.works();

-- The greatest there may be of everything.
WITH i AS (INSERT INTO f.ops VALUES (repeat('x', 768), decode(repeat('cd', 64), 'hex'), 9223372036854775807, 9223372036854775807, 'insert', n(1), n(0),
        (SELECT string_agg(sha256(int4send(g)), '') FROM generate_series(1, 48) g), convert_to(repeat('long', 2000000), 'UTF8')),
    (repeat('x', 768), decode(repeat('cd', 64), 'hex'), 1, 9223372036854775807, 'move', n(2), n(1), (SELECT string_agg(sha256(int4send(g)), '') FROM generate_series(2, 49) g), NULL) RETURNING 1)
SELECT 'INSERT' FROM i LIMIT 1;
SELECT count(*) FROM treecrdt.verify('f');

-- Doc names may be empty, and sort bytewise.
INSERT INTO f.ops SELECT d, '\x01', 1, 1, 'insert', n(1), n(0), '', 'x' FROM unnest(ARRAY['a', 'B', 'ä', '']) d;
SELECT doc FROM f.docs WHERE length(doc) <= 1 AND doc <> 'd' ORDER BY doc;
SELECT count(*) FROM treecrdt.verify('f');
\i pg_test/regress/shared/forest_end.sql
