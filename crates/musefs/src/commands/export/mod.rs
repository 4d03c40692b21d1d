//! `musefs export`: the files of a view as real files.

mod copy;
mod record;

use crate::cli::{ExportArgs, ServeArgs};
use crate::errors::{CommandResult, Ending, Failure};
use crate::output::{complain, counted, say, say_bytes};
use crate::selection::{mounts, query};
use crate::serve::{Prepared, template};
use crate::sidecars;
use crate::signals::{Second, interrupted};
use crate::tree_walk::walk;
use crate::wiring::Store;
use copy::{Copied, Copier};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use musefs_contracts::filesystem::{Attributes, FileSystem};
use musefs_contracts::ids::{Ino, TrackId};
use record::{Record, Stamp};
use std::collections::HashSet;
use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// Runs the command.
pub(crate) fn run(args: &ExportArgs) -> CommandResult {
    let Some((folder, words)) = args.words.split_last() else {
        return Err(Failure::new("name the folder to write to"));
    };
    let template = template(&args.view, args.store.usual_template())?;
    let store = Store::File(Store::lasting(&args.store.path()?)?);
    let catalog = store.open()?;
    let folder = resolved(Path::new(folder))?;
    refuse_library(&folder, &store.open_writer()?.roots()?)?;
    let tracks: HashSet<TrackId> = query(catalog.as_ref(), words)?.select(catalog.as_ref())?.into_iter().collect();
    if tracks.is_empty() {
        return Err(Failure::new(nothing(words)));
    }
    let serve = ServeArgs::unserved().map_err(Failure::new)?;
    let prepared = Prepared::new(catalog, template, &args.view, &serve, sidecars::shown(&args.sidecars, false)?)?;
    let fs: &dyn FileSystem = prepared.vfs.as_ref();
    let items = items(fs, &tracks)?;
    let mut export = Export { fs, folder, record: Record::default(), force: args.force, tally: Tally::default() };
    export.record = Record::read(&export.folder);
    if args.dry_run {
        return Ok(export.show(&items));
    }
    export.write(&items, args.talk.quiet)
}

fn nothing(words: &[OsString]) -> String {
    if words.is_empty() {
        return "the store has no tracks yet; musefs scan MUSIC --db STORE reads them in".to_owned();
    }
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    format!("no track matches {}; musefs ls QUERY shows what does", words.join(" "))
}

/// The folder's true place, also if it, and folders above it, are not there yet.
fn resolved(folder: &Path) -> Result<PathBuf, Failure> {
    let absolute =
        std::path::absolute(folder).map_err(|error| Failure::new(format!("{}: {error}", folder.display())))?;
    for ancestor in absolute.ancestors() {
        if let (Ok(place), Ok(rest)) = (ancestor.canonicalize(), absolute.strip_prefix(ancestor)) {
            if !place.is_dir() {
                return Err(Failure::new(format!("{} is no folder; name one to write to", place.display())));
            }
            return Ok(place.join(rest));
        }
    }
    Ok(absolute)
}

/// What is exported must never meet the originals, nor a view of them.
fn refuse_library(folder: &Path, roots: &[PathBuf]) -> Result<(), Failure> {
    let mounts = mounts().into_iter().map(|(_, place)| place);
    let meets = |other: &PathBuf| folder.starts_with(other) || other.starts_with(folder);
    let place = roots.iter().find(|root| meets(root)).cloned();
    match place.or_else(|| mounts.into_iter().find(|mount| folder.starts_with(mount))) {
        Some(other) => Err(Failure::new(format!(
            "{} and {}, which musefs reads or shows, lie in each other; export to a folder elsewhere",
            folder.display(),
            other.display()
        ))),
        None => Ok(()),
    }
}

/// A file of the view.
struct Item {
    path: PathBuf,
    ino: Ino,
}

/// The files of the tracks, and what stands beside them.
fn items(fs: &dyn FileSystem, tracks: &HashSet<TrackId>) -> Result<Vec<Item>, Failure> {
    let mut items = Vec::new();
    walk(fs, &mut |step| {
        items.push(Item { path: step.path.to_owned(), ino: step.ino });
        true
    })
    .map_err(Failure::new)?;
    let is_wanted = |item: &Item| item.ino.track().is_some_and(|track| tracks.contains(&track));
    let folders: HashSet<PathBuf> = items.iter().filter(|item| is_wanted(item)).map(Item::folder).collect();
    let all: HashSet<PathBuf> = items.iter().filter(|item| item.ino.track().is_some()).map(Item::folder).collect();
    // What is in a folder without tracks belongs to those of the nearest folder above that has some.
    let is_beside = |item: &Item| {
        let folder = item.folder();
        folder.ancestors().find(|above| all.contains(*above)).is_some_and(|above| folders.contains(above))
    };
    items.retain(|item| is_wanted(item) || item.ino.track().is_none() && is_beside(item));
    Ok(items)
}

impl Item {
    fn folder(&self) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).to_owned()
    }
}

