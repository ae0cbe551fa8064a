//! Every scenario in PostgreSQL, each a test of its own, in a forest of its own. They need a server:
//! PGHOST and its like say where; without one they fail.

use harness::replica_postgres::PostgresReplica;
use treecrdt_testing::scenarios::Scenario;

macro_rules! tests {
    ($($module:ident :: $name:ident,)*) => {$(
        #[test]
        fn $name() {
            let name = stringify!($name);
            Scenario::named(name).run(&mut PostgresReplica::create(name));
        }
    )*};
}
treecrdt_testing::for_each_scenario!(tests);
