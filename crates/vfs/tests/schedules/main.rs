//! The file system in many schedules: requests, edits, exchanged files and refreshes all at once.

#![allow(
    dead_code,
    unused_imports,
    missing_docs,
    unreachable_pub,
    reason = "the unit tests of the files that ship are left out without a harness, and each test uses its part of what is shared"
)]

#[path = "../../src/advance.rs"]
mod advance;
#[path = "../../src/attributes.rs"]
mod attributes;
#[path = "../../src/beside.rs"]
mod beside;
#[path = "../../src/complaints.rs"]
mod complaints;
#[path = "../../src/directory.rs"]
mod directory;
#[path = "../../src/document.rs"]
mod document;
#[path = "../../src/explain.rs"]
mod explain;
#[path = "../../src/filesystem.rs"]
mod filesystem;
#[path = "../../src/handle.rs"]
mod handle;
mod library;
#[path = "../../src/load.rs"]
mod load;
#[path = "../../src/made/mod.rs"]
mod made;
#[path = "../../src/metrics.rs"]
mod metrics;
#[path = "../../src/open.rs"]
mod open;
#[path = "../../src/opens.rs"]
mod opens;
#[path = "../../src/options.rs"]
mod options;
#[path = "../../src/patch.rs"]
mod patch;
#[path = "../../src/pending.rs"]
mod pending;
#[path = "../../src/placing.rs"]
mod placing;
#[path = "../../src/plain_files.rs"]
mod plain_files;
mod primitives;
#[path = "../../src/probe_on_demand.rs"]
mod probe_on_demand;
#[path = "../../src/read.rs"]
mod read;
#[path = "../../src/refresh.rs"]
mod refresh;
#[path = "../../src/refresher.rs"]
mod refresher;
#[path = "../../src/row.rs"]
mod row;
#[path = "../common/shelf.rs"]
mod shelf;
#[path = "../../src/shelving.rs"]
mod shelving;
#[path = "../../src/sizes.rs"]
mod sizes;
#[path = "../../src/splice.rs"]
mod splice;
#[path = "../../src/sync.rs"]
mod sync;
#[path = "../common/toy.rs"]
mod toy;
#[path = "../../src/track_table.rs"]
mod track_table;
#[path = "../../src/tree_diff.rs"]
mod tree_diff;
#[path = "../../src/vfs.rs"]
mod vfs;
#[path = "../../src/view.rs"]
mod view;
#[path = "../../src/work_ahead.rs"]
mod work_ahead;

use crate::vfs::Vfs;
use explain::{Found, Standing};
use library::{Library, file, path};
use musefs_contracts::change::{Change, ChangeListener};
use musefs_contracts::filesystem::{FileSystem, FsError, FsResult};
use musefs_contracts::ids::{Ino, TrackId};
use musefs_testkit::schedules;
use options::{Mode, VfsOptions, VfsParts};
use primitives::{ArcSwap, Condvar, Mutex};
use refresh::Refreshed;
use refresher::Refresher;
use shuttle::sync::mpsc::{Sender, channel};
use shuttle::thread;
use std::ffi::OsStr;
use std::sync::Arc;
use std::time::Duration;

fn main() {
    schedules::main(
        1_000,
        &[
            ("no_reader_sees_two_generations", no_reader_sees_two_generations),
            ("a_publish_and_a_request_that_runs_ahead_both_stay", a_publish_and_a_request_that_runs_ahead_both_stay),
            ("no_wake_of_the_refresher_is_lost", no_wake_of_the_refresher_is_lost),
        ],
        &[
            ("views_made_of_one_that_was_replaced_meanwhile", views_made_of_one_that_was_replaced_meanwhile),
            ("a_wake_that_nobody_keeps", a_wake_that_nobody_keeps),
        ],
    );
}

/// The names in a folder.
fn names(vfs: &Vfs, folder: Ino) -> FsResult<Vec<String>> {
    let handle = vfs.open_directory(folder)?;
    let mut names = Vec::new();
    vfs.read_directory(handle, 0, false, &mut |entry| {
        names.push(String::from_utf8_lossy(entry.name).into_owned());
        true
    })?;
    vfs.release_directory(handle);
    names.retain(|name| name != "." && name != "..");
    Ok(names)
}

/// Opens the one file in a folder, and reads it in two parts; which edit it is of, and which audio it has.
fn read_the_file_in(vfs: &Vfs, folder: &str) -> FsResult<(usize, String)> {
    let folder = vfs.lookup(Ino::ROOT, OsStr::new(folder))?.ino;
    let names = names(vfs, folder)?;
    assert_eq!(names.len(), 1, "neither two names of one file nor none: {names:?}");
    let found = vfs.lookup(folder, OsStr::new(&names[0]))?;
    let opened = vfs.open(found.ino)?;
    let (mut bytes, mut rest) = (Vec::new(), Vec::new());
    vfs.read(opened.handle, 0, 40, &mut bytes)?;
    thread::yield_now();
    vfs.read(opened.handle, bytes.len() as u64, 1 << 10, &mut rest)?;
    vfs.release(opened.handle);
    bytes.append(&mut rest);
    Ok(taken_apart(&bytes))
}

fn taken_apart(bytes: &[u8]) -> (usize, String) {
    let read = |offset: u64, buf: &mut [u8]| {
        let part = bytes.get(offset as usize..offset as usize + buf.len());
        part.inspect(|part| buf.copy_from_slice(part)).is_some()
    };
    let (elements, audio) = toy::parse(&read).expect("a whole file");
    let value = |key: &str| {
        let element = elements.iter().find(|element| element.0 == key);
        element.map_or(String::new(), |element| String::from_utf8_lossy(&element.1).into_owned())
    };
    let number: usize = value("number").parse().unwrap();
    assert_eq!((value("title"), value("mood").len()), (format!("T{number}"), number), "two edits in one file");
    let kind = value("Kind");
    assert_eq!(String::from_utf8_lossy(&bytes[audio as usize..]), kind.repeat(3), "two backing files in one");
    (number, kind)
}

