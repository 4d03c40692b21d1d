//! Writing the store: what a scan brings in, and what pruning takes out.

use crate::anatomy::{Anatomy, ByteRange};
use crate::backing::Stamp;
use crate::catalog::{CatalogResult, TrackRow};
use crate::ids::{SidecarId, TrackId};
use crate::probe::Probe;
use crate::sidecars::{Sidecar, SidecarFile};
use crate::tags::{TagRow, TagValue, canonical, digest_values};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How a probed file meets what the store already has of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IngestMode {
    /// The file is new. If its path is in the store after all, this acts as [`Self::Refresh`].
    Add,
    /// The file changed: tags that were curated in the store stay, all others follow the file; see [`refreshed_tags`].
    /// Linked art stays.
    Refresh,
    /// The file's tags replace the store's text and binary rows. Linked art stays.
    Force,
    /// The file of this known track stands at a new path now: row, tags and art stay, path, stamp and anatomy change.
    Moved(TrackId),
}

/// One probed file on its way into the store.
#[derive(Clone, Debug)]
pub struct Ingest {
    /// Canonical absolute path.
    pub path: PathBuf,
    /// Stamp taken before and after probing (they were equal).
    pub stamp: Stamp,
    /// What it was found to be.
    pub probe: Probe,
    /// Cheap identity of the contents: 64 hex digits over samples of the audio and its length, or `None`. Only the first 32
    /// of them find files that may be the same.
    pub fingerprint: Option<String>,
    /// What to do about a track already known.
    pub mode: IngestMode,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IngestSummary {
    /// Tracks that are new in the store.
    pub added: u64,
    /// Known tracks that were brought up to date.
    pub updated: u64,
    /// Known tracks that got a new path.
    pub moved: u64,
}

/// A file the store knows, as a walk needs it to decide what to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFile {
    /// The track.
    pub track: TrackId,
    /// Its path.
    pub path: PathBuf,
    /// Its stamp when it was probed (`file` is 0).
    pub stamp: Stamp,
    /// The prober that recorded its anatomy, and for which format; `None` in a store without anatomies.
    pub prober: Option<u32>,
    /// The format's stored name.
    pub format: crate::anatomy::FormatId,
    /// Where its audio lies.
    pub audio: ByteRange,
    /// Its fingerprint.
    pub fingerprint: Option<String>,
    /// What [`CatalogWriter::record_content_hashes`] recorded of it as it is.
    pub content_hash: Option<String>,
}

/// The identity of a file's audio, for telling files of one fingerprint apart after they are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentHash {
    /// The track.
    pub track: TrackId,
    /// Stamp of the file before and after it was read (they were equal).
    pub stamp: Stamp,
    /// SHA-256 of all bytes of the audio, as 64 hex digits.
    pub hash: String,
}

/// The one writer of the scanner's tables. Calls block while another program holds the store's lock, up to a minute.
///
/// Each call is one transaction: after an error, or a crash at any point, the store is as it was before the call.
pub trait CatalogWriter: Send {
    /// What this writer changes from now on is one edit of `program`, such as `musefs scan`, in the store's history. A store
    /// without a history takes no notice.
    fn begin_edit(&mut self, program: &str) {
        let _ = program;
    }

    /// Visits every known file, in no order.
    fn for_each_known(&mut self, visit: &mut dyn FnMut(KnownFile)) -> CatalogResult<()>;

    /// Brings a batch in. A track whose tags and art equal its file's afterwards is marked pristine.
    fn ingest(&mut self, batch: &[Ingest]) -> CatalogResult<IngestSummary>;

    /// Records hashes of whole audio streams, each of them only if the track still has the stamp. They last until the track's
    /// contents change. No track counts as changed by it. A store that keeps none does nothing.
    fn record_content_hashes(&mut self, hashes: &[ContentHash]) -> CatalogResult<()> {
        let _ = hashes;
        Ok(())
    }

    /// Drops tracks with their tags and links. What is removed is told to the change feed.
    fn remove(&mut self, tracks: &[TrackId]) -> CatalogResult<u64>;

