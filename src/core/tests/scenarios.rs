//! Every scenario over the store in memory, each a test of its own.

use treecrdt_testing::replica::MemoryReplica;
use treecrdt_testing::scenarios::Scenario;

macro_rules! tests {
    ($($module:ident :: $name:ident,)*) => {$(
        #[test]
        fn $name() {
            Scenario::named(stringify!($name)).run(&mut MemoryReplica::default());
        }
    )*};
}
treecrdt_testing::for_each_scenario!(tests);
