//! The compact cache of served sizes.

use crate::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use hashbrown::HashMap;
use musefs_contracts::cache::SizeCache;
use musefs_contracts::ids::TrackId;
use musefs_contracts::meter::{Gauge, Meter};
use musefs_contracts::metric;

/// Tracks of one page: ids that differ in their last six bits only.
const PAGE_BITS: u32 = 6;
const PAGE_TRACKS: usize = 1 << PAGE_BITS;

/// Neighbouring pages lie in different shards, so that threads that list neighbouring folders do not meet at one lock.
const SHARDS: usize = 16;

/// Bits of a slot for the size plus one: files up to 4 TiB.
const SIZE_BITS: u32 = 42;
/// Bits of a slot for the content version: 4 million edits of one track.
const VERSION_BITS: u32 = u64::BITS - SIZE_BITS;

/// Served sizes at eight bytes a track, in pages indexed by track id, which is small and dense.
///
/// What does not fit into eight bytes (a size above 4 TiB, a version above 4 million or below 0) stands in a map beside them.
/// A page that no track uses is freed, so scattered ids cost their page each and no more.
#[derive(Debug)]
pub struct CompactSizeCache {
    shards: [RwLock<Shard>; SHARDS],
    entries: Gauge,
}

#[derive(Debug, Default)]
struct Shard {
    pages: HashMap<i64, Box<Page>>,
    /// Entries that no slot can hold. A track stands either here or in its page.
    wide: HashMap<TrackId, (i64, u64)>,
}

#[derive(Debug)]
struct Page {
    /// Slots in use.
    used: u32,
    /// The version in the high bits, the size plus one in the low ones; 0 is an unused slot.
    slots: [u64; PAGE_TRACKS],
}

impl Default for Page {
    fn default() -> Self {
        Self { used: 0, slots: [0; PAGE_TRACKS] }
    }
}

/// The slot for a version and size, if they fit.
fn pack(version: i64, size: u64) -> Option<u64> {
    let version = u64::try_from(version).ok().filter(|version| version >> VERSION_BITS == 0)?;
    let size = size.checked_add(1).filter(|size| size >> SIZE_BITS == 0)?;
    Some(version << SIZE_BITS | size)
}

/// The version and size in a slot, if it is in use.
fn unpack(slot: u64) -> Option<(i64, u64)> {
    let size = (slot & ((1 << SIZE_BITS) - 1)).checked_sub(1)?;
    Some(((slot >> SIZE_BITS) as i64, size))
}

fn place(track: TrackId) -> (i64, usize) {
    (track.0 >> PAGE_BITS, track.0 as usize % PAGE_TRACKS)
}

impl Shard {
    fn get(&self, track: TrackId) -> Option<(i64, u64)> {
        let (page, slot) = place(track);
        let packed = self.pages.get(&page).and_then(|page| unpack(page.slots[slot]));
        packed.or_else(|| self.wide.get(&track).copied())
    }

    /// Whether there was an entry.
    fn remove(&mut self, track: TrackId) -> bool {
        let (number, slot) = place(track);
        if let Some(page) = self.pages.get_mut(&number)
            && std::mem::take(&mut page.slots[slot]) != 0
        {
            page.used -= 1;
            if page.used == 0 {
                self.pages.remove(&number);
            }
            return true;
        }
        self.wide.remove(&track).is_some()
    }

    /// Whether the entry is one more.
    fn insert(&mut self, track: TrackId, version: i64, size: u64) -> bool {
        let Some(packed) = pack(version, size) else {
            let replaced = self.remove(track);
            self.wide.insert(track, (version, size));
            return !replaced;
        };
        let replaced_wide = !self.wide.is_empty() && self.wide.remove(&track).is_some();
        let (number, slot) = place(track);
        let page = self.pages.entry(number).or_default();
        let former = std::mem::replace(&mut page.slots[slot], packed);
        page.used += u32::from(former == 0);
        former == 0 && !replaced_wide
    }
}

impl CompactSizeCache {
    /// An empty cache.
    pub fn new(meter: &dyn Meter) -> Self {
        Self { shards: Default::default(), entries: meter.gauge(&metric::CACHE_SIZE_ENTRIES) }
    }

    fn shard(&self, track: TrackId) -> &RwLock<Shard> {
        &self.shards[place(track).0.unsigned_abs() as usize % SHARDS]
    }

    fn read(&self, track: TrackId) -> RwLockReadGuard<'_, Shard> {
        self.shard(track).read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, track: TrackId) -> RwLockWriteGuard<'_, Shard> {
        self.shard(track).write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SizeCache for CompactSizeCache {
    fn get(&self, track: TrackId, content_version: i64) -> Option<u64> {
        let (version, size) = self.read(track).get(track)?;
        (version == content_version).then_some(size)
    }

    fn insert(&self, track: TrackId, content_version: i64, size: u64) {
        if self.write(track).insert(track, content_version, size) {
            self.entries.add(1);
        }
    }

    fn remove(&self, track: TrackId) {
        if self.write(track).remove(track) {
            self.entries.sub(1);
        }
    }

    fn len(&self) -> u64 {
        self.entries.get()
    }
}

#[cfg(test)]
#[path = "sizes_tests.rs"]
mod tests;
