//! The tree of a set of placements, made in one pass over them.

use crate::compose::{self, Item};
use crate::directories::Directories;
use crate::directory::{Contents, Directory};
use crate::name::{self, Wanted};
use crate::number::{self, PathState};
use crate::places::Places;
use crate::snapshot::{Rules, Snapshot};
use hashbrown::{DefaultHashBuilder, HashMap, HashSet, HashTable};
use musefs_contracts::ids::{FileId, Ino};
use musefs_contracts::tree::Placement;
use std::hash::BuildHasher;
use std::sync::Arc;

/// The tree of these placements.
pub(crate) fn build(rules: Rules, placements: &mut dyn Iterator<Item = Placement>) -> Snapshot {
    let mut gathered = Gathered::new(rules);
    for placement in placements {
        gathered.add(&placement);
    }
    gathered.finish()
}

/// Whether a file of this id has an inode number.
pub(crate) fn has_number(file: FileId) -> bool {
    Ino::of_file(file, 0).file() == Some(file)
}

/// A piece of text in [`Gathered::text`].
#[derive(Clone, Copy)]
struct Text {
    start: usize,
    len: u8,
}

/// A directory that was met.
struct Met {
    parent: u32,
    name: Text,
    path: PathState,
    /// The lowest number of a file below it: that one's spelling counts, the least of several.
    lowest: Ino,
    /// Whether it was spelled in several ways.
    mixed: bool,
    ino: Ino,
}

/// A name of a file that was met. All those of a file follow one another.
struct File {
    ino: Ino,
    directory: u32,
    base: Text,
    extension: u8,
}

/// A directory path as placements spell it.
struct Asked {
    /// Its place in [`Gathered::paths`].
    index: u32,
    directory: u32,
    /// The lowest number that asked for it so far.
    lowest: Ino,
}

/// Everything met so far. Index 0 is the root.
struct Gathered {
    rules: Rules,
    text: Vec<u8>,
    directories: Vec<Met>,
    /// Directories by parent and name.
    by_name: HashTable<u32>,
    hasher: DefaultHashBuilder,
    files: Vec<File>,
    places: Places,
    /// The last directory path and where it led: neighbours among the placements mostly share it.
    last: (String, u32),
    /// Only without case: the directory paths asked for behind an empty one, and for each file which of them.
    paths: Vec<Arc<str>>,
    path_index: HashMap<Arc<str>, Asked>,
    file_paths: Vec<u32>,
}

impl Gathered {
    fn new(rules: Rules) -> Self {
        let root = Met {
            parent: 0,
            name: Text { start: 0, len: 0 },
            path: PathState::ROOT,
            lowest: Ino(u64::MAX),
            mixed: false,
            ino: Ino::ROOT,
        };
        Self {
            rules,
            text: Vec::new(),
            directories: vec![root],
            by_name: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            files: Vec::new(),
            places: Places::default(),
            last: (String::new(), 0),
            paths: vec!["".into()],
            path_index: HashMap::new(),
            file_paths: Vec::new(),
        }
    }

    fn add(&mut self, placement: &Placement) {
        let file = placement.file;
        if !has_number(file) || !self.places.get(file).is_empty() {
            return;
        }
        let ino = Ino::of_file(file, 0);
        for wanted in Wanted::all(placement, self.rules.fold) {
            let directory = self.directory(&wanted, ino);
            let base = self.push_text(&wanted.base);
            self.files.push(File { ino, directory, base, extension: wanted.extension });
            // Directories have no numbers yet; this tells that the file was met.
            self.places.set(file, &[Ino::ROOT]);
        }
    }

    fn push_text(&mut self, bytes: &[u8]) -> Text {
        let start = self.text.len();
        self.text.extend_from_slice(bytes);
        Text { start, len: bytes.len() as u8 }
    }

    fn text(&self, text: Text) -> &[u8] {
        &self.text[text.start..][..usize::from(text.len)]
    }

