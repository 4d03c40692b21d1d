//! What readers get: invariants 2, 3, 4, 6 and 7.

mod common;

use common::{World, owned, path, taken_apart, toy};
use musefs_contracts::filesystem::{FileSystem, FsError};
use musefs_contracts::ids::Ino;
use musefs_contracts::metric;
use musefs_vfs::{Mode, VfsOptions};
use std::ffi::OsStr;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

const TAGS: &[(&str, &str)] = &[("artist", "A"), ("Opaque", "\u{1}"), ("title", "T"), ("genre", "Jazz")];
const AUDIO: &[u8] = b"some audio, long enough to be read in several pieces by every test that wants to do so";

#[test]
fn a_pristine_file_is_served_byte_for_byte() {
    let world = World::default();
    world.add("a.flac", TAGS, AUDIO);
    let mount = world.mount();
    let file = world.shelf.bytes(&path("a.flac"));
    assert_eq!(mount.at("A/T.flac").unwrap().size, file.len() as u64);
    assert_eq!(mount.cat("A/T.flac").unwrap(), file);
    assert_eq!(world.store.records.load(Ordering::Relaxed), 0, "a pristine track needs nobody's tags");
}

#[test]
fn an_edited_file_differs_only_where_the_edit_reaches() {
    let world = World::default();
    let track = world.add("a.flac", TAGS, AUDIO);
    world.edit(track, &[("artist", "A"), ("title", "T"), ("genre", "Jazz"), ("mood", "calm"), ("genre", "Blues")]);
    let (elements, audio) = taken_apart(&world.mount().cat("A/T.flac").unwrap());
    let expected =
        [("artist", "A"), ("Opaque", "\u{1}"), ("title", "T"), ("genre", "Jazz"), ("genre", "Blues"), ("mood", "calm")];
    assert_eq!(elements, owned(&expected));
    assert_eq!(audio, AUDIO);
}

#[test]
fn the_size_is_what_a_reader_gets_in_any_split() {
    let world = World::default();
    let track = world.add("a.flac", TAGS, AUDIO);
    world.edit(track, &[("artist", "A"), ("title", "T"), ("comment", "a longer value than there was before")]);
    let picture: Vec<u8> = (0..200_000u32).map(|at| (at % 253) as u8).collect();
    world.store.memory().set_art(track, &picture, "image/png", 3, "").unwrap();
    let mount = world.mount();
    let size = mount.at("A/T.flac").unwrap().size;
    let handle = mount.open_at("A/T.flac").unwrap().handle;
    let whole = mount.drain(handle, 1 << 20).unwrap();
    assert_eq!(whole.len() as u64, size);
    let mut buffer = Vec::new();
    for (offset, len) in [(0, 1), (5, 77), (150, 100_000), (size - 3, 100), (size, 10), (u64::MAX, 10), (199_990, 70)] {
        mount.read(handle, offset, len, &mut buffer).unwrap();
        let start = (offset.min(size)) as usize;
        assert_eq!(buffer, whole[start..(start + len).min(whole.len())], "{len} bytes at {offset}");
    }
    assert!(world.numbers.get(&metric::ART_CHUNKS_TOTAL) >= 4, "200,000 bytes are no single chunk");
    for offset in 0..size {
        match mount.read_nowait(handle, offset, 40, &mut buffer) {
            Ok(()) => assert_eq!(buffer, whole[offset as usize..(offset as usize + 40).min(whole.len())]),
            Err(error) => assert_eq!(error, FsError::Again),
        }
    }
    mount.release(handle);
}

fn longest_run(bytes: &[u8], of: u8) -> usize {
    bytes.split(|byte| *byte != of).map(<[u8]>::len).max().unwrap_or_default()
}

