//! The reference: what a tree must show for a set of placements, in the plainest way, and the comparison with a snapshot.

use musefs_contracts::ids::{Ino, TrackId};
use musefs_contracts::tree::{NodeKind, Placement, TreeSnapshot};
use std::collections::{BTreeMap, BTreeSet};

/// A directory's children by name: `None` is a directory.
pub(crate) type Listing = BTreeMap<Vec<u8>, Option<TrackId>>;

/// Every directory by its path, spelled as it is shown.
pub(crate) type Model = BTreeMap<Vec<Vec<u8>>, Listing>;

fn cut(text: &str, max: usize) -> &str {
    (0..=max.min(text.len())).rev().find_map(|end| text.get(..end)).unwrap_or_default()
}

/// The bytes by which names are told apart. Of what is not UTF-8 the tests have one byte, so that nothing is mistaken.
pub(crate) fn key(name: &[u8], fold: bool) -> Vec<u8> {
    if fold {
        String::from_utf8_lossy(name).chars().flat_map(char::to_lowercase).collect::<String>().into()
    } else {
        name.into()
    }
}

/// What must be shown for these placements, one a track.
pub(crate) fn model(placements: &BTreeMap<TrackId, Placement>, fold: bool) -> Model {
    // The spelling of each directory by the key of its path: the first one in order of track id stays.
    let mut spelled: BTreeMap<Vec<Vec<u8>>, Vec<Vec<u8>>> = BTreeMap::from([(vec![], vec![])]);
    let mut files: BTreeMap<Vec<Vec<u8>>, Vec<&Placement>> = BTreeMap::from([(vec![], vec![])]);
    for placement in placements.values() {
        let mut names: Vec<Vec<u8>> = placement.path.split('/').map(|name| cut(name, 255).into()).collect();
        names.pop();
        let keys: Vec<Vec<u8>> = names.iter().map(|name| key(name, fold)).collect();
        for depth in 1..=keys.len() {
            let mut spelling = spelled[&keys[..depth - 1]].clone();
            spelling.push(names[depth - 1].clone());
            spelled.entry(keys[..depth].to_vec()).or_insert(spelling);
            files.entry(keys[..depth].to_vec()).or_default();
        }
        files.entry(keys).or_default().push(placement);
    }
    let mut model = Model::new();
    for (keys, files) in &files {
        let mut listing = Listing::new();
        let mut taken = BTreeSet::new();
        for (below, spelling) in &spelled {
            if below.len() == keys.len() + 1 && below.starts_with(keys) {
                taken.insert(below[keys.len()].clone());
                listing.insert(spelling[keys.len()].clone(), None);
            }
        }
        let name = |placement: &Placement, suffix: &str| {
            let stem = placement.path.rsplit('/').next().unwrap_or_default();
            let room = 255 - suffix.len() - placement.extension.len();
            [cut(stem, room).as_bytes(), suffix.as_bytes(), &placement.extension].concat()
        };
        let mut losers = Vec::new();
        for placement in files {
            let name = name(placement, "");
            if taken.insert(key(&name, fold)) {
                listing.insert(name, Some(placement.track));
            } else {
                losers.push(placement);
            }
        }
        for placement in losers {
            let mut candidates = (2..).map(|n| name(placement, &format!(" ({n})")));
            let name = candidates.find(|name| taken.insert(key(name, fold))).unwrap_or_default();
            listing.insert(name, Some(placement.track));
        }
        model.insert(spelled[keys].clone(), listing);
    }
    model
}

/// Everything a snapshot shows, with the inode of each directory. Checks that its parts agree with one another.
pub(crate) fn shown(snapshot: &dyn TreeSnapshot) -> (Model, BTreeMap<Vec<Vec<u8>>, Ino>) {
    let mut model = Model::new();
    let mut inodes = BTreeMap::new();
    let mut waiting = vec![(Ino::ROOT, vec![], Ino::ROOT)];
    let mut tracks = 0;
    while let Some((ino, path, parent)) = waiting.pop() {
        assert_eq!(snapshot.parent(ino), Some(parent));
        assert!(snapshot.contains_directory(ino));
        let mut listing = Listing::new();
        let mut subdirectories = 0;
        for (name, child, kind) in children(snapshot, ino) {
            assert_eq!(snapshot.lookup(ino, &name), Some((child, kind)));
            assert!(!name.is_empty() && name.len() <= 255 && name != b"." && name != b"..");
            let track = match kind {
                NodeKind::Track(track) => {
                    assert_eq!(child, Ino::of_track(track, 0));
                    assert_eq!(snapshot.places(track), [(ino, name.clone())]);
                    assert_eq!(snapshot.links(track), 1);
                    tracks += 1;
                    Some(track)
                }
                NodeKind::Directory => {
                    assert!(child.is_directory());
                    let mut path = path.clone();
                    path.push(name.clone());
                    waiting.push((child, path, ino));
                    subdirectories += 1;
                    None
                }
            };
            assert_eq!(listing.insert(name, track), None, "a name twice");
        }
        assert_eq!(snapshot.subdirectories(ino), Some(subdirectories));
        assert_eq!(model.insert(path.clone(), listing), None);
        inodes.insert(path, ino);
    }
    let distinct: BTreeSet<Ino> = inodes.values().copied().collect();
    assert_eq!(distinct.len(), inodes.len(), "two directories with one number");
    assert_eq!(snapshot.nodes(), inodes.len() as u64 + tracks);
    assert_eq!(snapshot.remembered_paths(), inodes.len() as u64 - 1);
    (model, inodes)
}

/// The children of a directory, listed in pieces of one, two, three… that go on at a cursor.
pub(crate) fn children(snapshot: &dyn TreeSnapshot, directory: Ino) -> Vec<(Vec<u8>, Ino, NodeKind)> {
    let mut all = Vec::new();
    let mut cursor = 0;
    for piece in 1.. {
        let mut seen = 0;
        let there = snapshot.children(directory, cursor, &mut |child| {
            assert!(child.cursor > cursor, "cursors grow");
            cursor = child.cursor;
            all.push((child.name.to_vec(), child.ino, child.kind));
            seen += 1;
            seen < piece
        });
        assert!(there);
        if seen < piece {
            break;
        }
    }
    all
}
