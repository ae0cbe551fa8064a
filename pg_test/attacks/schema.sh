# The schema treecrdt is the extension's own: nobody's who was there before, and gone with it.

create_without() { # NAME: that database anew, without the extension
    export PGDATABASE=postgres
    dropdb --if-exists --force "$1" 2>/dev/null
    createdb "$1"
    export PGDATABASE=$1
}
does -d postgres <<<"DROP ROLE IF EXISTS attacks_squatter; CREATE ROLE attacks_squatter LOGIN"
create_without attacks_schema
does <<<"GRANT CREATE ON DATABASE attacks_schema TO attacks_squatter"
does -U attacks_squatter <<<"CREATE SCHEMA treecrdt; CREATE TABLE treecrdt.fired (who name); CREATE FUNCTION treecrdt.render(text) RETURNS text LANGUAGE sql AS 'SELECT 1::text'"
gives "CREATE EXTENSION fails where somebody has made a schema treecrdt, and uses nothing of it" $'ERROR:  42P06\n0\nattacks_squatter\n2' <<'SQL'
CREATE EXTENSION pg_treecrdt;
SELECT count(*) FROM pg_extension WHERE extname = 'pg_treecrdt';
SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'treecrdt';
SELECT (SELECT count(*) FROM pg_proc WHERE pronamespace = 'treecrdt'::regnamespace) + (SELECT count(*) FROM pg_class WHERE relnamespace = 'treecrdt'::regnamespace);
SQL
gives "a role without CREATE on the database may not create the extension" 'ERROR:  42501' <<<"DROP SCHEMA treecrdt CASCADE;
    REVOKE CREATE ON DATABASE $PGDATABASE FROM attacks_squatter; SET ROLE attacks_squatter; CREATE EXTENSION pg_treecrdt"
for schema in public x treecrdt; do
    came=$(said <<<"CREATE SCHEMA IF NOT EXISTS x; CREATE EXTENSION pg_treecrdt SCHEMA $schema")
    case $schema:$came in
        treecrdt:*) is "CREATE EXTENSION … SCHEMA treecrdt, where there is none, is refused" "ERROR" "${came%%:*}" ;;
        *"ERROR:"*treecrdt*) ok "CREATE EXTENSION … SCHEMA $schema is refused clearly" ;;
        *) not_ok "CREATE EXTENSION … SCHEMA $schema is refused clearly" "$came" ;;
    esac
    does <<<"DROP EXTENSION IF EXISTS pg_treecrdt"
done
gives "DROP EXTENSION takes the schema away, and it comes again" $'0\n1\n1' <<'SQL'
CREATE EXTENSION pg_treecrdt;
DROP EXTENSION pg_treecrdt;
SELECT count(*) FROM pg_namespace WHERE nspname = 'treecrdt';
CREATE EXTENSION pg_treecrdt;
SELECT count(*) FROM pg_namespace WHERE nspname = 'treecrdt';
SELECT count(*) FROM pg_depend WHERE classid = 'pg_namespace'::regclass AND objid = 'treecrdt'::regnamespace AND deptype = 'e';
SQL
gives "the extension cannot be moved to another schema" 'ERROR:  0A000' <<<"ALTER EXTENSION pg_treecrdt SET SCHEMA x"
with_nodes
does <<<"SELECT treecrdt.create_forest('f'); INSERT INTO f.ops VALUES ('d', '\\x01', 1, 1, 'insert', n(1), n(0), '', 'one')"
for options in "" "--clean --if-exists"; do
    # shellcheck disable=SC2086 # a list of words
    pg_dump $options -f "$scratch/dump" attacks_schema
    create_without attacks_restored
    for there in "" "CREATE EXTENSION pg_treecrdt"; do
        [[ -z $there ]] || { create_without attacks_restored; does <<<"$there"; }
        is "a dump${options:+ with $options} goes into a ${there:+database that has the extension}${there:-fresh database} without an error" '' \
            "$(psql -Xq -o /dev/null -f "$scratch/dump" 2>&1 | grep -E 'ERROR|FATAL' || true)"
        gives "and works there" $'.\n└─ one\n0' <<<"SELECT treecrdt.render('f', 'd'); SELECT count(*) FROM treecrdt.verify('f')"
    done
    export PGDATABASE=attacks_schema
done
export PGDATABASE=postgres
dropdb --force attacks_schema
dropdb --force attacks_restored
does <<<"DROP ROLE attacks_squatter"
