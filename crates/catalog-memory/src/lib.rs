//! The store of musefs in memory, for tests and --db :memory:.
