//! The file system as its trait has it.

use crate::Vfs;
use crate::sync::Ordering;
use musefs_contracts::filesystem::{Attributes, DirectoryEntry, FileSystem, FsResult, Opened};
use musefs_contracts::ids::Ino;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

impl FileSystem for Vfs {
    fn lookup(&self, parent: Ino, name: &OsStr) -> FsResult<Attributes> {
        self.find(parent, name.as_bytes())
    }

    fn attributes(&self, ino: Ino) -> FsResult<Attributes> {
        self.stat(ino)
    }

    fn open(&self, ino: Ino) -> FsResult<Opened> {
        self.open_file(ino)
    }

    fn read(&self, handle: u64, offset: u64, len: usize, out: &mut Vec<u8>) -> FsResult<()> {
        self.read_handle(handle, offset, len, out, true)
    }

    fn read_nowait(&self, handle: u64, offset: u64, len: usize, out: &mut Vec<u8>) -> FsResult<()> {
        self.read_handle(handle, offset, len, out, false)
    }

    fn passed_through(&self, handle: u64) {
        self.note_passthrough(handle);
    }

    fn passthrough_is_off(&self) {
        self.kernel_reads.store(false, Ordering::Relaxed);
    }

    fn release(&self, handle: u64) {
        self.release_file(handle);
    }

    fn open_directory(&self, ino: Ino) -> FsResult<u64> {
        self.open_folder(ino)
    }

    fn read_directory(
        &self,
        handle: u64,
        cursor: u64,
        with_attributes: bool,
        visit: &mut dyn FnMut(DirectoryEntry<'_>) -> bool,
    ) -> FsResult<()> {
        self.list(handle, cursor, with_attributes, visit)
    }

    fn release_directory(&self, handle: u64) {
        self.release_folder(handle);
    }

    fn lifetime(&self) -> Duration {
        self.options.lifetime
    }

    fn is_fleeting(&self, ino: Ino) -> bool {
        ino == Ino::METRICS_FILE
    }

    fn file_count(&self) -> u64 {
        self.view.load().tracks.len()
    }
}
