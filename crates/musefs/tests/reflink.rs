//! Edited files that share the extents of the originals and are read by the kernel, on XFS and btrfs.
//!
//! Needs root: loop devices, and a kernel that takes files to read by itself.

#![allow(clippy::float_cmp, reason = "what is compared are counts")]

mod common;

use common::{Mount, World, eventually};
use musefs_testkit::fixtures::{FlacBuilder, Picture};
use musefs_testkit::loopback::{Kind, Loopback, SMALLEST};
use musefs_testkit::tools;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

const TEMPLATE: &[&str] = &["--expose-metrics", "--template", "song"];

/// A library on a file system of its own with one edited FLAC of some 40 MB.
struct Library {
    world: World,
    // Dropped behind every mount of the library, and before the folder it lies in.
    disk: Loopback,
    original: Vec<u8>,
    song: PathBuf,
}

impl Library {
    fn new(kind: Kind) -> Self {
        let world = World::new();
        let disk = Loopback::new(kind, SMALLEST, &world.root.join("disk"), &world.music).unwrap();
        let original = flac(1);
        assert!(original.len() > 38 << 20, "{}", original.len());
        let song = world.put("album/song.flac", &original);
        world.scan();
        world.set_tag("song.flac", "title", "Edited and longer than before");
        world.set_tag("song.flac", "comment", &"more than the padding holds ".repeat(300));
        Self { world, disk, original, song }
    }

    fn mount(&self, words: &[&str]) -> Mount {
        self.world.mount(&[TEMPLATE, words].concat())
    }

    /// What the daemon makes of the file by itself.
    fn by_the_daemon(&self) -> Vec<u8> {
        let mount = self.mount(&["--reflink=false"]);
        let bytes = fs::read(mount.path("song.flac")).unwrap();
        assert_eq!(mount.metric("musefs_reflink_made_total"), Some(0.0));
        assert_eq!(passed_through(&mount, &mount.path("song.flac")), 0.0);
        bytes
    }

    /// Every name in the library.
    fn names(&self) -> Vec<PathBuf> {
        let mut names = Vec::new();
        let mut folders = vec![self.disk.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                names.push(entry.path());
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                }
            }
        }
        names.sort();
        names
    }

    /// Bytes in use, what is still in memory written out.
    fn used(&self) -> i64 {
        let file = File::open(self.disk.path()).unwrap();
        rustix::fs::syncfs(&file).unwrap();
        let stat = rustix::fs::fstatvfs(&file).unwrap();
        ((stat.f_blocks - stat.f_bfree) * stat.f_frsize) as i64
    }
}

fn flac(seed: u64) -> Vec<u8> {
    FlacBuilder::new(seed).tag("title", "Original").padding(1024).blocks(24_000).build()
}

/// How many files the kernel holds registered while this one is open.
fn passed_through(mount: &Mount, path: &Path) -> f64 {
    let _open = File::open(path).unwrap();
    mount.metric("musefs_passthrough_active").unwrap()
}

fn served_in_shuffled_parts(path: &Path, bytes: &[u8]) {
    let file = File::open(path).unwrap();
    let mut part = vec![0; 100_003];
    for step in 0..400usize {
        let at = step * 7_777_777 % (bytes.len() - part.len());
        file.read_exact_at(&mut part, at as u64).unwrap();
        assert!(part[..] == bytes[at..at + part.len()], "different at {at}");
    }
    let end = bytes.len() as u64 - 5;
    assert_eq!(file.read_at(&mut part, end).unwrap(), 5);
    assert_eq!(part[..5], bytes[bytes.len() - 5..]);
}

fn edited_files_share_extents(kind: Kind) {
    let library = Library::new(kind);
    let daemon = library.by_the_daemon();
    assert_ne!(daemon.len(), library.original.len());
    let (names, used) = (library.names(), library.used());
    let mount = library.mount(&["-v"]);
    let path = mount.path("song.flac");
    let open = File::open(&path).unwrap();
    assert_eq!(mount.metric("musefs_passthrough_active"), Some(1.0));
    assert_eq!(mount.metric("musefs_reflink_made_total"), Some(1.0));
    assert_eq!(open.metadata().unwrap().len(), daemon.len() as u64);
    assert!(fs::read(&path).unwrap() == daemon);
    served_in_shuffled_parts(&path, &daemon);
    assert!(tools::decode(&path).unwrap() == tools::decode(&library.song).unwrap());
    assert!(common::mutagen(&path).to_string().contains("Edited and longer than before"));
    let grown = library.used() - used;
    assert!(grown < 64 << 10, "{grown} more bytes are in use");
    // One file served all of these opens, and none has a name.
    assert_eq!(mount.metric("musefs_reflink_made_total"), Some(1.0));
    assert_eq!(library.names(), names);
    drop(open);
    assert!(fs::read(&library.song).unwrap() == library.original);
    let (_, log) = mount.stop();
    assert!(log.contains("share the extents"), "{log}");
}

#[test]
fn edited_files_share_extents_on_xfs() {
    edited_files_share_extents(Kind::Xfs);
}

