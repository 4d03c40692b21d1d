//! What needs the inside of the tree: numbers that collide.

use super::*;
use model::{model, shown};
use musefs_contracts::ids::{FileId, TrackId};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[path = "../tests/model/mod.rs"]
mod model;

/// A tree whose directories have two numbers to choose from.
fn crowded(fold: bool) -> ArenaTree {
    ArenaTree { rules: Rules { fold, number: |path| number::of_path(path) & 1 } }
}

fn place(track: i64, paths: &[&str]) -> Placement {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    Placement { file: FileId::Track(TrackId(track)), paths, extension: b".x".to_vec() }
}

#[test]
fn colliding_numbers_go_to_the_next_free_one_in_order_of_path() {
    let tree = crowded(false);
    let paths = ["a/1", "b/1", "c/1", "d/1", "a/e/1"];
    let snapshot = tree.build(&mut paths.iter().zip(1..).map(|(path, track)| place(track, &[path])));
    let (_, inodes) = shown(snapshot.as_ref());
    let mut free = Vec::new();
    for (path, ino) in inodes.iter().skip(1) {
        let state = path.iter().fold(number::PathState::ROOT, |state, name| state.child(name, false));
        let mut expected = number::ino(number::of_path(state) & 1);
        while free.contains(&expected) {
            expected = number::next(expected);
        }
        assert_eq!(*ino, expected, "{path:?}");
        free.push(expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn applied_equals_built_whatever_collides(
        fold in any::<bool>(),
        steps in proptest::collection::vec(
            proptest::collection::vec((1..8_i64, proptest::collection::vec("[abAB](/[abc]){0,2}", 0..3)), 1..6),
            1..6,
        ),
    ) {
        let tree = crowded(fold);
        let mut placements = BTreeMap::new();
        let mut snapshot = tree.build(&mut std::iter::empty());
        for step in steps {
            let mut changes = Vec::new();
            for (track, paths) in step {
                let placement = place(track, &paths.iter().map(String::as_str).collect::<Vec<_>>());
                if paths.is_empty() {
                    placements.remove(&placement.file);
                    changes.push(PlacementChange::Remove(placement.file));
                } else {
                    placements.insert(placement.file, placement.clone());
                    changes.push(PlacementChange::Place(placement));
                }
            }
            snapshot = tree.apply(&snapshot, &changes).0;
            let built = tree.build(&mut placements.values().cloned());
            let (listings, inodes) = shown(snapshot.as_ref());
            prop_assert_eq!(&listings, &model(&placements, fold));
            prop_assert_eq!((listings, inodes), shown(built.as_ref()));
        }
    }
}
