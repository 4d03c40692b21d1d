//! Where a track stands, and why it stands nowhere.

use crate::Vfs;
use crate::placing::lacking;
use crate::track_table::TrackTable;
use musefs_contracts::catalog::CatalogResult;
use musefs_contracts::ids::{Ino, TrackId};
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
}

impl Vfs {
    /// Where a track stands.
    pub fn standing(&self, track: TrackId) -> CatalogResult<Standing> {
        if !TrackTable::can_hold(track) {
            return Ok(Standing::NoNumber);
        }
        let view = self.view.load();
        let names = view.tree.places(track.into());
        if !names.is_empty() {
            let mut paths: Vec<PathBuf> = names
                .into_iter()
                .map(|(directory, name)| self.path_of(directory).join(OsString::from_vec(name)))
                .collect();
            paths.sort();
            return Ok(Standing::At(paths));
        }
        let mut standing = Standing::Unknown;
        self.parts.catalog.for_tracks(&[track], &self.fields, &mut |found| {
            let lacking = lacking(&*self.parts.template, &found.row.path, &self.fields, found.values);
            standing = Standing::LeftOut(lacking);
        })?;
        Ok(standing)
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
            (_, NodeKind::Companion(_)) => None,
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
