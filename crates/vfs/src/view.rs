//! One published state of the file system: the tree, and what is known of each file.

use crate::options::Mode;
use crate::track_table::{Entry, Recorded, TrackTable};
use musefs_contracts::backing::Stamp;
use musefs_contracts::cache::ContentKey;
use musefs_contracts::ids::StoreId;
use musefs_contracts::tree::TreeSnapshot;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// A state of the file system. Never changed, only replaced.
pub(crate) struct View {
    /// The store it was read from: the same track id means another track in another store.
    pub(crate) store: StoreId,
    /// Names.
    pub(crate) tree: Arc<dyn TreeSnapshot>,
    /// Files, those that stand nowhere included.
    pub(crate) tracks: TrackTable,
}

/// Tells contents apart: two equal keys of one file stand for the same served bytes.
pub(crate) fn generation(store: StoreId, mode: Mode, entry: &Entry) -> ContentKey {
    let mut hasher = DefaultHasher::new();
    (store, entry.stamp()).hash(&mut hasher);
    let content_version = match mode {
        Mode::Synthesis => {
            entry.updated_ns().hash(&mut hasher);
            entry.content_version
        }
        Mode::StructureOnly => 0,
    };
    ContentKey { content_version, stamp_digest: hasher.finish() }
}

/// Whether an entry still speaks of this row and this state of the backing file.
pub(crate) fn describes(entry: &Entry, mode: Mode, row: impl Into<Recorded>, stamp: &Stamp) -> bool {
    let same_tags = mode == Mode::StructureOnly || entry.is_of(row);
    same_tags && entry.stamp().same_contents(stamp)
}
