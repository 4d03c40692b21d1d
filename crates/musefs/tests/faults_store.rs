//! The store fails under a mount: it goes on with its last good state, says so, and recovers.

#![allow(unreachable_pub, missing_docs)]

mod common;

use common::{Mount, World, eventually, fixture, musefs, require_root, stderr, tool};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::Duration;

const EXPOSED: &[&str] = &["--template", "$title", "--expose-metrics"];

/// A world with `One.flac`, edited, and `Two.mp3`, pristine.
fn scanned() -> World {
    let world = World::with_two_tracks();
    world.scan();
    world.set_tag("one.flac", "comment", "edited");
    // Everything in one file, so that it can be copied.
    world.sql().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    world
}

fn titles(mount: &Mount) -> Vec<String> {
    let mut titles = mount.files();
    titles.retain(|name| !name.starts_with(".musefs-metrics"));
    titles
}

/// Removes the log and its index, which belong to a store that is gone.
fn remove_sides(world: &World) {
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{end}", world.db.display()));
    }
}

/// What everybody saw before is there: names, attributes, contents.
fn assert_serves(mount: &Mount, before: &[Vec<u8>; 2]) {
    assert_eq!(titles(mount), ["One.flac", "Two.mp3"]);
    for (name, bytes) in ["One.flac", "Two.mp3"].iter().zip(before) {
        assert_eq!(fs::metadata(mount.path(name)).unwrap().len(), bytes.len() as u64);
        assert!(fs::read(mount.path(name)).unwrap() == *bytes, "{name}");
    }
}

fn contents(mount: &Mount) -> [Vec<u8>; 2] {
    ["One.flac", "Two.mp3"].map(|name| fs::read(mount.path(name)).unwrap())
}

#[test]
fn a_store_locked_by_a_writer_for_long_holds_nobody_up() {
    let world = scanned();
    let mount = world.mount(EXPOSED);
    let before = contents(&mount);
    let locker = world.sql();
    locker.execute_batch("BEGIN EXCLUSIVE; UPDATE tags SET value = 'Later' WHERE value = 'Two'").unwrap();
    // Longer than anybody waits for a lock.
    for _ in 0..8 {
        assert_serves(&mount, &before);
        std::thread::sleep(Duration::from_secs(1));
    }
    locker.execute_batch("COMMIT").unwrap();
    eventually("what was committed", || titles(&mount) == ["Later.mp3", "One.flac"]);
    assert_eq!(mount.metric("musefs_refresh_needs_rebuild"), Some(0.0));
}

#[test]
fn a_store_without_a_log_that_is_locked_for_long_is_waited_for() {
    let world = scanned();
    world.sql().query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).unwrap();
    let mount = world.mount(EXPOSED);
    let before = contents(&mount);
    let locker = world.sql();
    locker.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(titles(&mount), ["One.flac", "Two.mp3"]);
    let path = mount.path("Two.mp3");
    let reader = std::thread::spawn(move || fs::read(path));
    for _ in 0..8 {
        assert_eq!(fs::metadata(mount.path("One.flac")).unwrap().len(), before[0].len() as u64);
        std::thread::sleep(Duration::from_secs(1));
    }
    locker.execute_batch("COMMIT").unwrap();
    assert!(reader.join().unwrap().unwrap() == before[1], "an open waits for the store");
    world.set_tag("one.flac", "title", "New");
    eventually("an edit", || titles(&mount) == ["New.flac", "Two.mp3"]);
}

#[test]
fn a_deleted_store_leaves_the_mount_as_it_was_until_there_is_one_again() {
    let world = scanned();
    let backup = world.root.join("backup.db");
    fs::copy(&world.db, &backup).unwrap();
    let mount = world.mount(EXPOSED);
    let before = contents(&mount);
    fs::remove_file(&world.db).unwrap();
    remove_sides(&world);
    eventually("that it is said", || mount.metric("musefs_refresh_needs_rebuild") == Some(1.0));
    assert_serves(&mount, &before);
    // More readers at once than connections are kept.
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| assert_serves(&mount, &before));
        }
    });
    fs::rename(&backup, &world.db).unwrap();
    eventually("recovery", || mount.metric("musefs_refresh_needs_rebuild") == Some(0.0));
    assert_serves(&mount, &before);
    world.set_tag("one.flac", "title", "New");
    eventually("an edit", || titles(&mount) == ["New.flac", "Two.mp3"]);
    let (status, log) = mount.stop();
    assert!(status.success());
    assert!(log.contains("library.db"), "{log}");
}

#[test]
fn a_store_replaced_by_another_is_followed() {
    let world = scanned();
    let other = World::new();
    other.put("three.flac", fixture::flac(&[("title", "Three")], 3));
    other.put("two.mp3", fixture::mp3(&[("TIT2", "Other two")], 9));
    other.scan();
    other.sql().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let mount = world.mount(EXPOSED);
    let before = contents(&mount);
    let mut open = File::open(mount.path("One.flac")).unwrap();
    open.read_exact_at(&mut [0; 10], 0).unwrap();
    // A log with something in it would be taken for the other store's.
    let _ = fs::remove_file(format!("{}-wal", world.db.display()));
    fs::rename(&other.db, &world.db).unwrap();
    eventually("the other library", || titles(&mount) == ["Other two.mp3", "Three.flac"]);
    for (name, file) in [("Three.flac", "three.flac"), ("Other two.mp3", "two.mp3")] {
        eventually(name, || {
            fs::read(mount.path(name)).is_ok_and(|bytes| bytes == fs::read(other.music.join(file)).unwrap())
        });
    }
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut open, &mut rest).unwrap();
    assert!(rest == before[0], "what is open goes on being what it was");
    let store = world.sql();
    store.execute("UPDATE tags SET value = 'Edited' WHERE value = 'Three'", []).unwrap();
    eventually("an edit of the other store", || titles(&mount) == ["Edited.flac", "Other two.mp3"]);
}

