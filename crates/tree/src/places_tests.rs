//! Places against a plain map.

use super::*;
use musefs_contracts::ids::CompanionId;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn file() -> impl Strategy<Value = FileId> {
    let track = |ids: std::ops::Range<i64>| ids.prop_map(|id| FileId::Track(TrackId(id)));
    prop_oneof![
        4 => track(1..6),
        4 => track(505..510),
        1 => track((1_i64 << 53) - 2..1 << 53),
        3 => prop_oneof![0..4_u64, (1_u64 << 53) - 4..1 << 53].prop_map(|id| FileId::Companion(CompanionId(id))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn places_are_what_was_set_last(
        sets in proptest::collection::vec((file(), proptest::collection::vec(1..1_u64 << 62, 0..5)), 0..60),
        copied in 0..60_usize,
    ) {
        let (mut places, mut expected) = (Places::default(), BTreeMap::new());
        let mut copy = None;
        for (turn, (file, set)) in sets.into_iter().enumerate() {
            if turn == copied {
                copy = Some((places.clone(), expected.clone()));
            }
            let set: Vec<Ino> = set.into_iter().map(Ino).collect();
            places.set(file, &set);
            if set.is_empty() { expected.remove(&file) } else { expected.insert(file, set) };
            places.shrink();
        }
        for (places, expected) in copy.into_iter().chain([(places, expected)]) {
            prop_assert_eq!(places.count(), expected.len());
            for (file, set) in &expected {
                prop_assert_eq!(places.get(*file), set.as_slice(), "{:?}", file);
            }
        }
    }
}

#[test]
fn a_page_fills_a_block_of_memory() {
    assert_eq!(size_of::<Page>() + 2 * size_of::<usize>(), 4096);
}
