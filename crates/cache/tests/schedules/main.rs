//! The caches in many schedules.

#[allow(dead_code, unused_imports, reason = "the unit tests inside are left out without a harness")]
#[path = "../../src/budget.rs"]
mod budget;
#[allow(
    dead_code,
    unused_imports,
    missing_docs,
    unreachable_pub,
    reason = "the unit tests inside are left out without a harness"
)]
#[path = "../../src/layouts.rs"]
mod layouts;
#[allow(dead_code, unused_imports, reason = "the unit tests inside are left out without a harness")]
#[path = "../../src/lru.rs"]
mod lru;
#[allow(
    dead_code,
    unused_imports,
    missing_docs,
    unreachable_pub,
    reason = "the unit tests inside are left out without a harness"
)]
#[path = "../../src/sizes.rs"]
mod sizes;
mod sync;

use layouts::BudgetedLayoutCache;
use musefs_contracts::cache::{ContentKey, LayoutCache, SizeCache};
use musefs_contracts::ids::TrackId;
use musefs_contracts::layout::{Layout, LayoutBuilder};
use musefs_contracts::meter::{Counter, Gauge, Meter, NoMeter};
use musefs_contracts::metric::{self, Metric};
use musefs_testkit::schedules;
use shuttle::rand::{Rng, thread_rng};
use shuttle::sync::RwLock;
use shuttle::thread;
use sizes::CompactSizeCache;
use std::sync::Arc;

fn main() {
    schedules::main(
        2_000,
        &[
            ("layouts_keep_their_budget_and_their_generation", layouts_keep_their_budget_and_their_generation),
            ("a_forgotten_layout_gives_all_back", a_forgotten_layout_gives_all_back),
            ("sizes_keep_their_version_and_their_count", sizes_keep_their_version_and_their_count),
        ],
        &[("a_look_up_in_two_steps", a_look_up_in_two_steps)],
    );
}

/// Tracks of two shards.
const TRACKS: [TrackId; 3] = [TrackId(1), TrackId(2), TrackId(17)];
const BUDGET: usize = 2_000;

/// Hands out the gauges that the cache reports to.
#[derive(Clone, Default)]
struct Gauges {
    bytes: Gauge,
    entries: Gauge,
}

impl Meter for Gauges {
    fn counter(&self, _: &'static Metric) -> Counter {
        Counter::default()
    }

    fn gauge(&self, asked: &'static Metric) -> Gauge {
        if asked.name == metric::CACHE_HEADER_BYTES.name {
            self.bytes.clone()
        } else if asked.name == metric::CACHE_HEADER_ENTRIES.name {
            self.entries.clone()
        } else {
            Gauge::default()
        }
    }

    fn observe(&self, _: &'static Metric, _: Box<dyn Fn() -> f64 + Send + Sync>) {}
}

fn key(version: i64) -> ContentKey {
    ContentKey { content_version: version, stamp_digest: 7 }
}

/// The length says of which track and generation a layout is.
fn length(track: TrackId, version: i64) -> u64 {
    400 + (track.0 * 10 + version) as u64
}

fn layout(track: TrackId, version: i64) -> Arc<Layout> {
    let mut builder = LayoutBuilder::new();
    builder.bytes(&vec![0; length(track, version) as usize]);
    Arc::new(builder.finish())
}

/// Three threads, each of which inserts, looks up and removes at random; `look` is called in between.
fn use_layouts(cache: &Arc<BudgetedLayoutCache>, look: impl Fn() + Send + Sync + 'static) {
    let look = Arc::new(look);
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let (cache, look) = (Arc::clone(cache), Arc::clone(&look));
            thread::spawn(move || {
                for _ in 0..4 {
                    let track = TRACKS[thread_rng().gen_range(0..TRACKS.len())];
                    let version = thread_rng().gen_range(0..2);
                    match thread_rng().gen_range(0..5) {
                        0 | 1 => cache.insert(track, key(version), layout(track, version)),
                        2 | 3 => {
                            if let Some(found) = cache.get(track, key(version)) {
                                assert_eq!(found.len(), length(track, version), "a layout of another generation");
                            }
                        }
                        _ => cache.remove(track),
                    }
                    look();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

fn layouts_keep_their_budget_and_their_generation() {
    let gauges = Gauges::default();
    let cache = Arc::new(BudgetedLayoutCache::new(BUDGET, &gauges));
    let bytes = gauges.bytes.clone();
    use_layouts(&cache, move || assert!(bytes.get() <= BUDGET as u64, "more is held than the budget"));
    // Looking one generation up takes out what is there of the other; what is found then is all that the gauges tell of.
    let found: Vec<_> = TRACKS.iter().filter_map(|track| cache.get(*track, key(0))).collect();
    let bytes: usize = found.iter().map(|layout| layout.heap_bytes()).sum();
    assert_eq!((gauges.entries.get(), gauges.bytes.get()), (found.len() as u64, bytes as u64));
}

fn a_forgotten_layout_gives_all_back() {
    let gauges = Gauges::default();
    let cache = Arc::new(BudgetedLayoutCache::new(BUDGET, &gauges));
    let cleared = Arc::clone(&cache);
    let clearing = thread::spawn(move || cleared.clear());
    use_layouts(&cache, || ());
    clearing.join().unwrap();
    cache.clear();
    assert_eq!((gauges.entries.get(), gauges.bytes.get()), (0, 0));
    // The whole budget is to be had again: a layout that takes nearly all of it is kept.
    let mut builder = LayoutBuilder::new();
    builder.bytes(&[0; BUDGET - 400]);
    cache.insert(TRACKS[0], key(0), Arc::new(builder.finish()));
    assert!(cache.get(TRACKS[0], key(0)).is_some());
}

fn sizes_keep_their_version_and_their_count() {
    let cache = Arc::new(CompactSizeCache::new(&NoMeter));
    // One version that a slot can hold, and one that stands beside the pages.
    let versions = [3, i64::MAX];
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let cache = Arc::clone(&cache);
            thread::spawn(move || {
                for _ in 0..5 {
                    let track = TRACKS[thread_rng().gen_range(0..2)];
                    let version = versions[thread_rng().gen_range(0..2)];
                    match thread_rng().gen_range(0..3) {
                        0 => cache.insert(track, version, version as u64 / 2),
                        1 => assert!(cache.get(track, version).is_none_or(|size| size == version as u64 / 2)),
                        _ => cache.remove(track),
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let known = TRACKS.iter().filter(|track| versions.iter().any(|version| cache.get(**track, *version).is_some()));
    assert_eq!(cache.len(), known.count() as u64);
}

/// A cache that compares the generation under one lock and takes the value under the next.
fn a_look_up_in_two_steps() {
    let entry = Arc::new(RwLock::new((0, length(TRACKS[0], 0))));
    let written = Arc::clone(&entry);
    let writer = thread::spawn(move || *written.write().unwrap() = (1, length(TRACKS[0], 1)));
    if entry.read().unwrap().0 == 0 {
        assert_eq!(entry.read().unwrap().1, length(TRACKS[0], 0), "a value of another generation");
    }
    writer.join().unwrap();
}