    /// The directory a file wants to stand in.
    fn directory(&mut self, wanted: &Wanted<'_>, ino: Ino) -> u32 {
        let path = wanted.directory_path();
        if self.rules.fold {
            return self.spelled_directory(wanted, ino);
        }
        if self.last.0 != path {
            self.last.1 = self.walk(wanted, ino);
            path.clone_into(&mut self.last.0);
        }
        self.last.1
    }

    fn walk(&mut self, wanted: &Wanted<'_>, ino: Ino) -> u32 {
        let mut at = 0;
        for name in wanted.directories() {
            at = self.child(at, name, ino);
        }
        at
    }

    /// As [`Self::directory`] without case: notes the spellings of the directories on the way, and which path the file
    /// that is about to be added asked for.
    fn spelled_directory(&mut self, wanted: &Wanted<'_>, ino: Ino) -> u32 {
        let path = wanted.directory_path();
        if let Some(asked) = self.path_index.get_mut(path) {
            self.file_paths.push(asked.index);
            // A higher number has no say in a spelling that a lower one already asked for.
            if ino >= asked.lowest {
                return asked.directory;
            }
            asked.lowest = ino;
            return self.walk(wanted, ino);
        }
        let index = self.paths.len() as u32;
        let directory = self.walk(wanted, ino);
        let path: Arc<str> = path.into();
        self.paths.push(Arc::clone(&path));
        self.path_index.insert(path, Asked { index, directory, lowest: ino });
        self.file_paths.push(index);
        directory
    }

    /// The directory `name` in `parent`, made if need be.
    fn child(&mut self, parent: u32, name: &[u8], file: Ino) -> u32 {
        let fold = self.rules.fold;
        let hash = self.hasher.hash_one((parent, &*name::key(name, fold)));
        let found = self.by_name.find(hash, |index| {
            let met = &self.directories[*index as usize];
            met.parent == parent && name::compare(self.text(met.name), name, fold).is_eq()
        });
        if let Some(&index) = found {
            self.respell(index, name, file);
            return index;
        }
        let index = self.directories.len() as u32;
        let path = self.directories[parent as usize].path.child(name, fold);
        let ino = number::ino((self.rules.number)(path));
        let name = self.push_text(name);
        self.directories.push(Met { parent, name, path, lowest: file, mixed: false, ino });
        let (directories, text, hasher) = (&self.directories, &self.text, &self.hasher);
        self.by_name.insert_unique(hash, index, |index| {
            let met = &directories[*index as usize];
            let name = &text[met.name.start..][..usize::from(met.name.len)];
            hasher.hash_one((met.parent, &*name::key(name, fold)))
        });
        index
    }

    /// Takes note of how a file spells a directory that is known.
    fn respell(&mut self, index: u32, name: &[u8], file: Ino) {
        let met = &self.directories[index as usize];
        let differs = self.rules.fold && self.text(met.name) != name;
        let counts = (file, name) < (met.lowest, self.text(met.name));
        let spelling = (differs && counts).then(|| self.push_text(name));
        let met = &mut self.directories[index as usize];
        met.mixed |= differs;
        met.name = spelling.unwrap_or(met.name);
        met.lowest = met.lowest.min(file);
    }

    /// Gives each directory its number, and answers how many have not the one they would like.
    fn number(&mut self) -> usize {
        let mut numbers = HashSet::with_capacity(self.directories.len());
        if self.directories.iter().all(|met| numbers.insert(met.ino)) {
            return 0;
        }
        let mut in_order: Vec<(Vec<u8>, usize)> =
            (1..self.directories.len()).map(|index| (self.path_key(index), index)).collect();
        in_order.sort_unstable();
        numbers.clear();
        let mut displaced = 0;
        for (_, index) in in_order {
            let met = &mut self.directories[index];
            let liked = met.ino;
            while !numbers.insert(met.ino) {
                met.ino = number::next(met.ino);
            }
            displaced += usize::from(met.ino != liked);
        }
        displaced
    }