#[test]
fn a_binary_value_is_streamed_until_it_is_exchanged() {
    let world = World::default();
    let track = world.add("a.flac", TAGS, AUDIO);
    world.store.memory().set_binary(track, "blob", 0, &vec![7; 100_000]).unwrap();
    let mount = world.mount();
    let opened = mount.open_at("A/T.flac").unwrap();
    assert_eq!(longest_run(&mount.drain(opened.handle, 4096).unwrap(), 7), 100_000);
    assert!(world.numbers.get(&metric::BINARY_TAG_CHUNKS_TOTAL) > 0);
    world.store.memory().set_binary(track, "blob", 0, &vec![8; 100_000]).unwrap();
    assert_eq!(mount.drain(opened.handle, 4096), Err(FsError::Io), "never a mixture of two values");
    mount.release(opened.handle);
    assert_eq!(longest_run(&mount.cat("A/T.flac").unwrap(), 8), 100_000);
}

#[test]
fn a_file_that_changed_under_the_mount_is_probed_again() {
    let world = World::default();
    let pristine = world.add("p.flac", TAGS, AUDIO);
    let edited = world.add("e.flac", &[("artist", "B"), ("title", "U"), ("genre", "x")], AUDIO);
    world.edit(edited, &[("artist", "B"), ("title", "U"), ("genre", "curated")]);
    let mount = world.mount();
    mount.cat("B/U.flac").unwrap();
    let new = toy::file(&[("mood", "new in the file"), ("genre", "y"), ("artist", "B"), ("title", "U")], b"NEW");
    world.shelf.put(&path("e.flac"), new.clone());
    world.shelf.put(&path("p.flac"), new.clone());
    assert_eq!(mount.cat("A/T.flac").unwrap(), new, "nothing was curated, so all follows the file");
    let (elements, audio) = taken_apart(&mount.cat("B/U.flac").unwrap());
    let expected = [("mood", "new in the file"), ("artist", "B"), ("title", "U"), ("genre", "curated")];
    assert_eq!((elements, audio.as_slice()), (owned(&expected), &b"NEW"[..]));
    for (file, track) in [("A/T.flac", pristine), ("B/U.flac", edited)] {
        let size = mount.at(file).unwrap().size;
        assert_eq!(mount.cat(file).unwrap().len() as u64, size, "{track}");
    }
    mount.refresh();
    let told = world.recorder.take();
    assert_eq!(told, [format!("contents {pristine}.0"), format!("contents {edited}.0")], "and the kernel hears of it");
}

#[test]
fn an_edit_of_a_file_that_changed_goes_on_from_the_file_as_it_is() {
    let world = World::default();
    let track = world.add("a.flac", TAGS, AUDIO);
    let mount = world.mount();
    world.shelf.put(&path("a.flac"), toy::file(&[("artist", "A"), ("title", "T"), ("genre", "Jazz")], b"NEW"));
    mount.cat("A/T.flac").unwrap();
    world.edit(track, &[("artist", "A"), ("title", "T"), ("genre", "Blues")]);
    mount.refresh();
    let size = mount.at("A/T.flac").unwrap().size;
    let bytes = mount.cat("A/T.flac").unwrap();
    assert_eq!(bytes.len() as u64, size, "the size is worked out from the file as it is, not as it was scanned");
    assert_eq!(taken_apart(&bytes).1, b"NEW");
    world.scan("a.flac");
    mount.refresh();
    assert_eq!(taken_apart(&mount.cat("A/T.flac").unwrap()).1, b"NEW");
}

#[test]
fn an_open_file_that_is_overwritten_fails_and_is_right_for_the_next_reader() {
    for audio in [&b"short"[..], &[b'x'; 500]] {
        let world = World::default();
        let track = world.add("a.flac", TAGS, AUDIO);
        world.edit(track, &[("artist", "A"), ("title", "T")]);
        let mount = world.mount();
        let opened = mount.open_at("A/T.flac").unwrap();
        world.shelf.overwrite(&path("a.flac"), toy::file(&[("artist", "A"), ("title", "T"), ("mood", "x")], audio));
        assert_eq!(mount.drain(opened.handle, 64), Err(FsError::Io), "stale offsets are not spliced");
        mount.refresh();
        assert!(!world.recorder.take().is_empty(), "the refresher looked at the file and told the kernel");
        let size = mount.at("A/T.flac").unwrap().size;
        let bytes = mount.cat("A/T.flac").unwrap();
        assert_eq!(bytes.len() as u64, size, "known before anybody opened it");
        assert_eq!(taken_apart(&bytes).1, audio);
        mount.release(opened.handle);
    }
}

