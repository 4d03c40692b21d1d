//! The store of musefs in memory, for tests and `--db :memory:`.
//!
//! **Must never know** SQL, or any file. It keeps the same promises as a store on disk: one state a call, a change log with
//! a bound, versions that rise with every edit.

mod catalog;
mod ingest;
mod state;
mod writer;

pub use state::MemoryCatalog;
pub use writer::MemoryWriter;
