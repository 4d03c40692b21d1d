//! Files beside the music: recorded, refreshed, and dropped where they are certainly gone.

mod support;

use musefs_contracts::catalog::Catalog;
use musefs_contracts::sidecars::SidecarRules;
use musefs_scan::{Scanner, Task};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use support::Library;

/// Lyrics and pictures.
struct Rules;

impl SidecarRules for Rules {
    fn accepts(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "lrc" || extension == "jpg")
    }
    fn describe(&self) -> String {
        "lyrics and pictures".to_owned()
    }
}

fn scanner(library: &Library) -> Scanner {
    library.scanner().sidecars(Arc::new(Rules))
}

fn run(library: &Library, target: &str, task: Task) {
    scanner(library).run(&mut library.catalog.writer(), &[library.path(target)], task).unwrap();
}

/// Number, name and size of each recorded file.
fn recorded(library: &Library) -> Vec<(i64, String, u64)> {
    let mut all = Vec::new();
    library
        .catalog
        .for_each_sidecar(&mut |known| {
            let name = known.path.strip_prefix(&library.root).unwrap().to_string_lossy().into_owned();
            all.push((known.id.0, name, known.stamp.size));
        })
        .unwrap();
    all
}

fn with_three() -> Library {
    let library = Library::new();
    library.put_toy("a/one.toy", "One");
    library.put("a/one.lrc", "la");
    library.put("a/cover.jpg", "picture");
    library.put("a/notes.txt", "nobody wants it");
    library.put("b/Scans/1.jpg", "scan");
    library.put_toy("b/two.toy", "Two");
    library
}

#[test]
fn what_the_rules_accept_is_recorded_without_being_opened() {
    let library = with_three();
    library.scan();
    assert!(recorded(&library).is_empty(), "without rules nothing is");
    let opens = library.backing.opens.load(Ordering::Relaxed);
    run(&library, "", Task::Add);
    let all = [(1, "a/cover.jpg", 7), (2, "a/one.lrc", 2), (3, "b/Scans/1.jpg", 4)];
    assert_eq!(recorded(&library), all.map(|(id, name, size)| (id, name.to_owned(), size)));
    let revision = library.catalog.revision().unwrap();
    run(&library, "", Task::Add);
    assert_eq!(library.catalog.revision().unwrap(), revision, "nothing new is no change");
    assert_eq!(library.backing.opens.load(Ordering::Relaxed), opens);
}

#[test]
fn a_changed_one_keeps_its_number_and_a_vanished_one_goes() {
    for task in [Task::Add, Task::Revalidate { prune: false, yes: false }] {
        let library = with_three();
        run(&library, "", Task::Add);
        library.put("a/one.lrc", "la la la");
        fs::remove_file(library.path("a/cover.jpg")).unwrap();
        fs::remove_dir_all(library.path("b/Scans")).unwrap();
        run(&library, "a", task);
        let names =
            |library: &Library| recorded(library).into_iter().map(|(id, _, size)| (id, size)).collect::<Vec<_>>();
        assert_eq!(names(&library), [(2, 8), (3, 4)], "only what lies in the target");
        run(&library, "", task);
        assert_eq!(names(&library), [(2, 8)]);
    }
}

#[test]
fn a_disk_that_is_away_takes_none_with_it() {
    let library = with_three();
    run(&library, "b", Task::Add);
    run(&library, "", Task::Add);
    assert_eq!(recorded(&library).len(), 3);
    // The folder that was scanned by itself is an empty mountpoint now.
    fs::remove_dir_all(library.path("b")).unwrap();
    fs::create_dir(library.path("b")).unwrap();
    run(&library, "", Task::Add);
    assert_eq!(recorded(&library).len(), 3);
}

#[test]
fn a_scan_that_is_broken_off_drops_nothing() {
    let library = with_three();
    run(&library, "", Task::Add);
    fs::remove_file(library.path("a/cover.jpg")).unwrap();
    library.cancel.store(true, Ordering::Relaxed);
    run(&library, "", Task::Add);
    assert_eq!(recorded(&library).len(), 3);
}