#[test]
fn a_pristine_file_that_shrinks_while_it_is_open_gives_an_error_not_fewer_bytes() {
    let world = World::default();
    world.add("a.flac", TAGS, AUDIO);
    let mount = world.mount();
    let opened = mount.open_at("A/T.flac").unwrap();
    world.shelf.overwrite(&path("a.flac"), b"TOY1\0".to_vec());
    assert_eq!(mount.drain(opened.handle, 1 << 20), Err(FsError::Io));
    mount.release(opened.handle);
}

#[test]
fn what_cannot_be_parsed_or_edited_is_served_verbatim() {
    let world = World::default();
    world.shelf.put(&path("junk.flac"), b"not a toy at all".to_vec());
    let junk = world.scan("junk.flac");
    let large = world.add("large.flac", &[("artist", "L"), ("title", "L")], AUDIO);
    let broken = world.add("broken.flac", &[("artist", "P"), ("title", "P")], AUDIO);
    world.edit(junk, &[("artist", "J"), ("title", "J")]);
    world.edit(large, &[("artist", "L"), ("title", "L"), ("comment", "too large")]);
    world.edit(broken, &[("artist", "P"), ("title", "P"), ("comment", "panic")]);
    let mount = world.mount();
    for (shown, file) in [("J/J.flac", "junk.flac"), ("L/L.flac", "large.flac"), ("P/P.flac", "broken.flac")] {
        let bytes = world.shelf.bytes(&path(file));
        assert_eq!(mount.at(shown).unwrap().size, bytes.len() as u64);
        assert_eq!(mount.cat(shown).unwrap(), bytes, "{file}");
    }
}

#[test]
fn a_store_without_anatomies_is_served_by_probing_on_demand() {
    let world = World::default();
    let edited = world.add("a.flac", TAGS, AUDIO);
    world.add("b.flac", &[("artist", "B"), ("title", "U")], AUDIO);
    world.edit(edited, &[("artist", "A"), ("title", "T"), ("genre", "Blues")]);
    world.store.is_foreign.store(true, Ordering::Relaxed);
    let mount = world.mount();
    assert_eq!(mount.cat("B/U.flac").unwrap(), world.shelf.bytes(&path("b.flac")));
    let bytes = mount.cat("A/T.flac").unwrap();
    assert_eq!(mount.at("A/T.flac").unwrap().size, bytes.len() as u64);
    assert_eq!(
        taken_apart(&bytes).0,
        owned(&[("artist", "A"), ("Opaque", "\u{1}"), ("title", "T"), ("genre", "Blues")])
    );
    assert!(mount.at("B/U.flac").unwrap().mtime_ns < 1_000_000_000, "found pristine: the backing file's time");
}

#[test]
fn an_anatomy_that_is_out_of_date_or_out_of_bounds_is_made_anew() {
    let world = World::default();
    world.shelf.put(&path("old.flac"), toy::file(&[("artist", "A"), ("title", "Old"), ("genre", "x")], AUDIO));
    world.shelf.put(&path("wild.flac"), toy::file(&[("artist", "A"), ("title", "Wild"), ("genre", "x")], AUDIO));
    let old = world.scan_as("old.flac", |anatomy| {
        anatomy.prober -= 1;
        anatomy.elements.clear();
    });
    let wild = world.scan_as("wild.flac", |anatomy| anatomy.audio.len += 1_000_000);
    let mount = world.mount();
    for (track, title) in [(old, "Old"), (wild, "Wild")] {
        world.edit(track, &[("artist", "A"), ("title", title), ("genre", "y")]);
        mount.refresh();
        world.recorder.take();
        let file = format!("A/{title}.flac");
        let told = mount.at(&file).unwrap().size;
        let bytes = mount.cat(&file).unwrap();
        mount.refresh();
        let is_told = world.recorder.take() == [format!("contents {track}.0")];
        assert_eq!(is_told, told != bytes.len() as u64, "a size that was wrong is taken back");
        assert_eq!(mount.at(&file).unwrap().size, bytes.len() as u64);
        let (elements, audio) = taken_apart(&bytes);
        assert_eq!(elements, owned(&[("artist", "A"), ("title", title), ("genre", "y")]));
        assert_eq!(audio, AUDIO);
    }
}

