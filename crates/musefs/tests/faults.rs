//! The library's files and the daemon's surroundings fail: what a reader gets meanwhile, and that everything is back afterwards.

#![allow(unreachable_pub, missing_docs)]

#[path = "faults/bind.rs"]
mod bind;
mod common;

use bind::Bind;
use common::{Mount, World, eventually, fixture, is_mounted, musefs, require_root, stderr};
use rustix::fs::{Dir, Mode, OFlags};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

const BY_TITLE: &[&str] = &["--template", "$title"];

/// A world with `One.flac`, edited, and `Two.mp3`, pristine.
fn scanned() -> World {
    let world = World::with_two_tracks();
    world.scan();
    world.set_tag("one.flac", "comment", "edited");
    world
}

fn kind<T>(result: std::io::Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

#[test]
fn a_backing_file_that_vanishes_stays_listed_and_works_again_when_it_is_back() {
    let world = scanned();
    let mount = world.mount(BY_TITLE);
    let before = ["One.flac", "Two.mp3"].map(|name| fs::read(mount.path(name)).unwrap());
    for name in ["one.flac", "sub/two.mp3"] {
        fs::rename(world.music.join(name), world.root.join(name.replace('/', "_"))).unwrap();
    }
    assert_eq!(mount.files(), ["One.flac", "Two.mp3"]);
    for name in ["One.flac", "Two.mp3"] {
        assert_eq!(kind(fs::read(mount.path(name))), Some(ErrorKind::NotFound), "{name}");
        assert!(fs::metadata(mount.path(name)).unwrap().len() > 0);
    }
    for name in ["one.flac", "sub/two.mp3"] {
        fs::rename(world.root.join(name.replace('/', "_")), world.music.join(name)).unwrap();
    }
    // A rename back is no other content, but moves the ctime; the first open finds that out.
    eventually("the files as they were", || {
        let now = ["One.flac", "Two.mp3"].map(|name| fs::read(mount.path(name)).unwrap_or_default());
        now == before
    });
    let (status, log) = mount.stop();
    assert!(status.success());
    assert!(log.contains("one.flac") && log.contains("two.mp3"), "the log names what was gone: {log}");
}

#[test]
fn a_backing_file_that_shrinks_during_a_read_fails_that_read_and_is_then_served_as_it_is() {
    let world = World::new();
    let picture = vec![7; 4 << 20];
    let original = fixture::flac_of(&[("title", "T")], Some(&picture), 1, 400);
    let path = world.put("a.flac", &original);
    world.scan();
    world.set_tag("a.flac", "comment", "edited");
    let mount = world.mount(BY_TITLE);
    let file = File::open(mount.path("T.flac")).unwrap();
    file.read_exact_at(&mut [0; 100], 0).unwrap();
    let shorter = fixture::flac_of(&[("title", "T")], None, 2, 3);
    let in_place = File::options().write(true).open(&path).unwrap();
    in_place.set_len(shorter.len() as u64).unwrap();
    in_place.write_all_at(&shorter, 0).unwrap();
    let late = file.read_at(&mut [0; 4096], 3 << 20);
    assert_eq!(late.unwrap_err().raw_os_error(), Some(rustix::io::Errno::IO.raw_os_error()));
    drop(file);
    eventually("the file as it is now", || {
        let served = fs::read(mount.path("T.flac")).unwrap_or_default();
        served.ends_with(&shorter[shorter.len() - 40..]) && served.windows(6).any(|bytes| bytes == b"edited")
    });
    let served = fs::read(mount.path("T.flac")).unwrap().len() as u64;
    eventually("its size", || fs::metadata(mount.path("T.flac")).unwrap().len() == served);
    assert!(mount.stop().1.contains("a.flac"));
}

#[test]
fn a_pristine_file_that_shrinks_is_served_as_it_is() {
    let world = World::new();
    let path = world.put("a.flac", fixture::flac_of(&[("title", "T")], Some(&vec![7; 1 << 20]), 1, 4));
    world.scan();
    let mount = world.mount(BY_TITLE);
    let file = File::open(mount.path("T.flac")).unwrap();
    file.read_exact_at(&mut [0; 100], 0).unwrap();
    let shorter = fixture::flac_of(&[("title", "T")], None, 2, 3);
    fs::write(&path, &shorter).unwrap();
    // Whatever the open file gives, it gives it in finite time; and a new open is right.
    let _ = file.read_at(&mut [0; 4096], 1 << 19);
    drop(file);
    eventually("the file as it is now", || fs::read(mount.path("T.flac")).is_ok_and(|bytes| bytes == shorter));
    eventually("its size", || fs::metadata(mount.path("T.flac")).unwrap().len() == shorter.len() as u64);
}

/// A library on a mount, and a mount of that library: whatever becomes of the lower one is a fault of the upper one's disk.
struct Stacked {
    upper: Mount,
    lower: Option<Mount>,
    below: World,
    _above: World,
}

fn stacked(files: u16, words: &[&str]) -> Stacked {
    let below = World::new();
    for n in 0..files {
        let file = fixture::flac_of(&[("title", &format!("T{n}"))], Some(&vec![n as u8; 6 << 20]), n, 4);
        below.put(&format!("{n}.flac"), file);
    }
    below.scan();
    for n in 0..files {
        below.set_tag(&format!("{n}.flac"), "comment", "edited below");
    }
    let lower = below.mount(&["--template", "$title", "--max-readahead-kib", "0"]);
    let mut above = World::new();
    above.music.clone_from(&lower.mnt);
    above.scan();
    for n in 0..files {
        above.set_tag(&format!("T{n}.flac"), "title", &format!("U{n}"));
    }
    let upper = above.mount(&[BY_TITLE, &["--expose-metrics", "--max-readahead-kib", "0"], words].concat());
    Stacked { upper, lower: Some(lower), below, _above: above }
}

impl Drop for Stacked {
    /// Nobody who reads from a mount that stands still can end.
    fn drop(&mut self) {
        if let Some(lower) = &mut self.lower
            && matches!(lower.child.try_wait(), Ok(None))
        {
            lower.resume();
        }
    }
}

/// Lets a mount that stands still go on, also when the test fails: its readers cannot end before.
struct Resumed<'a>(&'a Mount);

