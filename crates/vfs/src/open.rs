//! Opening and releasing files.

use crate::Vfs;
use crate::attributes::ATTEMPTS;
use crate::complaints::Complaint;
use crate::handle::{FileHandle, Handle};
use crate::read::HandleIo;
use crate::row::FileRow;
use crate::sizes::Served;
use crate::splice::layout_within;
use crate::sync::{AtomicBool, Ordering, lock};
use crate::track_table::Entry;
use crate::view::{View, describes};
use musefs_contracts::backing::{Source, Stamp};
use musefs_contracts::catalog::{CatalogError, CatalogResult};
use musefs_contracts::filesystem::{FsError, FsResult, Opened};
use musefs_contracts::ids::{FileId, Ino};
use musefs_contracts::layout::Layout;
use musefs_contracts::splicer::Splicing;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// Error numbers of a process or a system that has no descriptor left (POSIX EMFILE and ENFILE, on Linux).
const NO_DESCRIPTOR_LEFT: [i32; 2] = [24, 23];

/// How often a store is asked that another program has locked. It waits some seconds each time by itself, which makes up a
/// minute.
const PATIENCE: u32 = 12;

/// Asks the store until it is not locked.
pub(crate) fn patiently<T>(mut ask: impl FnMut() -> CatalogResult<T>) -> CatalogResult<T> {
    let mut answer = ask();
    for _ in 1..PATIENCE {
        match answer {
            Err(CatalogError::Busy) => answer = ask(),
            other => return other,
        }
    }
    answer
}

/// A content, ready to be registered as open.
struct Ready {
    row: FileRow,
    stamp: Stamp,
    source: Arc<dyn Source>,
    layout: Arc<Layout>,
    as_backing: bool,
}

impl Vfs {
    pub(crate) fn open_file(&self, ino: Ino) -> FsResult<Opened> {
        let Some(file) = ino.file() else {
            if let Some((directory, made)) = ino.made() {
                return self.open_made(directory, made);
            }
            return match ino {
                Ino::METRICS_FILE => self.open_document(),
                _ => Err(self.stat(ino).map_or(FsError::NotFound, |_| FsError::IsADirectory)),
            };
        };
        for _ in 0..ATTEMPTS {
            if let Some(opened) = self.try_open(ino, file)? {
                return Ok(opened);
            }
        }
        if self.complaints.each_minute(Complaint::Backing(file), self.parts.clock.now_ns()).is_some() {
            tracing::error!(%file, "cannot be opened: it, or its row in the store, changes all the time");
        }
        Err(FsError::Io)
    }

    /// One attempt; `None` if the file changed meanwhile.
    fn try_open(&self, ino: Ino, file: FileId) -> FsResult<Option<Opened>> {
        let view = self.view.load_full();
        let entry = view.tracks.get(file).ok_or(FsError::NotFound)?;
        let row = self.row(file)?;
        let source =
            self.parts.backing.open(&row.path).map_err(|error| self.backing_trouble(file, &row.path, &error))?;
        let stamp = source.stamp().map_err(|error| self.backing_trouble(file, &row.path, &error))?;
        if !describes(entry, self.options.mode, &row, &stamp) {
            self.advance(&row, stamp);
            return Ok(None);
        }
        let layout = self.content(&view, entry, &row, &stamp, &source)?;
        Ok(match layout {
            Some((layout, as_backing)) => {
                self.register(ino, &view, entry, Ready { row, stamp, source, layout, as_backing })?
            }
            None => None,
        })
    }

    /// The layout of an entry's content, and whether that is the backing file's; `None` if the file changed meanwhile.
    fn content(
        &self,
        view: &View,
        entry: &Entry,
        row: &FileRow,
        stamp: &Stamp,
        source: &Arc<dyn Source>,
    ) -> FsResult<Option<(Arc<Layout>, bool)>> {
        let as_backing = || Some((Arc::new(Layout::verbatim(stamp.size)), true));
        if self.is_structure_only() || entry.is_as_backing() {
            return Ok(as_backing());
        }
        // Nothing but a track is ever served as anything else.
        let track = row.file.track().ok_or(FsError::NotFound)?;
        let generation = self.generation(view, entry);
        let lasts = row.recorded.stamp.same_contents(stamp);
        if let Some(layout) = self.parts.layouts.get(track, generation) {
            if self.parts.sizes.get(track, entry.content_version) != Some(layout.len()) {
                self.remember_size(track, entry.content_version, generation, layout.len(), lasts);
            }
            return Ok(Some((layout, false)));
        }
        let record = patiently(|| self.parts.catalog.track(track)).map_err(|error| self.store_trouble(&error))?;
        if !row.is(&record.row) {
            return Ok(None);
        }
        let layout = self
            .splice(&record, stamp, &|| Ok(Arc::clone(source)), &|format, anatomy, edit| {
                layout_within(format, anatomy, edit, stamp.size)
            })
            .map_err(|error| self.backing_trouble(row.file, &row.path, &error))?;
        // Had it to be probed, it may have been written to meanwhile.
        let now = source.stamp().map_err(|error| self.backing_trouble(row.file, &row.path, &error))?;
        if !now.same_contents(stamp) {
            return Ok(None);
        }
        let Some(layout) = layout.map(Arc::new) else {
            self.learn_as_backing(track, entry);
            return Ok(as_backing());
        };
        self.remember_size(track, entry.content_version, generation, layout.len(), lasts);
        self.parts.layouts.insert(track, generation, Arc::clone(&layout));
        Ok(Some((layout, false)))
    }

