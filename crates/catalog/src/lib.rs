//! The SQLite store of musefs.
