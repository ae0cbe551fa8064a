//! Editing: a call against the bare INSERT of the same operation in the same loop, and trees as JSON.

use crate::bench::Bench;
use crate::measure::interleaved;
use crate::report::{Goal, Line, Side};
use crate::{Result, forest};

const ROOT: &str = "'00000000-0000-0000-0000-000000000000'::uuid";

/// A function, and the operation that it mints: `@i@` counts, `@n@` is a node of the document, by that count.
const CALLS: [(&str, &str, &str); 5] = [
    (
        "insert_node",
        "treecrdt.insert_node('f', @doc@, @root@, 'payload')",
        "'insert', gen_random_uuid(), @root@, int4send(@i@), 'payload', NULL",
    ),
    (
        "move_node",
        "treecrdt.move_node('f', @doc@, @n@, @root@)",
        "'move', @n@, @root@, int4send(@i@), NULL, NULL",
    ),
    (
        "set_payload",
        "treecrdt.set_payload('f', @doc@, @n@, 'new')",
        "'payload', @n@, NULL, NULL, 'new', NULL",
    ),
    (
        "delete_node",
        "treecrdt.delete_node('f', @doc@, @n@)",
        "'delete', @n@, NULL, NULL, NULL, treecrdt.version_vector_agg('\\x01', @i@)",
    ),
    (
        "restore_node",
        "treecrdt.restore_node('f', @doc@, @n@)",
        "'move', @n@, @root@, int4send(@i@), NULL, NULL",
    ),
];

/// Calls in a loop; a tree of many nodes as JSON.
pub fn run(bench: &mut Bench) -> Result<()> {
    forest::create(bench, "f")?;
    let count = bench.size(1000, 5000);
    for (name, call, op) in CALLS {
        let mut number = 0;
        let pairs = interleaved(bench.repetitions(), |_| {
            number += 1;
            let (edited, bare) = (format!("{name} {number}"), format!("{name} bare {number}"));
            for doc in [&edited, &bare] {
                nodes(bench, doc, count)?;
                if name == "restore_node" {
                    let delete = "treecrdt.delete_node('f', @doc@, @n@)";
                    bench.run(&looped(&format!("PERFORM {delete}"), doc, count))?;
                }
            }
            let insert = format!(
                "INSERT INTO f.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload, known_state)
                 SELECT @doc@, '\\x02', @i@, 1000000 + @i@, {op}"
            );
            let edit = bench.time(&looped(&format!("PERFORM {call}"), &edited, count))?;
            Ok((edit, bench.time(&looped(&insert, &bare, count))?))
        })?;
        let sides = (Side::seconds(name, &pairs.a), Side::seconds("INSERT", &pairs.b));
        let line = Line::compared(format!("{count} calls of {name}"), sides.0, sides.1);
        bench.line(line.goal(Goal::AtMost(2.5)));
    }

    let count = bench.size(5000, 20_000);
    // Ten children a node, as JSON, and the operations that its import mints.
    bench.run(&format!(
        "SET treecrdt.replica = 'perf';
         SELECT treecrdt.import_json('f', 'tree', {ROOT}, (
             WITH RECURSIVE leaves AS (SELECT g, jsonb_build_object('payload', 'leaf ' || g) AS leaf FROM generate_series(1, {count} * 9 / 10) g),
                 mid AS (SELECT g / 9 AS g, jsonb_build_object('payload', 'node ' || g / 9, 'children', jsonb_agg(leaf)) AS node FROM leaves GROUP BY g / 9)
             SELECT jsonb_agg(node) FROM mid));
         CREATE TABLE stage.tree AS SELECT treecrdt.tree_json('f', 'tree') AS tree;
         CREATE TABLE stage.tree_ops AS SELECT * FROM f.ops WHERE doc = 'tree';
         ANALYZE stage.tree_ops"
    ))?;
    let mut number = 0;
    let pairs = interleaved(bench.repetitions(), |_| {
        number += 1;
        let import = format!(
            "SELECT treecrdt.import_json('f', 'import {number}', {ROOT}, tree) FROM stage.tree"
        );
        let insert = format!(
            "INSERT INTO f.ops SELECT 'insert {number}', replica, counter, lamport, kind, node, parent, order_key, payload, known_state
             FROM stage.tree_ops"
        );
        Ok((bench.time(&import)?, bench.time(&insert)?))
    })?;
    let sides = (Side::seconds("import_json", &pairs.a), Side::seconds("INSERT", &pairs.b));
    let line = Line::compared(format!("import of {count} nodes"), sides.0, sides.1);
    bench.line(line.goal(Goal::AtMost(2.0)));
    let pairs = interleaved(bench.repetitions(), |_| {
        let json = "SELECT pg_column_size(treecrdt.tree_json('f', 'tree'))";
        Ok((bench.time(json)?, bench.time("SELECT count(*) FROM treecrdt.tree('f', 'tree')")?))
    })?;
    let sides = (Side::seconds("tree_json", &pairs.a), Side::seconds("tree", &pairs.b));
    let line = Line::compared(format!("tree_json of {count} nodes"), sides.0, sides.1);
    bench.line(line.goal(Goal::AtMost(2.0)));
    // Redelivered: each is compared with what is there, where a plain table passes over it.
    bench.run(
        "CREATE TABLE stage.plain (LIKE stage.tree_ops, PRIMARY KEY (doc, replica, counter));
         INSERT INTO stage.plain SELECT * FROM stage.tree_ops",
    )?;
    let pairs = interleaved(bench.repetitions(), |_| {
        let again = "SELECT * FROM stage.tree_ops ON CONFLICT DO NOTHING";
        let ops = bench.time(&format!("INSERT INTO f.ops {again}"))?;
        Ok((ops, bench.time(&format!("INSERT INTO stage.plain {again}"))?))
    })?;
    let sides = (Side::seconds("ops", &pairs.a), Side::seconds("plain table", &pairs.b));
    bench.line(Line::compared(format!("redelivery of {count} operations"), sides.0, sides.1));
    bench.run("DROP TABLE stage.tree, stage.tree_ops, stage.plain")?;
    forest::drop(bench, "f")
}

/// So many nodes below ROOT.
fn nodes(bench: &mut Bench, doc: &str, count: usize) -> Result<()> {
    bench.run(&format!(
        "INSERT INTO f.ops (doc, replica, counter, lamport, kind, node, parent, order_key)
         SELECT '{doc}', '\\x01', g, g, 'insert', {}, {ROOT}, int4send(g) FROM generate_series(1, {count}) g",
        node("g")
    ))
}

fn node(count: &str) -> String {
    format!("lpad(to_hex({count}), 32, '0')::uuid")
}

/// A statement so many times, in one transaction.
fn looped(statement: &str, doc: &str, count: usize) -> String {
    let statement = statement
        .replace("@n@", &node("i"))
        .replace("@i@", "i")
        .replace("@root@", ROOT)
        .replace("@doc@", &format!("'{doc}'"));
    format!("DO $do$ BEGIN FOR i IN 1..{count} LOOP {statement}; END LOOP; END $do$")
}
