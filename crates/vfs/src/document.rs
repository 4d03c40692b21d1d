//! The folder `.musefs-metrics` with its one file, a document rendered afresh for each open.

use crate::Vfs;
use crate::handle::Handle;
use crate::sync::Ordering;
use musefs_contracts::filesystem::{Attributes, FileKind, FsError, FsResult, Opened};
use musefs_contracts::ids::Ino;

/// Name of the folder in the root. While it is shown, a folder of the library of that name is not.
pub(crate) const FOLDER_NAME: &[u8] = b".musefs-metrics";
/// Name of the document in it.
pub(crate) const DOCUMENT_NAME: &[u8] = b"metrics";

impl Vfs {
    pub(crate) fn has_document(&self) -> bool {
        self.parts.document.is_some()
    }

    pub(crate) fn document_folder_attributes(&self) -> Attributes {
        self.folder(Ino::METRICS_DIR, self.mounted_ns, 0)
    }

    /// The size is that of the last rendering: the kernel does not go by it, and the next one is not made yet.
    pub(crate) fn document_attributes(&self) -> Attributes {
        let now_ns = self.parts.clock.now_ns();
        Attributes {
            ino: Ino::METRICS_FILE,
            kind: FileKind::File,
            size: self.document_len.load(Ordering::Relaxed),
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
        self.document_len.store(text.len() as u64, Ordering::Relaxed);
        self.metrics.handles.add(1);
        Ok(Opened { handle: self.handles.insert(Handle::Document(text.into())), passthrough: None, direct: true })
    }
}
