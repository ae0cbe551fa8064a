//! What statements change in the rows of a forest, noted by triggers on its tables; and the
//! statements that change the rows of a floor in the same way, one for each.

use std::collections::{BTreeMap, HashMap};

use postgres::Statement;

use crate::Result;
use crate::bench::Bench;
use crate::forest;

/// The changes noted so far, by table, in tables of their own.
pub struct Changes {
    tables: Vec<Table>,
}

impl Changes {
    /// Has all changes to the rows of a forest noted from here on. The statement that makes them is
    /// told by the setting `perf.statement`, a number.
    pub fn watch(bench: &mut Bench, forest: &str) -> Result<Self> {
        let mut tables = Vec::new();
        for name in forest::tables(bench, forest)? {
            tables.push(Table::watch(bench, forest, name)?);
        }
        Ok(Self { tables })
    }

    /// Forgets what was noted.
    pub fn clear(&self, bench: &mut Bench) -> Result<()> {
        self.tables.iter().try_for_each(|table| bench.run(&format!("TRUNCATE {}", table.log)))
    }

    /// The statements that make the changes noted in the tables of a floor, prepared, by the number
    /// that is also their parameter. None touches a table that it changes nothing in.
    pub fn repeat(&self, bench: &mut Bench, floor: &str) -> Result<BTreeMap<i32, Statement>> {
        let mut parts: BTreeMap<i32, Vec<String>> = BTreeMap::new();
        for table in &self.tables {
            bench.run(&format!("VACUUM ANALYZE {}", table.log))?;
            let kinds =
                format!("SELECT DISTINCT statement, change FROM {} ORDER BY 1, 2", table.log);
            for row in bench.client.query(&kinds, &[])? {
                parts.entry(row.get(0)).or_default().push(table.change(floor, row.get(1)));
            }
        }
        let mut prepared = HashMap::new();
        let mut statements = BTreeMap::new();
        for (number, parts) in parts {
            let parts = parts.iter().enumerate().map(|(at, part)| format!("part{at} AS ({part})"));
            let sql = format!("WITH {} SELECT", parts.collect::<Vec<_>>().join(", "));
            if !prepared.contains_key(&sql) {
                prepared.insert(sql.clone(), bench.client.prepare(&sql)?);
            }
            statements.insert(number, prepared[&sql].clone());
        }
        Ok(statements)
    }

    /// Drops what was noted.
    pub fn drop(self, bench: &mut Bench) -> Result<()> {
        self.tables.iter().try_for_each(|table| {
            bench.run(&format!("DROP TABLE {0}; DROP FUNCTION {0} CASCADE", table.log))
        })
    }
}

/// A table whose changes are noted.
struct Table {
    name: String,
    /// Where they are noted; the function that does it has the same name.
    log: String,
    columns: Vec<String>,
    key: Vec<String>,
}

impl Table {
    fn watch(bench: &mut Bench, forest: &str, name: String) -> Result<Self> {
        let (table, log) = (format!("{forest}.{name}"), format!("stage.changes_{name}"));
        // Of rows with equal entries in the index, those noted first are found first.
        bench.run(&format!(
            "CREATE UNLOGGED TABLE {log} AS
                 SELECT 0 AS statement, ''::text AS change, t.* FROM {table} AS t WITH NO DATA;
             CREATE INDEX ON {log} (statement, change);
             CREATE FUNCTION {log}() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
                 IF TG_OP = 'DELETE' THEN
                     INSERT INTO {log} SELECT current_setting('perf.statement')::int, TG_OP, OLD.*;
                 ELSE
                     INSERT INTO {log} SELECT current_setting('perf.statement')::int, TG_OP, NEW.*;
                 END IF;
                 RETURN NULL;
             END $$;
             CREATE TRIGGER changes AFTER INSERT OR UPDATE OR DELETE ON {table}
                 FOR EACH ROW EXECUTE FUNCTION {log}()"
        ))?;
        let (columns, key) = (forest::columns(bench, &table)?, forest::key(bench, &table)?);
        Ok(Self { name, log, columns, key })
    }

    /// The statement that makes the changes of a kind that the statement of number $1 made.
    fn change(&self, floor: &str, kind: &str) -> String {
        let table = format!("{floor}.{}", self.name);
        let noted = format!("s.statement = $1 AND s.change = '{kind}'");
        let equal = |columns: &mut dyn Iterator<Item = &String>, separator: &str, prefix: &str| {
            let equal = columns.map(|column| format!("{prefix}{column} = s.{column}"));
            equal.collect::<Vec<_>>().join(separator)
        };
        let same = equal(&mut self.key.iter(), " AND ", "t.");
        match kind {
            "INSERT" => {
                let columns = self.columns.join(", ");
                format!(
                    "INSERT INTO {table} ({columns}) SELECT {columns} FROM {} AS s WHERE {noted}",
                    self.log
                )
            }
            "UPDATE" => {
                let others = &mut self.columns.iter().filter(|column| !self.key.contains(column));
                let set = equal(others, ", ", "");
                format!(
                    "UPDATE {table} AS t SET {set} FROM {} AS s WHERE {noted} AND {same}",
                    self.log
                )
            }
            _ => {
                format!("DELETE FROM {table} AS t USING {} AS s WHERE {noted} AND {same}", self.log)
            }
        }
    }
}
