//! Listing directories.

use crate::Vfs;
use crate::document::{DOCUMENT_NAME, FOLDER_NAME};
use crate::handle::DirectoryHandle;
use crate::made;
use crate::view::View;
use hashbrown::HashMap;
use musefs_contracts::filesystem::{Attributes, DirectoryEntry, FileKind, FsError, FsResult};
use musefs_contracts::ids::{FileId, Ino, TrackId};
use musefs_contracts::tree::{Child, NodeKind};
use std::sync::Arc;

/// Cursors behind `.`, `..`, the mount's own entry and those that are made; those of the tree's children follow.
const BEHIND_SELF: u64 = 1;
const BEHIND_PARENT: u64 = 2;
const BEHIND_OWN: u64 = 3;
const BEHIND_MADE: u64 = BEHIND_OWN + made::ENTRIES;
/// Children looked ahead at, so that sizes not known yet are asked for together.
const LOOK_AHEAD: usize = 512;

/// How a walk over the children of a directory ended.
enum Walked {
    /// All were visited, or the visitor has enough.
    Done,
    /// Before a track of which the served size is not known. The children from this cursor on are still to be visited.
    Unknown(u64),
}

/// What was worked out of the children ahead.
type Resolved = HashMap<TrackId, Attributes>;

impl Vfs {
    pub(crate) fn open_folder(&self, ino: Ino) -> FsResult<u64> {
        if self.stat(ino)?.kind != FileKind::Directory {
            return Err(FsError::NotADirectory);
        }
        self.metrics.directory_handles.add(1);
        Ok(self.directories.insert(DirectoryHandle { ino, tree: Arc::clone(&self.view.load().tree) }))
    }

    pub(crate) fn release_folder(&self, number: u64) {
        if self.directories.remove(number).is_some() {
            self.metrics.directory_handles.sub(1);
        }
    }