#[test]
fn a_path_field_steers_paths_and_is_no_edit() {
    let world = World { template: "$!{beets_path}".into(), ..World::default() };
    let track = world.add("a.flac", TAGS, AUDIO);
    let tags = [("artist", "A"), ("title", "T"), ("genre", "Jazz"), ("beets_path", "X/Y/file.flac")];
    world.edit(track, &tags);
    let mount = world.mount();
    assert_eq!(mount.cat("X/Y/file.flac").unwrap(), world.shelf.bytes(&path("a.flac")));
}

#[test]
fn times_follow_the_edit_and_the_backing_file() {
    let world = World::default();
    let track = world.add("a.flac", TAGS, AUDIO);
    let mount = world.mount();
    let pristine = mount.at("A/T.flac").unwrap();
    assert!(pristine.mtime_ns < 1_000_000_000, "the backing file's");
    world.edit(track, &[("artist", "A"), ("title", "T")]);
    mount.refresh();
    let edited = mount.at("A/T.flac").unwrap();
    assert!(edited.mtime_ns > 1_000_000_000_000_000_000, "the edit's");
    assert!(edited.ctime_ns >= edited.mtime_ns);
    world.edit(track, &[("artist", "A"), ("title", "T"), ("genre", "Soul")]);
    mount.refresh();
    let again = mount.at("A/T.flac").unwrap();
    assert!(again.mtime_ns > edited.mtime_ns && again.ctime_ns > edited.ctime_ns, "another edit, in the same second");
    world.edit(track, &[("artist", "A"), ("title", "T"), ("genre", "Jazz")]);
    mount.refresh();
    assert_eq!(mount.at("A/T.flac").unwrap().mtime_ns, pristine.mtime_ns, "pristine again");
}

#[test]
fn structure_only_serves_files_as_they_are_and_an_edit_moves_no_time() {
    let options = VfsOptions { mode: Mode::StructureOnly, ..VfsOptions::default() };
    let world = World { options, ..World::default() };
    let track = world.add("a.flac", TAGS, AUDIO);
    let mount = world.mount();
    let before = mount.at("A/T.flac").unwrap();
    world.edit(track, &[("artist", "A"), ("title", "T"), ("genre", "Blues")]);
    mount.refresh();
    assert!(world.recorder.take().is_empty(), "nothing that shows has changed");
    assert_eq!(mount.at("A/T.flac").unwrap(), before);
    assert_eq!(mount.cat("A/T.flac").unwrap(), world.shelf.bytes(&path("a.flac")));
}

#[test]
fn a_missing_backing_file_keeps_its_entry_and_works_again_when_it_is_back() {
    let world = World::default();
    let track = world.add("a.flac", TAGS, AUDIO);
    world.edit(track, &[("artist", "A"), ("title", "T"), ("genre", "Blues")]);
    let mount = world.mount();
    let bytes = world.shelf.bytes(&path("a.flac"));
    world.shelf.remove(&path("a.flac"));
    let size = mount.at("A/T.flac").unwrap().size;
    assert_eq!(mount.cat("A/T.flac"), Err(FsError::NotFound));
    world.shelf.put(&path("a.flac"), bytes);
    assert_eq!(mount.cat("A/T.flac").unwrap().len() as u64, size);
    *world.shelf.failure.lock().unwrap() = Some(io::ErrorKind::PermissionDenied);
    assert_eq!(mount.cat("A/T.flac"), Err(FsError::PermissionDenied));
}

