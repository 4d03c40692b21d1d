//! Scanning: what gets in, what is left alone, and what no bad file can do.

mod support;

use musefs_contracts::backing::Stamp;
use musefs_contracts::catalog::Catalog;
use musefs_scan::{ScanError, Summary, Task};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::sync::atomic::Ordering;
use support::{Library, toy};

#[test]
fn what_is_new_gets_in_and_what_is_known_is_not_opened_again() {
    let library = Library::new();
    library.put_toy("a/one.toy", "One");
    library.put_toy("a/.hidden/two.TOY", "Two");
    library.put_toy("no-extension", "Three");
    library.put("cover.jpg", "TOY1 not looked at\n");
    library.put("README", "no audio");
    library.put_toy(".musefs-metrics/x.toy", "no");
    library.put_toy("lost+found/y.toy", "no");
    let first = library.scan();
    assert_eq!((first.found, first.added), (3, 3), "{first:?}");
    assert_eq!(library.titles().into_values().collect::<Vec<_>>(), ["Two", "One", "Three"]);

    let opens = library.backing.opens.load(Ordering::Relaxed);
    let second = library.scan();
    assert_eq!(second, Summary { found: 3, unchanged: 3, ..Summary::default() });
    assert_eq!(library.backing.opens.load(Ordering::Relaxed), opens + 1, "only the file that may be anything");
}

