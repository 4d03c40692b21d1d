//! The contracts in which the components of musefs meet: ids, value types, errors and traits.
//!
//! **Must never know** any implementation: no SQL, no FUSE, no audio format, no thread pool. Its one dependency is
//! `thiserror`. Every other crate depends on this one; only the `musefs` binary links several implementations together.
//!
//! Each trait's documentation is a contract: what an implementation must do, what a caller may assume, and what holds
//! after an error.

pub mod anatomy;
pub mod backing;
pub mod cache;
pub mod catalog;
pub mod change;
pub mod clock;
pub mod codec;
pub mod edit;
pub mod editing;
pub mod executor;
pub mod filesystem;
pub mod format;
pub mod history;
pub mod ids;
pub mod layout;
pub mod limits;
pub mod meter;
pub mod metric;
pub mod notifier;
pub mod probe;
pub mod readahead;
pub mod sidecars;
pub mod splicer;
pub mod tags;
pub mod template;
pub mod tree;
pub mod writer;
