//! Files that moved or went: tags follow a moved file, and pruning removes only what is certainly gone.

mod support;

use musefs_contracts::catalog::Catalog;
use musefs_scan::{ScanError, Summary, Task};
use std::fs;
use support::{Library, toy};

const REVALIDATE: Task = Task::Revalidate { prune: false, yes: false };
const PRUNE: Task = Task::Revalidate { prune: true, yes: false };

#[test]
fn a_moved_file_keeps_its_row() {
    let library = Library::new();
    library.put_toy("old/a.toy", "A");
    library.put_toy("old/b.toy", "B");
    library.scan();
    let track = library.catalog.find_path(&library.path("old/a.toy")).unwrap();
    fs::create_dir(library.path("new")).unwrap();
    fs::rename(library.path("old/a.toy"), library.path("new/a.toy")).unwrap();
    let summary = library.scan();
    assert_eq!((summary.moved, summary.added, summary.unchanged), (1, 0, 1), "{summary:?}");
    assert_eq!(library.catalog.find_path(&library.path("new/a.toy")).unwrap(), track);
}

#[test]
fn a_file_that_moved_and_was_retagged_is_still_found() {
    let library = Library::new();
    library.put("a.toy", toy("Before", "the audio"));
    library.put_toy("other.toy", "Other");
    library.scan();
    fs::remove_file(library.path("a.toy")).unwrap();
    library.put("b.toy", toy("After, longer", "the audio"));
    assert_eq!(library.scan().moved, 1);
}

#[test]
fn a_copy_is_no_move_and_doubt_makes_a_new_track() {
    let library = Library::new();
    library.put("a.toy", toy("A", "same audio"));
    library.scan();
    library.put("copy.toy", toy("A", "same audio"));
    assert_eq!(library.scan().added, 1, "the original is still there");

    fs::remove_file(library.path("a.toy")).unwrap();
    fs::remove_file(library.path("copy.toy")).unwrap();
    library.put("c.toy", toy("A", "same audio"));
    let summary = library.scan();
    assert_eq!((summary.moved, summary.added), (0, 1), "either could be the one");
}

#[test]
fn of_files_with_the_same_audio_the_one_with_the_stamp_moved() {
    let library = Library::new();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
    for name in ["a.toy", "b.toy", "c.toy"] {
        library.put(name, toy("A", "same audio"));
    }
    fs::File::options().append(true).open(library.path("b.toy")).unwrap().set_modified(later).unwrap();
    library.scan();
    let track = library.catalog.find_path(&library.path("b.toy")).unwrap();
    fs::rename(library.path("b.toy"), library.path("moved.toy")).unwrap();
    fs::remove_file(library.path("c.toy")).unwrap();
    assert_eq!(library.scan().moved, 1);
    assert_eq!(library.catalog.find_path(&library.path("moved.toy")).unwrap(), track);
}

#[test]
fn a_folder_that_was_scanned_by_itself_inside_another_moves_like_any() {
    let library = Library::new();
    library.put_toy("old/a.toy", "A");
    library.put_toy("other.toy", "Other");
    library.scan();
    library.try_run(&[&library.path("old")], Task::Add).unwrap();
    fs::rename(library.path("old"), library.path("new")).unwrap();
    let summary = library.scan();
    assert_eq!((summary.moved, summary.added), (1, 0), "{summary:?}");
}

#[test]
fn nothing_moves_out_of_a_root_that_is_not_mounted() {
    let library = Library::new();
    let (disk, home) = (library.path("disk"), library.path("home"));
    library.put_toy("disk/a.toy", "A");
    library.try_run(&[&disk], Task::Add).unwrap();
    fs::remove_file(disk.join("a.toy")).unwrap();
    library.put_toy("home/a.toy", "A");
    let summary = library.try_run(&[&home], Task::Add).unwrap();
    assert_eq!((summary.moved, summary.added), (0, 1));
    assert!(library.titles().contains_key("disk/a.toy"), "its curated tags wait for the disk");
}

#[test]
fn revalidate_reads_changed_files_and_adds_none() {
    let library = Library::new();
    library.put_toy("same.toy", "Same");
    library.put_toy("changed.toy", "Changed");
    library.put_toy("gone.toy", "Gone");
    library.scan();
    library.put_toy("changed.toy", "Changed indeed");
    library.put_toy("new.toy", "New");
    fs::remove_file(library.path("gone.toy")).unwrap();
    let summary = library.run(REVALIDATE);
    assert_eq!(summary, Summary { found: 3, unchanged: 1, updated: 1, gone: 1, ..Summary::default() });
    assert_eq!(library.titles()["changed.toy"], "Changed indeed");
    assert!(library.titles().contains_key("gone.toy"));
}

#[test]
fn prune_removes_what_is_gone_and_keeps_what_moved() {
    let library = Library::new();
    library.put_toy("stays.toy", "Stays");
    library.put_toy("moves.toy", "Moves");
    library.put_toy("goes.toy", "Goes");
    library.scan();
    fs::rename(library.path("moves.toy"), library.path("moved.toy")).unwrap();
    fs::remove_file(library.path("goes.toy")).unwrap();
    library.put_toy("new.toy", "New");
    let summary = library.run(PRUNE);
    assert_eq!((summary.moved, summary.removed, summary.gone, summary.added), (1, 1, 0, 0), "{summary:?}");
    assert_eq!(library.titles().into_keys().collect::<Vec<_>>(), ["moved.toy", "stays.toy"]);
}

#[test]
fn a_single_gone_file_can_be_pruned() {
    let library = Library::new();
    library.put_toy("a.toy", "A");
    library.put_toy("b.toy", "B");
    library.scan();
    fs::remove_file(library.path("a.toy")).unwrap();
    let summary = library.try_run(&[&library.path("a.toy")], PRUNE).unwrap();
    assert_eq!((summary.removed, library.titles().len()), (1, 1));
}

#[test]
fn a_mass_disappearance_is_refused_until_the_user_says_so() {
    let library = Library::new();
    library.put_toy("stays.toy", "Stays");
    for n in 0..101 {
        library.put_toy(&format!("album/{n}.toy"), &format!("Title {n}"));
    }
    library.scan();
    fs::remove_dir_all(library.path("album")).unwrap();
    let refused = library.try_run(&[&library.root], PRUNE);
    assert!(matches!(refused, Err(ScanError::MassDisappearance { gone: 101, known: 102, .. })), "{refused:?}");
    assert_eq!(library.titles().len(), 102);
    let summary = library.run(Task::Revalidate { prune: true, yes: true });
    assert_eq!((summary.removed, library.titles().len()), (101, 1));
}

#[test]
fn what_another_root_lost_is_left_alone() {
    let library = Library::new();
    library.put_toy("one/a.toy", "A");
    library.put_toy("one/b.toy", "B");
    library.put_toy("two/c.toy", "C");
    library.scan();
    fs::remove_file(library.path("one/a.toy")).unwrap();
    fs::remove_dir_all(library.path("two")).unwrap();
    assert_eq!(library.try_run(&[&library.path("one")], PRUNE).unwrap().removed, 1);
    assert!(library.titles().contains_key("two/c.toy"));
}
