//! Which folders of the library hold music, and which files stand beside it.
//!
//! A file beside the music belongs to the album of its folder: the folder itself if it holds music, or the nearest one
//! above that does, or whose folders are the discs of an album. What is known here is told by paths alone; where the files
//! stand in the tree follows from where the tracks do ([`crate::shelving`]).

use crate::row::file_of;
use hashbrown::{HashMap, HashSet};
use musefs_contracts::ids::{FileId, TrackId};
use musefs_contracts::sidecars::{Sidecar, SidecarRules};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Bound;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Folders that a folder without music may be below its album's.
const CLIMB: usize = 3;
/// What the folders of an album's discs begin with, in front of a number or a letter.
const DISCS: [&str; 11] =
    ["cd", "disc", "disk", "disque", "dvd", "lp", "vinyl", "side", "tape", "cassette", "digital media"];

/// A track of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) track: TrackId,
    /// A hash of the file's name without extension, which takes less room than the name.
    stem: u64,
}

/// Folders with music right below a folder, by whether they are named like discs.
#[derive(Clone, Copy, Debug, Default)]
struct Children {
    discs: u32,
    others: u32,
}

impl Children {
    /// Whether they are the discs of one album.
    fn are_discs(self) -> bool {
        self.discs > 0 && self.others == 0
    }
}

/// Where the music is that a folder's other files belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// There is none.
    Nowhere,
    /// In the folder so many steps above.
    Folder(usize),
    /// In the discs' folders that are in the folder so many steps above.
    Discs(usize),
}

/// The files beside the music in one folder.
#[derive(Debug)]
pub(crate) struct Shelf {
    /// The files with their names, in order of number.
    pub(crate) files: Vec<(FileId, Box<OsStr>)>,
    pub(crate) home: Home,
}

/// The library's folders, as far as the files beside the music are concerned.
pub(crate) struct Beside {
    rules: Arc<dyn SidecarRules>,
    folders: BTreeMap<Box<Path>, Vec<Member>>,
    children: HashMap<Box<Path>, Children>,
    shelves: BTreeMap<Box<Path>, Shelf>,
    /// Neighbours among the tracks that are added mostly share their folder.
    last: (PathBuf, Vec<Member>),
}

/// Folders whose files may have to stand elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Touched(BTreeSet<Box<Path>>);

impl Touched {
    /// Notes that the track of a file stands elsewhere in the tree.
    pub(crate) fn note(&mut self, path: &Path) {
        self.0.extend(path.parent().map(Box::from));
    }
}

impl Beside {
    /// No folder yet.
    pub(crate) fn new(rules: Arc<dyn SidecarRules>) -> Self {
        Self {
            rules,
            folders: BTreeMap::new(),
            children: HashMap::new(),
            shelves: BTreeMap::new(),
            last: (PathBuf::new(), Vec::new()),
        }
    }

    /// Whether a file is to be shown at all. Those that `known` tells of are; a number always has the same path.
    pub(crate) fn accepts(&self, sidecar: &Sidecar, known: &dyn Fn(FileId) -> bool) -> bool {
        file_of(sidecar.id).is_some_and(|file| known(file) || self.rules.accepts(&sidecar.path))
    }

    /// Takes in a track that is new here, while everything is read. [`Self::settle`] ends that.
    pub(crate) fn gather(&mut self, track: TrackId, path: &Path) {
        let Some((folder, member)) = member(track, path) else { return };
        if self.last.0 != folder {
            self.flush();
            folder.clone_into(&mut self.last.0);
        }
        self.last.1.push(member);
    }

    fn flush(&mut self) {
        let members = std::mem::take(&mut self.last.1);
        if !members.is_empty() {
            let folder = std::mem::take(&mut self.last.0);
            self.join(&folder, members, &mut Touched::default());
        }
    }

    /// Takes in all files beside the music, once all tracks are gathered.
    pub(crate) fn settle(&mut self, sidecars: &[Sidecar]) {
        self.flush();
        self.replace(sidecars, &mut Touched::default());
    }

    /// Puts tracks into a folder.
    fn join(&mut self, folder: &Path, members: Vec<Member>, touched: &mut Touched) {
        touched.0.insert(folder.into());
        if let Some(known) = self.folders.get_mut(folder) {
            known.extend(members);
            return;
        }
        self.folders.insert(folder.into(), members);
        self.count(folder, |children| *children += 1, touched);
    }

