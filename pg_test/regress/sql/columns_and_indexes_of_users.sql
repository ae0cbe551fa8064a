-- Columns and indexes that users add to a forest's tables are kept and maintained; without its own it is none.
\i pg_test/regress/shared/forest.sql
SELECT treecrdt.create_forest('h');
INSERT INTO h.ops VALUES ('d', '\x01', 1, 1, 'insert', n(1), n(0), '\x10', 'one');
ALTER TABLE h.nodes ADD COLUMN starred boolean;
ALTER TABLE h.nodes ADD COLUMN title text GENERATED ALWAYS AS (encode(payload, 'escape')) STORED;
ALTER TABLE h.nodes DROP COLUMN starred;
ALTER TABLE h.nodes ADD COLUMN starred boolean;
ALTER TABLE h.ops ADD COLUMN received timestamptz NOT NULL DEFAULT now();
CREATE UNIQUE INDEX places ON h.nodes (doc, parent, order_key) WHERE NOT tombstone;
CREATE INDEX titles ON h.nodes (lower(title));
CREATE INDEX payloads ON h.nodes USING hash (payload);

-- Added columns: generated ones follow, others keep their value.
UPDATE h.nodes SET starred = true WHERE node = n(1);
INSERT INTO h.ops VALUES ('d', '\x01', 2, 2, 'payload', n(1), NULL, NULL, 'uno'), ('d', '\x01', 3, 3, 'insert', n(2), n(1), '', 'two');
SELECT title, starred FROM h.nodes ORDER BY node;
SELECT count(*) FROM treecrdt.verify('h');

-- Added indexes: maintained, and a unique one refuses.
SET enable_seqscan = off;
INSERT INTO h.ops VALUES ('d', '\x01', 4, 4, 'payload', n(1), NULL, NULL, 'UNO');
SELECT title FROM h.nodes WHERE lower(title) = 'uno';
INSERT INTO h.ops VALUES ('d', '\x01', 5, 5, 'insert', n(3), n(1), '', 'two again');
SELECT max(counter) - 1 FROM h.ops;
SELECT count(*) FROM treecrdt.verify('h');

-- An added column with a default gets it, NOT NULL or not.
BEGIN;
ALTER TABLE h.nodes ADD COLUMN seen timestamptz NOT NULL DEFAULT now(), ADD COLUMN seven int DEFAULT 7;
INSERT INTO h.ops VALUES ('d', '\x01', 6, 6, 'insert', n(6), n(0), '\x60', 'six');
SELECT seven, seen IS NOT NULL FROM h.nodes WHERE node = n(6);
SELECT count(*) FROM treecrdt.verify('h');
ROLLBACK;

-- Generated columns follow whatever the first row that was written had new.
BEGIN;
ALTER TABLE h.nodes ADD COLUMN place text GENERATED ALWAYS AS (encode(order_key, 'hex')) STORED;
ALTER TABLE h.nodes ADD COLUMN seven int GENERATED ALWAYS AS (7) STORED;
INSERT INTO h.ops VALUES
    ('d', '\x01', 7, 7, 'insert', n(7), n(0), '\x70', 'seven'),
    ('d', '\x01', 8, 8, 'insert', n(8), n(0), '\x80', 'eight');
INSERT INTO h.ops VALUES
    ('d', '\x01', 9, 9, 'payload', n(7), NULL, NULL, 'sept'),
    ('d', '\x01', 10, 10, 'move', n(8), n(0), '\x81', NULL),
    ('d', '\x01', 11, 11, 'insert', n(9), n(0), '\x90', 'nine');
SELECT title, place, seven FROM h.nodes WHERE node IN (n(7), n(8), n(9)) ORDER BY node;
ROLLBACK;