#[test]
fn a_guessed_size_is_taken_back_when_the_file_can_be_read() {
    let world = World::default();
    let track = world.add("a.flac", TAGS, AUDIO);
    world.edit(track, &[("artist", "A"), ("title", "T"), ("comment", "a value that makes the file larger")]);
    world.store.is_foreign.store(true, Ordering::Relaxed);
    let mount = world.mount();
    *world.shelf.failure.lock().unwrap() = Some(io::ErrorKind::NotFound);
    let opened = world.shelf.opens.load(Ordering::Relaxed);
    assert_eq!(mount.at("A/T.flac").unwrap().size, world.shelf.bytes(&path("a.flac")).len() as u64);
    assert_eq!(world.shelf.opens.load(Ordering::Relaxed) - opened, 2, "a disk that is away must not hold up listings");
    *world.shelf.failure.lock().unwrap() = None;
    let bytes = mount.cat("A/T.flac").unwrap();
    assert_eq!(mount.at("A/T.flac").unwrap().size, bytes.len() as u64);
    mount.refresh();
    assert_eq!(world.recorder.take(), [format!("contents {track}.0")]);
}

#[test]
fn sizes_are_remembered_for_later_mounts() {
    let world = World::default();
    let track = world.add("a.flac", TAGS, AUDIO);
    world.edit(track, &[("artist", "A"), ("title", "T"), ("genre", "Blues and more")]);
    world.clock.0.store(5_000_000_000, Ordering::Relaxed);
    let mount = world.mount();
    let size = mount.at("A/T.flac").unwrap().size;
    mount.refresh();
    let unsaved = world.mount();
    let before = world.store.records.load(Ordering::Relaxed);
    assert_eq!(unsaved.at("A/T.flac").unwrap().size, size);
    assert_eq!(
        world.store.records.load(Ordering::Relaxed) - before,
        1,
        "nobody writes into the store right after an edit"
    );
    world.clock.0.store(66_000_000_000, Ordering::Relaxed);
    mount.refresh();
    let asked = world.store.records.load(Ordering::Relaxed);
    assert_eq!(world.mount().at("A/T.flac").unwrap().size, size);
    assert_eq!(world.store.records.load(Ordering::Relaxed), asked, "the later mount knew it");
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let world = World::default();
    world.add("a.flac", TAGS, AUDIO);
    let mount = world.mount();
    let file = mount.at("A/T.flac").unwrap().ino;
    assert_eq!(mount.lookup(Ino::ROOT, OsStr::new(&"x".repeat(256))).err(), Some(FsError::NameTooLong));
    assert_eq!(mount.lookup(Ino::ROOT, OsStr::new("x")).err(), Some(FsError::NotFound));
    assert_eq!(mount.lookup(file, OsStr::new("x")).err(), Some(FsError::NotADirectory));
    assert_eq!(mount.open(Ino::ROOT).err(), Some(FsError::IsADirectory));
    assert_eq!(mount.open(Ino(99)).err(), Some(FsError::NotFound));
    assert_eq!(mount.open_directory(file).err(), Some(FsError::NotADirectory));
    assert_eq!(mount.attributes(Ino(1 << 61)).err(), Some(FsError::NotFound));
    assert_eq!(mount.read(77, 0, 1, &mut Vec::new()).err(), Some(FsError::BadHandle));
    mount.release(77);
    mount.release_directory(77);
}

#[test]
fn rows_that_no_inode_number_fits_are_left_out_alone() {
    let world = World::default();
    world.add("a.flac", TAGS, AUDIO);
    world.store.has_wild_ids.store(true, Ordering::Relaxed);
    let mount = world.mount();
    assert_eq!(mount.ls("A"), ["T.flac"]);
    assert_eq!(mount.file_count(), 1);
}

#[test]
fn parts_can_be_exchanged_for_null_ones() {
    let world = World::default();
    let track = world.add("a.flac", TAGS, AUDIO);
    world.edit(track, &[("artist", "A"), ("title", "T"), ("comment", "longer than before")]);
    let mut parts = world.parts();
    parts.layouts = Arc::new(musefs_cache::NullLayoutCache);
    parts.sizes = Arc::new(musefs_cache::NullSizeCache);
    let mount = common::Mount(musefs_vfs::Vfs::new(parts, VfsOptions::default()).unwrap());
    let size = mount.at("A/T.flac").unwrap().size;
    assert_eq!(mount.cat("A/T.flac").unwrap().len() as u64, size);
    let handle = mount.open_directory(mount.at("A").unwrap().ino).unwrap();
    assert_eq!(mount.list(handle, true)[2].1.size, size);
}