impl Drop for Resumed<'_> {
    fn drop(&mut self) {
        self.0.resume();
    }
}

#[test]
fn a_read_error_of_the_disk_fails_that_read_alone_and_is_counted() {
    let stack = stacked(2, &["--read-ahead-budget-mib", "0"]);
    let upper = &stack.upper;
    let errors = upper.metric("musefs_read_errors_total").unwrap();
    let (bad, good) = (File::open(upper.path("U0.flac")).unwrap(), File::open(upper.path("U1.flac")).unwrap());
    bad.read_exact_at(&mut [0; 100], 0).unwrap();
    // The lower mount answers EIO to a reader whose file changed in place.
    let original = File::options().append(true).open(stack.below.music.join("0.flac")).unwrap();
    let later = original.metadata().unwrap().modified().unwrap() + std::time::Duration::from_secs(2);
    original.set_modified(later).unwrap();
    let read = bad.read_at(&mut [0; 4096], 3 << 20);
    assert_eq!(read.unwrap_err().raw_os_error(), Some(rustix::io::Errno::IO.raw_os_error()));
    good.read_exact_at(&mut [0; 4096], 3 << 20).unwrap();
    assert!(upper.metric("musefs_read_errors_total").unwrap() > errors);
    drop(bad);
    eventually("the file again", || fs::read(upper.path("U0.flac")).is_ok_and(|bytes| bytes.len() > 6 << 20));
}

#[test]
fn a_disk_that_goes_away_and_comes_back_loses_nothing() {
    let mut stack = stacked(2, &[]);
    let before = fs::read(stack.upper.path("U0.flac")).unwrap();
    let mut lower = stack.lower.take().unwrap();
    lower.child.kill().unwrap();
    lower.child.wait().unwrap();
    assert_eq!(stack.upper.files(), [".musefs-metrics/metrics", "U0.flac", "U1.flac"]);
    assert!(File::open(stack.upper.path("U1.flac")).is_err());
    drop(lower);
    stack.lower = Some(stack.below.mount(&["--template", "$title"]));
    eventually("the library again", || fs::read(stack.upper.path("U0.flac")).is_ok_and(|bytes| bytes == before));
    File::open(stack.upper.path("U1.flac")).unwrap().read_exact_at(&mut [0; 100], 5 << 20).unwrap();
}

