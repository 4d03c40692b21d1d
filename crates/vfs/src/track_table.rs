//! What the file system holds of every file of the tree: forty bytes each, in pages that successive tables share.
//!
//! A table is immutable once it is published in a view. A change copies the page it touches and nothing else, so that a
//! table of a million tracks costs an edit a few KiB. Pages hold only the entries that exist: sparse ids cost little more
//! than dense ones.

use crate::sync::{AtomicU8, Ordering};
use musefs_contracts::backing::Stamp;
use musefs_contracts::catalog::TrackRow;
use musefs_contracts::ids::{FileId, Ino};
use musefs_contracts::sidecars::Sidecar;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a row of the store says of the contents of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// The backing file's stamp as the store has it.
    pub(crate) stamp: Stamp,
    /// Raised by every edit.
    pub(crate) content_version: i64,
    /// When the last edit was, in seconds since 1970.
    updated_at: i64,
    /// Whether the file is served as it is while it has that stamp.
    pristine: bool,
    /// Whether it is served as it is, whatever becomes of it.
    verbatim: bool,
}

impl From<&TrackRow> for Recorded {
    fn from(row: &TrackRow) -> Self {
        Self {
            stamp: row.stamp,
            content_version: row.content_version,
            updated_at: row.updated_at,
            pristine: row.is_certainly_pristine(),
            verbatim: false,
        }
    }
}

impl From<&Sidecar> for Recorded {
    fn from(sidecar: &Sidecar) -> Self {
        Self { stamp: sidecar.stamp, content_version: 0, updated_at: 0, pristine: true, verbatim: true }
    }
}

/// What is known of one file.
#[derive(Debug)]
pub(crate) struct Entry {
    size: u64,
    mtime_ns: i64,
    ctime_ns: i64,
    /// Content version the entry speaks of.
    pub(crate) content_version: i64,
    /// When tags or art changed last, in seconds since 1970. Ends in 2106, which no store will see.
    updated_at: u32,
    /// Number in the file's inode that new look-ups get.
    pub(crate) epoch: u8,
    /// Facts derived from the rest, which any thread may add once it knows them. They are lost when a page is copied at that
    /// very moment, and then derived again.
    facts: AtomicU8,
}

/// The served bytes are the backing file's bytes.
const AS_BACKING: u8 = 1;

impl Entry {
    /// The entry of a row whose backing file has `stamp`, which is the row's own unless the file changed since its scan.
    pub(crate) fn new(row: impl Into<Recorded>, stamp: Stamp) -> Self {
        let row = row.into();
        let pristine = row.verbatim || row.pristine && row.stamp.same_contents(&stamp);
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

    /// Whether the entry speaks of this state of the file's rows. The time counts beside the version, since a backup that is
    /// put back can reach the same version by other edits.
    pub(crate) fn is_of(&self, row: impl Into<Recorded>) -> bool {
        let row = row.into();
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

/// Where a file lies: chunk, page in it, slot in that. Companions follow behind all tracks.
fn position(file: FileId) -> (u64, u32, u32) {
    let id = Ino::of_file(file, 0).0 >> 8;
    (id >> 14, (id >> 6 & 255) as u32, (id & 63) as u32)
}

/// The entries of all files, by id. Cloning copies a handful of pointers.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrackTable {
    chunks: BTreeMap<u64, Arc<Chunk>>,
    len: u64,
}

impl TrackTable {
    /// Whether a file of this id can have an inode number; a store may hold any id.
    pub(crate) fn can_hold(file: impl Into<FileId>) -> bool {
        let file = file.into();
        Ino::of_file(file, 0).file() == Some(file)
    }

    /// Number of files.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// The entry of a file.
    pub(crate) fn get(&self, file: impl Into<FileId>) -> Option<&Entry> {
        let (chunk, page, slot) = position(file.into());
        let chunk = self.chunks.get(&chunk)?;
        let page = &chunk.pages[chunk.index(page).ok()?];
        Some(&page.entries[page.index(slot).ok()?])
    }

    /// Puts an entry in, in place of the file's last one.
    pub(crate) fn insert(&mut self, file: impl Into<FileId>, entry: Entry) {
        let (chunk, page_number, slot) = position(file.into());
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
    pub(crate) fn remove(&mut self, file: impl Into<FileId>) {
        let file = file.into();
        if self.get(file).is_none() {
            return;
        }
        let (chunk_number, page_number, slot) = position(file);
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
    pub(crate) fn iter(&self) -> impl Iterator<Item = (FileId, &Entry)> {
        self.chunks.iter().flat_map(|(chunk_number, chunk)| {
            let page_numbers = (0..256).filter(|page| chunk.index(*page).is_ok());
            page_numbers.zip(&chunk.pages).flat_map(move |(page_number, page)| {
                let slots = (0..64).filter(|slot| page.index(*slot).is_ok());
                let first = chunk_number << 14 | u64::from(page_number) << 6;
                let file = move |slot: u32| Ino((first | u64::from(slot)) << 8).file();
                slots.zip(&page.entries).filter_map(move |(slot, entry)| Some((file(slot)?, entry)))
            })
        })
    }
}

#[cfg(test)]
#[path = "track_table_tests.rs"]
mod tests;
