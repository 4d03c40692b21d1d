//! What the file system holds of every track: forty bytes each, in pages that successive tables share.
//!
//! A table is immutable once it is published in a view. A change copies the page it touches and nothing else, so that a
//! table of a million tracks costs an edit a few KiB. Pages hold only the entries that exist: sparse ids cost little more
//! than dense ones.

use musefs_contracts::backing::Stamp;
use musefs_contracts::catalog::TrackRow;
use musefs_contracts::ids::{Ino, TrackId};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// What is known of one track.
#[derive(Debug)]
pub(crate) struct Entry {
    size: u64,
    mtime_ns: i64,
    ctime_ns: i64,
    /// Content version the entry speaks of.
    pub(crate) content_version: i64,
    /// When tags or art changed last, in seconds since 1970. Ends in 2106, which no store will see.
    updated_at: u32,
    /// Number in the track's inode that new look-ups get.
    pub(crate) epoch: u8,
    /// Facts derived from the rest, which any thread may add once it knows them. They are lost when a page is copied at that
    /// very moment, and then derived again.
    facts: AtomicU8,
}

/// The served bytes are the backing file's bytes.
const AS_BACKING: u8 = 1;

impl Entry {
    /// The entry of a row whose backing file has `stamp`, which is the row's own unless the file changed since its scan.
    pub(crate) fn new(row: &TrackRow, stamp: Stamp) -> Self {
        let pristine = row.is_certainly_pristine() && row.stamp.same_contents(&stamp);
        Self {
            size: stamp.size.min(i64::MAX as u64),
            mtime_ns: stamp.mtime_ns,
            ctime_ns: stamp.ctime_ns,
            content_version: row.content_version,
            updated_at: seconds(row.updated_at),
            epoch: 0,
            facts: AtomicU8::new(if pristine { AS_BACKING } else { 0 }),
        }
    }

    /// The backing file's stamp as far as it is known here.
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp { size: self.size, mtime_ns: self.mtime_ns, ctime_ns: self.ctime_ns, file: 0 }
    }

    /// Whether the entry speaks of this state of the track's rows. The time counts beside the version, since a backup that is
    /// put back can reach the same version by other edits.
    pub(crate) fn is_of(&self, row: &TrackRow) -> bool {
        self.content_version == row.content_version && self.updated_at == seconds(row.updated_at)
    }

    /// Nanoseconds since 1970 at which tags or art changed last.
    pub(crate) fn updated_ns(&self) -> i64 {
        i64::from(self.updated_at) * 1_000_000_000
    }

    /// A time of a content with an edit: the later of its file's and the edit's. The store knows an edit by the second, and a
    /// file may be younger than its edit is in whole seconds, so the version is counted on top as nanoseconds: every edit
    /// moves the time, as programs that look at nothing else need it.
    pub(crate) fn moved_by_edits(&self, of_file_ns: i64) -> i64 {
        of_file_ns.max(self.updated_ns()).saturating_add(self.content_version.rem_euclid(1_000_000_000))
    }

    /// Whether it is known that the served bytes are the backing file's.
    pub(crate) fn is_as_backing(&self) -> bool {
        self.facts.load(Ordering::Relaxed) & AS_BACKING != 0
    }

    /// Notes that the served bytes are the backing file's.
    pub(crate) fn set_as_backing(&self) {
        self.facts.fetch_or(AS_BACKING, Ordering::Relaxed);
    }
}

fn seconds(updated_at: i64) -> u32 {
    updated_at.clamp(0, i64::from(u32::MAX)) as u32
}

impl Clone for Entry {
    fn clone(&self) -> Self {
        Self { facts: AtomicU8::new(self.facts.load(Ordering::Relaxed)), ..*self }
    }
}

/// Entries of 64 successive ids.
#[derive(Clone, Debug, Default)]
struct Page {
    present: u64,
    entries: Vec<Entry>,
}

impl Page {
    fn index(&self, slot: u32) -> Result<usize, usize> {
        let at = (self.present & ((1 << slot) - 1)).count_ones() as usize;
        if self.present >> slot & 1 == 1 { Ok(at) } else { Err(at) }
    }
}

