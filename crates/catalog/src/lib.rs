//! The SQLite store: schema and constraints, reads for a mount, ingest for a scan, the change log that ties them,
//! and the history of edits with its undo.
//!
//! **Must never know** FUSE, audio formats, or the paths of the tree: a track is a row, its anatomy an encoded blob, and
//! what a template makes of its tags is somebody else's business.
//!
//! Other programs write to the same file while a mount reads it, so every rule on rows is a constraint or trigger of
//! built-in SQL, and every read tolerates rows that were written with the checks off.

mod catalog;
mod changes;
mod connection;
mod difference;
mod edit;
mod error;
mod health;
mod history;
mod hold;
mod ingest;
mod moves;
mod readers;
mod reading;
mod row_function;
mod rows;
mod schema;
mod sidecars;
mod store;
mod stream;
mod tag_feed;
mod tag_scan;
mod track_scan;
mod walks;
mod writer;

pub use catalog::SqliteCatalog;
pub use health::StoreHealth;
pub use writer::SqliteWriter;