/// What a request may meet that others run past: a name that is gone, a number that is another file's by now.
fn is_passing(error: FsError) -> bool {
    matches!(error, FsError::NotFound | FsError::Stale)
}

fn no_reader_sees_two_generations() {
    let (library, tracks) = Library::of(&["a"]);
    let (vfs, library, track) = (library.mount(), Arc::new(library), tracks[0]);
    let editor = {
        let (library, vfs) = (Arc::clone(&library), Arc::clone(&vfs));
        thread::spawn(move || {
            for number in 1..=2 {
                library.edit("a", track, number);
                vfs.refresh();
            }
        })
    };
    let exchanger = {
        let (library, vfs) = (Arc::clone(&library), Arc::clone(&vfs));
        thread::spawn(move || {
            library.shelf.put(&path("a"), file("a", 1));
            vfs.refresh();
        })
    };
    let readers = [0, 1].map(|_| {
        let vfs = Arc::clone(&vfs);
        thread::spawn(move || match read_the_file_in(&vfs, "a") {
            Ok(_) => {}
            Err(error) => assert!(is_passing(error), "{error:?}"),
        })
    });
    editor.join().unwrap();
    exchanger.join().unwrap();
    for reader in readers {
        reader.join().unwrap();
    }
    assert_eq!(read_the_file_in(&vfs, "a").unwrap(), (2, "kind 1".to_owned()), "everything was refreshed");
    vfs.refresh();
    assert_eq!(vfs.refresh(), Refreshed::Unchanged);
    let folder = vfs.lookup(Ino::ROOT, OsStr::new("a")).unwrap().ino;
    let found = vfs.lookup(folder, OsStr::new("T2.flac")).unwrap();
    assert_eq!(found.ino, Ino::of_track(track, 0), "nothing is open, so the first number");
}

fn a_publish_and_a_request_that_runs_ahead_both_stay() {
    let (library, tracks) = Library::of(&["a", "b"]);
    let (vfs, library) = (library.mount(), Arc::new(library));
    library.shelf.put(&path("a"), file("a", 1));
    let reader = {
        let vfs = Arc::clone(&vfs);
        thread::spawn(move || assert_eq!(read_the_file_in(&vfs, "a").unwrap(), (0, "kind 1".to_owned())))
    };
    library.edit("b", tracks[1], 1);
    vfs.refresh();
    reader.join().unwrap();
    let size = |folder: &str, name: &str| {
        let folder = vfs.lookup(Ino::ROOT, OsStr::new(folder)).unwrap().ino;
        vfs.lookup(folder, OsStr::new(name)).unwrap().size
    };
    assert_eq!(size("a", "T0.flac"), file("a", 1).len() as u64);
    assert_eq!(read_the_file_in(&vfs, "b").unwrap(), (1, "kind 0".to_owned()));
    size("b", "T1.flac");
}

/// Passes on that something changed.
struct Heard(Mutex<Sender<()>>);

impl ChangeListener for Heard {
    fn changed(&self, _: Change) {
        self.0.lock().unwrap().send(()).unwrap();
    }
}

/// The explorer's clock stands still, so that the refresher does nothing until it is woken: a lost wake is a deadlock.
fn no_wake_of_the_refresher_is_lost() {
    let (library, tracks) = Library::of(&["a", "b"]);
    let (vfs, library) = (library.mount(), Arc::new(library));
    let (told, hear) = channel();
    vfs.set_listener(Arc::new(Heard(Mutex::new(told))));
    let refresher = Arc::new(Refresher::spawn(Arc::clone(&vfs), Duration::MAX));
    let editors: Vec<_> = ["a", "b"]
        .into_iter()
        .zip(tracks)
        .map(|(name, track)| {
            let (library, refresher) = (Arc::clone(&library), Arc::clone(&refresher));
            thread::spawn(move || {
                library.edit(name, track, 1);
                refresher.wake();
            })
        })
        .collect();
    let is_shown = |folder: &str| {
        let folder = vfs.lookup(Ino::ROOT, OsStr::new(folder)).unwrap().ino;
        vfs.lookup(folder, OsStr::new("T1.flac")).is_ok()
    };
    while !(is_shown("a") && is_shown("b")) {
        hear.recv().unwrap();
    }
    for editor in editors {
        editor.join().unwrap();
    }
    drop(refresher);
}

/// What a publish and a request that runs ahead would be without the lock between them.
fn views_made_of_one_that_was_replaced_meanwhile() {
    let view = Arc::new(ArcSwap::from_pointee(Vec::new()));
    let publishers = [0, 1].map(|track| {
        let view = Arc::clone(&view);
        thread::spawn(move || {
            let mut next = Vec::clone(&view.load());
            next.push(track);
            view.store(Arc::new(next));
        })
    });
    for publisher in publishers {
        publisher.join().unwrap();
    }
    assert_eq!(view.load().len(), 2, "a change is lost");
}

/// A signal that tells those who wait, and nobody who is about to.
fn a_wake_that_nobody_keeps() {
    let signal = Arc::new((Mutex::new(()), Condvar::new()));
    let waker = {
        let signal = Arc::clone(&signal);
        thread::spawn(move || signal.1.notify_all())
    };
    drop(signal.1.wait(signal.0.lock().unwrap()).unwrap());
    waker.join().unwrap();
}