/// Pages of 16,384 successive ids.
#[derive(Clone, Debug, Default)]
struct Chunk {
    present: [u64; 4],
    pages: Vec<Arc<Page>>,
}

impl Chunk {
    fn index(&self, page: u32) -> Result<usize, usize> {
        let (word, bit) = ((page / 64) as usize, page % 64);
        let before: u32 = self.present[..word].iter().map(|word| word.count_ones()).sum();
        let at = (before + (self.present[word] & ((1 << bit) - 1)).count_ones()) as usize;
        if self.present[word] >> bit & 1 == 1 { Ok(at) } else { Err(at) }
    }
}

/// Where an id lies: chunk, page in it, slot in that.
fn position(track: TrackId) -> (u64, u32, u32) {
    let id = track.0 as u64;
    (id >> 14, (id >> 6 & 255) as u32, (id & 63) as u32)
}

/// The entries of all tracks, by id. Cloning copies a handful of pointers.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrackTable {
    chunks: BTreeMap<u64, Arc<Chunk>>,
    len: u64,
}

impl TrackTable {
    /// Whether a track of this id can have an inode number; a store may hold any id.
    pub(crate) fn can_hold(track: TrackId) -> bool {
        Ino::of_track(track, 0).track() == Some(track)
    }

    /// Number of tracks.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// The entry of a track.
    pub(crate) fn get(&self, track: TrackId) -> Option<&Entry> {
        let (chunk, page, slot) = position(track);
        let chunk = self.chunks.get(&chunk)?;
        let page = &chunk.pages[chunk.index(page).ok()?];
        Some(&page.entries[page.index(slot).ok()?])
    }

    /// Puts an entry in, in place of the track's last one.
    pub(crate) fn insert(&mut self, track: TrackId, entry: Entry) {
        let (chunk, page_number, slot) = position(track);
        let chunk = Arc::make_mut(self.chunks.entry(chunk).or_default());
        let at = chunk.index(page_number).unwrap_or_else(|at| {
            chunk.present[(page_number / 64) as usize] |= 1 << (page_number % 64);
            chunk.pages.insert(at, Arc::default());
            at
        });
        let page = Arc::make_mut(&mut chunk.pages[at]);
        match page.index(slot) {
            Ok(at) => page.entries[at] = entry,
            Err(at) => {
                page.present |= 1 << slot;
                page.entries.insert(at, entry);
                self.len += 1;
            }
        }
    }

    /// Takes an entry out.
    pub(crate) fn remove(&mut self, track: TrackId) {
        if self.get(track).is_none() {
            return;
        }
        let (chunk_number, page_number, slot) = position(track);
        let Some(chunk) = self.chunks.get_mut(&chunk_number).map(Arc::make_mut) else { return };
        let Ok(page_at) = chunk.index(page_number) else { return };
        let page = Arc::make_mut(&mut chunk.pages[page_at]);
        let Ok(at) = page.index(slot) else { return };
        page.entries.remove(at);
        page.present &= !(1 << slot);
        self.len -= 1;
        if page.entries.is_empty() {
            chunk.pages.remove(page_at);
            chunk.present[(page_number / 64) as usize] &= !(1 << (page_number % 64));
        }
        if chunk.pages.is_empty() {
            self.chunks.remove(&chunk_number);
        }
    }

    /// All entries in order of id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (TrackId, &Entry)> {
        self.chunks.iter().flat_map(|(chunk_number, chunk)| {
            let page_numbers = (0..256).filter(|page| chunk.index(*page).is_ok());
            page_numbers.zip(&chunk.pages).flat_map(move |(page_number, page)| {
                let slots = (0..64).filter(|slot| page.index(*slot).is_ok());
                let first = chunk_number << 14 | u64::from(page_number) << 6;
                slots.zip(&page.entries).map(move |(slot, entry)| (TrackId((first | u64::from(slot)) as i64), entry))
            })
        })
    }
}

#[cfg(test)]
#[path = "track_table_tests.rs"]
mod tests;