    /// Counts a folder that came to hold music, or does no more, in the one above.
    fn count(&mut self, folder: &Path, step: impl FnOnce(&mut u32), touched: &mut Touched) {
        let Some(parent) = folder.parent() else { return };
        let known = self.children.get(parent).copied().unwrap_or_default();
        let mut now = known;
        let is_disc = folder.file_name().is_some_and(is_disc);
        step(if is_disc { &mut now.discs } else { &mut now.others });
        if now.discs + now.others == 0 {
            self.children.remove(parent);
        } else {
            self.children.insert(parent.into(), now);
        }
        // What is in none of an album's folders may belong to the album no more, or only now.
        let was_empty = known.discs + known.others == 0;
        let is_empty = now.discs + now.others == 0;
        if known.are_discs() || now.are_discs() || was_empty != is_empty {
            touched.0.insert(parent.into());
        }
    }

    /// Brings tracks up to date: each with the path of its file, or `None` for those that are gone. `known` tells which of
    /// them were known before.
    pub(crate) fn update(
        &mut self,
        tracks: &[(TrackId, Option<PathBuf>)],
        known: impl Fn(TrackId) -> bool,
        touched: &mut Touched,
    ) {
        let mut lost: HashSet<TrackId> = HashSet::new();
        let mut new: Vec<(&Path, Member)> = Vec::new();
        for (track, path) in tracks {
            match path.as_deref().and_then(|path| member(*track, path)) {
                None => _ = lost.insert(*track),
                Some((folder, member)) => {
                    touched.0.insert(folder.into());
                    if self.folders.get(folder).is_some_and(|members| members.contains(&member)) {
                        continue;
                    }
                    if known(*track) {
                        lost.insert(*track);
                    }
                    new.push((folder, member));
                }
            }
        }
        self.lose(&lost, touched);
        for (folder, member) in new {
            self.join(folder, vec![member], touched);
        }
    }

    /// Takes tracks out of the folders that they are in.
    fn lose(&mut self, tracks: &HashSet<TrackId>, touched: &mut Touched) {
        if tracks.is_empty() {
            return;
        }
        let mut empty = Vec::new();
        for (folder, members) in &mut self.folders {
            let before = members.len();
            members.retain(|member| !tracks.contains(&member.track));
            if members.len() < before {
                touched.0.insert(folder.clone());
            }
            if members.is_empty() {
                empty.push(folder.clone());
            }
        }
        for folder in empty {
            self.folders.remove(&folder);
            self.count(&folder, |children| *children = children.saturating_sub(1), touched);
        }
    }

    /// Takes in all files beside the music anew, and answers those that are there no more. A number always has the same path.
    pub(crate) fn replace(&mut self, sidecars: &[Sidecar], touched: &mut Touched) -> Vec<FileId> {
        let mut present = by_folder(sidecars);
        let mut gone = Vec::new();
        self.shelves.retain(|folder, shelf| {
            let files = present.remove(folder.as_os_str()).unwrap_or_default();
            if shelf.files.iter().map(|(file, _)| file).eq(files.iter().map(|(file, _)| file)) {
                return true;
            }
            touched.0.insert(folder.clone());
            let still: HashSet<FileId> = files.iter().map(|(file, _)| *file).collect();
            gone.extend(shelf.files.iter().map(|(file, _)| *file).filter(|file| !still.contains(file)));
            shelf.files = named(files);
            !shelf.files.is_empty()
        });
        for (folder, files) in present {
            let folder = Path::new(folder);
            touched.0.insert(folder.into());
            self.shelves.insert(folder.into(), Shelf { files: named(files), home: self.home(folder) });
        }
        gone
    }

    /// Whether nothing stands beside the music.
    pub(crate) fn is_empty(&self) -> bool {
        self.shelves.is_empty()
    }