    /// Enters a content among the open ones, unless the file moved ahead of it meanwhile (`None`), or a former content
    /// is open under this number ([`FsError::Stale`]: looking the name up again leads to the present number).
    fn register(&self, ino: Ino, view: &View, entry: &Entry, ready: Ready) -> FsResult<Option<Opened>> {
        let file = ready.row.file;
        let generation = self.generation(view, entry);
        let served = if ready.as_backing {
            Served { size: ready.stamp.size, mtime_ns: ready.stamp.mtime_ns }
        } else {
            Self::edited(entry, ready.layout.len())
        };
        {
            let mut opens = lock(&self.opens);
            let now = self.view.load();
            let present = now.tracks.get(file).ok_or(FsError::NotFound)?;
            if self.generation(&now, present) != generation {
                return Ok(None);
            }
            if present.epoch != ino.epoch() && opens.former(ino, Some(generation)).is_some() {
                return Err(FsError::Stale);
            }
            opens.add(file, generation, self.file(ino, entry, now.tree.links(file), served));
        }
        let mut handle = FileHandle {
            file,
            ino,
            generation,
            content_version: ready.row.recorded.content_version,
            layout: ready.layout,
            as_backing: ready.as_backing,
            reader: self.parts.read_ahead.decorate(Arc::clone(&ready.source)),
            source: ready.source,
            stamp: ready.stamp,
            path: ready.row.path.into_boxed_path(),
            passed_through: AtomicBool::new(false),
            has_plain_file: false,
        };
        let passthrough = self.for_the_kernel(&mut handle);
        // While the kernel has not been told of a change, it may hold pages of the former content under this number.
        let direct = passthrough.is_none() && lock(&self.pending).is_untold(file);
        self.metrics.handles.add(1);
        let handle = self.handles.insert(Handle::File(handle));
        Ok(Some(Opened { handle, passthrough, direct }))
    }

    /// The file that the kernel may read in place of this handle.
    fn for_the_kernel(&self, handle: &mut FileHandle) -> Option<Arc<dyn Source>> {
        if !self.kernel_reads.load(Ordering::Relaxed) || handle.source.file().is_none() {
            return None;
        }
        if handle.as_backing {
            return Some(Arc::clone(&handle.source));
        }
        handle.has_plain_file = true;
        self.plain_files.acquire(handle.file, handle.generation, || self.plain_file(handle))
    }

    /// Makes a plain file of a handle's content. The stamp is looked at behind it: were the backing file written to
    /// meanwhile, it would hold bytes of two contents.
    fn plain_file(&self, handle: &FileHandle) -> Option<Arc<dyn Source>> {
        let splicing = Splicing {
            path: &handle.path,
            source: &*handle.source,
            layout: &handle.layout,
            io: &HandleIo { vfs: self, handle, may_wait: true },
        };
        let made = catch_unwind(AssertUnwindSafe(|| self.parts.splicer.splice(splicing))).ok().flatten()?;
        handle.source.stamp().is_ok_and(|now| now.same_contents(&handle.stamp)).then_some(made)
    }

    /// Lets plain files go that nobody opened again for a while.
    pub(crate) fn sweep_plain_files(&self) {
        self.plain_files.sweep(self.parts.clock.now_ns());
    }

    pub(crate) fn note_passthrough(&self, number: u64) {
        if let Some(Handle::File(handle)) = self.handles.get(number).as_deref() {
            let mut opens = lock(&self.opens);
            if !handle.passed_through.swap(true, Ordering::Relaxed) {
                opens.pass_through(handle.ino, handle.generation);
            }
        }
    }

    pub(crate) fn release_file(&self, number: u64) {
        let Some(handle) = self.handles.remove(number) else { return };
        self.metrics.handles.sub(1);
        let handle = match &*handle {
            Handle::File(handle) => handle,
            Handle::Document(document) => return self.close_document(document),
            Handle::Cover(_) | Handle::List(_) => return,
        };
        if handle.has_plain_file {
            self.plain_files.release(handle.file, handle.generation, self.parts.clock.now_ns());
        }
        let settles = {
            let mut opens = lock(&self.opens);
            let passed_through = handle.passed_through.load(Ordering::Relaxed);
            let was_last = opens.remove(handle.ino, handle.generation, passed_through);
            let view = self.view.load();
            let renumbered = view.tracks.get(handle.file).filter(|entry| entry.epoch != 0);
            was_last && renumbered.is_some_and(|entry| opens.first_is_free(handle.file, self.generation(&view, entry)))
        };
        if settles {
            self.settle_later(handle.file);
        }
    }

    /// What a failing backing file means for a request. Said once a minute a file, with its path.
    pub(crate) fn backing_trouble(&self, file: FileId, path: &Path, error: &io::Error) -> FsError {
        if let Some(times) = self.complaints.each_minute(Complaint::Backing(file), self.parts.clock.now_ns()) {
            tracing::error!(path = %path.display(), %error, times, "the backing file cannot be read");
        }
        match error.kind() {
            io::ErrorKind::NotFound => FsError::NotFound,
            io::ErrorKind::PermissionDenied => FsError::PermissionDenied,
            _ if error.raw_os_error().is_some_and(|number| NO_DESCRIPTOR_LEFT.contains(&number)) => {
                FsError::TooManyHandles
            }
            _ => FsError::Io,
        }
    }
}
