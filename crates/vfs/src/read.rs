//! Reading open files.

use crate::Vfs;
use crate::handle::{FileHandle, Handle};
use musefs_contracts::backing::{Source, read_exact_at};
use musefs_contracts::filesystem::{FsError, FsResult};
use musefs_contracts::ids::ArtId;
use musefs_contracts::layout::{SegmentIo, TagValueRef};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Bytes of a picture or of a binary value asked of the catalog at once.
const CATALOG_CHUNK: usize = 64 << 10;

/// A part of a text.
fn copy(text: &[u8], offset: u64, len: usize, out: &mut Vec<u8>) {
    out.clear();
    let start = usize::try_from(offset).unwrap_or(usize::MAX).min(text.len());
    out.extend_from_slice(&text[start..text.len().min(start.saturating_add(len))]);
}

impl Vfs {
    pub(crate) fn read_handle(
        &self,
        number: u64,
        offset: u64,
        len: usize,
        out: &mut Vec<u8>,
        may_wait: bool,
    ) -> FsResult<()> {
        let result = match self.handles.get(number).as_deref() {
            None => Err(FsError::BadHandle),
            Some(Handle::File(handle)) => self.read_file(handle, offset, len, out, may_wait),
            Some(Handle::Cover(handle)) => self.read_cover(handle, offset, len, out, may_wait),
            Some(Handle::List(handle)) => self.list_text(handle, may_wait).map(|text| copy(text, offset, len, out)),
            Some(Handle::Document(document)) => {
                copy(&document.text, offset, len, out);
                Ok(())
            }
        };
        if result.is_err() {
            out.clear();
        }
        result
    }

    fn read_file(
        &self,
        handle: &FileHandle,
        offset: u64,
        len: usize,
        out: &mut Vec<u8>,
        may_wait: bool,
    ) -> FsResult<()> {
        let available = handle.layout.len().saturating_sub(offset).min(len as u64) as usize;
        // What the buffer held before is overwritten whole, so it is not cleared first: zeroing a MiB costs a fifth as much
        // as reading it.
        out.resize(available, 0);
        let io = HandleIo { vfs: self, handle, may_wait };
        match catch_unwind(AssertUnwindSafe(|| handle.layout.read_at(&io, offset, out))) {
            Ok(Ok(_)) => self.check_unchanged(handle),
            Ok(Err(error)) if error.kind() == io::ErrorKind::WouldBlock && !may_wait => Err(FsError::Again),
            Ok(Err(error)) => Err(self.read_trouble(handle, &error)),
            Err(_) => Err(self.read_trouble(handle, &io::Error::other("its layout cannot be read"))),
        }
    }

    /// A spliced read is only as good as the offsets it was made with. Looked at after the read: an unchanged stamp then
    /// says that the bytes were the right ones. The ctime does not count: it moves when another file takes the name of
    /// this one, which leaves the open one as it was.
    fn check_unchanged(&self, handle: &FileHandle) -> FsResult<()> {
        if handle.as_backing {
            return Ok(());
        }
        match handle.source.stamp() {
            Ok(now) if (now.size, now.mtime_ns) == (handle.stamp.size, handle.stamp.mtime_ns) => Ok(()),
            Ok(_) => Err(self.read_trouble(handle, &io::Error::other("the file was changed while it is open"))),
            Err(error) => Err(self.read_trouble(handle, &error)),
        }
    }

    /// A read failed for good: EIO for this one, a look at the file for the next ones.
    fn read_trouble(&self, handle: &FileHandle, error: &io::Error) -> FsError {
        self.backing_trouble(handle.file, &handle.path, error);
        self.suspect(handle.file);
        FsError::Io
    }
}

/// Where the segments of one handle's layout are read from.
pub(crate) struct HandleIo<'a> {
    pub(crate) vfs: &'a Vfs,
    pub(crate) handle: &'a FileHandle,
    /// Whether it may wait for storage.
    pub(crate) may_wait: bool,
}

impl HandleIo<'_> {
    fn wait(&self) -> io::Result<()> {
        if self.may_wait { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) }
    }

    /// Fills a buffer chunk by chunk, so that no read of the catalog is long.
    pub(crate) fn in_chunks(
        mut offset: u64,
        buf: &mut [u8],
        mut read: impl FnMut(u64, &mut [u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        for chunk in buf.chunks_mut(CATALOG_CHUNK) {
            read(offset, chunk)?;
            offset += chunk.len() as u64;
        }
        Ok(())
    }
}

impl SegmentIo for HandleIo<'_> {
    fn backing(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let reader = &*self.handle.reader;
        if self.may_wait {
            return read_exact_at(reader, offset, buf);
        }
        let mut done = 0;
        while done < buf.len() {
            match reader.read_at_nowait(offset + done as u64, &mut buf[done..])? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => done += n,
            }
        }
        Ok(())
    }

    fn art(&self, art: ArtId, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.wait()?;
        Self::in_chunks(offset, buf, |offset, chunk| {
            self.vfs.metrics.art_chunks.increment();
            self.vfs.parts.catalog.read_art(art, offset, chunk).map_err(io::Error::other)
        })
    }

    fn tag_value(&self, value: &TagValueRef, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.wait()?;
        Self::in_chunks(offset, buf, |offset, chunk| {
            self.vfs.metrics.binary_tag_chunks.increment();
            let catalog = &self.vfs.parts.catalog;
            catalog.read_tag_value(value.track, &value.key, value.ordinal, offset, chunk).map_err(io::Error::other)
        })?;
        // Unlike a picture, a value may be exchanged under its name; the track's version then tells.
        match self.vfs.row(self.handle.file) {
            Ok(row) if row.recorded.content_version == self.handle.content_version => Ok(()),
            _ => Err(io::Error::other("a binary value was changed in the store while the file is open")),
        }
    }
}
