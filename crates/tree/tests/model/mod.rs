//! The reference: what a tree must show for a set of placements, in the plainest way, and the comparison with a snapshot.

use musefs_contracts::ids::{FileId, Ino};
use musefs_contracts::tree::{NodeKind, Placement, TreeSnapshot};
use std::collections::{BTreeMap, BTreeSet};

/// A directory's children by name: `None` is a directory.
pub(crate) type Listing = BTreeMap<Vec<u8>, Option<FileId>>;

/// Every directory by its path, spelled as it is shown.
pub(crate) type Model = BTreeMap<Vec<Vec<u8>>, Listing>;

fn cut(text: &str, max: usize) -> &str {
    (0..=max.min(text.len())).rev().find_map(|end| text.get(..end)).unwrap_or_default()
}

/// The bytes by which names are told apart. Of what is not UTF-8 the tests have one byte, so that nothing is mistaken.
pub(crate) fn key(name: &[u8], fold: bool) -> Vec<u8> {
    if fold {
        let capital = |c: char| if c.to_uppercase().count() == 1 { c.to_uppercase().next().unwrap() } else { c };
        String::from_utf8_lossy(name).chars().flat_map(|c| capital(c).to_lowercase()).collect::<String>().into()
    } else {
        name.into()
    }
}

/// A name that a file wants.
struct Wanted {
    file: FileId,
    directories: Vec<Vec<u8>>,
    stem: String,
    extension: Vec<u8>,
}

impl Wanted {
    fn name(&self, suffix: &str) -> Vec<u8> {
        let room = 255 - suffix.len() - self.extension.len();
        [cut(&self.stem, room).as_bytes(), suffix.as_bytes(), &self.extension].concat()
    }

    fn keys(&self, fold: bool) -> Vec<Vec<u8>> {
        self.directories.iter().map(|name| key(name, fold)).collect()
    }
}

/// All that files want, in order of file and, for each, of the bytes of its paths; what comes to one name is there once.
fn wanted(placements: &BTreeMap<FileId, Placement>, fold: bool) -> Vec<Wanted> {
    let mut all = Vec::new();
    for placement in placements.values() {
        let mut met = BTreeSet::new();
        for path in placement.paths.iter().collect::<BTreeSet<_>>() {
            let mut names: Vec<&str> = path.split('/').collect();
            let stem = names.pop().unwrap_or_default().to_owned();
            let directories = names.iter().map(|name| cut(name, 255).into()).collect();
            let one = Wanted { file: placement.file, directories, stem, extension: placement.extension.clone() };
            if met.insert((one.keys(fold), key(&one.name(""), fold))) {
                all.push(one);
            }
        }
    }
    all
}

/// What must be shown for these placements, one a file.
pub(crate) fn model(placements: &BTreeMap<FileId, Placement>, fold: bool) -> Model {
    let wanted = wanted(placements, fold);
    // The spelling of each directory by the key of its path: that of the lowest id, of several the least.
    let mut spelled: BTreeMap<Vec<Vec<u8>>, (FileId, Vec<u8>)> = BTreeMap::new();
    let mut files: BTreeMap<Vec<Vec<u8>>, Vec<&Wanted>> = BTreeMap::from([(vec![], vec![])]);
    for one in &wanted {
        let keys = one.keys(fold);
        for depth in 1..=keys.len() {
            let spelling = (one.file, one.directories[depth - 1].clone());
            let known = spelled.entry(keys[..depth].to_vec()).or_insert_with(|| spelling.clone());
            *known = spelling.min(known.clone());
            files.entry(keys[..depth].to_vec()).or_default();
        }
        files.entry(keys).or_default().push(one);
    }
    let mut model = Model::new();
    for (keys, files) in &mut files {
        let mut listing = Listing::new();
        let mut taken = BTreeSet::new();
        for (below, (_, spelling)) in &spelled {
            if below.len() == keys.len() + 1 && below.starts_with(keys) {
                taken.insert(below[keys.len()].clone());
                listing.insert(spelling.clone(), None);
            }
        }
        files.sort_by_key(|one| (one.file, one.name("")));
        let mut losers = Vec::new();
        for one in files {
            let name = one.name("");
            if taken.insert(key(&name, fold)) {
                listing.insert(name, Some(one.file));
            } else {
                losers.push(one);
            }
        }
        for one in losers {
            let mut candidates = (2..).map(|n| one.name(&format!(" ({n})")));
            let name = candidates.find(|name| taken.insert(key(name, fold))).unwrap_or_default();
            listing.insert(name, Some(one.file));
        }
        let path = (1..=keys.len()).map(|depth| spelled[&keys[..depth]].1.clone()).collect();
        model.insert(path, listing);
    }
    model
}

/// Everything a snapshot shows, with the inode of each directory. Checks that its parts agree with one another.
pub(crate) fn shown(snapshot: &dyn TreeSnapshot) -> (Model, BTreeMap<Vec<Vec<u8>>, Ino>) {
    let mut model = Model::new();
    let mut inodes = BTreeMap::new();
    let mut waiting = vec![(Ino::ROOT, vec![], Ino::ROOT)];
    let mut names: BTreeMap<FileId, Vec<(Ino, Vec<u8>)>> = BTreeMap::new();
    while let Some((ino, path, parent)) = waiting.pop() {
        assert_eq!(snapshot.parent(ino), Some(parent));
        assert!(snapshot.contains_directory(ino));
        let mut listing = Listing::new();
        let mut subdirectories = 0;
        for (name, child, kind) in children(snapshot, ino) {
            assert_eq!(snapshot.lookup(ino, &name), Some((child, kind)));
            assert!(!name.is_empty() && name.len() <= 255 && name != b"." && name != b"..");
            assert_eq!(kind, NodeKind::of(child));
            let file = child.file();
            if let Some(file) = file {
                assert_eq!(child, Ino::of_file(file, 0));
                names.entry(file).or_default().push((ino, name.clone()));
            } else {
                assert!(child.is_directory());
                let mut path = path.clone();
                path.push(name.clone());
                waiting.push((child, path, ino));
                subdirectories += 1;
            }
            assert_eq!(listing.insert(name, file), None, "a name twice");
        }
        assert_eq!(snapshot.subdirectories(ino), Some(subdirectories));
        assert_eq!(model.insert(path.clone(), listing), None);
        inodes.insert(path, ino);
    }
    let distinct: BTreeSet<Ino> = inodes.values().copied().collect();
    assert_eq!(distinct.len(), inodes.len(), "two directories with one number");
    assert_eq!(snapshot.nodes(), (inodes.len() + names.len()) as u64);
    for (file, mut names) in names {
        names.sort();
        let mut places = snapshot.places(file);
        places.sort();
        assert_eq!(places, names, "{file}");
        assert_eq!(snapshot.links(file) as usize, names.len());
    }
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