/// Whatever is under way: the first scan, or one of what changed in the library.
#[test]
fn a_store_exchanged_under_up_is_scanned_into_and_the_former_is_gone() {
    let world = World::with_two_tracks();
    for n in 0..150u16 {
        world.put(&format!("many/{n:03}.flac"), fixture::flac(&[("title", &format!("Many {n:03}"))], 100 + n));
    }
    let mut command = musefs();
    command.arg("up").arg(&world.music).arg(&world.mnt).arg("--db").arg(&world.db).args(EXPOSED);
    let mount = Mount::start(command, &world.mnt);
    for round in 0..5u16 {
        let other = World::new();
        other.put("other.flac", fixture::flac(&[("title", &format!("Other {round}"))], round));
        other.scan();
        other.sql().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        world.put(&format!("new/{round}.flac"), fixture::flac(&[("title", &format!("New {round}"))], 10 + round));
        // Asleep, since a log that it began between these two would be taken for the other store's.
        mount.pause();
        let _ = fs::remove_file(format!("{}-wal", world.db.display()));
        fs::rename(&other.db, &world.db).unwrap();
        mount.resume();
        let mut expected: Vec<String> = (0..150).map(|n| format!("Many {n:03}.flac")).collect();
        expected.extend((0..=round).map(|n| format!("New {n}.flac")));
        expected.extend(["One.flac".to_owned(), format!("Other {round}.flac"), "Two.mp3".to_owned()]);
        eventually("the other store with what is in the library", || titles(&mount) == expected);
        world.set_tag("one.flac", "comment", "gone with this store");
    }
    let last = world.sql();
    let count = |sql: &str| -> i64 { last.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(count("SELECT count(*) FROM tags WHERE value = 'gone with this store'"), 1);
    assert_eq!(count("SELECT count(*) FROM tracks"), 150 + 5 + 3);
    let (status, log) = mount.stop();
    assert!(status.success(), "{log}");
}

#[test]
fn a_store_corrupted_under_a_mount_leaves_it_as_it_was_until_it_is_restored() {
    let world = scanned();
    let backup = world.root.join("backup.db");
    fs::copy(&world.db, &backup).unwrap();
    let mount = world.mount(EXPOSED);
    let before = contents(&mount);
    let file = File::options().write(true).open(&world.db).unwrap();
    let len = file.metadata().unwrap().len() as usize;
    file.write_all_at(&vec![0x5a; len], 0).unwrap();
    remove_sides(&world);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(titles(&mount), ["One.flac", "Two.mp3"]);
    for (name, bytes) in ["One.flac", "Two.mp3"].iter().zip(&before) {
        assert_eq!(fs::metadata(mount.path(name)).unwrap().len(), bytes.len() as u64);
        // Served, or refused: never something else.
        assert!(fs::read(mount.path(name)).is_err() || fs::read(mount.path(name)).unwrap() == *bytes);
    }
    fs::rename(&backup, &world.db).unwrap();
    eventually("recovery", || contents_now(&mount).is_some_and(|now| now == before));
    world.set_tag("one.flac", "title", "New");
    eventually("an edit", || titles(&mount) == ["New.flac", "Two.mp3"]);
    assert!(mount.stop().0.success());
}

fn contents_now(mount: &Mount) -> Option<[Vec<u8>; 2]> {
    let [one, two] = ["One.flac", "Two.mp3"].map(|name| fs::read(mount.path(name)).ok());
    Some([one?, two?])
}

/// A small file system of its own for the store.
struct SmallDisk(PathBuf);

impl Drop for SmallDisk {
    fn drop(&mut self) {
        tool("umount", &["-l", self.0.to_str().unwrap()]);
    }
}

#[test]
fn a_full_disk_refuses_the_scan_and_leaves_store_and_mount_as_they_were() {
    require_root();
    let mut world = World::with_two_tracks();
    let folder = world.root.join("small");
    fs::create_dir(&folder).unwrap();
    tool("mount", &["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder.to_str().unwrap()]);
    let _disk = SmallDisk(folder.clone());
    world.db = folder.join("library.db");
    world.scan();
    world.set_tag("one.flac", "comment", "edited");
    let mount = world.mount(EXPOSED);
    let before = contents(&mount);
    let filler = folder.join("filler");
    let full = std::process::Command::new("dd")
        .args(["if=/dev/zero", "bs=4096", &format!("of={}", filler.display())])
        .output()
        .unwrap();
    assert!(!full.status.success(), "the disk is full by now");
    for n in 0..400u16 {
        let comment = "x".repeat(4000);
        world.put(&format!("more/{n}.flac"), fixture::flac(&[("title", &format!("M{n}")), ("comment", &comment)], n));
    }
    let output = world.run(&["scan", world.music.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("disk holding the store is full"), "{}", stderr(&output));
    assert_serves(&mount, &before);
    assert!(mount.stop().0.success());
    // A mount comes up without a byte to write.
    let mount = world.mount(EXPOSED);
    assert_serves(&mount, &before);
    fs::remove_file(filler).unwrap();
    fs::remove_dir_all(world.music.join("more")).unwrap();
    world.put("three.flac", fixture::flac(&[("title", "Three")], 3));
    world.scan();
    eventually("the new file", || titles(&mount) == ["One.flac", "Three.flac", "Two.mp3"]);
    let intact: String = world.sql().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(intact, "ok");
}