/// What is to become of a file.
enum Verdict {
    Write,
    IsThere,
    /// Somebody else's file stands there.
    Foreign,
}

#[derive(Default)]
struct Tally {
    written: usize,
    shared: usize,
    bytes: u64,
    there: usize,
    foreign: usize,
    failed: usize,
}

struct Export<'f> {
    fs: &'f dyn FileSystem,
    folder: PathBuf,
    record: Record,
    force: bool,
    tally: Tally,
}

impl Export<'_> {
    fn verdict(&self, item: &Item, attributes: &Attributes) -> Verdict {
        let Ok(metadata) = std::fs::symlink_metadata(self.folder.join(&item.path)) else { return Verdict::Write };
        let there = Stamp::of(&metadata);
        if metadata.is_file() && self.record.is_current(&item.path, there, Stamp::served(attributes)) {
            Verdict::IsThere
        } else if metadata.is_file() && (self.force || self.record.wrote(&item.path, there)) {
            Verdict::Write
        } else {
            Verdict::Foreign
        }
    }

    /// Prints what would be written.
    fn show(&mut self, items: &[Item]) -> Ending {
        for item in items {
            match self.fs.attributes(item.ino) {
                Ok(attributes) => match self.verdict(item, &attributes) {
                    Verdict::Write => {
                        self.tally.written += 1;
                        if !say_bytes(item.path.as_os_str().as_bytes(), b'\n') {
                            break;
                        }
                    }
                    Verdict::IsThere => self.tally.there += 1,
                    Verdict::Foreign => self.foreign(item),
                },
                Err(error) => self.failed(item, &error.to_string()),
            }
        }
        self.ending()
    }

    fn write(mut self, items: &[Item], quiet: bool) -> CommandResult {
        let cancelled = interrupted(Second::Exits)?;
        std::fs::create_dir_all(&self.folder).map_err(|error| {
            Failure::new(format!("{}: {error}; name a folder that you may write", self.folder.display()))
        })?;
        let bar = bar(items.len() as u64, quiet);
        for item in items {
            if cancelled.load(Ordering::Relaxed) {
                bar.finish_and_clear();
                return Ok(Ending::Interrupted);
            }
            bar.suspend(|| self.take(item))?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        if !quiet {
            say(self.summary());
        }
        Ok(self.ending())
    }

    /// Writes one file if need be. Fails only where no other file could be written either.
    fn take(&mut self, item: &Item) -> Result<(), Failure> {
        let attributes = match self.fs.attributes(item.ino) {
            Ok(attributes) => attributes,
            Err(error) => {
                self.failed(item, &error.to_string());
                return Ok(());
            }
        };
        match self.verdict(item, &attributes) {
            Verdict::IsThere => self.tally.there += 1,
            Verdict::Foreign => self.foreign(item),
            Verdict::Write => match (Copier { fs: self.fs, folder: &self.folder }).copy(&item.path, &attributes) {
                Ok(copied) => {
                    self.record.note(&self.folder, &item.path, Stamp::served(&attributes));
                    self.tally.written += 1;
                    self.tally.shared += usize::from(copied == Copied::Shared);
                    self.tally.bytes += attributes.size;
                }
                Err(error) if copy::is_full(&error) => {
                    return Err(Failure::new(format!(
                        "the disk that holds {} is full; free some space and run this again: it goes on where it ended",
                        self.folder.display()
                    )));
                }
                Err(error) if error.kind() == ErrorKind::ReadOnlyFilesystem => {
                    return Err(Failure::new(format!(
                        "{} is read-only; mount its disk for writing, or name another folder",
                        self.folder.display()
                    )));
                }
                Err(error) => self.failed(item, &copy::explained(&error)),
            },
        }
        Ok(())
    }

    fn foreign(&mut self, item: &Item) {
        self.tally.foreign += 1;
        let path = self.folder.join(&item.path);
        let is_file = std::fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file());
        let what = if is_file {
            "another file stands there, and is left alone; --force writes over it"
        } else {
            "what stands there is no file, and is left alone; move it away"
        };
        complain(format!("musefs: {}: {what}", path.display()));
    }

    fn failed(&mut self, item: &Item, reason: &str) {
        self.tally.failed += 1;
        complain(format!("musefs: {}: {reason}; it is left out", item.path.display()));
    }

    fn ending(&self) -> Ending {
        if self.tally.foreign + self.tally.failed > 0 { Ending::SomeUnreadable } else { Ending::Done }
    }

    fn summary(&self) -> String {
        let Tally { written, shared, bytes, there, foreign, failed } = self.tally;
        let mut parts = vec![format!("{} written ({})", counted(written, "file"), HumanBytes(bytes))];
        for (count, what) in [
            (shared, "of them sharing the disk space of the originals"),
            (there, "there already"),
            (foreign, "left alone, since other files stand in their place"),
            (failed, "could not be read or written"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        }
        parts.join(", ")
    }
}

fn bar(files: u64, quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(files);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} files {eta}") {
        bar.set_style(style);
    }
    bar
}
