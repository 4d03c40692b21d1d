//! The numbers this crate keeps.

use musefs_contracts::meter::{Counter, Gauge, Meter};
use musefs_contracts::metric;

/// Counters and gauges of the file system.
pub(crate) struct Metrics {
    pub(crate) handles: Gauge,
    pub(crate) directory_handles: Gauge,
    pub(crate) tree_nodes: Gauge,
    pub(crate) inode_paths: Gauge,
    pub(crate) refresh_generation: Gauge,
    pub(crate) gap_fallbacks: Counter,
    pub(crate) needs_rebuild: Gauge,
    pub(crate) art_chunks: Counter,
    pub(crate) binary_tag_chunks: Counter,
}

impl Metrics {
    /// Asks for them.
    pub(crate) fn new(meter: &dyn Meter, dir_handles_max: u64) -> Self {
        meter.gauge(&metric::DIR_HANDLES_MAX).set(dir_handles_max);
        Self {
            handles: meter.gauge(&metric::HANDLES_OPEN),
            directory_handles: meter.gauge(&metric::DIR_HANDLES),
            tree_nodes: meter.gauge(&metric::TREE_NODES),
            inode_paths: meter.gauge(&metric::INODE_PATHS),
            refresh_generation: meter.gauge(&metric::REFRESH_GENERATION),
            gap_fallbacks: meter.counter(&metric::REFRESH_GAP_FALLBACKS_TOTAL),
            needs_rebuild: meter.gauge(&metric::REFRESH_NEEDS_REBUILD),
            art_chunks: meter.counter(&metric::ART_CHUNKS_TOTAL),
            binary_tag_chunks: meter.counter(&metric::BINARY_TAG_CHUNKS_TOTAL),
        }
    }
}
