//! Random placements and changes: what is applied, what is built and what the model says are the same.

mod model;

use model::{model, shown};
use musefs_contracts::ids::{CompanionId, FileId, Ino, TrackId};
use musefs_contracts::tree::{Placement, PlacementChange, Tree, TreeDelta, TreeSnapshot};
use musefs_tree::{ArenaTree, Options};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

type Placements = BTreeMap<FileId, Placement>;

/// Few names, so that tracks meet: with suffixes of their own, in several cases, and too long for a name.
fn component() -> impl Strategy<Value = String> {
    let long = |tail: &str| format!("{}{tail}", "é".repeat(126));
    prop_oneof![
        8 => "[abAB]",
        2 => prop_oneof![Just("a (2)"), Just("A (2)"), Just("a (3)"), Just("a.x"), Just("É"), Just("é")].prop_map(str::to_owned),
        1 => prop_oneof![Just(""), Just("x"), Just("xyz1"), Just("xyz2"), Just("XYZ1"), Just(" (2)")].prop_map(long),
    ]
}

fn file() -> impl Strategy<Value = FileId> {
    prop_oneof![
        12 => (1..20_i64).prop_map(|id| FileId::Track(TrackId(id))),
        1 => Just(FileId::Track(TrackId(1_000_000_007))),
        2 => (0..4_u64).prop_map(|id| FileId::Companion(CompanionId(id))),
        1 => Just(FileId::Companion(CompanionId((1 << 53) - 1))),
    ]
}

/// Mostly one path a file, at times several or none.
fn placement() -> impl Strategy<Value = Placement> {
    let path = proptest::collection::vec(component(), 1..4).prop_map(|names| names.join("/")).boxed();
    let count = prop_oneof![3 => Just(1), 3 => 2..5_usize, 1 => Just(0)];
    let paths = count.prop_flat_map(move |count| proptest::collection::vec(path.clone(), count));
    let extension = proptest::sample::select(vec![&b""[..], b".x", b".X", b".\xff"]);
    (file(), paths, extension).prop_map(|(file, paths, extension)| Placement {
        file,
        paths,
        extension: extension.to_vec(),
    })
}

fn change() -> impl Strategy<Value = PlacementChange> {
    prop_oneof![
        3 => placement().prop_map(PlacementChange::Place),
        1 => file().prop_map(PlacementChange::Remove),
    ]
}

/// The delta by its definition: compares every listing.
fn difference(old: &dyn TreeSnapshot, new: &dyn TreeSnapshot) -> TreeDelta {
    let mut delta = TreeDelta::default();
    for ino in shown(old).1.into_values() {
        let before = model::children(old, ino);
        let after = if new.contains_directory(ino) { model::children(new, ino) } else { vec![] };
        let lost = before.iter().filter(|child| !after.contains(child));
        delta.names.extend(lost.map(|(name, _, _)| (ino, name.clone())));
        if new.contains_directory(ino) && before != after {
            delta.listings.push(ino);
        }
    }
    delta.names.sort();
    delta.listings.sort();
    delta
}

fn check(fold: bool, first: Vec<Placement>, steps: Vec<Vec<PlacementChange>>) {
    let tree = ArenaTree::new(Options { case_insensitive: fold });
    let mut placements: Placements = first.into_iter().map(|placement| (placement.file, placement)).collect();
    let mut snapshot = tree.build(&mut placements.values().cloned());
    let mut numbers: BTreeMap<Vec<Vec<u8>>, Ino> = BTreeMap::new();
    compare(&snapshot, &placements, fold, &mut numbers);
    for changes in steps {
        for change in &changes {
            match change {
                PlacementChange::Place(placement) => placements.insert(placement.file, placement.clone()),
                PlacementChange::Remove(file) => placements.remove(file),
            };
        }
        let before = shown(snapshot.as_ref());
        let (next, delta) = tree.apply(&snapshot, &changes);
        assert_eq!(delta, difference(snapshot.as_ref(), next.as_ref()));
        assert_eq!(shown(snapshot.as_ref()), before, "the old snapshot stays as it was");
        compare(&next, &placements, fold, &mut numbers);
        let anew = tree.build(&mut placements.values().rev().cloned());
        assert_eq!(shown(next.as_ref()), shown(anew.as_ref()), "applied and built");
        snapshot = next;
    }
}

/// Compares a snapshot with the model, and its numbers with those that the same paths had before.
fn compare(
    snapshot: &Arc<dyn TreeSnapshot>,
    placements: &Placements,
    fold: bool,
    numbers: &mut BTreeMap<Vec<Vec<u8>>, Ino>,
) {
    let (listings, inodes) = shown(snapshot.as_ref());
    assert_eq!(listings, model(placements, fold));
    for (path, ino) in inodes {
        let path = path.iter().map(|name| model::key(name, fold)).collect();
        assert_eq!(*numbers.entry(path).or_insert(ino), ino, "a path has one number for good");
    }
    for absent in [FileId::Track(TrackId(999)), FileId::Companion(CompanionId(999))] {
        assert_eq!(snapshot.places(absent), []);
        assert_eq!(snapshot.links(absent), 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn applied_equals_built_equals_the_model(
        fold in any::<bool>(),
        first in proptest::collection::vec(placement(), 0..20),
        steps in proptest::collection::vec(proptest::collection::vec(change(), 0..6), 0..6),
    ) {
        check(fold, first, steps);
    }
}