-- Foreign keys: to a forest they hold; by those of its tables nothing may go with rows of others.
BEGIN;
CREATE TABLE public.shares (doc text COLLATE "C" REFERENCES h.docs, node uuid, FOREIGN KEY (doc, node) REFERENCES h.nodes);
INSERT INTO public.shares VALUES ('d', n(1));
SAVEPOINT s;
INSERT INTO public.shares VALUES ('e', n(1));
ROLLBACK TO s;
SELECT treecrdt.drop_doc('h', 'd');
ROLLBACK TO s;
CREATE TABLE public.documents (id text COLLATE "C" PRIMARY KEY);
INSERT INTO public.documents VALUES ('d');
ALTER TABLE h.docs ADD CONSTRAINT known FOREIGN KEY (doc) REFERENCES public.documents;
INSERT INTO h.ops VALUES ('d', '\x01', 7, 7, 'insert', n(7), n(0), '\x70', 'seven');
SAVEPOINT s;
INSERT INTO h.ops VALUES ('unknown', '\x01', 7, 7, 'insert', n(7), n(0), '\x70', 'seven');
ROLLBACK TO s;
ALTER TABLE h.docs DROP CONSTRAINT known, ADD CONSTRAINT "Known" FOREIGN KEY (doc) REFERENCES public.documents ON DELETE CASCADE;
INSERT INTO h.ops VALUES ('d', '\x01', 8, 8, 'insert', n(8), n(0), '\x80', 'eight');
ROLLBACK TO s;
ALTER TABLE h.ops ADD CONSTRAINT known FOREIGN KEY (doc) REFERENCES public.documents ON UPDATE SET NULL;
SELECT treecrdt.render('h', 'd');
ROLLBACK;

-- A publication of all tables does not hinder catching up what is deferred.
BEGIN;
CREATE PUBLICATION everything FOR ALL TABLES;
SET LOCAL treecrdt.catch_up = deferred;
INSERT INTO h.ops VALUES ('d', '\x01', 7, 7, 'insert', n(7), n(0), '\x70', 'seven');
SELECT treecrdt.ensure_materialized('h');
SELECT count(*) FROM treecrdt.verify('h');
ROLLBACK;

-- A forest taken apart says so: ALTER TABLE h.nodes DROP COLUMN deleted_at CASCADE.
SELECT count(*) AS before FROM h.ops \gset
BEGIN;
ALTER TABLE h.nodes DROP COLUMN deleted_at CASCADE;
INSERT INTO h.ops VALUES ('d', '\x01', 8, 8, 'insert', n(8), n(0), '\x80', 'eight');
ROLLBACK;
SELECT count(*) - :before FROM h.ops;

-- A forest taken apart says so: ALTER TABLE h.nodes RENAME COLUMN payload TO load.
SELECT count(*) AS before FROM h.ops \gset
BEGIN;
ALTER TABLE h.nodes RENAME COLUMN payload TO load;
INSERT INTO h.ops VALUES ('d', '\x01', 8, 8, 'insert', n(8), n(0), '\x80', 'eight');
ROLLBACK;
SELECT count(*) - :before FROM h.ops;

-- A forest taken apart says so: DROP INDEX h.nodes_children.
SELECT count(*) AS before FROM h.ops \gset
BEGIN;
DROP INDEX h.nodes_children;
INSERT INTO h.ops VALUES ('d', '\x01', 8, 8, 'insert', n(8), n(0), '\x80', 'eight');
ROLLBACK;
SELECT count(*) - :before FROM h.ops;

-- A forest taken apart says so: ALTER TABLE h.docs RENAME TO documents.
SELECT count(*) AS before FROM h.ops \gset
BEGIN;
ALTER TABLE h.docs RENAME TO documents;
INSERT INTO h.ops VALUES ('d', '\x01', 8, 8, 'insert', n(8), n(0), '\x80', 'eight');
ROLLBACK;
SELECT count(*) - :before FROM h.ops;
SET client_min_messages = warning;
DROP SCHEMA h CASCADE;
\i pg_test/regress/shared/forest_end.sql
