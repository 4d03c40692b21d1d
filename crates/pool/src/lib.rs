//! The bounded worker pool of musefs.
//!
//! **Must never know** what a job does: no file system, no kernel, no store. It runs closures of two classes on a fixed number
//! of threads, and refuses bulk ones above a limit.
//!
//! Metadata jobs are never refused and never wait for bulk jobs alone: with two or more workers, the first of them takes no
//! bulk job at all; every other worker takes metadata first. [`musefs_contracts::executor::InlineExecutor`] stands in where no
//! threads are wanted.

mod lanes;
mod pool;
mod sync;
mod worker;

pub use pool::WorkerPool;
