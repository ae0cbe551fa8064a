//! Connecting to a server, what it says when it refuses, and the core's types in its rows.

use std::error::Error as _;

use postgres::{Client, Config, NoTls, Row};
use treecrdt::{Dot, Key, NodeId, ReplicaId};

use treecrdt_testing::replica::Answer;

/// A session, as the environment says: PGHOST (required), PGPORT, PGUSER, PGPASSWORD, PGDATABASE.
///
/// # Panics
/// If PGHOST is not set or no server is there.
pub fn connect() -> Client {
    let config = config();
    config.connect(NoTls).unwrap_or_else(|e| panic!("no connection to {config:?}: {}", message(e)))
}

/// How [`connect`] connects.
///
/// # Panics
/// If PGHOST is not set.
pub fn config() -> Config {
    let env = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let Some(host) = env("PGHOST") else {
        panic!("PGHOST is not set: this test needs a server; run it with ./pg_test/test harness")
    };
    let user = env("PGUSER").unwrap_or_else(|| "postgres".into());
    let database = env("PGDATABASE").unwrap_or_else(|| user.clone());
    let port = env("PGPORT").map_or(5432, |port| port.parse().expect("PGPORT is a port"));
    let mut config = Config::new();
    config.host(&host).port(port).user(&user).dbname(&database).application_name("harness");
    if let Some(password) = env("PGPASSWORD") {
        config.password(password);
    }
    config
}

/// What the server said, with DETAIL and HINT, and where in the server it said it.
pub fn message(error: postgres::Error) -> String {
    let Some(db) = error.as_db_error() else {
        return match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        };
    };
    let mut message = format!("{}: {} ({})", db.severity(), db.message(), db.code().code());
    let parts = [("DETAIL", db.detail()), ("HINT", db.hint()), ("CONTEXT", db.where_())];
    for (label, text) in parts {
        message.extend(text.map(|text| format!("\n{label}: {text}")));
    }
    message
}

/// A column of a row.
pub fn cell<'a, T: postgres::types::FromSql<'a>>(row: &'a Row, at: usize) -> Answer<T> {
    row.try_get(at).map_err(message)
}

/// A column of type `bytea` with the 16 bytes of a node, or NULL.
pub fn optional_node(row: &Row, at: usize) -> Answer<Option<NodeId>> {
    let bytes: Option<&[u8]> = cell(row, at)?;
    let node = bytes.map(|bytes| bytes.try_into().map(NodeId)).transpose();
    node.map_err(|_| "a uuid has 16 bytes".into())
}

/// A column of type `bytea` with the 16 bytes of a node.
pub fn node_id(row: &Row, at: usize) -> Answer<NodeId> {
    optional_node(row, at)?.ok_or_else(|| "a node is NULL".into())
}

/// A key in three columns from `at`: all of them NULL, or none.
pub fn key(row: &Row, at: usize) -> Answer<Option<Key>> {
    let lamport: Option<i64> = cell(row, at)?;
    let replica: Option<&[u8]> = cell(row, at + 1)?;
    let counter: Option<i64> = cell(row, at + 2)?;
    match (lamport, replica, counter) {
        (None, None, None) => Ok(None),
        (Some(lamport), Some(replica), Some(counter)) => {
            let replica = ReplicaId::new(replica).map_err(|e| e.to_string())?;
            let dot = Dot { replica, counter: counter as u64 };
            Ok(Some(Key { lamport: lamport as u64, dot }))
        }
        part => Err(format!("a key is NULL in part: {part:?}")),
    }
}
