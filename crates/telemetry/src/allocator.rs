//! The statistics of jemalloc.

use musefs_contracts::metric::{
    ALLOC_ACTIVE_BYTES, ALLOC_ALLOCATED_BYTES, ALLOC_RESIDENT_BYTES, ALLOC_RETAINED_BYTES, Metric,
};
use tikv_jemalloc_ctl::{epoch, epoch_mib, stats};

/// Looks the statistics up once and reads them together, so that the four numbers belong to one moment.
pub(crate) struct Allocator {
    epoch: epoch_mib,
    allocated: stats::allocated_mib,
    resident: stats::resident_mib,
    active: stats::active_mib,
    retained: stats::retained_mib,
}

impl Allocator {
    /// The metrics in the order in which [`Self::read`] answers them.
    pub(crate) const METRICS: [&'static Metric; 4] =
        [&ALLOC_ALLOCATED_BYTES, &ALLOC_RESIDENT_BYTES, &ALLOC_ACTIVE_BYTES, &ALLOC_RETAINED_BYTES];

    /// `None` if the allocator was built without statistics.
    pub(crate) fn find() -> Option<Self> {
        Some(Self {
            epoch: epoch::mib().ok()?,
            allocated: stats::allocated::mib().ok()?,
            resident: stats::resident::mib().ok()?,
            active: stats::active::mib().ok()?,
            retained: stats::retained::mib().ok()?,
        })
    }

    /// Bytes allocated, resident, active and retained. The allocator caches its statistics until its epoch is advanced.
    pub(crate) fn read(&self) -> Option<[u64; 4]> {
        self.epoch.advance().ok()?;
        Some([
            self.allocated.read().ok()? as u64,
            self.resident.read().ok()? as u64,
            self.active.read().ok()? as u64,
            self.retained.read().ok()? as u64,
        ])
    }
}
