-- rebuild writes over a row of nodes that is wrong: it does not delete the row, which would take along
-- the values of columns that users added, and rows of theirs that refer to it with ON DELETE CASCADE.
SELECT treecrdt.create_forest('kept');
ALTER TABLE kept.nodes ADD COLUMN starred boolean;
CREATE TABLE public.comments (doc text COLLATE "C", node uuid, comment text, FOREIGN KEY (doc, node) REFERENCES kept.nodes ON DELETE CASCADE);
INSERT INTO kept.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload) VALUES
    ('d', '\x01', 1, 1, 'insert', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000000', '', 'one');
UPDATE kept.nodes SET starred = true;
INSERT INTO public.comments VALUES ('d', '00000000-0000-0000-0000-000000000001', 'well said');
UPDATE kept.nodes SET payload = 'forged';
SELECT treecrdt.rebuild('kept');
SELECT payload, starred FROM kept.nodes;
SELECT comment FROM public.comments;
SELECT * FROM treecrdt.verify('kept');
DROP TABLE public.comments;
SELECT treecrdt.drop_forest('kept');
