//! What happens in the library's folders gets into a mount that watches them.

#![allow(missing_docs)]

mod common;

use common::{Mount, World, eventually, fixture, musefs, require_root};
use rustix::mount::{MountFlags, UnmountFlags};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// Waits until a watch is up, which is told by nothing but its work.
fn until_watching(world: &World, mount: &Mount) {
    let mut n = 0u16;
    eventually("the watch", || {
        n += 1;
        if n % 100 == 1 {
            world.put(&format!("probe/{n}.flac"), fixture::flac(&[("title", "Probe")], 1000 + n));
        }
        mount.path("Probe.flac").exists()
    });
}

/// Added, changed, moved with row, tags and art, removed: the same for whoever watches.
fn follows_the_library(world: &World, mount: &Mount) {
    until_watching(world, mount);
    let store = world.sql();
    let id = |name: &str| -> Option<i64> {
        let sql = "SELECT id FROM tracks WHERE backing_path LIKE '%/' || ?1";
        store.query_row(sql, [name], |row| row.get(0)).ok()
    };
    world.put("deep/er/three.flac", fixture::flac(&[("title", "Three")], 3));
    eventually("an added file", || mount.path("Three.flac").exists());

    // A tagger writes another file and gives it the name.
    let changed = fixture::flac(&[("title", "Three"), ("genre", "Changed outside")], 3);
    let beside = world.root.join("three.part");
    fs::write(&beside, &changed).unwrap();
    fs::rename(&beside, world.music.join("deep/er/three.flac")).unwrap();
    eventually("the changed file's tags in the store", || {
        let sql = "SELECT count(*) FROM tags WHERE value = 'Changed outside'";
        store.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() == 1
    });
    eventually("the changed file", || fs::read(mount.path("Three.flac")).is_ok_and(|bytes| bytes == changed));

    world.set_tag("one.flac", "title", "Curated");
    let one = id("one.flac").unwrap();
    let picture =
        "INSERT INTO art (sha256, mime, byte_len, data) VALUES (?1, 'image/png', 9, CAST('a picture' AS BLOB))";
    store.execute(picture, ["c".repeat(64)]).unwrap();
    let link = "INSERT INTO track_art (track_id, art_id) SELECT ?1, id FROM art WHERE sha256 = ?2";
    store.execute(link, (one, "c".repeat(64))).unwrap();
    eventually("the edit", || {
        fs::read(mount.path("Curated.flac")).is_ok_and(|bytes| bytes.windows(9).any(|part| part == b"a picture"))
    });
    let (served, ino) =
        (fs::read(mount.path("Curated.flac")).unwrap(), fs::metadata(mount.path("Curated.flac")).unwrap().ino());
    fs::create_dir(world.music.join("elsewhere")).unwrap();
    fs::rename(world.music.join("one.flac"), world.music.join("elsewhere/uno.flac")).unwrap();
    eventually("the moved file in the store", || id("uno.flac") == Some(one));
    eventually("the moved file", || fs::read(mount.path("Curated.flac")).is_ok_and(|bytes| bytes == served));
    assert_eq!(fs::metadata(mount.path("Curated.flac")).unwrap().ino(), ino);
    assert_eq!(id("one.flac"), None);

    // A whole folder moves.
    fs::rename(world.music.join("deep"), world.music.join("deeper")).unwrap();
    eventually("the moved folder", || {
        let sql = "SELECT count(*) FROM tracks WHERE backing_path LIKE '%/deeper/er/three.flac'";
        store.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() == 1
    });
    eventually("its files", || fs::read(mount.path("Three.flac")).is_ok_and(|bytes| bytes == changed));
    assert!(!mount.path("Three (2).flac").exists(), "the row moved along");

    // Nothing curated goes with a file that went: its entry stays until someone prunes.
    fs::remove_file(world.music.join("sub/two.mp3")).unwrap();
    world.put("last.flac", fixture::flac(&[("title", "Last")], 40));
    eventually("a file after that", || mount.path("Last.flac").exists());
    assert!(mount.path("Two.mp3").exists() && fs::read(mount.path("Two.mp3")).is_err());
    let output = world.run(&["revalidate", world.music.to_str().unwrap(), "--prune"]);
    assert!(output.status.success(), "{}", common::stderr(&output));
    eventually("the pruned file's end", || !mount.path("Two.mp3").exists());
}

