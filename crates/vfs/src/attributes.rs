//! Look-up and attributes.

use crate::Vfs;
use crate::document::{DOCUMENT_NAME, FOLDER_NAME};
use crate::sizes::Served;
use crate::sync::{lock, read};
use crate::track_table::Entry;
use crate::view::View;
use musefs_contracts::filesystem::{Attributes, FileKind, FsError, FsResult};
use musefs_contracts::ids::{FileId, Ino};
use musefs_contracts::limits::MAX_NAME_BYTES;
use musefs_contracts::tree::NodeKind;

/// How often a file is looked at again that changes while it is looked at.
pub(crate) const ATTEMPTS: u32 = 8;
/// Size of a directory as `stat` shows it.
const DIRECTORY_SIZE: u64 = 4096;

impl Vfs {
    pub(crate) fn find(&self, parent: Ino, name: &[u8]) -> FsResult<Attributes> {
        if name.len() > MAX_NAME_BYTES {
            return Err(FsError::NameTooLong);
        }
        if name == b"." {
            return self.stat(parent);
        }
        if parent.file().is_some() || parent.made().is_some() || parent == Ino::METRICS_FILE && self.has_document() {
            return Err(FsError::NotADirectory);
        }
        if self.has_document() {
            match (parent, name) {
                (Ino::METRICS_DIR, b"..") => return self.stat(Ino::ROOT),
                (Ino::METRICS_DIR, DOCUMENT_NAME) => return self.stat(Ino::METRICS_FILE),
                (Ino::ROOT, FOLDER_NAME) => return self.stat(Ino::METRICS_DIR),
                _ => {}
            }
        }
        let view = self.view.load();
        if name == b".." {
            return self.stat(view.tree.parent(parent).ok_or(FsError::NotFound)?);
        }
        let Some(found) = view.tree.lookup(parent, name) else { return self.find_made(parent, name) };
        match found {
            (ino, NodeKind::Directory) => self.directory_attributes(&view, ino),
            (_, NodeKind::Track(track)) => self.file_attributes(track.into(), None),
            (_, NodeKind::Companion(companion)) => self.file_attributes(companion.into(), None),
        }
    }

    pub(crate) fn stat(&self, ino: Ino) -> FsResult<Attributes> {
        if let Some(file) = ino.file() {
            return self.number_attributes(ino, file);
        }
        if let Some((directory, made)) = ino.made() {
            return self.made_attributes(directory, made);
        }
        match ino {
            Ino::METRICS_DIR if self.has_document() => Ok(self.document_folder_attributes()),
            Ino::METRICS_FILE if self.has_document() => Ok(self.document_attributes()),
            _ if ino.is_directory() => self.directory_attributes(&self.view.load(), ino),
            _ => Err(FsError::NotFound),
        }
    }

    pub(crate) fn directory_attributes(&self, view: &View, ino: Ino) -> FsResult<Attributes> {
        let mut subdirectories = view.tree.subdirectories(ino).ok_or(FsError::NotFound)?;
        if ino == Ino::ROOT && self.has_document() {
            subdirectories += 1;
        }
        let time = read(&self.directory_times).get(&ino).copied().unwrap_or(self.mounted_ns);
        Ok(self.folder(ino, time, subdirectories))
    }

    /// Attributes of a folder.
    pub(crate) fn folder(&self, ino: Ino, time_ns: i64, subdirectories: u32) -> Attributes {
        Attributes {
            ino,
            kind: FileKind::Directory,
            size: DIRECTORY_SIZE,
            mtime_ns: time_ns,
            ctime_ns: time_ns,
            links: subdirectories.saturating_add(2),
            permissions: self.options.dir_mode,
            uid: self.options.uid,
            gid: self.options.gid,
        }
    }

    /// Attributes of the content that a number stands for, which is a former one while that is open.
    fn number_attributes(&self, ino: Ino, file: FileId) -> FsResult<Attributes> {
        let (present, generation) = {
            let view = self.view.load();
            let entry = view.tracks.get(file);
            (entry.map(|entry| entry.epoch), entry.map(|entry| self.generation(&view, entry)))
        };
        if present != Some(ino.epoch())
            && let Some(former) = lock(&self.opens).former(ino, generation)
        {
            return Ok(Attributes { links: self.view.load().tree.links(file), ..former });
        }
        self.file_attributes(file, Some(ino))
    }

    /// Attributes of a file's present content, under a number of the file's (without one: the present number).
    pub(crate) fn file_attributes(&self, file: FileId, ino: Option<Ino>) -> FsResult<Attributes> {
        let mut last_tried = None;
        for attempt in 0..ATTEMPTS {
            let view = self.view.load();
            let entry = view.tracks.get(file).ok_or(FsError::NotFound)?;
            let links = view.tree.links(file);
            if links == 0 {
                return Err(FsError::NotFound);
            }
            let mut served = self.known(file, entry);
            if served.is_none()
                && let FileId::Track(track) = file
            {
                self.resolve(&[track], &mut |_, found| served = Some(found))?;
                // Where nothing moved on since the last attempt, the file is out of reach, and will be at the next one.
                let generation = self.generation(&view, entry);
                let is_stuck = last_tried.replace(generation) == Some(generation);
                if served.is_none() && (is_stuck || attempt + 1 == ATTEMPTS) {
                    served = Some(self.guess(track, entry));
                }
            }
            if let Some(served) = served {
                let ino = ino.unwrap_or_else(|| Ino::of_file(file, entry.epoch));
                return Ok(self.file(ino, entry, links, served));
            }
        }
        Err(FsError::Io)
    }

    /// Attributes of a file.
    pub(crate) fn file(&self, ino: Ino, entry: &Entry, links: u32, served: Served) -> Attributes {
        let changed_ns = entry.stamp().ctime_ns;
        Attributes {
            ino,
            kind: FileKind::File,
            size: served.size,
            mtime_ns: served.mtime_ns,
            ctime_ns: if self.is_structure_only() { changed_ns } else { entry.moved_by_edits(changed_ns) },
            links,
            permissions: self.options.file_mode,
            uid: self.options.uid,
            gid: self.options.gid,
        }
    }
}