#[test]
fn reads_above_the_limit_get_eagain_while_metadata_is_served() {
    let stack = stacked(2, &["--workers", "2", "--read-ahead-budget-mib", "0", "--max-background", "4096"]);
    let upper = &stack.upper;
    let lower = stack.lower.as_ref().unwrap();
    let limit = upper.metric("musefs_reads_inflight_max").unwrap() as u64;
    let file = File::open(upper.path("U0.flac")).unwrap();
    file.read_exact_at(&mut [0; 16], 0).unwrap();
    let refused = AtomicUsize::new(0);
    lower.pause();
    std::thread::scope(|scope| {
        let resumed = Resumed(lower);
        for n in 0..limit + 50 {
            let (file, refused) = (&file, &refused);
            let read = move || {
                let read = file.read_at(&mut [0; 512], (n + 8) * 4096);
                if read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock) {
                    refused.fetch_add(1, Ordering::Relaxed);
                }
            };
            std::thread::Builder::new().stack_size(64 << 10).spawn_scoped(scope, read).unwrap();
        }
        eventually("reads that are refused", || refused.load(Ordering::Relaxed) >= 50);
        // Listings are complete, and what needs no disk is answered.
        assert_eq!(fs::read_dir(&upper.mnt).unwrap().count(), 3);
        assert!(fs::metadata(upper.path("U1.flac")).unwrap().len() > 6 << 20);
        assert!(upper.metric("musefs_read_errors_total").unwrap() >= 50.0);
        drop(resumed);
    });
    file.read_exact_at(&mut [0; 4096], 5 << 20).unwrap();
}

#[test]
fn the_usual_limit_of_open_files_is_not_that_of_the_mount() {
    const FILES: u16 = 300;
    let world = World::new();
    for n in 0..FILES {
        world.put(&format!("{n}.flac"), fixture::flac(&[("title", &n.to_string())], n));
    }
    world.scan();
    for n in 0..FILES / 2 {
        world.set_tag(&format!("{n}.flac"), "comment", "edited");
    }
    let (program, mut command) = (musefs(), Command::new("prlimit"));
    command.arg("--nofile=100:").arg(program.get_program()).stdin(Stdio::null());
    for (name, _) in program.get_envs() {
        command.env_remove(name);
    }
    command.arg("mount").arg(&world.mnt).arg("--db").arg(&world.db).args(BY_TITLE);
    let mount = Mount::start(command, &world.mnt);
    let open: Vec<_> = (0..FILES).map(|n| File::open(mount.path(&format!("{n}.flac"))).unwrap()).collect();
    for (n, file) in open.iter().enumerate() {
        let mut head = [0; 4];
        file.read_exact_at(&mut head, 0).unwrap();
        assert_eq!(&head, b"fLaC", "{n}");
    }
}

#[test]
fn two_thousand_directories_open_at_once_list_completely() {
    const FOLDERS: usize = 2000;
    let world = World::with_two_tracks();
    world.scan();
    let store = world.sql();
    store.execute_batch("BEGIN IMMEDIATE").unwrap();
    for n in 0..FOLDERS * 3 {
        let row = (format!("/nowhere/{n}.flac"), format!("Album {}", n / 3), format!("Title {n}"));
        let track =
            "INSERT INTO tracks (backing_path, format, audio_offset, audio_length, backing_size, backing_mtime_ns,
            backing_ctime_ns) VALUES (?1, 'flac', 0, 0, 1000, 1, 1)";
        store.execute(track, [&row.0]).unwrap();
        let id = store.last_insert_rowid();
        let tags = "INSERT INTO tags (track_id, key, value) VALUES (?1, 'album', ?2), (?1, 'title', ?3)";
        store.execute(tags, (id, row.1, row.2)).unwrap();
    }
    store.execute_batch("COMMIT").unwrap();
    let wanted = FOLDERS as u64 + 100;
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit { current: limit.maximum.map_or(Some(wanted), |max| Some(max.min(wanted.max(4096)))), ..limit },
    )
    .unwrap();
    let mount = world.mount(&["--template", "Open/$album/$title"]);
    let mut open: Vec<(usize, Dir)> = (0..FOLDERS)
        .map(|n| {
            let path = mount.path(&format!("Open/Album {n}"));
            let folder = rustix::fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
            (n, Dir::new(folder).unwrap())
        })
        .collect();
    // An edit in the middle of all of them: each goes on listing what it was.
    store.execute("UPDATE tags SET value = value || ' edited' WHERE key = 'title'", []).unwrap();
    eventually("the edit", || mount.path("Open/Album 0/Title 0 edited.flac").exists());
    for (n, folder) in &mut open {
        let names: BTreeSet<String> =
            folder.by_ref().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        let titles = |suffix: &str| (*n * 3..*n * 3 + 3).map(|n| format!("Title {n}{suffix}.flac")).collect::<Vec<_>>();
        let complete = |suffix| titles(suffix).iter().all(|title| names.contains(title));
        assert!(names.len() == 5 && (complete("") || complete(" edited")), "{n}: {names:?}");
    }
}

