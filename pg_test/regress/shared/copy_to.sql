-- A trigger :when each row of nodes of r appends to doc :doc.
CREATE TRIGGER copy_to :when INSERT ON r.nodes FOR EACH ROW EXECUTE FUNCTION public.copy_to(:'doc');
INSERT INTO r.ops VALUES ('d', '\x01', 1, 1, 'insert', n(1), n(0), '', 'one'), ('d', '\x01', 2, 2, 'insert', n(2), n(1), '', 'two');
SELECT count(*) FROM r.ops;
SELECT doc_name, table_name, row_key, problem FROM treecrdt.verify('r');
DROP TRIGGER copy_to ON r.nodes;
SELECT treecrdt.rebuild('r') >= 0, treecrdt.drop_doc('r', 'd') >= 0, treecrdt.drop_doc('r', 'other') >= 0;
