//! Moved files whose samples are those of other files: the whole audio tells, and where it does not, nothing is guessed.

mod support;

use musefs_contracts::catalog::Catalog;
use musefs_contracts::ids::TrackId;
use musefs_contracts::writer::CatalogWriter;
use musefs_scan::Summary;
use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};
use support::Library;

/// Longer than everything a scan reads of a file.
const LEN: usize = 1 << 20;
/// In no sample: the samples are at the ends and at the quarters.
const BETWEEN: usize = LEN / 8;

/// A file whose samples are those of every other, and whose audio differs by `mark`.
fn alike(title: &str, mark: u8) -> Vec<u8> {
    let mut audio: Vec<u8> = (0..LEN).map(|i| (i % 251) as u8).collect();
    audio[BETWEEN] = mark;
    [format!("TOY1{title}\n").as_bytes(), &audio].concat()
}

fn track(library: &Library, name: &str) -> Option<TrackId> {
    library.catalog.find_path(&library.path(name)).unwrap()
}

fn date(path: &Path, seconds: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 + seconds);
    fs::File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
}

/// Files of one size and one time, so that nothing but their audio tells them apart.
fn put(library: &Library, files: &[(&str, u8)]) {
    for (name, mark) in files {
        library.put(name, alike("Same", *mark));
        date(&library.path(name), 0);
    }
}

fn rename(library: &Library, from: &str, to: &str) {
    fs::rename(library.path(from), library.path(to)).unwrap();
}

fn hashes(library: &Library) -> usize {
    let mut hashes = 0;
    library.catalog.writer().for_each_known(&mut |file| hashes += usize::from(file.content_hash.is_some())).unwrap();
    hashes
}

fn moved_and_added(summary: &Summary) -> (u64, u64) {
    (summary.moved, summary.added)
}

#[test]
fn files_of_the_same_samples_that_move_at_once_keep_their_rows() {
    let library = Library::new();
    put(&library, &[("a.toy", 1), ("b.toy", 2)]);
    library.scan();
    let rows = [track(&library, "a.toy"), track(&library, "b.toy")];
    rename(&library, "a.toy", "x.toy");
    rename(&library, "b.toy", "y.toy");
    let summary = library.scan();
    assert_eq!(moved_and_added(&summary), (2, 0), "{summary:?}");
    assert_eq!([track(&library, "x.toy"), track(&library, "y.toy")], rows);
    // A move keeps the hashes, so that they can move again.
    rename(&library, "x.toy", "b.toy");
    rename(&library, "y.toy", "a.toy");
    assert_eq!(moved_and_added(&library.scan()), (2, 0));
    assert_eq!([track(&library, "b.toy"), track(&library, "a.toy")], rows);
}

#[test]
fn one_that_moves_is_not_taken_for_another_that_was_deleted() {
    for (deleted, moves) in [("a.toy", "b.toy"), ("b.toy", "a.toy")] {
        let library = Library::new();
        put(&library, &[("a.toy", 1), ("b.toy", 2)]);
        library.scan();
        let row = track(&library, moves);
        fs::remove_file(library.path(deleted)).unwrap();
        rename(&library, moves, "x.toy");
        assert_eq!(moved_and_added(&library.scan()), (1, 0));
        assert_eq!(track(&library, "x.toy"), row);
    }
}

#[test]
fn retagged_as_it_moves_it_is_known_by_its_whole_audio() {
    let library = Library::new();
    put(&library, &[("a.toy", 1), ("b.toy", 2)]);
    library.scan();
    let row = track(&library, "b.toy");
    fs::remove_file(library.path("a.toy")).unwrap();
    fs::remove_file(library.path("b.toy")).unwrap();
    library.put("x.toy", alike("Another title", 2));
    assert_eq!(moved_and_added(&library.scan()), (1, 0));
    assert_eq!(track(&library, "x.toy"), row);
}

#[test]
fn a_new_file_of_the_same_samples_gets_no_tags_of_one_that_is_gone() {
    let library = Library::new();
    put(&library, &[("a.toy", 1), ("b.toy", 2)]);
    library.scan();
    fs::remove_file(library.path("a.toy")).unwrap();
    put(&library, &[("new.toy", 3)]);
    assert_eq!(moved_and_added(&library.scan()), (0, 1), "its size and time are those of the file that is gone");
}

