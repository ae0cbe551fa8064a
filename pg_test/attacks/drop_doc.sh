# drop_doc deletes one doc of one forest, wholly or not at all, and its leave to delete is good for nothing else.

database attacks_drop_doc
with_nodes
fresh() { # a forest f and another one, g, with docs of one node each
    does <<'SQL'
DROP SCHEMA IF EXISTS f, g CASCADE;
SELECT treecrdt.create_forest('f'), treecrdt.create_forest('g');
INSERT INTO f.ops SELECT d, '\x01', g, g, 'insert', n(g), n(0), '', 'x' FROM generate_series(1, 3) g, unnest(ARRAY['a', 'b']) d;
INSERT INTO f.ops SELECT d, '\x01', 4, 4, 'payload', n(1), NULL, NULL, 'y' FROM unnest(ARRAY['a', 'b']) d;
INSERT INTO g.ops SELECT * FROM f.ops;
SQL
    does
}
counts="SELECT (SELECT count(*) FROM f.ops WHERE doc = 'a'), (SELECT count(*) FROM f.ops), (SELECT count(*) FROM g.ops), (SELECT count(*) FROM f.nodes),
    (SELECT count(*) FROM treecrdt.verify('f')), (SELECT count(*) FROM treecrdt.verify('g'));"
whole='4|8|8|6|0|0'

for table in ops nodes other_refs docs; do
    fresh <<SQL
CREATE FUNCTION public.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER keep BEFORE DELETE ON f.$table FOR EACH ROW EXECUTE FUNCTION public.keep();
SQL
    gives "a trigger that keeps rows of $table fails drop_doc, which leaves all" $'ERROR:  55000\n'$whole <<<"SELECT treecrdt.drop_doc('f', 'a'); $counts"
    does <<<"DROP FUNCTION public.keep CASCADE"
done
for table in ops nodes other_refs docs; do
    fresh <<<"CREATE RULE keep AS ON DELETE TO f.$table DO INSTEAD NOTHING"
    gives "a rule that keeps rows of $table does not hold up drop_doc" $'4\n0|4|8|3|0|0' <<<"SELECT treecrdt.drop_doc('f', 'a'); $counts"
done

# A trigger of the owner's that deletes something else while drop_doc is at work, or opens what it did afterwards.
for what in "f.ops WHERE doc = 'b'" "f.ops" "g.ops WHERE doc = 'a'" "g.ops WHERE doc = 'b'" "public.other"; do
    for on in ops nodes docs; do
        fresh <<SQL
DROP TABLE IF EXISTS public.other;
CREATE TABLE public.other (LIKE f.ops INCLUDING ALL);
CREATE TRIGGER append_only BEFORE DELETE ON public.other FOR EACH STATEMENT EXECUTE FUNCTION treecrdt.ops_append_only();
CREATE OR REPLACE FUNCTION public.more() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN DELETE FROM $what; RETURN old; END \$\$;
CREATE TRIGGER more BEFORE DELETE ON f.$on FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION public.more();
SQL
        gives "drop_doc does not let a trigger on $on delete from $what" $'ERROR:  55000\n'$whole <<<"SELECT treecrdt.drop_doc('f', 'a'); $counts"
    done
done
for sly in "UPDATE f.ops SET payload = 'y' WHERE doc = 'a'" "TRUNCATE f.ops"; do
    fresh <<SQL
CREATE OR REPLACE FUNCTION public.more() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN $sly; RETURN old; END \$\$;
CREATE TRIGGER more BEFORE DELETE ON f.ops FOR EACH ROW EXECUTE FUNCTION public.more();
SQL
    is "drop_doc does not allow a trigger: $sly" $'ERROR\n'$whole "$(sql <<<"SELECT treecrdt.drop_doc('f', 'a'); $counts" | sed 's/^ERROR:  5500[06]$/ERROR/')"
done
fresh <<'SQL'
CREATE OR REPLACE FUNCTION public.more() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM treecrdt.drop_doc('g', 'a');
    BEGIN
        DELETE FROM f.ops WHERE doc = 'b';
        RAISE 'deleted';
    EXCEPTION WHEN object_not_in_prerequisite_state THEN
        RETURN old;
    END;
END $$;
CREATE TRIGGER more BEFORE DELETE ON f.docs FOR EACH ROW EXECUTE FUNCTION public.more();
SQL
gives "a drop_doc within a drop_doc keeps to its doc too" $'4\n0|4|4|3|0|0' <<<"SELECT treecrdt.drop_doc('f', 'a'); $counts"
fresh <<<""
gives "the leave to delete ends with drop_doc, after errors and rollbacks too" $'ERROR:  55000\nERROR:  55000\nERROR:  55000\n'$whole <<SQL
BEGIN;
SELECT treecrdt.drop_doc('f', 'a') \g /dev/null
DELETE FROM f.ops WHERE doc = 'a';
ROLLBACK;
CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE object_not_in_prerequisite_state; END';
CREATE TRIGGER fail BEFORE DELETE ON f.ops FOR EACH ROW WHEN (old.counter = 2) EXECUTE FUNCTION public.fail();
SELECT treecrdt.drop_doc('f', 'a');
DROP TRIGGER fail ON f.ops;
DELETE FROM f.ops WHERE doc = 'a';
$counts
SQL
export PGDATABASE=postgres
dropdb --force attacks_drop_doc