    /// Drops pictures that no track links to; answers how many.
    fn collect_unlinked_art(&mut self) -> CatalogResult<u64>;

    /// Remembers a folder that was scanned.
    fn remember_root(&mut self, root: &Path) -> CatalogResult<()>;

    /// The folders that were scanned.
    fn roots(&mut self) -> CatalogResult<Vec<PathBuf>>;

    /// What [`Self::remember_walk`] was given for these targets, if the store has the very same tracks as then. A store that keeps
    /// no such record answers none.
    fn recall_walk(&mut self, targets: &[u8]) -> CatalogResult<Option<Vec<u8>>> {
        let _ = targets;
        Ok(None)
    }

    /// Remembers what a complete walk of some targets left behind, for [`Self::recall_walk`]. `tracks` is how many the walk
    /// left in the store; where there are others by now, nothing is remembered.
    fn remember_walk(&mut self, targets: &[u8], record: &[u8], tracks: u64) -> CatalogResult<()> {
        let _ = (targets, record, tracks);
        Ok(())
    }

    /// Visits every sidecar, in no order. A store without sidecars visits nothing.
    fn for_each_sidecar(&mut self, visit: &mut dyn FnMut(Sidecar)) -> CatalogResult<()> {
        let _ = visit;
        Ok(())
    }

    /// Brings sidecars in, or up to date where their path is known, and drops those that are `gone`. They are no curated data:
    /// the history takes no notice. A store without sidecars does nothing.
    fn update_sidecars(&mut self, met: &[SidecarFile], gone: &[SidecarId]) -> CatalogResult<()> {
        let _ = (met, gone);
        Ok(())
    }

    /// Called once after the last batch of a command: lets the store tidy its files.
    fn finish(&mut self) -> CatalogResult<()> {
        Ok(())
    }
}

/// The rows a track has after its file changed, from the anatomy recorded before, the rows in the store, and the new probe.
///
/// A key is *curated* if its rows differ from what the old anatomy says the file had. Curated keys keep their rows (and a
/// key that was removed stays removed); all others take the file's new values. Without an old anatomy every row counts as
/// curated, and keys the store has no row of are taken from the file only if the store has no tags of the track at all.
pub fn refreshed_tags(old: Option<&Anatomy>, stored: &[TagRow], probe: &Probe) -> Vec<TagRow> {
    let Some(old) = old else {
        return if stored.is_empty() { probe.tags.rows() } else { stored.to_vec() };
    };
    let mut by_key: BTreeMap<String, Vec<&TagRow>> = BTreeMap::new();
    for row in stored {
        by_key.entry(canonical(&row.key).unwrap_or_else(|| row.key.clone())).or_default().push(row);
    }
    let mut rows = Vec::new();
    for (key, stored) in &mut by_key {
        stored.sort_by_key(|row| row.ordinal);
        if is_curated(old, key, stored) {
            rows.extend(stored.iter().copied().cloned());
        }
    }
    for row in probe.tags.rows() {
        let stored: &[&TagRow] = by_key.get(&row.key).map_or(&[], Vec::as_slice);
        if !is_curated(old, &row.key, stored) {
            rows.push(row);
        }
    }
    rows
}

fn is_curated(file: &Anatomy, key: &str, stored: &[&TagRow]) -> bool {
    let texts: Option<Vec<&str>> = stored
        .iter()
        .map(|row| match &row.value {
            TagValue::Text(text) => Some(text.as_str()),
            TagValue::Binary { .. } => None,
        })
        .collect();
    texts.map(digest_values) != Some(file.digest_of(key))
}

/// Whether rows and art of a track say the same as its file, so that it may be marked pristine.
pub fn is_pristine(row: &TrackRow, anatomy: &Anatomy, tags: &[TagRow], has_art: bool) -> bool {
    !has_art && crate::edit::Edit::between(row.id, anatomy, tags, &[], &[]).is_empty()
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
