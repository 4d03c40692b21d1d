//! The history of edits: what was changed in the store, by whom, and taking it back.

use crate::catalog::CatalogResult;
use crate::ids::{ArtId, TrackId};
use crate::writer::CatalogWriter;
use std::path::PathBuf;

/// Names an edit for good. Edits that began later have larger ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EditId(pub i64);

/// What of a track a change is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A row of `tags`.
    Tag {
        /// The key as the row spells it.
        key: String,
        /// Place among the values of the key, from 0.
        ordinal: i64,
    },
    /// A linked picture.
    Art {
        /// Place among the track's pictures.
        ordinal: i64,
    },
    /// The track as a whole.
    Track,
}

/// What stands, or stood, at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A text value.
    Text(String),
    /// A binary value of this length in bytes.
    Binary(u64),
    /// A linked picture.
    Art {
        /// The picture.
        art: ArtId,
        /// Picture type, 0 to 20.
        picture_type: u8,
        /// Its description.
        description: String,
    },
    /// The track with all its tags and links.
    Track,
}

/// What an edit did to one place, first state to last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The track.
    pub track: TrackId,
    /// Its file; `None` if the store knows it neither as a track nor as a removed one.
    pub path: Option<PathBuf>,
    /// What of it.
    pub place: Place,
    /// What was there; `None` for nothing.
    pub before: Option<Content>,
    /// What is there since; `None` for nothing.
    pub after: Option<Content>,
}

/// One edit: what one command of ours did, or about one transaction of another program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Its name.
    pub id: EditId,
    /// When it ended; milliseconds of unix time.
    pub at_ms: i64,
    /// Who made it; `None` for a program that is not ours.
    pub program: Option<String>,
    /// The edit that this one took back.
    pub undoes: Option<EditId>,
    /// The edit that took this one back, and was not taken back itself.
    pub undone_by: Option<EditId>,
    /// What it changed in all. Never empty; shorter than `total` where a query asked for fewer.
    pub changes: Vec<Change>,
    /// How many changes it has.
    pub total: u64,
}

/// Which edits to tell.
#[derive(Clone, Debug)]
pub struct HistoryQuery {
    /// Only edits of these tracks, and of those only what concerns these tracks.
    pub tracks: Option<Vec<TrackId>>,
    /// At most so many edits, the latest.
    pub edits: usize,
    /// At most so many changes of each.
    pub changes: usize,
}

/// What became of an undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// There is no such edit, or none that could be taken back.
    Nothing,
    /// It was taken back, by an edit that can be undone itself.
    Done {
        /// The edit.
        edit: Edit,
        /// Changes that could not be taken back, because the track or the picture is gone. They are no part of the undo.
        left: Vec<Change>,
    },
    /// Nothing was done, since these of its places changed again afterwards.
    ChangedSince {
        /// The edit.
        edit: Edit,
        /// Its changes at those places; at most a few of them.
        changes: Vec<Change>,
        /// How many there are.
        total: u64,
    },
}

/// A writer of a store that records what happens to tags and art, and can take it back.
///
/// Recorded are the edits of every program: those of others row by row as they write, ours by the command. Tracks that are new
/// are not an edit; removing one is, and so is a file's change that brings other tags in. History is bounded: the oldest
/// edits are forgotten.
pub trait CatalogHistory: CatalogWriter {
    /// Visits edits, the latest first. Edits that changed nothing in the end are left out.
    fn edits(&mut self, query: &HistoryQuery, visit: &mut dyn FnMut(Edit)) -> CatalogResult<()>;

    /// Takes back `edit`; without one the latest that is no undo and was not taken back. With `force` also where places changed
    /// since, and where another track has taken a removed track's path, which it then loses.
    ///
    /// A removed track comes back under its id with tags and art.
    fn undo(&mut self, edit: Option<EditId>, force: bool) -> CatalogResult<Undone>;

    /// Drops the links of tracks to pictures, so that their files' own pictures show; answers how many tracks had any.
    fn unlink_art(&mut self, tracks: &[TrackId]) -> CatalogResult<u64>;

    /// The track of a path, or of a path that a removed track had.
    fn find_past_path(&mut self, path: &std::path::Path) -> CatalogResult<Option<TrackId>>;
}