#[test]
fn edited_files_share_extents_on_btrfs() {
    edited_files_share_extents(Kind::Btrfs);
}

#[test]
fn a_source_that_is_overwritten_is_served_anew_and_an_open_file_stays_as_it_was() {
    let library = Library::new(Kind::Xfs);
    let mount = library.mount(&[]);
    let path = mount.path("song.flac");
    let before = fs::read(&path).unwrap();
    let open = File::open(&path).unwrap();
    // In place, so that the extents are those of the same file.
    let other = flac(2);
    let file = File::options().write(true).open(&library.song).unwrap();
    file.write_all_at(&other, 0).unwrap();
    file.set_len(other.len() as u64).unwrap();
    drop(file);
    let samples = tools::decode(&library.song).unwrap();
    let decoded = || tools::decode(&path).unwrap();
    eventually("the new audio is served", || decoded() == samples);
    let mut first = vec![0; before.len()];
    open.read_exact_at(&mut first, 0).unwrap();
    assert!(first == before, "an open file changed");
    let after = fs::read(&path).unwrap();
    assert!(common::mutagen(&path).to_string().contains("Edited and longer than before"));
    drop((open, mount));
    assert!(library.by_the_daemon() == after);
}

#[test]
fn an_edit_while_the_file_is_open_leads_new_opens_to_a_new_file() {
    let library = Library::new(Kind::Xfs);
    let mount = library.mount(&[]);
    let path = mount.path("song.flac");
    let open = File::open(&path).unwrap();
    let before = fs::read(&path).unwrap();
    library.world.set_tag("song.flac", "title", "A second edit");
    eventually("the edit is served", || common::mutagen(&path).to_string().contains("A second edit"));
    let mut first = vec![0; before.len()];
    open.read_exact_at(&mut first, 0).unwrap();
    assert!(first == before, "an open file changed");
    assert_ne!(open.metadata().unwrap().ino(), fs::metadata(&path).unwrap().ino());
    let after = fs::read(&path).unwrap();
    drop((open, mount));
    assert!(library.by_the_daemon() == after);
}

#[test]
fn where_nothing_can_be_written_the_daemon_serves() {
    let library = Library::new(Kind::Xfs);
    let daemon = library.by_the_daemon();
    library.disk.remount(true).unwrap();
    let mount = library.mount(&["-v"]);
    let path = mount.path("song.flac");
    for _ in 0..3 {
        assert!(fs::read(&path).unwrap() == daemon);
    }
    assert_eq!(passed_through(&mount, &path), 0.0);
    // Tried once, remembered, and said.
    assert_eq!(mount.metric("musefs_reflink_refused_total"), Some(1.0));
    assert_eq!(mount.metric("musefs_reflink_made_total"), Some(0.0));
    let (_, log) = mount.stop();
    assert_eq!(log.matches("cannot share the extents").count(), 1, "{log}");
}

#[test]
fn a_folder_elsewhere_in_the_file_system_can_be_named() {
    let library = Library::new(Kind::Xfs);
    let daemon = library.by_the_daemon();
    let folder = library.disk.path().join("scratch");
    fs::create_dir(&folder).unwrap();
    let mount = library.mount(&["--splice-dir", folder.to_str().unwrap()]);
    assert!(fs::read(mount.path("song.flac")).unwrap() == daemon);
    assert_eq!(mount.metric("musefs_reflink_files"), Some(1.0));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    drop(mount);
    // One of another file system shares nothing, and is no reason to fail.
    let mount = library.mount(&["--splice-dir", library.world.root.to_str().unwrap()]);
    assert!(fs::read(mount.path("song.flac")).unwrap() == daemon);
    assert_eq!(mount.metric("musefs_reflink_refused_total"), Some(1.0));
    drop(mount);
    let refused = library.world.run(&["mount", library.world.mnt.to_str().unwrap(), "--splice-dir", "/etc/hostname"]);
    common::assert_refused(&refused, 1, &["/etc/hostname", "--splice-dir"]);
}

#[test]
fn new_art_is_written_and_the_rest_shared() {
    let library = Library::new(Kind::Xfs);
    let image = Picture::png(3, 500_000).bytes;
    let store = library.world.sql();
    let art = "INSERT INTO art (sha256, mime, byte_len, data) VALUES (?1, 'image/png', ?2, ?3)";
    store.execute(art, ("0".repeat(64), image.len() as i64, &image)).unwrap();
    store
        .execute("INSERT INTO track_art (track_id, art_id, ordinal) SELECT tracks.id, art.id, 0 FROM tracks, art", [])
        .unwrap();
    let daemon = library.by_the_daemon();
    assert!(
        daemon[..1 << 20].windows(64).any(|window| *window == image[image.len() - 64..]),
        "the picture is not there"
    );
    let mount = library.mount(&[]);
    assert!(fs::read(mount.path("song.flac")).unwrap() == daemon);
    assert_eq!(mount.metric("musefs_reflink_made_total"), Some(1.0));
}
