//! Opening and reading covers.

use super::cover::Cover;
use crate::Vfs;
use crate::attributes::ATTEMPTS;
use crate::handle::Handle;
use crate::read::HandleIo;
use crate::sync::lock;
use musefs_contracts::backing::{Source, read_exact_at};
use musefs_contracts::filesystem::{FsError, FsResult, Opened};
use musefs_contracts::ids::{ArtId, Ino, Made};
use musefs_contracts::layout::{SegmentIo, TagValueRef};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A cover, open.
pub(crate) struct CoverHandle {
    directory: Ino,
    cover: Arc<Cover>,
    /// The file it lies in, unless it is the store's.
    source: Option<Arc<dyn Source>>,
}

impl Vfs {
    /// Opens the cover of a directory. Its number is the same whatever is shown under it, and so are the kernel's pages: they are
    /// dropped with a change, and nothing of a former picture is read into them.
    pub(super) fn open_cover(&self, directory: Ino) -> FsResult<Opened> {
        for _ in 0..ATTEMPTS {
            let cover = self.cover(directory)?.ok_or(FsError::NotFound)?;
            let source = match &cover.lies_in {
                None => None,
                Some(stamp) => {
                    let trouble = |error| self.backing_trouble(cover.track.into(), &cover.path, &error);
                    let source = self.parts.backing.open(&cover.path).map_err(trouble)?;
                    let now = source.stamp().map_err(trouble)?;
                    if !now.same_contents(stamp) {
                        lock(&self.asked).mistrust(directory);
                        self.advance(&self.row(cover.track.into())?, now);
                        continue;
                    }
                    Some(source)
                }
            };
            self.metrics.handles.add(1);
            let handle = self.handles.insert(Handle::Cover(CoverHandle { directory, cover, source }));
            // Readers by io_uring get the bytes of a short file over and over where the kernel may not cache it, so that it may.
            let direct = lock(&self.pending).is_untold_made(Ino::of_made(directory, Made::Cover));
            return Ok(Opened { handle, passthrough: None, direct });
        }
        Err(FsError::Io)
    }

    pub(crate) fn read_cover(
        &self,
        handle: &CoverHandle,
        offset: u64,
        len: usize,
        out: &mut Vec<u8>,
        may_wait: bool,
    ) -> FsResult<()> {
        let cover = &handle.cover;
        let known = lock(&self.asked).is_cover(handle.directory, cover);
        let is_present = match known {
            Some(known) => known,
            None if !may_wait => return Err(FsError::Again),
            None => self.cover(handle.directory)?.is_some_and(|present| present.is_as(cover)),
        };
        if !is_present {
            return Err(FsError::Stale);
        }
        let available = cover.layout.len().saturating_sub(offset).min(len as u64) as usize;
        out.resize(available, 0);
        let io = CoverIo { vfs: self, handle, may_wait };
        let read = catch_unwind(AssertUnwindSafe(|| cover.layout.read_at(&io, offset, out)));
        let read = read.unwrap_or_else(|_| Err(io::Error::other("its layout cannot be read")));
        match read.and_then(|_| handle.check_unchanged()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && !may_wait => Err(FsError::Again),
            Err(error) => {
                self.backing_trouble(cover.track.into(), &cover.path, &error);
                self.suspect(cover.track);
                Err(FsError::Io)
            }
        }
    }
}

impl CoverHandle {
    /// Looked at after a read: the bytes are those of the picture only if the file is still the one it was found in.
    fn check_unchanged(&self) -> io::Result<()> {
        let (Some(source), Some(stamp)) = (&self.source, self.cover.lies_in) else { return Ok(()) };
        let now = source.stamp()?;
        if (now.size, now.mtime_ns) == (stamp.size, stamp.mtime_ns) {
            return Ok(());
        }
        Err(io::Error::other("the file was changed while its picture is open"))
    }
}

struct CoverIo<'a> {
    vfs: &'a Vfs,
    handle: &'a CoverHandle,
    may_wait: bool,
}

impl SegmentIo for CoverIo<'_> {
    fn backing(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let source = self.handle.source.as_ref().ok_or(io::ErrorKind::Unsupported)?;
        if self.may_wait {
            return read_exact_at(&**source, offset, buf);
        }
        match source.read_at_nowait(offset, buf)? {
            n if n == buf.len() => Ok(()),
            _ => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    fn art(&self, art: ArtId, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        if !self.may_wait {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        HandleIo::in_chunks(offset, buf, |offset, chunk| {
            self.vfs.metrics.art_chunks.increment();
            self.vfs.parts.catalog.read_art(art, offset, chunk).map_err(io::Error::other)
        })
    }

    fn tag_value(&self, _: &TagValueRef, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
