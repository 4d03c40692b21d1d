//! The size cache: versions, odd numbers, counts and memory.

use super::*;
use musefs_contracts::meter::NoMeter;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn cache() -> CompactSizeCache {
    CompactSizeCache::new(&NoMeter)
}

#[test]
fn a_size_is_known_for_its_version_alone() {
    let cache = cache();
    assert!(cache.is_empty());
    cache.insert(TrackId(7), 3, 1_000);
    assert_eq!(cache.get(TrackId(7), 3), Some(1_000));
    assert_eq!(cache.get(TrackId(7), 2), None);
    assert_eq!(cache.get(TrackId(8), 3), None);
    cache.insert(TrackId(7), 4, 2_000);
    assert_eq!((cache.get(TrackId(7), 3), cache.get(TrackId(7), 4)), (None, Some(2_000)));
    assert_eq!(cache.len(), 1);
    cache.remove(TrackId(7));
    cache.remove(TrackId(7));
    assert_eq!((cache.get(TrackId(7), 4), cache.len()), (None, 0));
}

#[test]
fn a_size_of_zero_and_version_zero_are_an_entry() {
    let cache = cache();
    cache.insert(TrackId(1), 0, 0);
    assert_eq!((cache.get(TrackId(1), 0), cache.len()), (Some(0), 1));
}

#[test]
fn a_library_costs_at_most_sixteen_bytes_a_track() {
    let cache = cache();
    for id in 1..=100_000 {
        cache.insert(TrackId(id), 1, 30_000_000);
    }
    let bytes: usize = cache
        .shards
        .iter()
        .map(|shard| {
            let shard = shard.read().unwrap();
            shard.pages.len() * size_of::<Page>() + shard.pages.allocation_size() + shard.wide.allocation_size()
        })
        .sum();
    assert!(bytes <= 16 * 100_000, "{bytes}");
    for id in 1..=100_000 {
        cache.remove(TrackId(id));
    }
    assert!(cache.shards.iter().all(|shard| shard.read().unwrap().pages.is_empty()), "empty pages are freed");
}

proptest! {
    #[test]
    fn behaves_as_a_plain_map(
        steps in prop::collection::vec(
            (
                any::<bool>(),
                prop_oneof![0..200i64, Just(i64::MAX), Just(i64::MIN)],
                prop_oneof![0..4i64, Just(-1), Just(i64::MAX), Just(1 << VERSION_BITS), Just((1 << VERSION_BITS) - 1)],
                prop_oneof![0..1_000u64, Just(u64::MAX), Just((1 << SIZE_BITS) - 1), Just((1 << SIZE_BITS) - 2)],
            ),
            0..100,
        )
    ) {
        let cache = cache();
        let mut model = BTreeMap::new();
        for (insert, id, version, size) in steps {
            if insert {
                cache.insert(TrackId(id), version, size);
                model.insert(id, (version, size));
            } else {
                cache.remove(TrackId(id));
                model.remove(&id);
            }
            prop_assert_eq!(cache.len(), model.len() as u64);
            for (id, (version, size)) in &model {
                prop_assert_eq!(cache.get(TrackId(*id), *version), Some(*size));
                prop_assert_eq!(cache.get(TrackId(*id), version.wrapping_add(1)), None);
            }
        }
    }
}

#[test]
fn the_metric_tells_the_sizes_known() {
    let meter = musefs_testkit::doubles::RecordingMeter::new();
    let cache = CompactSizeCache::new(&meter);
    cache.insert(TrackId(1), 1, 10);
    cache.insert(TrackId(1), 2, 20);
    cache.insert(TrackId(2), i64::MAX, u64::MAX);
    assert_eq!(meter.value("musefs_cache_size_entries"), Some(2.0));
}