    pub(crate) fn list(
        &self,
        number: u64,
        cursor: u64,
        with_attributes: bool,
        visit: &mut dyn FnMut(DirectoryEntry<'_>) -> bool,
    ) -> FsResult<()> {
        let handle = self.directories.get(number).ok_or(FsError::BadHandle)?;
        if !self.list_own(&handle, cursor, visit) || handle.ino == Ino::METRICS_DIR {
            return Ok(());
        }
        if !self.list_made(&handle, cursor, BEHIND_OWN, visit) {
            return Ok(());
        }
        let mut cursor = cursor.saturating_sub(BEHIND_MADE);
        let mut resolved = Resolved::new();
        loop {
            match self.list_children(&handle, cursor, with_attributes, &resolved, visit) {
                Walked::Done => return Ok(()),
                Walked::Unknown(from) => {
                    cursor = from;
                    resolved = self.resolve_ahead(&handle, cursor);
                }
            }
        }
    }

    /// The entries that are not the tree's. `false` if the visitor has enough.
    fn list_own(
        &self,
        handle: &DirectoryHandle,
        cursor: u64,
        visit: &mut dyn FnMut(DirectoryEntry<'_>) -> bool,
    ) -> bool {
        let mut show = |name: &[u8], ino: Ino, behind: u64| {
            // A directory that went while its listing is held is still listed.
            let attributes = self.stat(ino).unwrap_or_else(|_| self.folder(ino, self.mounted_ns, 0));
            cursor >= behind || visit(DirectoryEntry { name, attributes, cursor: behind })
        };
        let parent = match handle.ino {
            Ino::METRICS_DIR => Ino::ROOT,
            ino => handle.tree.parent(ino).unwrap_or(Ino::ROOT),
        };
        if cursor >= BEHIND_OWN {
            return true;
        }
        let own = match handle.ino {
            Ino::METRICS_DIR => Some((DOCUMENT_NAME, Ino::METRICS_FILE)),
            Ino::ROOT if self.has_document() => Some((FOLDER_NAME, Ino::METRICS_DIR)),
            _ => None,
        };
        show(b".", handle.ino, BEHIND_SELF)
            && show(b"..", parent, BEHIND_PARENT)
            && own.is_none_or(|(name, ino)| show(name, ino, BEHIND_OWN))
    }

    fn list_children(
        &self,
        handle: &DirectoryHandle,
        cursor: u64,
        with_attributes: bool,
        resolved: &Resolved,
        visit: &mut dyn FnMut(DirectoryEntry<'_>) -> bool,
    ) -> Walked {
        let view = self.view.load();
        let is_present = Arc::ptr_eq(&view.tree, &handle.tree);
        let hides_own = handle.ino == Ino::ROOT && self.has_document();
        let (mut at, mut walked) = (cursor, Walked::Done);
        handle.tree.children(handle.ino, cursor, &mut |child| {
            if hides_own && child.name == FOLDER_NAME {
                at = child.cursor;
                return true;
            }
            let attributes = if !with_attributes {
                Some(self.bare(&view, &child))
            } else if is_present || view.tree.lookup(handle.ino, child.name) == Some((child.ino, child.kind)) {
                self.child_attributes(&view, &child, resolved)
            } else {
                // The name leads elsewhere by now: it is listed, and not to be remembered.
                Some(Attributes { links: 0, ..self.bare(&view, &child) })
            };
            let Some(attributes) = attributes else {
                walked = Walked::Unknown(at);
                return false;
            };
            at = child.cursor;
            visit(DirectoryEntry { name: child.name, attributes, cursor: BEHIND_MADE + child.cursor })
        });
        walked
    }

    /// Attributes of which only inode number and kind are right.
    fn bare(&self, view: &View, child: &Child<'_>) -> Attributes {
        let folder = self.folder(child.ino, self.mounted_ns, 0);
        match child.kind {
            NodeKind::Directory => folder,
            NodeKind::Track(track) => self.bare_file(view, track.into()),
            NodeKind::Companion(companion) => self.bare_file(view, companion.into()),
        }
    }

    fn bare_file(&self, view: &View, file: FileId) -> Attributes {
        let epoch = view.tracks.get(file).map_or(0, |entry| entry.epoch);
        let ino = Ino::of_file(file, epoch);
        Attributes { kind: FileKind::File, links: 1, ..self.folder(ino, self.mounted_ns, 0) }
    }

    /// `None` if a track's size is not known yet.
    fn child_attributes(&self, view: &View, child: &Child<'_>, resolved: &Resolved) -> Option<Attributes> {
        let file = match child.kind {
            NodeKind::Directory => {
                return Some(self.directory_attributes(view, child.ino).unwrap_or_else(|_| {
                    // Listed by its snapshot alone.
                    Attributes { links: 0, ..self.bare(view, child) }
                }));
            }
            NodeKind::Track(track) => track.into(),
            NodeKind::Companion(companion) => companion.into(),
        };
        let Some(entry) = view.tracks.get(file) else {
            return Some(Attributes { links: 0, ..self.bare(view, child) });
        };
        match self.known(file, entry) {
            Some(served) => {
                let ino = Ino::of_file(file, entry.epoch);
                Some(self.file(ino, entry, view.tree.links(file), served))
            }
            None => resolved.get(&file.track()?).copied(),
        }
    }

    /// Works out the attributes of the tracks ahead of which the size is not known. What cannot be had is listed as not to be
    /// remembered, so that a walk always gets ahead.
    fn resolve_ahead(&self, handle: &DirectoryHandle, cursor: u64) -> Resolved {
        let view = self.view.load();
        let (mut unknown, mut seen) = (Vec::new(), 0);
        handle.tree.children(handle.ino, cursor, &mut |child| {
            if let NodeKind::Track(track) = child.kind
                && view.tracks.get(track).is_some_and(|entry| self.known(track.into(), entry).is_none())
            {
                unknown.push((track, self.bare(&view, &child)));
            }
            seen += 1;
            seen < LOOK_AHEAD
        });
        let tracks: Vec<TrackId> = unknown.iter().map(|(track, _)| *track).collect();
        let mut found = HashMap::new();
        // A store that fails shows in the attributes of each.
        let _ = self.resolve(&tracks, &mut |track, served| {
            found.insert(track, served);
        });
        let attributes = |(track, bare): (TrackId, Attributes)| {
            let entry = view.tracks.get(track);
            let attributes = match (found.get(&track), entry) {
                (Some(served), Some(entry)) => {
                    Ok(self.file(Ino::of_track(track, entry.epoch), entry, view.tree.links(track.into()), *served))
                }
                _ => self.file_attributes(track.into(), None),
            };
            (track, attributes.unwrap_or(Attributes { links: 0, ..bare }))
        };
        unknown.into_iter().map(attributes).collect()
    }
}