#[test]
fn a_watching_mount_follows_the_library() {
    let world = World::with_two_tracks();
    world.scan();
    let mount = world.mount(&["--watch", "--template", "$title"]);
    follows_the_library(&world, &mount);
}

/// The program that closes a store last takes its log away. A mount that reads and one that scans are one process, and
/// neither may make others take themselves for the last.
#[test]
fn edits_of_others_are_seen_and_nothing_is_lost_after_the_watch_wrote() {
    let world = World::with_two_tracks();
    world.scan();
    let mount = world.mount(&["--watch", "--template", "$title"]);
    until_watching(&world, &mount);
    for n in 0..4u16 {
        let (added, edited) = (format!("Added {n}"), format!("Edited {n}"));
        world.put(&format!("added/{n}.flac"), fixture::flac(&[("title", &added)], 50 + n));
        eventually(&added, || mount.path(&format!("{added}.flac")).exists());
        world.set_tag("one.flac", "title", &edited);
        eventually(&edited, || mount.path(&format!("{edited}.flac")).exists());
    }
    let shown = mount.files().len() as i64;
    assert!(mount.stop().0.success());
    let rows: i64 = world.sql().query_row("SELECT count(*) FROM tracks", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, shown, "what was shown is in the store");
}

#[test]
fn up_follows_the_library() {
    let world = World::with_two_tracks();
    let mut command = musefs();
    command.arg("up").arg(&world.music).arg(&world.mnt).arg("--db").arg(&world.db).args(["--template", "$title"]);
    let mount = Mount::start(command, &world.mnt);
    eventually("the first scan", || mount.path("One.flac").exists() && mount.path("Two.mp3").exists());
    follows_the_library(&world, &mount);
}

#[test]
fn paths_that_are_not_utf8_are_scanned_stored_and_served() {
    let world = World::with_two_tracks();
    let name = |bytes: &[u8]| world.music.join(OsStr::from_bytes(bytes));
    let file = fixture::flac(&[("title", "Odd"), ("artist", "Nina")], 7);
    fs::create_dir(name(b"caf\xe9")).unwrap();
    fs::write(name(b"caf\xe9/\xff\xfe.flac"), &file).unwrap();
    fs::write(name(b"untitled \xe9.flac"), fixture::flac(&[], 8)).unwrap();
    world.scan();
    let store = world.sql();
    let paths = "SELECT count(*) FROM tracks WHERE typeof(backing_path) = 'blob'";
    assert_eq!(store.query_row(paths, [], |row| row.get::<_, i64>(0)).unwrap(), 2);
    let mount = world.mount(&["--watch", "--template", "$title"]);
    assert!(fs::read(mount.path("Odd.flac")).unwrap() == file);
    assert_eq!(mount.files().len(), 4);
    store.execute("UPDATE tags SET value = 'Odd edited' WHERE value = 'Odd'", []).unwrap();
    eventually("the edit", || mount.path("Odd edited.flac").exists());
    until_watching(&world, &mount);
    // Moved to another odd name: the same row.
    fs::rename(name(b"caf\xe9/\xff\xfe.flac"), name(b"caf\xe9/\xfd.flac")).unwrap();
    let path = name(b"caf\xe9/\xfd.flac").as_os_str().as_bytes().to_vec();
    eventually("the moved file", || {
        let sql =
            "SELECT count(*) FROM tracks JOIN tags ON track_id = id WHERE backing_path = ?1 AND value = 'Odd edited'";
        store.query_row(sql, [&path], |row| row.get::<_, i64>(0)).unwrap() == 1
    });
    let output = world.run(&["revalidate", world.music.to_str().unwrap(), "--prune"]);
    assert!(output.status.success(), "{}", common::stderr(&output));
    assert_eq!(store.query_row(paths, [], |row| row.get::<_, i64>(0)).unwrap(), 2);
}

