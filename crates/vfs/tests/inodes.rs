//! Which number stands for which content: invariants 5 and 10.

mod common;

use common::{Mount, World, path, taken_apart, toy};
use musefs_contracts::backing::{Backing, Source, Stamp};
use musefs_contracts::filesystem::{FileSystem, FsError};
use musefs_contracts::ids::{Ino, TrackId};
use musefs_vfs::VfsOptions;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

fn library() -> (World, TrackId) {
    let world = World::default();
    let track = world.add("a.flac", &[("artist", "A"), ("title", "T")], b"audio");
    world.add("b.flac", &[("artist", "A"), ("title", "U")], b"audio");
    (world, track)
}

fn mood(mount: &Mount, path: &str) -> String {
    let (elements, _) = taken_apart(&mount.cat(path).unwrap());
    elements.into_iter().find(|(key, _)| key == "mood").map_or_else(String::new, |(_, value)| value)
}

#[test]
fn numbers_stay_over_edits_refreshes_and_remounts() {
    let (world, track) = library();
    let mount = world.mount();
    let (file, other, folder) =
        (mount.at("A/T.flac").unwrap().ino, mount.at("A/U.flac").unwrap().ino, mount.at("A").unwrap().ino);
    assert_eq!(file, Ino::of_track(track, 0));
    world.edit(track, &[("artist", "A"), ("title", "new"), ("mood", "calm")]);
    mount.refresh();
    let later = world.mount();
    for mount in [&mount, &later] {
        assert_eq!(mount.at("A/new.flac").unwrap().ino, file);
        assert_eq!(mount.at("A/U.flac").unwrap().ino, other);
        assert_eq!(mount.at("A").unwrap().ino, folder);
    }
}

#[test]
fn one_handle_sees_one_generation_across_an_edit() {
    let (world, track) = library();
    world.edit(track, &[("artist", "A"), ("title", "T"), ("mood", "one")]);
    let mount = world.mount();
    let first = mount.open_at("A/T.flac").unwrap();
    let before = mount.drain(first.handle, 64).unwrap();
    world.edit(track, &[("artist", "A"), ("title", "T"), ("mood", "another mood")]);
    let early = mount.open_at("A/T.flac").unwrap();
    mount.refresh();
    assert_eq!(mount.drain(first.handle, 3).unwrap(), before);
    assert_ne!(mount.drain(early.handle, 3).unwrap(), before, "an open before the refresh sees the edit already");
    assert_eq!(mood(&mount, "A/T.flac"), "another mood");
    assert_eq!(mount.attributes(Ino::of_track(track, 0)).unwrap().size, before.len() as u64, "of the open content");
    mount.release(first.handle);
    mount.release(early.handle);
}

#[test]
fn a_content_that_is_open_keeps_its_number_until_it_is_closed() {
    let (world, track) = library();
    world.edit(track, &[("artist", "A"), ("title", "T"), ("mood", "one")]);
    let mount = world.mount();
    let first = mount.open_at("A/T.flac").unwrap();
    mount.passed_through(first.handle);
    world.edit(track, &[("artist", "A"), ("title", "T"), ("mood", "two")]);
    mount.refresh();
    let told = world.recorder.take();
    let expected = ["contents 1.1", "contents dir", "name dir T.flac"];
    assert_eq!(told, expected, "the name leads to another number, the open content's pages stay");
    assert_eq!(mount.at("A/T.flac").unwrap().ino, Ino::of_track(track, 1));
    assert_eq!(mount.open(Ino::of_track(track, 0)).err(), Some(FsError::Stale), "that content is gone");
    assert_eq!(mood(&mount, "A/T.flac"), "two");
    mount.release(first.handle);
    mount.refresh();
    assert_eq!(world.recorder.take(), ["contents 1.0", "contents dir", "name dir T.flac"]);
    assert_eq!(mount.at("A/T.flac").unwrap().ino, Ino::of_track(track, 0), "the first number is free again");
    world.edit(track, &[("artist", "A"), ("title", "T"), ("mood", "three")]);
    mount.refresh();
    assert_eq!(world.recorder.take(), ["contents 1.0", "contents 1.1"], "the kernel may know both numbers");
}

#[test]
fn handles_read_through_the_page_cache_count_only_if_asked_to() {
    for (renumber_cached, epoch) in [(true, 1), (false, 0)] {
        let (mut world, track) = library();
        world.options = VfsOptions { renumber_cached, ..VfsOptions::default() };
        let mount = world.mount();
        let opened = mount.open_at("A/T.flac").unwrap();
        world.edit(track, &[("artist", "A"), ("title", "T"), ("mood", "x")]);
        mount.refresh();
        assert_eq!(mount.at("A/T.flac").unwrap().ino.epoch(), epoch);
        mount.release(opened.handle);
    }
}

