//! What the store says of one file: of a track, or of a file beside the music.

use crate::Vfs;
use crate::open::patiently;
use crate::track_table::Recorded;
use musefs_contracts::catalog::{CatalogError, CatalogResult, TrackRow};
use musefs_contracts::filesystem::FsResult;
use musefs_contracts::ids::{CompanionId, FileId, SidecarId};
use musefs_contracts::sidecars::Sidecar;
use std::path::PathBuf;

/// Companions below this number are the store's sidecars, by their own number.
const SIDECARS: u64 = 1 << 52;

/// The file that a sidecar is in the tree; `None` if no inode number fits it.
pub(crate) fn file_of(sidecar: SidecarId) -> Option<FileId> {
    let id = u64::try_from(sidecar.0).ok().filter(|id| *id < SIDECARS)?;
    Some(CompanionId(id).into())
}

/// The sidecar that a companion is.
pub(crate) fn sidecar_of(companion: CompanionId) -> Option<SidecarId> {
    (companion.0 < SIDECARS).then_some(SidecarId(companion.0 as i64))
}

/// A file's row, without tags.
#[derive(Clone, Debug)]
pub(crate) struct FileRow {
    pub(crate) file: FileId,
    /// The backing file.
    pub(crate) path: PathBuf,
    pub(crate) recorded: Recorded,
}

impl FileRow {
    /// Whether this is what the row says.
    pub(crate) fn is(&self, row: &TrackRow) -> bool {
        self.recorded == Recorded::from(row) && self.path == row.path
    }
}

impl From<&TrackRow> for FileRow {
    fn from(row: &TrackRow) -> Self {
        Self { file: row.id.into(), path: row.path.clone(), recorded: row.into() }
    }
}

impl From<&FileRow> for Recorded {
    fn from(row: &FileRow) -> Self {
        row.recorded
    }
}

impl Vfs {
    /// A file's row.
    pub(crate) fn row(&self, file: FileId) -> FsResult<FileRow> {
        patiently(|| self.ask_row(file)).map_err(|error| self.store_trouble(&error))
    }

    fn ask_row(&self, file: FileId) -> CatalogResult<FileRow> {
        match file {
            FileId::Track(track) => {
                let mut row = None;
                self.parts.catalog.for_tracks(&[track], &[], &mut |found| row = Some(found.row.into()))?;
                row.ok_or(CatalogError::NotFound)
            }
            FileId::Companion(companion) => {
                let sidecar = sidecar_of(companion).ok_or(CatalogError::NotFound)?;
                let sidecar: Sidecar = self.parts.catalog.sidecar(sidecar)?;
                Ok(FileRow { file, recorded: (&sidecar).into(), path: sidecar.path })
            }
        }
    }
}