    /// The path of a directory as the bytes by which it is told from others.
    fn path_key(&self, mut index: usize) -> Vec<u8> {
        let mut names = Vec::new();
        while index != 0 {
            let met = &self.directories[index];
            names.push(name::key(self.text(met.name), self.rules.fold));
            index = met.parent as usize;
        }
        names.reverse();
        names.join(&b'/')
    }

    fn finish(mut self) -> Snapshot {
        self.by_name = HashTable::new();
        let displaced = self.number();
        self.spread_mixed();
        let (file_starts, file_order) = grouped(self.directories.len(), self.files.iter().map(|file| file.directory));
        let parents = self.directories.iter().skip(1).map(|met| met.parent);
        let (child_starts, child_order) = grouped(self.directories.len(), parents);
        let mut directories = Directories::new(Contents::default(), self.directories.len());
        let mut items = Vec::new();
        for (index, met) in self.directories.iter().enumerate() {
            items.clear();
            // The root is no one's child, so that the groups count from the directory behind it.
            let children = &child_order[child_starts[index]..child_starts[index + 1]];
            items.extend(children.iter().map(|child| self.directory_item(*child as usize + 1)));
            let files = &file_order[file_starts[index]..file_starts[index + 1]];
            items.extend(files.iter().map(|file| self.file_item(*file as usize, met.mixed)));
            let contents = compose::compose(&mut items, self.rules.fold);
            let parent = self.directories[met.parent as usize].ino;
            directories.put(Arc::new(Directory { ino: met.ino, parent, contents }));
        }
        Snapshot { rules: self.rules, directories, places: self.places(), displaced }
    }

    /// Where each file stands, now that directories have their numbers.
    fn places(&mut self) -> Places {
        let mut places = std::mem::take(&mut self.places);
        let mut of_file = Vec::new();
        for names in self.files.chunk_by(|a, b| a.ino == b.ino) {
            let Some(file) = names.first().and_then(|name| name.ino.file()) else { continue };
            of_file.clear();
            of_file.extend(names.iter().map(|name| self.directories[name.directory as usize].ino));
            of_file.sort_unstable();
            places.set(file, &of_file);
        }
        places.shrink();
        places
    }

    /// Makes `mixed` hold for what is below a directory spelled in several ways, too. A parent stands before its children.
    fn spread_mixed(&mut self) {
        for index in 1..self.directories.len() {
            let parent = self.directories[index].parent as usize;
            self.directories[index].mixed |= self.directories[parent].mixed;
        }
    }

    fn directory_item(&self, index: usize) -> Item<'_> {
        let met = &self.directories[index];
        // Spellings stand for each entry or for none; that of a directory is never asked for.
        let spelling = self.directories[met.parent as usize].mixed.then(|| &self.paths[0]);
        Item { target: met.ino, base: self.text(met.name), extension: 0, spelling }
    }

    fn file_item(&self, index: usize, mixed: bool) -> Item<'_> {
        let file = &self.files[index];
        let spelling = mixed.then(|| &self.paths[self.file_paths[index] as usize]);
        Item { target: file.ino, base: self.text(file.base), extension: file.extension, spelling }
    }
}

/// Groups indexes by what they belong to: where each of `count` groups begins (and the last one ends), and the indexes.
fn grouped(count: usize, owners: impl Iterator<Item = u32> + Clone) -> (Vec<usize>, Vec<u32>) {
    let mut starts = vec![0; count + 1];
    for owner in owners.clone() {
        starts[owner as usize + 1] += 1;
    }
    for index in 0..count {
        starts[index + 1] += starts[index];
    }
    let mut next = starts.clone();
    let mut order = vec![0; starts[count]];
    for (index, owner) in owners.enumerate() {
        order[next[owner as usize]] = index as u32;
        next[owner as usize] += 1;
    }
    (starts, order)
}
