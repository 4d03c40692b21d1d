//! The directories that each file stands in, in parts that snapshots share until one of them changes.

use crate::shards::{Numbered, Shards};
use musefs_contracts::ids::{FileId, Ino, TrackId};
use std::slice;
use std::sync::Arc;

/// Tracks in a page. With its counts and the list of further places a page fills 4 KiB.
const PAGE_TRACKS: usize = 507;

/// Set in the slot of a track with several places. It is in no inode number.
const SEVERAL: u64 = 1 << 63;
/// Bits of such a slot that count the places; those above tell where they begin.
const COUNT_BITS: u32 = 24;

/// The directories of each file: one for each of its names, so that one in which it has two names is there twice.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// In order of number. Ids may have gaps of any size; pages without tracks are not held.
    pages: Vec<(u64, Arc<Page>)>,
    tracks: usize,
    /// Those of files that are no tracks. Their ids follow no order, and there are fewer of them.
    companions: Shards<Beside>,
}

/// The places of successive tracks.
#[derive(Clone, Debug)]
struct Page {
    /// The number of the track's directory; 0 if it is not shown; with [`SEVERAL`] where in `several` they are.
    slots: [Ino; PAGE_TRACKS],
    /// The places of tracks with several of them, in any order of tracks and without gaps.
    several: Vec<Ino>,
}

/// The places of a companion.
#[derive(Clone, Debug)]
struct Beside {
    file: Ino,
    places: Arc<[Ino]>,
}

impl Numbered for Beside {
    fn ino(&self) -> Ino {
        self.file
    }

    fn spread(ino: Ino) -> usize {
        (ino.0 >> 8) as usize
    }
}

impl Page {
    const EMPTY: Self = Self { slots: [Ino(0); PAGE_TRACKS], several: Vec::new() };

    /// Where in `several` a slot leads.
    fn range(slot: Ino) -> Option<(usize, usize)> {
        let bits = slot.0 & !SEVERAL;
        let (start, count) = (bits >> COUNT_BITS, bits & ((1 << COUNT_BITS) - 1));
        (slot.0 & SEVERAL != 0).then_some((start as usize, count as usize))
    }

    fn get(&self, slot: usize) -> &[Ino] {
        match self.slots.get(slot) {
            None | Some(Ino(0)) => &[],
            Some(place) => match Self::range(*place) {
                None => slice::from_ref(place),
                Some((start, count)) => self.several.get(start..start + count).unwrap_or_default(),
            },
        }
    }

    fn set(&mut self, slot: usize, places: &[Ino]) {
        let Some(place) = self.slots.get_mut(slot) else { return };
        if let Some((start, count)) = Self::range(*place) {
            if count == places.len() {
                self.several.splice(start..start + count, places.iter().copied());
                return;
            }
            self.several.drain(start..start + count);
            for other in &mut self.slots {
                if Self::range(*other).is_some_and(|(at, _)| at > start) {
                    other.0 -= (count as u64) << COUNT_BITS;
                }
            }
        }
        let value = match places {
            [] => Ino(0),
            [one] => *one,
            several => {
                let start = self.several.len() as u64;
                self.several.extend_from_slice(several);
                Ino(SEVERAL | start << COUNT_BITS | several.len() as u64)
            }
        };
        if let Some(place) = self.slots.get_mut(slot) {
            *place = value;
        }
    }

    fn is_empty(&self) -> bool {
        self.slots.iter().all(|place| *place == Ino(0))
    }
}

impl Default for Places {
    fn default() -> Self {
        Self { pages: Vec::new(), tracks: 0, companions: Shards::new(0) }
    }
}

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

    /// The directories a file stands in, in order of number, each as often as the file has names in it.
    pub(crate) fn get(&self, file: FileId) -> &[Ino] {
        match file {
            FileId::Track(track) => {
                let (number, slot) = Self::slot(track);
                let page = self.page(number).ok().and_then(|at| self.pages.get(at));
                page.map_or(&[], |(_, page)| page.get(slot))
            }
            FileId::Companion(_) => {
                self.companions.get(Ino::of_file(file, 0)).map_or(&[], |beside| beside.places.as_ref())
            }
        }
    }

    /// Sets them; `places` are in order of number.
    pub(crate) fn set(&mut self, file: FileId, places: &[Ino]) {
        match file {
            FileId::Track(track) => self.set_track(track, places),
            FileId::Companion(_) if places.is_empty() => self.companions.remove(Ino::of_file(file, 0)),
            FileId::Companion(_) => self.companions.put(Beside { file: Ino::of_file(file, 0), places: places.into() }),
        }
    }

    fn set_track(&mut self, track: TrackId, places: &[Ino]) {
        let (number, slot) = Self::slot(track);
        let at = match self.page(number) {
            Ok(at) => at,
            Err(_) if places.is_empty() => return,
            Err(at) => {
                self.pages.insert(at, (number, Arc::new(Page::EMPTY)));
                at
            }
        };
        let Some((_, page)) = self.pages.get_mut(at) else { return };
        let page = Arc::make_mut(page);
        let was_shown = !page.get(slot).is_empty();
        page.set(slot, places);
        self.tracks = self.tracks + usize::from(!places.is_empty()) - usize::from(was_shown);
        if places.is_empty() && page.is_empty() {
            self.pages.remove(at);
        }
    }

    /// Gives back room that was reserved for more.
    pub(crate) fn shrink(&mut self) {
        self.pages.shrink_to_fit();
        for (_, page) in &mut self.pages {
            if page.several.capacity() > page.several.len() {
                Arc::make_mut(page).several.shrink_to_fit();
            }
        }
    }

    /// Number of files.
    pub(crate) fn count(&self) -> usize {
        self.tracks + self.companions.count()
    }
}

#[cfg(test)]
#[path = "places_tests.rs"]
mod tests;