#[test]
fn the_limit_of_watches_is_met_with_a_message_that_names_the_sysctl() {
    require_root();
    let world = World::with_two_tracks();
    for n in 0..20 {
        world.put(&format!("{n}/{n}.flac"), fixture::flac(&[("title", "x")], n));
    }
    world.scan();
    // The limit is one of the user namespace; a mount in a namespace of its own is seen by nobody else.
    let script = r#"echo 5 > /proc/sys/user/max_inotify_watches
        "$1" mount "$2" --db "$3" --watch 2>&1 & pid=$!
        n=0; until [ $n -ge 500 ]; do n=$((n+1)); sleep 0.02; [ -d "$2/Nina" ] && [ $n -gt 25 ] && break; done
        ls "$2/Nina"; kill $pid; wait $pid"#;
    let mut command = std::process::Command::new("unshare");
    command.args(["-Urm", "sh", "-c", script, "sh", env!("CARGO_BIN_EXE_musefs")]).arg(&world.mnt).arg(&world.db);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &common::stderr(&output);
    assert!(text.contains("fs.inotify.max_user_watches"), "{text}");
    assert!(text.contains("Blue"), "and the mount is up: {text}");
}

/// No event tells that a disk came back.
#[test]
fn a_disk_that_comes_back_is_watched_again() {
    require_root();
    let world = World::with_two_tracks();
    let disk = world.music.join("disk");
    fs::create_dir(&disk).unwrap();
    world.scan();
    let mount = world.mount(&["--watch", "--template", "$title"]);
    until_watching(&world, &mount);
    for (round, title) in ["First", "Second", "Third"].into_iter().enumerate() {
        let _disk = Disk::new(&disk);
        world.put("disk/album/a.flac", fixture::flac(&[("title", title)], 50 + round as u16));
        eventually("a file on the disk", || mount.path(&format!("{title}.flac")).exists());
        let later = format!("{title} later");
        world.put("disk/album/b.flac", fixture::flac(&[("title", &later)], 60 + round as u16));
        eventually("a later one", || mount.path(&format!("{later}.flac")).exists());
    }
}

/// A file system in memory, until it is dropped.
struct Disk<'a>(&'a Path);

impl<'a> Disk<'a> {
    fn new(place: &'a Path) -> Self {
        rustix::mount::mount("tmpfs", place, "tmpfs", MountFlags::empty(), None).unwrap();
        Self(place)
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        rustix::mount::unmount(self.0, UnmountFlags::DETACH).unwrap();
    }
}

/// Everything of the old state is in the kernel's caches, and nothing but looking happens between commit and sight.
#[test]
fn an_edit_is_seen_at_once_by_a_reader_that_held_everything_cached() {
    let world = World::with_two_tracks();
    for n in 0..60 {
        world.put(&format!("{n}.flac"), fixture::flac(&[("title", &format!("Many {n}"))], 100 + n));
    }
    world.scan();
    let mount = world.mount(&["--template", "$title"]);
    for file in mount.files() {
        fs::read(mount.path(&file)).unwrap();
        fs::metadata(mount.path(&file)).unwrap();
    }
    let mut slowest = Duration::ZERO;
    for round in 0..10 {
        let new = mount.path(&format!("Round {round}.flac"));
        assert!(!new.exists());
        let time = fs::metadata(mount.path("Two.mp3")).unwrap().modified().unwrap();
        let store = world.sql();
        store.execute_batch("BEGIN IMMEDIATE").unwrap();
        let rename = "UPDATE tags SET value = ?1 WHERE key = 'title' AND track_id =
            (SELECT id FROM tracks WHERE backing_path LIKE '%/one.flac')";
        store.execute(rename, [format!("Round {round}")]).unwrap();
        let comment = "INSERT INTO tags (track_id, key, value, ordinal) SELECT id, 'comment', ?1, ?2 FROM tracks
            WHERE backing_path LIKE '%/two.mp3'";
        store.execute(comment, (format!("round {round} ").repeat(200), round)).unwrap();
        store.execute_batch("COMMIT").unwrap();
        let committed = Instant::now();
        let marker = format!("round {round} ");
        eventually("the edit in names, listings, attributes and pages", || {
            let listed = fs::read_dir(&mount.mnt).unwrap().any(|entry| entry.unwrap().path() == new);
            let bytes = fs::read(mount.path("Two.mp3")).unwrap();
            listed
                && new.exists()
                && fs::metadata(mount.path("Two.mp3")).unwrap().modified().unwrap() > time
                && bytes.windows(marker.len()).any(|part| part == marker.as_bytes())
        });
        slowest = slowest.max(committed.elapsed());
        fs::read(&new).unwrap();
    }
    println!("an edit is visible after {slowest:?} at most, of ten");
}
