//! Files that are made of what stands in a directory, beside the tree: a cover, a playlist.
//!
//! Nothing is known of them until someone asks for one. What was found out of a directory is kept, within limits, until something
//! changes there; the kernel is then told, as it is of tracks.

mod asked;
mod cover;
mod image;
mod playlist;
mod reading;

pub(crate) use asked::Asked;
pub(crate) use playlist::{ListHandle, Playlists};
pub(crate) use reading::CoverHandle;

use crate::Vfs;
use crate::handle::DirectoryHandle;
use crate::sync::lock;
use crate::view::View;
use musefs_contracts::filesystem::{Attributes, DirectoryEntry, FileKind, FsError, FsResult, Opened};
use musefs_contracts::ids::{FileId, Ino, Made, TrackId};
use std::collections::BTreeSet;

/// Entries of a listing that stand for made files.
pub(crate) const ENTRIES: u64 = 2;

impl Vfs {
    /// What is made of a directory by this name.
    pub(crate) fn find_made(&self, directory: Ino, name: &[u8]) -> FsResult<Attributes> {
        if image::is_name(name)
            && let Some(cover) = self.cover(directory)?
            && cover.name.as_bytes() == name
        {
            return Ok(self.cover_attributes(directory, &cover));
        }
        if self.playlist_name(&self.view.load(), directory).is_some_and(|known| known == name) {
            return self.playlist_attributes(directory);
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
            Made::Playlist => self.playlist_attributes(directory),
        }
    }

    /// Opens what is made of a directory.
    pub(crate) fn open_made(&self, directory: Ino, made: Made) -> FsResult<Opened> {
        match made {
            Made::Cover => self.open_cover(directory),
            Made::Playlist => self.open_playlist(directory),
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
        // A store that fails shows in the attributes of the tracks.
        let cover = if cursor <= first { self.cover(handle.ino).ok().flatten() } else { None };
        let goes_on = cover.is_none_or(|cover| {
            let attributes = self.cover_attributes(handle.ino, &cover);
            visit(DirectoryEntry { name: cover.name.as_bytes(), attributes, cursor: first + 1 })
        });
        if !goes_on || cursor > first + 1 {
            return goes_on;
        }
        self.playlist_name(&self.view.load(), handle.ino).is_none_or(|name| {
            let attributes = self.playlist_listed(handle.ino);
            visit(DirectoryEntry { name: &name, attributes, cursor: first + 2 })
        })
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
        if self.options.covers {
            self.forget_covers(old, new, listings, files);
        }
        if self.options.playlists {
            self.forget_playlists(old, new, listings, files);
        }
    }

    fn forget_covers(&self, old: &View, new: &View, listings: &[Ino], files: &[FileId]) {
        let stale: BTreeSet<Ino> = {
            let mut asked = lock(&self.asked);
            asked.begin_again(old.store != new.store);
            let mut stale: BTreeSet<Ino> = listings.iter().copied().filter(|it| asked.forget(*it, None)).collect();
            for (directory, track) in standing(old, new, files) {
                if asked.forget(directory, Some(track)) {
                    stale.insert(directory);
                }
            }
            stale
        };
        let mut pending = lock(&self.pending);
        for directory in &stale {
            pending.names.extend(image::names().map(|name| (*directory, name.as_bytes().to_vec())));
        }
        pending.listings.extend(&stale);
        pending.made.extend(stale.iter().map(|directory| Ino::of_made(*directory, Made::Cover)));
    }

    fn forget_playlists(&self, old: &View, new: &View, listings: &[Ino], files: &[FileId]) {
        let mut directories: BTreeSet<Ino> = listings.iter().copied().collect();
        directories.extend(standing(old, new, files).map(|(directory, _)| directory));
        if directories.is_empty() {
            return;
        }
        for view in [old, new] {
            directories.extend(self.whole_playlists(view));
        }
        let stale: Vec<Ino> = {
            let mut playlists = lock(&self.playlists);
            playlists.begin_again();
            directories.into_iter().filter(|directory| playlists.forget(*directory)).collect()
        };
        let mut pending = lock(&self.pending);
        for directory in stale {
            for view in [old, new] {
                pending.names.extend(self.playlist_name(view, directory).map(|name| (directory, name)));
            }
            pending.listings.insert(directory);
            pending.made.insert(Ino::of_made(directory, Made::Playlist));
        }
    }
}

/// Where tracks among these files stand in either of two views.
fn standing(old: &View, new: &View, files: &[FileId]) -> impl Iterator<Item = (Ino, TrackId)> {
    files.iter().filter_map(|file| file.track()).flat_map(move |track| {
        let places = [old, new].map(|view| view.tree.places(track.into()));
        places.into_iter().flatten().map(move |(directory, _)| (directory, track))
    })
}
