-- From layout 0, of forests made before layouts were marked, to 1: the mark.
DROP TRIGGER treecrdt_materialize ON @forest@.ops;
CREATE TRIGGER treecrdt_materialize AFTER INSERT ON @forest@.ops REFERENCING NEW TABLE AS batch
    FOR EACH STATEMENT EXECUTE FUNCTION treecrdt.ops_materialize('1');
