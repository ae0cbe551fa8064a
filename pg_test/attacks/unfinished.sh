# Functions that return rows, whose caller fails, stops or is rolled back before the last of them.

database attacks_unfinished
with_nodes
does <<<"SELECT treecrdt.create_forest('f'); INSERT INTO f.ops SELECT 'd', '\\x01', g, g, 'insert', n(g), n(g / 3), '', 'x' FROM generate_series(1, 2000) g"
declare -A functions=([ops_since]="(treecrdt.ops_since('f', 'd', '{}')).counter" [tree]="(treecrdt.tree('f', 'd')).depth")
for function in ops_since tree; do
    call=${functions[$function]}
    gives "$function, of which one row is read" 1 <<<"SELECT $call - $call + 1 LIMIT 1"
    gives "$function, and an error at its first row: the session is well" $'ERROR:  22012\n1' <<<"SELECT 1 / ($call - 1); SELECT 1"
    gives "$function, and an error in a block: the block ends as any does" $'ERROR:  22012\nERROR:  25P02\n1' <<<"BEGIN; SELECT 1 / ($call - 1); SELECT 1; ROLLBACK; SELECT 1"
    gives "$function, and an error that is caught" $'caught\n2\n1' <<SQL
CREATE TEMP TABLE caught (what text);
DO \$\$ BEGIN PERFORM 1 / ($call - 1); EXCEPTION WHEN division_by_zero THEN INSERT INTO caught VALUES ('caught'); END \$\$;
TABLE caught;
BEGIN;
SELECT 2;
COMMIT;
SELECT 1;
SQL
    for end in "CLOSE c; COMMIT" COMMIT ROLLBACK "ROLLBACK TO s; COMMIT" "RELEASE s; COMMIT" "RELEASE s; ROLLBACK"; do
        gives "$function in a cursor, of which two rows are fetched: $end" 2 \
            <<<"BEGIN; SAVEPOINT s; DECLARE c CURSOR FOR SELECT $call; FETCH 2 FROM c \\g /dev/null
$end; SELECT 2"
        gives "$function in a cursor opened before a savepoint: $end" 2 \
            <<<"BEGIN; DECLARE c CURSOR FOR SELECT $call; SAVEPOINT s; FETCH 2 FROM c \\g /dev/null
$end; SELECT 2"
    done
done
gives "the server has not restarted and verify is well" 0 <<<"SELECT count(*) FROM treecrdt.verify('f')"
export PGDATABASE=postgres
dropdb --force attacks_unfinished
