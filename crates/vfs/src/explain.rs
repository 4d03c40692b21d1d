//! Where a track stands, and why it stands nowhere.

use crate::Vfs;
use crate::placing::lacking;
use crate::row::{file_of, sidecar_of};
use crate::track_table::TrackTable;
use musefs_contracts::catalog::CatalogResult;
use musefs_contracts::ids::{FileId, Ino, SidecarId, TrackId};
use musefs_contracts::tree::NodeKind;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

/// What the file system shows of a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// All its paths, in order.
    At(Vec<PathBuf>),
    /// The template leaves it out for want of a value for one of these fields. More than one are named where no single one
    /// would do.
    LeftOut(Vec<String>),
    /// No inode number fits its id.
    NoNumber,
    /// The store has no such track.
    Unknown,
}

/// What has a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A folder with so many tracks in it and below it.
    Folder(u64),
    /// A track.
    Track(TrackId),
    /// A file beside the music.
    Beside(SidecarId),
}

impl Vfs {
    /// Where a track stands.
    pub fn standing(&self, track: TrackId) -> CatalogResult<Standing> {
        if !TrackTable::can_hold(track) {
            return Ok(Standing::NoNumber);
        }
        let paths = self.paths_of(track.into());
        if !paths.is_empty() {
            return Ok(Standing::At(paths));
        }
        let mut standing = Standing::Unknown;
        self.parts.catalog.for_tracks(&[track], &self.fields, &mut |found| {
            let lacking = lacking(&*self.parts.template, &found.row.path, &self.fields, found.values);
            standing = Standing::LeftOut(lacking);
        })?;
        Ok(standing)
    }

    /// All paths of a file beside the music, in order: none if it belongs to no track that is shown. `None` if it is not among
    /// those that are to be shown.
    pub fn standing_beside(&self, sidecar: SidecarId) -> Option<Vec<PathBuf>> {
        let file = file_of(sidecar)?;
        self.view.load().tracks.get(file)?;
        Some(self.paths_of(file))
    }

    /// The file beside the music that an inode number is of.
    pub fn beside_at(ino: Ino) -> Option<SidecarId> {
        match ino.file()? {
            FileId::Companion(companion) => sidecar_of(companion),
            FileId::Track(_) => None,
        }
    }

    /// All paths of a file, in order.
    fn paths_of(&self, file: FileId) -> Vec<PathBuf> {
        let names = self.view.load().tree.places(file).into_iter();
        let mut paths: Vec<PathBuf> =
            names.map(|(directory, name)| self.path_of(directory).join(OsString::from_vec(name))).collect();
        paths.sort();
        paths
    }

    /// What stands at a path, which is one from the root on.
    pub fn at_path(&self, path: &Path) -> Option<Found> {
        let view = self.view.load();
        let mut at = (Ino::ROOT, NodeKind::Directory);
        for component in path.components() {
            match component {
                Component::Normal(name) => at = view.tree.lookup(at.0, name.as_bytes())?,
                Component::ParentDir => return None,
                _ => {}
            }
        }
        match at {
            (_, NodeKind::Track(track)) => Some(Found::Track(track)),
            (_, NodeKind::Companion(companion)) => sidecar_of(companion).map(Found::Beside),
            (directory, NodeKind::Directory) => Some(Found::Folder(self.tracks_below(directory))),
        }
    }

    fn tracks_below(&self, top: Ino) -> u64 {
        let view = self.view.load();
        let (mut tracks, mut waiting) = (std::collections::HashSet::new(), vec![top]);
        while let Some(directory) = waiting.pop() {
            view.tree.children(directory, 0, &mut |child| {
                match child.kind {
                    NodeKind::Directory => waiting.push(child.ino),
                    NodeKind::Track(track) => _ = tracks.insert(track),
                    NodeKind::Companion(_) => {}
                }
                true
            });
        }
        tracks.len() as u64
    }

    /// The path of a directory, found by its parents.
    fn path_of(&self, directory: Ino) -> PathBuf {
        let view = self.view.load();
        let mut names = Vec::new();
        let mut at = directory;
        while at != Ino::ROOT {
            let Some(parent) = view.tree.parent(at) else { break };
            view.tree.children(parent, 0, &mut |child| {
                if child.ino == at {
                    names.push(OsString::from_vec(child.name.to_vec()));
                }
                child.ino != at
            });
            at = parent;
        }
        names.iter().rev().collect()
    }
}
