//! The folder `.musefs-metrics` with its one file, a document rendered afresh for each open.

use crate::Vfs;
use crate::handle::{DocumentHandle, Handle};
use crate::sync::lock;
use musefs_contracts::filesystem::{Attributes, FileKind, FsError, FsResult, Opened};
use musefs_contracts::ids::Ino;

/// Name of the folder in the root. While it is shown, a folder of the library of that name is not.
pub(crate) const FOLDER_NAME: &[u8] = b".musefs-metrics";
/// Name of the document in it.
pub(crate) const DOCUMENT_NAME: &[u8] = b"metrics";

/// The rendering that the kernel may hold in its pages, which belong to the one inode of all renderings. There is one at a time;
/// who opens the document while it is open reads past the pages.
///
/// Some readers go by the size (io_uring reads nothing behind it of what may not be held in pages, and reads what is short over
/// and over), so that they have to be let through the pages wherever it can be.
#[derive(Debug, Default)]
pub(crate) struct ShownDocument {
    is_open: bool,
    len: u64,
}

impl Vfs {
    pub(crate) fn has_document(&self) -> bool {
        self.parts.document.is_some()
    }

    pub(crate) fn document_folder_attributes(&self) -> Attributes {
        self.folder(Ino::METRICS_DIR, self.mounted_ns, 0)
    }

    /// The size is that of the last rendering that the kernel may hold: the next one is not made yet.
    pub(crate) fn document_attributes(&self) -> Attributes {
        let now_ns = self.parts.clock.now_ns();
        Attributes {
            ino: Ino::METRICS_FILE,
            kind: FileKind::File,
            size: lock(&self.shown_document).len,
            mtime_ns: now_ns,
            ctime_ns: now_ns,
            links: 1,
            permissions: self.options.file_mode,
            uid: self.options.uid,
            gid: self.options.gid,
        }
    }

    pub(crate) fn open_document(&self) -> FsResult<Opened> {
        let document = self.parts.document.as_ref().ok_or(FsError::NotFound)?;
        let text = document.render().map_err(|error| {
            tracing::error!(%error, "the metrics cannot be rendered");
            FsError::Io
        })?;
        let is_shown = {
            let mut shown = lock(&self.shown_document);
            let is_first = !shown.is_open;
            if is_first {
                *shown = ShownDocument { is_open: true, len: text.len() as u64 };
            }
            is_first
        };
        self.metrics.handles.add(1);
        let document = DocumentHandle { text: text.into(), is_shown };
        let handle = self.handles.insert(Handle::Document(document));
        Ok(Opened { handle, passthrough: None, direct: !is_shown })
    }

    pub(crate) fn close_document(&self, document: &DocumentHandle) {
        if document.is_shown {
            lock(&self.shown_document).is_open = false;
        }
    }
}
