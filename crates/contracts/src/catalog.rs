//! Reading the store.

use crate::anatomy::{Anatomy, ByteRange, FormatId};
use crate::backing::Stamp;
use crate::ids::{ArtId, Revision, SidecarId, StoreId, TrackId};
use crate::sidecars::Sidecar;
use crate::tags::{ArtLink, TagRow};
use std::path::{Path, PathBuf};

/// Why the store could not answer.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// There is no store at this path.
    #[error("there is no store at {0}; create it with: musefs scan MUSIC --db {0}")]
    Missing(PathBuf),
    /// The file is something else.
    #[error("{path} is not a musefs store ({reason}); name another file with --db")]
    NotAStore {
        /// The file.
        path: PathBuf,
        /// What was found instead.
        reason: String,
    },
    /// The store was written by a newer program.
    #[error("{path} has schema version {found}, newer than the {supported} this musefs knows; upgrade musefs")]
    TooNew {
        /// The store.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version this program knows.
        supported: i64,
    },
    /// Another program held the store's lock for longer than we wait.
    #[error("the store is busy: another program has it locked")]
    Busy,
    /// Another file took the place of the one that was open, or that one was deleted; nothing of the call was written. Opening
    /// the store again leads to the new one, as soon as the rest of the process has let go of the former.
    #[error("{0} was replaced while it was open; run the command again")]
    Replaced(PathBuf),
    /// The disk that holds the store is full; nothing of the batch was written.
    #[error(
        "the disk holding the store is full; free some space and run the command again (what is in the store is safe)"
    )]
    DiskFull,
    /// What was asked for is not there (any more).
    #[error("the store has no such row")]
    NotFound,
    /// Anything else the database says.
    #[error("store: {0}")]
    Other(String),
}

/// Result of a catalog call.
pub type CatalogResult<T> = Result<T, CatalogError>;

/// A row of `tracks`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackRow {
    /// The track.
    pub id: TrackId,
    /// Canonical absolute path of the backing file; need not be UTF-8.
    pub path: PathBuf,
    /// Format.
    pub format: FormatId,
    /// Where the audio lies.
    pub audio: ByteRange,
    /// The stamp the file had when it was probed (`file` is 0).
    pub stamp: Stamp,
    /// Raised by every change of the track's tags or art, whoever makes it.
    pub content_version: i64,
    /// When that last happened, or the track was ingested; unix seconds.
    pub updated_at: i64,
    /// The content version at which the store said the same as the file. A track is certainly pristine while this equals
    /// `content_version`; otherwise only a comparison of the tags tells.
    pub pristine_version: Option<i64>,
}

impl TrackRow {
    /// Whether the row alone shows that the track is pristine.
    pub fn is_certainly_pristine(&self) -> bool {
        self.pristine_version == Some(self.content_version)
    }
}

/// Everything about one track, from one consistent read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackRecord {
    /// Its row.
    pub row: TrackRow,
    /// Its tags; binary values by length only.
    pub tags: Vec<TagRow>,
    /// Its linked pictures, by ordinal.
    pub art: Vec<ArtLink>,
    /// The recorded anatomy; `None` in a store that lacks it, or of an encoding this program does not know.
    pub anatomy: Option<Anatomy>,
}

/// What a template needs of a track.
#[derive(Clone, Debug)]
pub struct TrackFields<'a> {
    /// Its row.
    pub row: &'a TrackRow,
    /// For each field asked for, in that order, its text values by ordinal. Binary rows give no value.
    pub values: &'a [Vec<String>],
}

/// The tracks that changed since a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changes {
    /// Exactly these tracks were inserted, changed or deleted (each once, in no order); the state is that of `revision`.
    Tracks {
        /// Tracks, deleted ones included.
        tracks: Vec<TrackId>,
        /// The revision the list leads to.
        revision: Revision,
    },
    /// The change log does not reach back that far (or belongs to another store): read everything again.
    TooFarBack,
}

