//! Caches that remember nothing: for a mount that is to use no memory, and for tests that must see every computation.

use musefs_contracts::cache::{ContentKey, LayoutCache, SizeCache};
use musefs_contracts::ids::TrackId;
use musefs_contracts::layout::Layout;
use std::sync::Arc;

/// Remembers no layout.
#[derive(Clone, Copy, Debug, Default)]
pub struct NullLayoutCache;

impl LayoutCache for NullLayoutCache {
    fn get(&self, _: TrackId, _: ContentKey) -> Option<Arc<Layout>> {
        None
    }
    fn insert(&self, _: TrackId, _: ContentKey, _: Arc<Layout>) {}
    fn remove(&self, _: TrackId) {}
    fn clear(&self) {}
}

/// Remembers no size.
#[derive(Clone, Copy, Debug, Default)]
pub struct NullSizeCache;

impl SizeCache for NullSizeCache {
    fn get(&self, _: TrackId, _: i64) -> Option<u64> {
        None
    }
    fn insert(&self, _: TrackId, _: i64, _: u64) {}
    fn remove(&self, _: TrackId) {}
    fn len(&self) -> u64 {
        0
    }
}
