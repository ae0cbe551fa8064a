//! Every scenario over every store, each a test of its own. Those in PostgreSQL need a server:
//! PGHOST and its like say where; without one they fail.

macro_rules! tests {
    ($($module:ident :: $name:ident,)*) => {
        /// Over the store in memory.
        mod memory {
            use harness::replica::MemoryReplica;
            use harness::scenarios::Scenario;
            $(
                #[test]
                fn $name() {
                    Scenario::named(stringify!($name)).run(&mut MemoryReplica::default());
                }
            )*
        }

        /// In PostgreSQL, each in a forest of its own.
        mod postgres {
            use harness::replica_postgres::PostgresReplica;
            use harness::scenarios::Scenario;
            $(
                #[test]
                fn $name() {
                    let name = stringify!($name);
                    Scenario::named(name).run(&mut PostgresReplica::create(name));
                }
            )*
        }
    };
}
harness::for_each_scenario!(tests);
