//! Running jobs off the thread that received a request.

/// A job. Runs once, on any thread.
pub type Job = Box<dyn FnOnce() + Send>;

/// Classes keep quick work from waiting behind slow work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Look-ups, attributes, listings: never refused.
    Metadata,
    /// Reads of contents: refused above a limit.
    Bulk,
}

/// The executor has as many jobs as it takes.
pub struct Overloaded(pub Job);

impl std::fmt::Debug for Overloaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Overloaded")
    }
}

/// A bounded worker pool.
///
/// A job that panics takes no worker with it. Dropping the executor runs every accepted job to its end first. At least
/// one worker is always free of [`Class::Bulk`] jobs or soon to be, so that metadata never waits for storage alone.
pub trait Executor: Send + Sync {
    /// Queues a job. A refused job is handed back unrun: the caller answers EAGAIN. Only [`Class::Bulk`] is refused.
    fn submit(&self, class: Class, job: Job) -> Result<(), Overloaded>;

    /// Runs the job now, on the calling thread: for tests and for a mount without workers.
    fn is_inline(&self) -> bool {
        false
    }
}

/// Runs every job on the calling thread, at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct InlineExecutor;

impl Executor for InlineExecutor {
    fn submit(&self, _: Class, job: Job) -> Result<(), Overloaded> {
        job();
        Ok(())
    }
    fn is_inline(&self) -> bool {
        true
    }
}
