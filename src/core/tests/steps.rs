//! The steps that histories_postgres takes on a server, taken in memory: what is written is what
//! changes, deferral and rebuild included.

use treecrdt_testing::replica::MemoryReplica;
use treecrdt_testing::steps;

#[test]
fn thousands_of_histories_write_only_the_rows_that_change() {
    steps::check(&mut MemoryReplica::default(), 5_000, 40, |_| true);
    steps::check(&mut MemoryReplica::default(), 300, 300, |_| true);
}
