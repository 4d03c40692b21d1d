//! One worker, and the containment of a job that panics.

use crate::lanes::{Lanes, Queued};
use musefs_contracts::executor::Job;
use musefs_contracts::meter::Gauge;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Takes jobs until the lanes are closed and empty.
pub(crate) struct Worker {
    lanes: Lanes,
    queued: Gauge,
    active: Gauge,
}

impl Worker {
    pub(crate) fn new(lanes: Lanes, queued: Gauge, active: Gauge) -> Self {
        Self { lanes, queued, active }
    }

    pub(crate) fn run(self) {
        while let Some(job) = self.lanes.next() {
            let running = self.active.hold();
            self.queued.sub(1);
            job.run();
            drop(running);
        }
    }
}

impl Queued {
    fn run(self) {
        run_contained(self.job);
        drop(self.admission);
    }
}

/// Runs a job; a panic ends it alone and is logged. What the job held has been dropped by the unwinding: the reply of a
/// request is sent from there, if it was not sent before.
pub(crate) fn run_contained(job: Job) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(job)) {
        let message = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        tracing::error!(message, "a job panicked");
    }
}