#[test]
fn an_edit_that_comes_in_the_middle_of_an_open_is_seen_by_it() {
    let (world, track) = library();
    let mount = world.mount();
    let (store, vfs) = (world.store.memory(), Arc::clone(&mount.0));
    *world.shelf.meanwhile.lock().unwrap() = Some(Box::new(move || {
        store.set_tags(track, &[("artist", "A"), ("title", "T"), ("mood", "came meanwhile")]).unwrap();
        vfs.refresh();
    }));
    assert_eq!(mood(&mount, "A/T.flac"), "came meanwhile");
}

#[test]
fn an_open_that_runs_ahead_of_the_kernel_bypasses_its_pages() {
    let (world, track) = library();
    let mount = world.mount();
    assert!(!mount.open_at("A/U.flac").unwrap().direct);
    world.edit(track, &[("artist", "A"), ("title", "T"), ("mood", "x")]);
    assert!(mount.open_at("A/T.flac").unwrap().direct, "old pages may be cached under this number");
    mount.refresh();
    assert!(!mount.open_at("A/T.flac").unwrap().direct);
}

#[test]
fn a_deleted_track_stays_readable_where_it_is_open() {
    let (world, track) = library();
    let mount = world.mount();
    let opened = mount.open_at("A/T.flac").unwrap();
    let ino = Ino::of_track(track, 0);
    musefs_contracts::writer::CatalogWriter::remove(&mut world.store.memory().writer(), &[track]).unwrap();
    mount.refresh();
    assert_eq!(mount.at("A/T.flac").err(), Some(FsError::NotFound));
    assert_eq!(mount.drain(opened.handle, 8).unwrap(), world.shelf.bytes(&path("a.flac")));
    assert_eq!(mount.attributes(ino).unwrap().links, 0);
    mount.release(opened.handle);
    assert_eq!(mount.attributes(ino).err(), Some(FsError::NotFound));
}

#[test]
fn dot_and_dot_dot_are_found_by_number() {
    let (world, track) = library();
    let mount = world.mount();
    let folder = mount.at("A").unwrap().ino;
    for ino in [Ino::ROOT, folder, Ino::of_track(track, 0)] {
        assert_eq!(mount.lookup(ino, OsStr::new(".")).unwrap().ino, ino);
    }
    assert_eq!(mount.lookup(folder, OsStr::new("..")).unwrap().ino, Ino::ROOT);
    assert_eq!(mount.lookup(Ino::ROOT, OsStr::new("..")).unwrap().ino, Ino::ROOT);
    assert_eq!(mount.lookup(Ino(1 << 62 | 0x3039), OsStr::new(".")).err(), Some(FsError::NotFound));
    assert_eq!(mount.lookup(Ino(1 << 62 | 0x3039), OsStr::new("..")).err(), Some(FsError::NotFound));
}

/// Files on disk, so that there is a descriptor to hand to the kernel.
struct Disk;

struct OnDisk(File);

impl Backing for Disk {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn Source>> {
        Ok(Arc::new(OnDisk(File::open(path)?)))
    }
    fn stat(&self, path: &Path) -> io::Result<Stamp> {
        self.open(path)?.stamp()
    }
}

impl Source for OnDisk {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.0, buf, offset)
    }
    fn stamp(&self) -> io::Result<Stamp> {
        use std::os::unix::fs::MetadataExt;
        let data = self.0.metadata()?;
        let ns = |seconds: i64, rest: i64| seconds * 1_000_000_000 + rest;
        let (mtime_ns, ctime_ns) = (ns(data.mtime(), data.mtime_nsec()), ns(data.ctime(), data.ctime_nsec()));
        Ok(Stamp { size: data.size(), mtime_ns, ctime_ns, file: 0 })
    }
    fn file(&self) -> Option<&File> {
        Some(&self.0)
    }
}

#[test]
fn only_what_is_served_as_it_is_goes_to_the_kernel() {
    let folder = tempfile::tempdir().unwrap();
    let (world, _) = library();
    let file = folder.path().join("c.flac");
    std::fs::write(&file, toy::file(&[("artist", "C"), ("title", "C")], b"audio")).unwrap();
    // The store knows the file by its place on disk, and another stamp: it is probed on first touch.
    world.shelf.put(&file, std::fs::read(&file).unwrap());
    let track = world.scan(file.to_str().unwrap());
    let mut parts = world.parts();
    parts.backing = Arc::new(Disk);
    let options = VfsOptions { passthrough: true, ..VfsOptions::default() };
    let mount = Mount(musefs_vfs::Vfs::new(parts, options).unwrap());
    let opened = mount.open_at("C/C.flac").unwrap();
    assert!(opened.passthrough.is_some_and(|source| source.file().is_some()));
    mount.release(opened.handle);
    world.edit(track, &[("artist", "C"), ("title", "C"), ("mood", "x")]);
    mount.refresh();
    assert!(mount.open_at("C/C.flac").unwrap().passthrough.is_none());
}