/// A read view of the store.
///
/// Shared by many threads. Every method sees one committed state of the store; two calls may see two states. An error
/// changes nothing, and the next call may succeed.
pub trait Catalog: Send + Sync {
    /// The present revision and the store it belongs to. Takes microseconds and touches no table when nothing changed,
    /// so that it can be asked many times a second.
    fn revision(&self) -> CatalogResult<(StoreId, Revision)>;

    /// The tracks changed after `since`. Costs in proportion to what changed.
    fn changes_since(&self, store: StoreId, since: Revision) -> CatalogResult<Changes>;

    /// Visits every track in order of id with the values of `fields` (canonical keys), and answers the revision this was
    /// the state of. Streams: never holds all tracks in memory.
    fn for_each_track(
        &self,
        fields: &[String],
        visit: &mut dyn FnMut(TrackFields<'_>),
    ) -> CatalogResult<(StoreId, Revision)>;

    /// Visits those of `tracks` that exist, as [`Self::for_each_track`] does.
    fn for_tracks(
        &self,
        tracks: &[TrackId],
        fields: &[String],
        visit: &mut dyn FnMut(TrackFields<'_>),
    ) -> CatalogResult<()>;

    /// One track; [`CatalogError::NotFound`] if there is none.
    fn track(&self, track: TrackId) -> CatalogResult<TrackRecord>;

    /// Visits the records of those of `tracks` that exist; cheaper than [`Self::track`] for each.
    fn records(&self, tracks: &[TrackId], visit: &mut dyn FnMut(TrackRecord)) -> CatalogResult<()> {
        for track in tracks {
            match self.track(*track) {
                Ok(record) => visit(record),
                Err(CatalogError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The track of a backing file.
    fn find_path(&self, path: &Path) -> CatalogResult<Option<TrackId>>;

    /// Fills `buf` from a picture's bytes at `offset`; fails if the picture is shorter.
    fn read_art(&self, art: ArtId, offset: u64, buf: &mut [u8]) -> CatalogResult<()>;

    /// Fills `buf` from a binary tag value at `offset`; fails if the value is shorter.
    fn read_tag_value(&self, track: TrackId, key: &str, ordinal: i64, offset: u64, buf: &mut [u8])
    -> CatalogResult<()>;

    /// The revision at which any sidecar was added, changed or removed last, so that who knows them all can tell whether that
    /// still holds. Such a change moves [`Self::revision`] too, and is no track's change. A store without sidecars always
    /// answers the same.
    fn sidecars_changed(&self) -> CatalogResult<Revision> {
        Ok(Revision(0))
    }

    /// Visits every sidecar in order of id, and answers what [`Self::sidecars_changed`] says of this state. A store without
    /// sidecars visits nothing.
    fn for_each_sidecar(&self, visit: &mut dyn FnMut(Sidecar)) -> CatalogResult<Revision> {
        let _ = visit;
        Ok(Revision(0))
    }

    /// One sidecar; [`CatalogError::NotFound`] if there is none.
    fn sidecar(&self, sidecar: SidecarId) -> CatalogResult<Sidecar> {
        let _ = sidecar;
        Err(CatalogError::NotFound)
    }

    /// Served sizes remembered from earlier mounts: visits `(track, content_version, size)` of all that were recorded with
    /// the same `omitted` keys. Stale versions may be among them. A store without them visits nothing.
    fn for_each_served_size(&self, omitted: &[String], visit: &mut dyn FnMut(TrackId, i64, u64)) -> CatalogResult<()> {
        let _ = (omitted, visit);
        Ok(())
    }

    /// Remembers served sizes for later mounts. Best effort: a store that cannot be written just forgets them.
    fn remember_served_sizes(&self, omitted: &[String], sizes: &[(TrackId, i64, u64)]) -> CatalogResult<()> {
        let _ = (omitted, sizes);
        Ok(())
    }

    /// Bytes of memory the database engine holds in this process.
    fn memory_bytes(&self) -> u64 {
        0
    }
}
