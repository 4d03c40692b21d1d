//! Remembering layouts and served sizes.

use crate::ids::TrackId;
use crate::layout::Layout;
use std::sync::Arc;

/// Which generation of a track's content something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentKey {
    /// The track's content version in the store.
    pub content_version: i64,
    /// A digest of the backing file's stamp at probing.
    pub stamp_digest: u64,
}

/// A byte-budgeted memory of layouts. Knows nothing of what a layout means.
pub trait LayoutCache: Send + Sync {
    /// The layout of this generation. A layout of another generation that is found instead is dropped; that counts as a
    /// look-up that found its track.
    fn get(&self, track: TrackId, key: ContentKey) -> Option<Arc<Layout>>;

    /// Remembers a layout, letting the least recently used go until the budget holds. One that alone passes the budget
    /// is not remembered.
    fn insert(&self, track: TrackId, key: ContentKey, layout: Arc<Layout>);

    /// Forgets a track.
    fn remove(&self, track: TrackId);

    /// Forgets everything.
    fn clear(&self);
}

/// A memory of served sizes. Costs a few bytes a track and has no budget: a size is what `getattr` must answer at once.
pub trait SizeCache: Send + Sync {
    /// The served size of this content version.
    fn get(&self, track: TrackId, content_version: i64) -> Option<u64>;

    /// Remembers a served size, in place of an older version's.
    fn insert(&self, track: TrackId, content_version: i64, size: u64);

    /// Forgets a track.
    fn remove(&self, track: TrackId);

    /// Number of sizes known.
    fn len(&self) -> u64;

    /// Whether none is known.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