#[test]
fn a_library_unmounted_under_the_mount_loses_nothing() {
    require_root();
    let world = World::new();
    let disk = world.root.join("disk");
    fs::create_dir(&disk).unwrap();
    fs::write(disk.join("one.flac"), fixture::flac(&[("title", "One"), ("artist", "Nina")], 1)).unwrap();
    fs::write(disk.join("two.flac"), fixture::flac(&[("title", "Two"), ("artist", "Nina")], 2)).unwrap();
    let mut bind = Bind::new(&disk, &world.music);
    world.scan();
    world.set_tag("one.flac", "title", "Curated");
    let mount = world.mount(&["--template", "$title", "--watch"]);
    let before = ["Curated.flac", "Two.flac"].map(|name| fs::read(mount.path(name)).unwrap());
    let tags = || -> i64 { world.sql().query_row("SELECT count(*) FROM tags", [], |row| row.get(0)).unwrap() };
    let rows = tags();
    bind.unmount();
    assert_eq!(mount.files(), ["Curated.flac", "Two.flac"]);
    assert_eq!(kind(File::open(mount.path("Two.flac"))), Some(ErrorKind::NotFound));
    let music = world.music.to_str().unwrap();
    for words in [&["scan", music][..], &["revalidate", music], &["revalidate", music, "--prune"]] {
        let output = world.run(words);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {text}");
        assert!(text.contains(music) && text.contains("mounted"), "{words:?}: {text}");
    }
    assert_eq!(tags(), rows);
    bind.mount();
    eventually("everything as it was", || {
        let now = ["Curated.flac", "Two.flac"].map(|name| fs::read(mount.path(name)).unwrap_or_default());
        now == before
    });
    let output = world.run(&["revalidate", music, "--prune"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(tags(), rows);
}

#[test]
fn a_row_out_of_contract_degrades_its_track_alone() {
    let world = scanned();
    let store = world.sql();
    store.execute_batch("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF").unwrap();
    let odd = "UPDATE tracks SET audio_offset = -5, audio_length = 'x', backing_size = -1, format = x'00ff'
        WHERE backing_path LIKE '%two.mp3'";
    store.execute(odd, []).unwrap();
    let key = "INSERT INTO tags (track_id, key, value, ordinal) SELECT id, x'ff', 5.5, -3 FROM tracks
        WHERE backing_path LIKE '%two.mp3'";
    store.execute(key, []).unwrap();
    let mount = world.mount(BY_TITLE);
    let edited = fs::read(mount.path("One.flac")).unwrap();
    assert!(edited.windows(6).any(|bytes| bytes == b"edited"));
    let original = fs::read(world.music.join("sub/two.mp3")).unwrap();
    // Served as it is, or refused: never something else, and the mount is up.
    if let Ok(bytes) = fs::read(mount.path("Two.mp3")) {
        assert_eq!(bytes, original);
    }
    store
        .execute(
            "UPDATE tracks SET content_version = 'many', updated_at = x'00' WHERE backing_path LIKE '%two.mp3'",
            [],
        )
        .unwrap();
    store.execute_batch("PRAGMA ignore_check_constraints = OFF").unwrap();
    world.set_tag("one.flac", "title", "Renamed");
    eventually("the edit of another track", || mount.path("Renamed.flac").exists());
    assert!(mount.stop().0.success());
}

#[test]
fn killed_with_open_files_the_next_mount_clears_the_place() {
    let world = scanned();
    let mut killed = world.mount(BY_TITLE);
    let mut open = File::open(killed.path("One.flac")).unwrap();
    open.read_exact(&mut [0; 10]).unwrap();
    killed.child.kill().unwrap();
    killed.child.wait().unwrap();
    let mount = world.mount(BY_TITLE);
    drop(open);
    assert_eq!(mount.files(), ["One.flac", "Two.mp3"]);
    assert!(mount.stop().0.success());
    assert!(!is_mounted(&world.mnt));
}
