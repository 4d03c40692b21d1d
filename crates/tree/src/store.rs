//! The two indexes of a snapshot, in parts that snapshots share until one of them changes.

use crate::directory::{Contents, Directory};
use musefs_contracts::ids::{Ino, TrackId};
use std::sync::Arc;

/// Directories in a shard, about, when it is made. Copying one must be cheap, and so must be copying the list of them.
const SHARD_DIRECTORIES: usize = 48;
/// Directories in a shard, about, at which there should be more shards.
const FULL_SHARD: usize = 4 * SHARD_DIRECTORIES;

/// Directories by inode number.
#[derive(Clone, Debug)]
pub(crate) struct Directories {
    root: Arc<Directory>,
    /// A power of two of them; the low bits of a number choose.
    shards: Vec<Arc<Shard>>,
    count: usize,
}

/// Directories in order of number.
type Shard = Vec<Arc<Directory>>;

impl Directories {
    /// An index with room for `count` directories, which holds the root alone.
    pub(crate) fn new(root: Contents, count: usize) -> Self {
        let shards = (count / SHARD_DIRECTORIES).next_power_of_two();
        let root = Arc::new(Directory { ino: Ino::ROOT, parent: Ino::ROOT, contents: root });
        Self { root, shards: vec![Arc::default(); shards], count: 0 }
    }

    /// The shard of a number. Their count is a power of two, so this is never out of range.
    fn shard_of(&self, ino: Ino) -> usize {
        ino.0 as usize & (self.shards.len() - 1)
    }

    /// The directory with this number.
    pub(crate) fn get(&self, ino: Ino) -> Option<&Arc<Directory>> {
        if ino == Ino::ROOT {
            return Some(&self.root);
        }
        let shard = self.shards.get(self.shard_of(ino))?;
        let found = shard.binary_search_by_key(&ino, |directory| directory.ino).ok()?;
        shard.get(found)
    }

    /// Adds or replaces a directory.
    pub(crate) fn put(&mut self, directory: Arc<Directory>) {
        if directory.ino == Ino::ROOT {
            self.root = directory;
            return;
        }
        if self.count >= self.shards.len() * FULL_SHARD {
            self.spread();
        }
        let at = self.shard_of(directory.ino);
        let Some(shard) = self.shards.get_mut(at) else { return };
        let shard = Arc::make_mut(shard);
        match shard.binary_search_by_key(&directory.ino, |directory| directory.ino) {
            Ok(found) => shard[found] = directory,
            Err(place) => {
                shard.reserve_exact(1);
                shard.insert(place, directory);
                self.count += 1;
            }
        }
    }

    /// Takes a directory out.
    pub(crate) fn remove(&mut self, ino: Ino) {
        let at = self.shard_of(ino);
        let Some(shard) = self.shards.get_mut(at) else { return };
        if let Ok(found) = shard.binary_search_by_key(&ino, |directory| directory.ino) {
            Arc::make_mut(shard).remove(found);
            self.count -= 1;
        }
    }

    /// Doubles the number of shards until they are small again.
    fn spread(&mut self) {
        let mut wider = Self {
            root: Arc::clone(&self.root),
            shards: vec![Arc::default(); (self.count / SHARD_DIRECTORIES).next_power_of_two()],
            count: 0,
        };
        for directory in self.shards.iter().flat_map(|shard| shard.iter()) {
            wider.put(Arc::clone(directory));
        }
        *self = wider;
    }

    /// Every directory, the root included, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Directory>> {
        std::iter::once(&self.root).chain(self.shards.iter().flat_map(|shard| shard.iter()))
    }

    /// Number of directories, the root not counted.
    pub(crate) fn count(&self) -> usize {
        self.count
    }
}

/// Tracks in a page. With the two counts of an `Arc` it fills 4 KiB.
const PAGE_TRACKS: usize = 510;

/// The directory of each track, by id.
///
/// A slot is the number of the directory, 0 for a track that is not shown. Bit 63 is in no inode number: it is where a
/// track with several places would lead elsewhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// In order of number. Ids may have gaps of any size; pages without tracks are not held.
    pages: Vec<(u64, Arc<Page>)>,
    count: usize,
}

#[derive(Clone, Debug)]
struct Page([u64; PAGE_TRACKS]);

impl Places {
    /// The page and slot of a track.
    fn slot(track: TrackId) -> (u64, usize) {
        let id = track.0 as u64;
        (id / PAGE_TRACKS as u64, (id % PAGE_TRACKS as u64) as usize)
    }

    fn page(&self, number: u64) -> Result<usize, usize> {
        // Ids are mostly without gaps, so that a page is mostly found where its number says.
        match self.pages.get(number as usize) {
            Some((found, _)) if *found == number => Ok(number as usize),
            _ => self.pages.binary_search_by_key(&number, |(number, _)| *number),
        }
    }

    /// The directory a track stands in.
    pub(crate) fn get(&self, track: TrackId) -> Option<Ino> {
        let (number, slot) = Self::slot(track);
        let (_, page) = self.pages.get(self.page(number).ok()?)?;
        page.0.get(slot).filter(|place| **place != 0).map(|place| Ino(*place))
    }

    /// Sets or clears it.
    pub(crate) fn set(&mut self, track: TrackId, directory: Option<Ino>) {
        let (number, slot) = Self::slot(track);
        let at = match (self.page(number), directory) {
            (Ok(at), _) => at,
            (Err(_), None) => return,
            (Err(at), Some(_)) => {
                self.pages.insert(at, (number, Arc::new(Page([0; PAGE_TRACKS]))));
                at
            }
        };
        let Some((_, page)) = self.pages.get_mut(at) else { return };
        let page = Arc::make_mut(page);
        let Some(place) = page.0.get_mut(slot) else { return };
        let (before, after) = (*place != 0, directory.is_some());
        *place = directory.map_or(0, |ino| ino.0);
        self.count = self.count + usize::from(after) - usize::from(before);
        if !after && page.0.iter().all(|place| *place == 0) {
            self.pages.remove(at);
        }
    }

    /// Number of tracks.
    pub(crate) fn count(&self) -> usize {
        self.count
    }
}