#[test]
fn a_bad_file_is_served_as_it_is_and_ends_nothing() {
    let library = Library::new();
    library.put_toy("good.toy", "Good");
    library.put_toy("panic.toy", "PANIC");
    library.put_toy("bad.toy", "BAD");
    library.put("text.toy", "no toy at all");
    library.put("empty.toy", "");
    let summary = library.scan();
    assert_eq!((summary.added, summary.verbatim.len(), summary.failed.len()), (5, 4, 0), "{summary:?}");
    let reason = |name: &str| {
        summary.verbatim.iter().find(|problem| problem.path.ends_with(name)).map(|problem| problem.reason.clone())
    };
    assert_eq!(reason("bad.toy").unwrap(), "it is bad");
    assert_eq!(reason("empty.toy").unwrap(), "the file is empty");
    assert!(reason("panic.toy").unwrap().contains("prober failed"));
    let track = library.catalog.find_path(&library.path("text.toy")).unwrap().unwrap();
    assert_eq!(library.catalog.track(track).unwrap().row.format.as_str(), "toy", "by its extension");
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_gets_in() {
    let library = Library::new();
    library.put_toy("good.toy", "Good");
    library.put_toy("locked.toy", "Locked");
    library.put_toy("going.toy", "Going");
    let fail = |name: &str, kind| library.backing.failing.lock().unwrap().insert(library.path(name), kind);
    fail("locked.toy", ErrorKind::PermissionDenied);
    fail("going.toy", ErrorKind::NotFound);
    let summary = library.scan();
    assert_eq!((summary.added, summary.vanished), (1, 1));
    assert_eq!(summary.failed.len(), 1);
    assert!(summary.failed[0].path.ends_with("locked.toy"));
    assert!(summary.failed[0].reason.contains("permission denied"));
}

#[test]
fn a_file_that_changes_while_it_is_read_is_read_again() {
    let library = Library::new();
    library.put_toy("once.toy", "Once");
    library.put_toy("always.toy", "Always");
    library.backing.restless.lock().unwrap().insert(library.path("once.toy"), 1);
    library.backing.restless.lock().unwrap().insert(library.path("always.toy"), 100);
    let summary = library.scan();
    assert_eq!((summary.added, summary.failed.len()), (1, 1), "{summary:?}");
    assert!(summary.failed[0].reason.contains("keeps changing"));
    let track = library.catalog.find_path(&library.path("once.toy")).unwrap().unwrap();
    let row = library.catalog.track(track).unwrap().row;
    assert_eq!(row.stamp.size, std::fs::metadata(&row.path).unwrap().len());
}

#[test]
fn few_bytes_are_read_of_a_large_file() {
    let library = Library::new();
    library.put("large.toy", toy("Large", &"0123456789abcdef".repeat(100_000)));
    library.scan();
    assert!(library.backing.bytes.load(Ordering::Relaxed) <= 64 << 10);
    assert!(library.backing.reads.load(Ordering::Relaxed) <= 6);
}

#[test]
fn a_changed_file_and_a_newer_prober_are_read_again_keeping_curated_tags() {
    let library = Library::new();
    library.put_toy("a.toy", "A");
    library.put_toy("b.toy", "B");
    library.scan();
    library.put_toy("b.toy", "B, a longer title");
    let summary = library.scan();
    assert_eq!((summary.updated, summary.unchanged), (1, 1), "{summary:?}");
    assert_eq!(library.titles()["b.toy"], "B, a longer title");

    library.toy.prober.store(2, Ordering::Relaxed);
    assert_eq!(library.scan().updated, 2);
    assert_eq!(library.scan().unchanged, 2);
}

#[test]
fn force_reads_known_files_again() {
    let library = Library::new();
    library.put_toy("a.toy", "A");
    library.scan();
    let summary = library.run(Task::Force);
    assert_eq!((summary.updated, summary.added, summary.unchanged), (1, 0, 0), "{summary:?}");
}

#[test]
fn single_files_may_be_named_whatever_their_extension() {
    let library = Library::new();
    library.put_toy("odd.name", "Odd");
    library.put("no.audio", "text");
    let (odd, text) = (library.path("odd.name"), library.path("no.audio"));
    let summary = library.try_run(&[&odd, &text, &library.path("missing")], Task::Add).unwrap();
    assert_eq!((summary.added, summary.failed.len()), (1, 2), "{summary:?}");
}

#[test]
fn names_need_not_be_utf8() {
    let library = Library::new();
    let name = std::ffi::OsString::from_vec(b"\xff\xfe.toy".to_vec());
    std::fs::write(library.root.join(&name), toy("Odd", "x")).unwrap();
    assert_eq!(library.scan().added, 1);
    assert!(library.catalog.find_path(&library.root.join(&name)).unwrap().is_some());
    assert_eq!(library.scan().unchanged, 1);
}

#[test]
fn links_inside_the_library_are_not_followed_but_a_linked_target_is() {
    let library = Library::new();
    library.put_toy("real/a.toy", "A");
    let link = library.path("link");
    std::os::unix::fs::symlink(library.path("real"), &link).unwrap();
    assert_eq!(library.try_run(&[&link], Task::Add).unwrap().added, 1);
    assert_eq!(library.scan(), Summary { found: 1, unchanged: 1, ..Summary::default() });
    assert!(library.titles().contains_key("real/a.toy"));
}

#[test]
fn a_missing_or_empty_root_of_known_files_is_an_unmounted_disk() {
    let library = Library::new();
    assert!(matches!(
        library.try_run(&[Path::new("/no/such/folder")], Task::Add),
        Err(ScanError::Target(problem)) if problem.reason.contains("no such")
    ));
    assert_eq!(
        library.scan(),
        Summary::default(),
        "an empty folder of which nothing is known is nothing to complain of"
    );
    library.put_toy("a.toy", "A");
    library.scan();
    std::fs::remove_file(library.path("a.toy")).unwrap();
    let explain = |task| library.try_run(&[&library.root], task).unwrap_err().to_string();
    assert!(explain(Task::Add).contains("not mounted"));
    std::fs::remove_dir(&library.root).unwrap();
    assert!(explain(Task::Revalidate { prune: true, yes: false }).contains("not mounted"));
    assert_eq!(library.titles().len(), 1);
}

#[test]
fn a_cancelled_scan_says_so() {
    let library = Library::new();
    library.put_toy("a.toy", "A");
    library.cancel.store(true, Ordering::Relaxed);
    assert!(library.scan().cancelled);
    library.cancel.store(false, Ordering::Relaxed);
    assert_eq!(library.scan().added, 1);
}

#[test]
fn the_stored_stamp_is_the_files() {
    let library = Library::new();
    library.put_toy("a.toy", "A");
    library.scan();
    let track = library.catalog.find_path(&library.path("a.toy")).unwrap().unwrap();
    let Stamp { size, .. } = library.catalog.track(track).unwrap().row.stamp;
    assert_eq!(size, "TOY1A\naudio of A".len() as u64);
}
