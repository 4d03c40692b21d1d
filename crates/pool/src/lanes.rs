//! The two lanes of jobs and the admission to the bulk one.

use crate::sync::{Arc, AtomicUsize, First, Ordering, Receiver, Sender, TryRecvError, recv_first, unbounded};
use musefs_contracts::executor::{Class, Job, Overloaded};

/// Bulk jobs accepted and not yet done.
#[derive(Debug)]
struct BulkLimit {
    limit: usize,
    accepted: AtomicUsize,
}

/// One accepted bulk job, given back when dropped.
#[derive(Debug)]
pub(crate) struct Admission(Arc<BulkLimit>);

impl Admission {
    fn to(limit: &Arc<BulkLimit>) -> Option<Self> {
        let grown = |accepted: usize| (accepted < limit.limit).then_some(accepted + 1);
        limit.accepted.fetch_update(Ordering::AcqRel, Ordering::Acquire, grown).ok()?;
        Some(Self(Arc::clone(limit)))
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.0.accepted.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A job on its way, with what it holds of the bulk limit.
pub(crate) struct Queued {
    pub(crate) job: Job,
    pub(crate) admission: Option<Admission>,
}

/// The end of the lanes that takes jobs in. The lanes close when it is dropped.
#[derive(Debug)]
pub(crate) struct Submitter {
    metadata: Sender<Queued>,
    bulk: Sender<Queued>,
    limit: Arc<BulkLimit>,
}

impl Submitter {
    pub(crate) fn submit(&self, class: Class, job: Job) -> Result<(), Overloaded> {
        let (lane, admission) = match class {
            Class::Metadata => (&self.metadata, None),
            Class::Bulk => match Admission::to(&self.limit) {
                Some(admission) => (&self.bulk, Some(admission)),
                None => return Err(Overloaded(job)),
            },
        };
        // A lane is closed only once every worker has gone, which happens after the submitter has.
        lane.send(Queued { job, admission }).map_err(|refused| Overloaded(refused.0.job))
    }
}

/// The end of the lanes that gives jobs out.
#[derive(Clone, Debug)]
pub(crate) struct Lanes {
    pub(crate) metadata: Receiver<Queued>,
    /// `None` for a worker that is kept free of bulk jobs.
    pub(crate) bulk: Option<Receiver<Queued>>,
}

impl Lanes {
    /// The next job, metadata first; `None` once both lanes are closed and empty.
    pub(crate) fn next(&self) -> Option<Queued> {
        let Some(bulk) = &self.bulk else {
            return self.metadata.recv().ok();
        };
        match self.metadata.try_recv() {
            Ok(job) => return Some(job),
            Err(TryRecvError::Disconnected) => return bulk.recv().ok(),
            Err(TryRecvError::Empty) => {}
        }
        let either = match recv_first(&self.metadata, bulk) {
            First::One(job) => job.or_else(|_| bulk.recv()),
            First::Other(job) => job.or_else(|_| self.metadata.recv()),
        };
        either.ok()
    }
}

/// Both ends of a pair of lanes.
pub(crate) fn lanes(bulk_limit: usize) -> (Submitter, Lanes) {
    let (metadata, metadata_out) = unbounded();
    // The bound is the admission's, which holds running jobs too; the channel itself never blocks a submitter.
    let (bulk, bulk_out) = unbounded();
    let limit = Arc::new(BulkLimit { limit: bulk_limit, accepted: AtomicUsize::new(0) });
    (Submitter { metadata, bulk, limit }, Lanes { metadata: metadata_out, bulk: Some(bulk_out) })
}
