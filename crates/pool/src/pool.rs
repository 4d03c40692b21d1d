//! The pool itself: its workers, what it accepts, and its end.

use crate::lanes::{self, Lanes, Submitter};
use crate::sync::thread::{self, JoinHandle};
use crate::worker::{self, Worker};
use musefs_contracts::executor::{Class, Executor, Job, Overloaded};
use musefs_contracts::meter::{Gauge, Meter};
use musefs_contracts::metric;

/// Threads that run jobs, two lanes of jobs, and the limit of the bulk lane.
#[derive(Debug)]
pub struct WorkerPool {
    /// `None` only while the pool is being dropped: the workers end when the lanes are closed and empty.
    submitter: Option<Submitter>,
    workers: Vec<JoinHandle<()>>,
    queued: Gauge,
}

impl WorkerPool {
    /// A pool of `workers` threads that holds at most `bulk_limit` bulk jobs, queued and running together.
    ///
    /// Without workers (0, or because the system grants no thread) every job runs on the thread that submits it.
    pub fn new(workers: usize, bulk_limit: usize, meter: &dyn Meter) -> Self {
        let (submitter, lanes) = lanes::lanes(bulk_limit);
        let queued = meter.gauge(&metric::POOL_QUEUED);
        let active = meter.gauge(&metric::POOL_ACTIVE);
        let mut threads = Vec::with_capacity(workers);
        for index in 0..workers {
            // One worker of several is kept free of bulk jobs. A pool of one has to take both.
            let lanes = if index == 0 && workers > 1 { Lanes { bulk: None, ..lanes.clone() } } else { lanes.clone() };
            let worker = Worker::new(lanes, queued.clone(), active.clone());
            match thread::Builder::new().name(format!("musefs-worker-{index}")).spawn(move || worker.run()) {
                Ok(thread) => threads.push(thread),
                Err(error) => tracing::warn!(%error, wanted = workers, started = index, "no more worker threads"),
            }
        }
        // A single thread that came to be is the reserved one: bulk jobs would wait for ever.
        if threads.len() == 1 && workers > 1 {
            threads.clear();
        }
        meter.gauge(&metric::POOL_WORKERS).set(threads.len() as u64);
        Self { submitter: Some(submitter), workers: threads, queued }
    }
}

impl Executor for WorkerPool {
    fn submit(&self, class: Class, job: Job) -> Result<(), Overloaded> {
        let submitter = match &self.submitter {
            Some(submitter) if !self.workers.is_empty() => submitter,
            _ => {
                worker::run_contained(job);
                return Ok(());
            }
        };
        // Counted before a worker can take it, so that the gauge never falls below 0.
        self.queued.add(1);
        submitter.submit(class, job).inspect_err(|_| self.queued.sub(1))
    }

    fn is_inline(&self) -> bool {
        self.workers.is_empty()
    }
}

impl Drop for WorkerPool {
    fn drop(&mut self) {
        self.submitter = None;
        let here = thread::current().id();
        for worker in self.workers.drain(..) {
            // A job may hold the last handle on the pool: its own thread cannot be waited for, and ends by itself.
            if worker.thread().id() != here && worker.join().is_err() {
                tracing::error!("a worker thread panicked outside a job");
            }
        }
    }
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
