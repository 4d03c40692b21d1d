//! The byte-budgeted cache of layouts.

use crate::budget::{Budget, Charge};
use crate::lru::LruMap;
use crate::sync::{Arc, AtomicU64, Mutex, MutexGuard, Ordering, PoisonError};
use musefs_contracts::cache::{ContentKey, LayoutCache};
use musefs_contracts::ids::TrackId;
use musefs_contracts::layout::Layout;
use musefs_contracts::meter::{Counter, Gauge, Meter};
use musefs_contracts::metric;

/// Look-ups of different tracks hardly ever meet at one lock.
const SHARDS: usize = 16;

/// What an entry costs beside its layout's own bytes: the node, its place in the index, the `Arc`'s counts. Charged to the
/// budget, so that a great many small layouts keep it too.
const ENTRY_OVERHEAD: usize = 128;

/// Layouts up to a number of bytes in all; the least recently used ones go first.
///
/// The budget is one for all shards, and the entry let go is the oldest of all shards. Between the choice of that entry and its
/// removal another thread may use it: then something else that is old goes. The budget itself is never passed.
#[derive(Debug)]
pub struct BudgetedLayoutCache {
    shards: Box<[Shard]>,
    /// Grows with every use.
    clock: AtomicU64,
    budget: Arc<Budget>,
    entries: Gauge,
    bytes: Gauge,
    hits: Counter,
    misses: Counter,
}

#[derive(Debug)]
struct Shard {
    map: Mutex<LruMap<Entry>>,
    /// The tick of its oldest entry, kept here so that finding the oldest of all locks nothing. Written under the lock.
    oldest: AtomicU64,
}

#[derive(Debug)]
struct Entry {
    key: ContentKey,
    layout: Arc<Layout>,
    _held: Held,
}

/// What an entry holds of the budget and of the gauges, all given back when it is dropped.
#[derive(Debug)]
struct Held {
    _charge: Charge,
    layout_bytes: u64,
    entries: Gauge,
    bytes: Gauge,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.entries.sub(1);
        self.bytes.sub(self.layout_bytes);
    }
}

impl BudgetedLayoutCache {
    /// A cache of at most `budget_bytes`. A budget of 0 remembers nothing.
    pub fn new(budget_bytes: usize, meter: &dyn Meter) -> Self {
        meter.gauge(&metric::CACHE_HEADER_BYTES_MAX).set(budget_bytes as u64);
        let shard = || Shard { map: Mutex::default(), oldest: AtomicU64::new(u64::MAX) };
        Self {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            clock: AtomicU64::new(0),
            budget: Budget::new(budget_bytes),
            entries: meter.gauge(&metric::CACHE_HEADER_ENTRIES),
            bytes: meter.gauge(&metric::CACHE_HEADER_BYTES),
            hits: meter.counter(&metric::CACHE_HEADER_HITS_TOTAL),
            misses: meter.counter(&metric::CACHE_HEADER_MISSES_TOTAL),
        }
    }

    fn shard(&self, track: TrackId) -> &Shard {
        &self.shards[track.0.unsigned_abs() as usize % SHARDS]
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }

    /// A share of the budget, letting old entries go until there is room. `None` if it never fits, or if what fills the
    /// budget is on its way in by other threads: nothing waits here.
    fn make_room(&self, layout_bytes: usize) -> Option<Held> {
        let size = layout_bytes.checked_add(ENTRY_OVERHEAD).filter(|size| *size <= self.budget.limit())?;
        let charge = loop {
            match self.budget.charge(size) {
                Some(charge) => break charge,
                None => self.evict_oldest()?,
            }
        };
        self.entries.add(1);
        self.bytes.add(layout_bytes as u64);
        Some(Held {
            _charge: charge,
            layout_bytes: layout_bytes as u64,
            entries: self.entries.clone(),
            bytes: self.bytes.clone(),
        })
    }

    /// Lets the least recently used entry go; `None` if there is none.
    fn evict_oldest(&self) -> Option<()> {
        loop {
            let shard = self.shards.iter().min_by_key(|shard| shard.oldest.load(Ordering::Acquire))?;
            if shard.oldest.load(Ordering::Acquire) == u64::MAX {
                return None;
            }
            // Another thread may have emptied the shard meanwhile; then the next round sees its new tick.
            if shard.change(LruMap::pop_oldest).is_some() {
                return Some(());
            }
        }
    }
}

impl Shard {
    fn lock(&self) -> MutexGuard<'_, LruMap<Entry>> {
        // No code of others runs under the lock, so a poisoned map is still whole.
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the map and publishes the tick of its oldest entry. What `change` takes out should be returned, so that
    /// it is dropped outside the lock: a layout can be large.
    fn change<R>(&self, change: impl FnOnce(&mut LruMap<Entry>) -> R) -> R {
        let mut map = self.lock();
        let result = change(&mut map);
        self.oldest.store(map.oldest_tick(), Ordering::Release);
        result
    }
}

impl LayoutCache for BudgetedLayoutCache {
    fn get(&self, track: TrackId, key: ContentKey) -> Option<Arc<Layout>> {
        let tick = self.tick();
        let found = self.shard(track).change(|map| match map.peek(track) {
            Some(entry) if entry.key == key => {
                let layout = Arc::clone(&entry.layout);
                map.touch(track, tick);
                Some(Ok(layout))
            }
            Some(_) => map.remove(track).map(Err),
            None => None,
        });
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.increment();
        found?.ok()
    }

    fn insert(&self, track: TrackId, key: ContentKey, layout: Arc<Layout>) {
        // The generation that this one takes the place of goes first: it must not push others out, nor outlive a
        // successor that is too large.
        self.remove(track);
        if let Some(held) = self.make_room(layout.heap_bytes()) {
            let tick = self.tick();
            let entry = Entry { key, layout, _held: held };
            drop(self.shard(track).change(|map| map.insert(track, tick, entry)));
        }
    }

    fn remove(&self, track: TrackId) {
        drop(self.shard(track).change(|map| map.remove(track)));
    }

    fn clear(&self) {
        for shard in &self.shards {
            drop(shard.change(std::mem::take));
        }
    }
}

#[cfg(test)]
#[path = "layouts_tests.rs"]
mod tests;
