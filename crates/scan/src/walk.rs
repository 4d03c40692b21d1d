//! Finding the files to examine: by walking folders, or by going through the files that are known.

use crate::beside::Beside;
use crate::examine::extension_of;
use crate::folders::Walked;
use crate::known::{Entry, Known};
use crate::pipeline::{Candidate, Feed, Found};
use crate::scanner::Task;
use crate::target::Target;
use ignore::{DirEntry, WalkBuilder, WalkState};
use musefs_contracts::backing::Stamp;
use musefs_contracts::format::Formats;
use musefs_contracts::writer::IngestMode;
use std::collections::HashSet;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Folders that are never part of a library: the one that a mount adds to its root, and the one that a check of a disk keeps at
/// the disk's root, where nobody but the administrator may read it.
const NO_MUSIC: [&str; 2] = [".musefs-metrics", "lost+found"];

/// Decides which files are read.
pub(crate) struct Finder<'a> {
    /// The files the store knows.
    pub(crate) known: &'a Known,
    /// The formats.
    pub(crate) formats: &'a Formats,
    /// What the scan is for.
    pub(crate) task: Task,
    /// Notes the folders that are met.
    pub(crate) walked: &'a Walked,
    /// The files beside the music, if they are wanted.
    pub(crate) beside: Option<&'a Beside>,
    /// Threads that walk.
    pub(crate) threads: usize,
    /// Devices that nothing is taken from.
    pub(crate) left_out: Arc<HashSet<u64>>,
}

impl Finder<'_> {
    /// Walks the targets and feeds what is to be examined.
    pub(crate) fn walk(&self, targets: &[Target], feed: &Feed<'_>) {
        let mut folders = targets.iter().filter_map(|target| match target {
            Target::Folder(path) => Some(path),
            _ => None,
        });
        for target in targets {
            if let Target::File(path) = target {
                let known = self.known.find(path);
                self.meet(path.clone(), known, std::fs::symlink_metadata(path), true, &mut Unchanged::new(feed));
            }
        }
        let Some(first) = folders.next() else { return };
        let mut builder = WalkBuilder::new(first);
        for folder in folders {
            builder.add(folder);
        }
        builder.standard_filters(false).follow_links(false).threads(self.threads);
        let left_out = self.left_out.clone();
        builder.filter_entry(move |entry| {
            !NO_MUSIC.iter().any(|name| entry.file_name() == *name) && !is_left_out(entry, &left_out)
        });
        builder.build_parallel().run(|| {
            let mut unchanged = Unchanged::new(feed);
            Box::new(move |entry| {
                match entry {
                    Ok(entry) => self.visit(entry, &mut unchanged),
                    Err(error) => {
                        self.walked.spoil();
                        walk_failed(&error, feed);
                    }
                }
                if feed.is_closed() { WalkState::Quit } else { WalkState::Continue }
            })
        });
    }

    /// Goes through the known files at and under the targets.
    pub(crate) fn revisit(&self, targets: &[Target], feed: &Feed<'_>) {
        for target in targets {
            for index in self.known.under(target.path()) {
                let path = self.known.path(self.known.entry(index)).to_owned();
                feed.send(Candidate { path, mode: IngestMode::Refresh, known: Some(index), explicit: true });
                if feed.is_closed() {
                    return;
                }
            }
        }
    }

    fn visit(&self, entry: DirEntry, unchanged: &mut Unchanged<'_>) {
        if self.task == Task::Add && entry.file_type().is_some_and(|kind| kind.is_dir()) {
            self.walked.note(entry.path());
        }
        if !entry.file_type().is_some_and(|kind| kind.is_file()) {
            return;
        }
        let extension = extension_of(entry.path());
        if !extension.is_empty() && !self.formats.knows_extension(&extension) {
            return self.visit_other(entry);
        }
        // What is known needs its stamp; what is not will be opened anyway.
        let Some(known) = self.known.find(entry.path()) else {
            let path = entry.into_path();
            return unchanged.feed.send(Candidate { path, mode: IngestMode::Add, known: None, explicit: false });
        };
        let metadata = entry.metadata().map_err(|error| io_error(&error));
        self.meet(entry.into_path(), Some(known), metadata, false, unchanged);
    }

    /// A file that is no audio file by its name.
    fn visit_other(&self, entry: DirEntry) {
        let Some(beside) = self.beside.filter(|beside| beside.accepts(entry.path())) else { return };
        // One that went meanwhile, or cannot be looked at, is nothing that anyone would miss.
        if let Ok(metadata) = entry.metadata() {
            beside.meet(entry.into_path(), stamp_of(&metadata));
        }
    }

    fn meet(
        &self,
        path: PathBuf,
        known: Option<(usize, &Entry)>,
        metadata: io::Result<Metadata>,
        explicit: bool,
        unchanged: &mut Unchanged<'_>,
    ) {
        let feed = unchanged.feed;
        let Some((index, entry)) = known else {
            return feed.send(Candidate { path, mode: IngestMode::Add, known: None, explicit });
        };
        let mode = match (self.task, metadata) {
            (Task::Relocate, _) => return,
            (_, Err(error)) if error.kind() == io::ErrorKind::NotFound => return feed.report(Found::Vanished),
            (_, Err(error)) => return feed.report(Found::failed(path, &error)),
            (Task::Force, Ok(_)) => IngestMode::Force,
            (_, Ok(metadata)) if entry.is_up_to_date(&stamp_of(&metadata)) => return unchanged.count(),
            (_, Ok(_)) => IngestMode::Refresh,
        };
        feed.send(Candidate { path, mode, known: Some(index), explicit });
    }
}

/// Unchanged files that one thread met. Told by the hundred: a message a file would cost more than looking at it did.
struct Unchanged<'f> {
    feed: &'f Feed<'f>,
    files: u64,
}

impl<'f> Unchanged<'f> {
    /// How many are told at once.
    const AT_ONCE: u64 = 128;

    fn new(feed: &'f Feed<'f>) -> Self {
        Self { feed, files: 0 }
    }

    fn count(&mut self) {
        self.files += 1;
        if self.files == Self::AT_ONCE {
            self.tell();
        }
    }

    fn tell(&mut self) {
        match std::mem::take(&mut self.files) {
            0 => {}
            files => self.feed.report(Found::Unchanged(files)),
        }
    }
}

impl Drop for Unchanged<'_> {
    fn drop(&mut self) {
        self.tell();
    }
}

/// Whether something is mounted on this folder that nothing is taken from. Folders are looked at only where there is such a
/// mount at all.
fn is_left_out(entry: &DirEntry, devices: &HashSet<u64>) -> bool {
    let is_folder = || entry.file_type().is_some_and(|kind| kind.is_dir());
    !devices.is_empty() && is_folder() && entry.metadata().is_ok_and(|metadata| devices.contains(&metadata.dev()))
}

fn walk_failed(error: &ignore::Error, feed: &Feed<'_>) {
    let cause = io_error(error);
    match path_of(error) {
        _ if cause.kind() == io::ErrorKind::NotFound => feed.report(Found::Vanished),
        Some(path) => feed.report(Found::failed(path.to_owned(), &cause)),
        None => tracing::warn!("while walking: {error}"),
    }
}

fn stamp_of(metadata: &Metadata) -> Stamp {
    let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
    Stamp {
        size: metadata.size(),
        mtime_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        ctime_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        file: 0,
    }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

fn io_error(error: &ignore::Error) -> io::Error {
    match error.io_error() {
        Some(cause) => cause.raw_os_error().map_or_else(|| cause.kind().into(), io::Error::from_raw_os_error),
        None => io::Error::other(error.to_string()),
    }
}