#[test]
fn of_identical_files_that_move_size_and_time_tell_which_is_which() {
    let library = Library::new();
    put(&library, &[("a.toy", 1), ("b.toy", 1)]);
    date(&library.path("b.toy"), 60);
    library.scan();
    let rows = [track(&library, "a.toy"), track(&library, "b.toy")];
    rename(&library, "a.toy", "x.toy");
    rename(&library, "b.toy", "y.toy");
    assert_eq!(moved_and_added(&library.scan()), (2, 0));
    assert_eq!([track(&library, "x.toy"), track(&library, "y.toy")], rows);
}

#[test]
fn of_identical_files_of_one_time_none_is_guessed() {
    let library = Library::new();
    put(&library, &[("a.toy", 1), ("b.toy", 1)]);
    library.scan();
    let rows = [track(&library, "a.toy"), track(&library, "b.toy")];
    rename(&library, "a.toy", "x.toy");
    rename(&library, "b.toy", "y.toy");
    assert_eq!(moved_and_added(&library.scan()), (0, 2));
    assert_eq!([track(&library, "a.toy"), track(&library, "b.toy")], rows, "their tags stay in the store");
}

#[test]
fn the_same_ends_are_not_enough_for_a_file_of_another_time() {
    let library = Library::new();
    let silence_with = |at: usize, byte: u8| {
        let mut audio = vec![0; LEN];
        audio[at] = byte;
        [b"TOY1Stem\n".as_slice(), &audio].concat()
    };
    // Told apart at a quarter; not told apart by anything that is sampled.
    for (before, after) in [((LEN / 2, 1), (LEN / 2, 2)), ((BETWEEN, 1), (BETWEEN, 2))] {
        library.put("before.toy", silence_with(before.0, before.1));
        date(&library.path("before.toy"), 0);
        library.scan();
        fs::remove_file(library.path("before.toy")).unwrap();
        library.put("after.toy", silence_with(after.0, after.1));
        assert_eq!(moved_and_added(&library.scan()), (0, 1));
        fs::remove_file(library.path("after.toy")).unwrap();
        library.catalog.writer().remove(&[track(&library, "before.toy").unwrap()]).unwrap();
        library.catalog.writer().remove(&[track(&library, "after.toy").unwrap()]).unwrap();
    }
}

#[test]
fn whole_files_are_read_only_where_fingerprints_collide() {
    let library = Library::new();
    let read = || library.backing.bytes.swap(0, Ordering::Relaxed) as usize;
    let different = |seed: usize| (0..LEN).map(|i| (i * seed % 253) as u8).collect::<Vec<u8>>();
    for seed in [3, 5, 7] {
        library.put(&format!("{seed}.toy"), [b"TOY1Title\n".as_slice(), &different(seed)].concat());
    }
    library.scan();
    assert!(read() <= 3 * (64 << 10));
    rename(&library, "3.toy", "moved.toy");
    assert_eq!(library.scan().moved, 1);
    assert!(read() <= 64 << 10);
    assert_eq!(hashes(&library), 0);

    put(&library, &[("a.toy", 1)]);
    library.scan();
    assert!(read() <= 64 << 10, "it is alone with its fingerprint");
    put(&library, &[("b.toy", 2)]);
    library.scan();
    assert!((2 * LEN..2 * LEN + (64 << 10)).contains(&read()), "both are read once, and no other");
    assert_eq!(hashes(&library), 2);
    library.scan();
    assert_eq!(read(), 0);
    put(&library, &[("c.toy", 3)]);
    library.scan();
    assert!(read() <= LEN + (64 << 10), "the two are hashed already");
    assert_eq!(hashes(&library), 3);
}

#[test]
fn a_file_that_could_not_be_hashed_is_hashed_by_another_scan() {
    let library = Library::new();
    put(&library, &[("a.toy", 1)]);
    library.scan();
    put(&library, &[("b.toy", 2)]);
    library.backing.failing.lock().unwrap().insert(library.path("a.toy"), std::io::ErrorKind::PermissionDenied);
    assert!(library.scan().failed.is_empty());
    assert_eq!(hashes(&library), 1);
    library.backing.failing.lock().unwrap().clear();
    library.put_toy("other.toy", "Other");
    library.scan();
    assert_eq!(hashes(&library), 2);
}
