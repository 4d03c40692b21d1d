//! Makes plain files of layouts on file systems with reflinks (XFS, btrfs): an unnamed temporary file holds the bytes of the edit
//! and *shares the extents* of the original for the rest. Nothing is duplicated, and the kernel reads the file by itself.
//!
//! **Must never know** formats, tags, the store, or FUSE. It reads a layout, and writes to nothing but the unnamed files it made;
//! the original is only ever named as the source of shared extents.
//!
//! A file system that cannot do it (ext4, a network, a read-only mount) says so at the first attempt; that is told in the
//! log once and remembered, so that later opens cost one `fstat`.

mod extents;
mod plan;
mod unnamed;
mod verdicts;

use musefs_contracts::backing::Source;
use musefs_contracts::meter::{Counter, Gauge, Meter};
use musefs_contracts::metric::{REFLINK_FILES, REFLINK_MADE_TOTAL, REFLINK_REFUSED_TOTAL};
use musefs_contracts::splicer::{Splicer, Splicing};
use plan::Plan;
use rustix::io::Errno;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use unnamed::UnnamedFile;
use verdicts::Verdicts;

/// Bytes written at once.
const CHUNK: usize = 64 << 10;

/// Makes unnamed files that share extents with backing files.
pub struct ReflinkSplicer {
    /// Where they are made; in each backing file's own folder if there is none.
    folder: Option<PathBuf>,
    verdicts: Verdicts,
    held: Gauge,
    made: Counter,
    refused: Counter,
}

impl ReflinkSplicer {
    /// Makes the files in `folder`, which must be of the same file system as the backing files, or without one in the backing
    /// file's own folder.
    pub fn new(folder: Option<PathBuf>, meter: &dyn Meter) -> Self {
        Self {
            folder,
            verdicts: Verdicts::default(),
            held: meter.gauge(&REFLINK_FILES),
            made: meter.counter(&REFLINK_MADE_TOTAL),
            refused: meter.counter(&REFLINK_REFUSED_TOTAL),
        }
    }

    fn make(&self, splicing: Splicing<'_>, plan: &Plan, folder: &Path) -> io::Result<UnnamedFile> {
        let source = splicing.source.file().ok_or(io::ErrorKind::Unsupported)?;
        let made = UnnamedFile::new(folder, self.held.hold())?;
        // Of its full length from the start: behind a write that makes a file longer, XFS sets as much space aside as it has.
        made.file().set_len(splicing.layout.len())?;
        let mut at = 0;
        for shared in &plan.shared {
            write(splicing, &made, at, shared.served)?;
            extents::share(made.file(), source, *shared)?;
            at = shared.served + shared.len;
        }
        write(splicing, &made, at, splicing.layout.len())?;
        Ok(made)
    }
}

impl Splicer for ReflinkSplicer {
    fn splice(&self, splicing: Splicing<'_>) -> Option<Arc<dyn Source>> {
        // Most files of a library are small parts of what is asked of its file system, so the cheap refusals come first.
        if !plan::is_worth_a_look(splicing.layout) {
            return None;
        }
        let file = splicing.source.file()?;
        let device = file.metadata().ok()?.dev();
        if !self.verdicts.may_try(device) {
            return None;
        }
        let block = rustix::fs::fstatvfs(file).ok()?.f_bsize;
        let plan = Plan::new(splicing.layout, block)?;
        let folder = self.folder.as_deref().or_else(|| splicing.path.parent())?;
        match self.make(splicing, &plan, folder) {
            Ok(made) => {
                self.made.increment();
                self.verdicts.worked(device, folder);
                Some(Arc::new(made))
            }
            Err(error) => {
                self.refused.increment();
                self.verdicts.failed(device, folder, &error, self.folder.is_some());
                None
            }
        }
    }
}

/// Copies a stretch of the layout.
fn write(splicing: Splicing<'_>, to: &UnnamedFile, from: u64, end: u64) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK.min((end - from) as usize)];
    let mut at = from;
    while at < end {
        let chunk = buffer.len().min((end - at) as usize);
        let chunk = &mut buffer[..chunk];
        if splicing.layout.read_at(splicing.io, at, chunk)? != chunk.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        to.write(at, chunk)?;
        at += chunk.len() as u64;
    }
    Ok(())
}

/// The error number in an error, if it is the system's.
fn errno(error: &io::Error) -> Option<Errno> {
    Errno::from_io_error(error)
}
