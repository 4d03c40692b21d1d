//! What two trees differ in.

use hashbrown::{HashMap, HashSet};
use musefs_contracts::ids::{FileId, Ino};
use musefs_contracts::tree::{NodeKind, TreeDelta, TreeSnapshot};

/// What the kernel may have cached of `old` and must forget now that `new` is in its place, new names included (their
/// absence may be cached). Costs a walk over both.
pub(crate) fn whole(old: &dyn TreeSnapshot, new: &dyn TreeSnapshot) -> TreeDelta {
    let mut delta = TreeDelta::default();
    let mut directories = vec![Ino::ROOT];
    while let Some(directory) = directories.pop() {
        let (before, after) = (children(old, directory), children(new, directory));
        if before == after {
            directories
                .extend(before.into_iter().filter(|(_, _, kind)| *kind == NodeKind::Directory).map(|(_, ino, _)| ino));
            continue;
        }
        delta.listings.push(directory);
        let names: HashMap<&[u8], (Ino, NodeKind)> =
            after.iter().map(|(name, ino, kind)| (name.as_slice(), (*ino, *kind))).collect();
        let mut kept = HashSet::new();
        for (name, ino, kind) in &before {
            if names.get(name.as_slice()) == Some(&(*ino, *kind)) {
                kept.insert(name.clone());
                if *kind == NodeKind::Directory {
                    directories.push(*ino);
                }
            } else {
                kept.insert(name.clone());
                delta.names.push((directory, name.clone()));
            }
        }
        let new_names = after.iter().filter(|(name, ..)| !kept.contains(name));
        delta.names.extend(new_names.map(|(name, ..)| (directory, name.clone())));
    }
    delta
}

fn children(tree: &dyn TreeSnapshot, directory: Ino) -> Vec<(Vec<u8>, Ino, NodeKind)> {
    let mut all = Vec::new();
    tree.children(directory, 0, &mut |child| {
        all.push((child.name.to_vec(), child.ino, child.kind));
        true
    });
    all
}

/// Names and directories that came with a refresh.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    /// New names: their absence may be cached.
    pub(crate) names: Vec<(Ino, Vec<u8>)>,
    /// New directories.
    pub(crate) directories: Vec<Ino>,
}

/// What is new in `new` through these files. Costs in proportion to them and to the listings that got new directories.
pub(crate) fn arrivals(
    old: &dyn TreeSnapshot,
    new: &dyn TreeSnapshot,
    files: impl IntoIterator<Item = FileId>,
) -> Arrivals {
    let mut found = Arrivals::default();
    let mut new_directories = HashSet::new();
    for file in files {
        for (directory, name) in new.places(file) {
            if old.contains_directory(directory) {
                if old.lookup(directory, &name).is_none() {
                    found.names.push((directory, name));
                }
                continue;
            }
            // No name inside a new directory can be cached, so only the first new one on the way down has to be told.
            let mut at = directory;
            while !old.contains_directory(at) && new_directories.insert(at) {
                match new.parent(at) {
                    Some(parent) => at = parent,
                    None => break,
                }
            }
        }
    }
    let mut parents: HashSet<Ino> = new_directories.iter().filter_map(|directory| new.parent(*directory)).collect();
    parents.retain(|parent| old.contains_directory(*parent));
    for parent in parents {
        new.children(parent, 0, &mut |child| {
            if new_directories.contains(&child.ino) && child.kind == NodeKind::Directory {
                found.names.push((parent, child.name.to_vec()));
            }
            true
        });
    }
    found.directories.extend(new_directories);
    found
}
