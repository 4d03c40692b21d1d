//! Files that are made of what stands in a directory, beside the tree: a cover.
//!
//! Nothing is known of them until someone asks for one. What was found out of a directory is kept, within limits, until something
//! changes there; the kernel is then told, as it is of tracks.

mod asked;
mod cover;
mod image;
mod reading;

pub(crate) use asked::Asked;
pub(crate) use reading::CoverHandle;

use crate::Vfs;
use crate::handle::DirectoryHandle;
use crate::sync::lock;
use crate::view::View;
use hashbrown::HashSet;
use musefs_contracts::filesystem::{Attributes, DirectoryEntry, FileKind, FsError, FsResult, Opened};
use musefs_contracts::ids::{FileId, Ino, Made};
use std::collections::BTreeSet;

/// Entries of a listing that stand for made files.
pub(crate) const ENTRIES: u64 = 1;

impl Vfs {
    /// What is made of a directory by this name.
    pub(crate) fn find_made(&self, directory: Ino, name: &[u8]) -> FsResult<Attributes> {
        if image::is_name(name)
            && let Some(cover) = self.cover(directory)?
            && cover.name.as_bytes() == name
        {
            return Ok(self.cover_attributes(directory, &cover));
        }
        Err(FsError::NotFound)
    }

    /// Attributes of what is made of a directory.
    pub(crate) fn made_attributes(&self, directory: Ino, made: Made) -> FsResult<Attributes> {
        match made {
            Made::Cover => {
                let cover = self.cover(directory)?.ok_or(FsError::NotFound)?;
                Ok(self.cover_attributes(directory, &cover))
            }
            Made::Playlist => Err(FsError::NotFound),
        }
    }

    /// Opens what is made of a directory.
    pub(crate) fn open_made(&self, directory: Ino, made: Made) -> FsResult<Opened> {
        match made {
            Made::Cover => self.open_cover(directory),
            Made::Playlist => Err(FsError::NotFound),
        }
    }

    /// Lists what is made of a directory; cursors of these entries begin behind `first`. `false` if the visitor has enough.
    pub(crate) fn list_made(
        &self,
        handle: &DirectoryHandle,
        cursor: u64,
        first: u64,
        visit: &mut dyn FnMut(DirectoryEntry<'_>) -> bool,
    ) -> bool {
        if cursor > first {
            return true;
        }
        // A store that fails shows in the attributes of the tracks.
        match self.cover(handle.ino) {
            Ok(Some(cover)) => visit(DirectoryEntry {
                name: cover.name.as_bytes(),
                attributes: self.cover_attributes(handle.ino, &cover),
                cursor: first + 1,
            }),
            _ => true,
        }
    }

    pub(crate) fn made_file(&self, ino: Ino, size: u64, mtime_ns: i64, ctime_ns: i64) -> Attributes {
        Attributes {
            ino,
            kind: FileKind::File,
            size,
            mtime_ns,
            ctime_ns,
            links: 1,
            permissions: self.options.file_mode,
            uid: self.options.uid,
            gid: self.options.gid,
        }
    }

    /// Forgets what was made of directories that changed between two views, and notes that the kernel must. Called once the new
    /// view is in place, so that whoever looks from now on sees that one.
    pub(crate) fn forget_made(&self, old: &View, new: &View, listings: &[Ino], files: &[FileId]) {
        if !self.options.covers {
            return;
        }
        let mut directories: HashSet<Ino> = listings.iter().copied().collect();
        let stale: BTreeSet<Ino> = {
            let mut asked = lock(&self.asked);
            asked.begin_again(old.store != new.store);
            let mut stale: BTreeSet<Ino> = directories.iter().copied().filter(|it| asked.forget(*it, None)).collect();
            for track in files.iter().filter_map(|file| file.track()) {
                for view in [old, new] {
                    for (directory, _) in view.tree.places(track.into()) {
                        if !directories.contains(&directory) && asked.forget(directory, Some(track)) {
                            stale.insert(directory);
                            directories.insert(directory);
                        }
                    }
                }
            }
            stale
        };
        if stale.is_empty() {
            return;
        }
        let mut pending = lock(&self.pending);
        for directory in &stale {
            pending.names.extend(image::names().map(|name| (*directory, name.as_bytes().to_vec())));
        }
        pending.listings.extend(&stale);
        pending.made.extend(stale.iter().map(|directory| Ino::of_made(*directory, Made::Cover)));
    }
}