    /// Every shelf.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Path> {
        self.shelves.keys().map(AsRef::as_ref)
    }

    /// The shelves that are concerned by what was touched, their homes brought up to date.
    pub(crate) fn concerned(&mut self, touched: &Touched) -> BTreeSet<Box<Path>> {
        let mut concerned = BTreeSet::new();
        for folder in &touched.0 {
            concerned.extend(below(&self.shelves, folder).map(|(shelf, _)| shelf.clone()));
            // The files of an album stand wherever tracks of one of its discs do.
            if let Some(parent) = folder.parent()
                && self.children.get(parent).is_some_and(|children| children.are_discs())
            {
                concerned.extend(below(&self.shelves, parent).map(|(shelf, _)| shelf.clone()));
            }
        }
        for folder in &concerned {
            let home = self.home(folder);
            if let Some(shelf) = self.shelves.get_mut(folder) {
                shelf.home = home;
            }
        }
        concerned
    }

    /// The files beside the music in a folder.
    pub(crate) fn shelf(&self, folder: &Path) -> Option<&Shelf> {
        self.shelves.get(folder)
    }

    fn home(&self, shelf: &Path) -> Home {
        for (steps, folder) in shelf.ancestors().take(CLIMB + 1).enumerate() {
            if self.folders.contains_key(folder) {
                return Home::Folder(steps);
            }
            match self.children.get(folder) {
                None => {}
                Some(children) if children.are_discs() => return Home::Discs(steps),
                // The folder of an artist, say: no album is above it.
                Some(_) => return Home::Nowhere,
            }
        }
        Home::Nowhere
    }

    /// The tracks that the files of a shelf belong to.
    pub(crate) fn members<'b>(&'b self, shelf: &'b Path, home: Home) -> impl Iterator<Item = Member> + 'b {
        let (own, discs) = match home {
            Home::Nowhere => (None, None),
            Home::Folder(steps) => (shelf.ancestors().nth(steps), None),
            Home::Discs(steps) => (None, shelf.ancestors().nth(steps)),
        };
        let own = own.and_then(|folder| self.folders.get(folder)).into_iter();
        let discs = discs.into_iter().flat_map(|album| {
            below(&self.folders, album).filter(move |(folder, _)| folder.parent() == Some(album)).map(|(_, at)| at)
        });
        own.chain(discs).flatten().copied()
    }

    /// The tracks of a shelf's own folder whose files have the name of this file, up to a dot; and how long that part of the
    /// name is. Of several such names the longest counts.
    pub(crate) fn namesakes(&self, shelf: &Path, name: &OsStr) -> Option<(usize, Vec<TrackId>)> {
        let members = self.folders.get(shelf)?;
        let name = name.as_bytes();
        let dots = name.iter().enumerate().rev().filter(|(at, byte)| **byte == b'.' && *at > 0).map(|(at, _)| at);
        dots.into_iter().find_map(|dot| {
            let stem = hash(&name[..dot]);
            let tracks: Vec<TrackId> =
                members.iter().filter(|member| member.stem == stem).map(|member| member.track).collect();
            (!tracks.is_empty()).then_some((dot, tracks))
        })
    }
}

/// Files with their names.
type Names<'s> = Vec<(FileId, &'s OsStr)>;

/// Sidecars by the paths of their folders.
fn by_folder(sidecars: &[Sidecar]) -> HashMap<&OsStr, Names<'_>> {
    let mut folders: HashMap<&OsStr, Names<'_>> = HashMap::new();
    // A scan numbers them by path, so that neighbours mostly share their folder.
    for neighbours in sidecars.chunk_by(|a, b| split(a).map(|(folder, _)| folder) == split(b).map(|(folder, _)| folder))
    {
        let Some((folder, _)) = neighbours.first().and_then(split) else { continue };
        let files = neighbours.iter().filter_map(|sidecar| Some((file_of(sidecar.id)?, split(sidecar)?.1)));
        folders.entry(folder).or_default().extend(files);
    }
    folders
}

/// The folder and the name of a sidecar. Its path is absolute and canonical, and need not be taken apart by components, of
/// which there are many.
fn split(sidecar: &Sidecar) -> Option<(&OsStr, &OsStr)> {
    let path = sidecar.path.as_os_str().as_bytes();
    let slash = path.iter().rposition(|byte| *byte == b'/')?;
    Some((OsStr::from_bytes(&path[..slash.max(1)]), OsStr::from_bytes(&path[slash + 1..])))
}

fn named(files: Names<'_>) -> Vec<(FileId, Box<OsStr>)> {
    files.into_iter().map(|(file, name)| (file, name.into())).collect()
}

/// What is in a folder and below it.
fn below<'m, T>(map: &'m BTreeMap<Box<Path>, T>, folder: &'m Path) -> impl Iterator<Item = (&'m Box<Path>, &'m T)> {
    let all = map.range::<Path, _>((Bound::Included(folder), Bound::Unbounded));
    all.take_while(move |(path, _)| path.starts_with(folder))
}

fn member(track: TrackId, path: &Path) -> Option<(&Path, Member)> {
    let stem = hash(path.file_stem()?.as_bytes());
    Some((path.parent()?, Member { track, stem }))
}

fn hash(name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// Whether a folder is named like one disc of an album: `CD1`, `Disc 2 - Live`, `Side A`.
fn is_disc(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    let name = name.trim_start_matches(['(', '[']);
    DISCS.iter().any(|word| {
        let Some(rest) = name.strip_prefix(word) else { return false };
        let is_apart = |c: char| matches!(c, ' ' | '.' | '_' | '-' | '#');
        let number = rest.trim_start_matches(is_apart);
        let word_end = number.find(|c: char| !c.is_alphanumeric()).unwrap_or(number.len());
        let word = &number[..word_end];
        let is_number = !word.is_empty() && word.len() <= 3 && word.bytes().all(|byte| byte.is_ascii_digit());
        let is_letter =
            rest.starts_with(is_apart) && word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_lowercase());
        let is_written = rest.starts_with(is_apart) && ["one", "two", "three", "four", "five", "six"].contains(&word);
        is_number || is_letter || is_written
    })
}

#[cfg(test)]
#[path = "beside_tests.rs"]
mod tests;
