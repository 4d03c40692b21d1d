//! The metrics registry of musefs: what components count, as one Prometheus document and over HTTP.
//!
//! **Must never know** who is measured: a metric is a declaration of `musefs_contracts::metric` and a handle that some
//! component holds. Numbers belong to the components; the registry reads them when someone looks, so that counting costs
//! one relaxed atomic and nothing is copied in the background.
//!
//! A metric that nobody asked for is not reported, and neither is one whose feature is not in this build: its handle still
//! counts, for whoever holds it, but the document does not name it.
//!
//! Features: `jemalloc` reports the allocator's statistics, `syscalls` the counts of backing system calls, `http` serves
//! the document over HTTP.

#[cfg(feature = "jemalloc")]
mod allocator;
#[cfg(feature = "http")]
pub mod http;
mod process;
mod registry;

pub use registry::Registry;
