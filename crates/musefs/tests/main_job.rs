//! The main job, as a user does it: scan, mount, read, edit in the store, read again.

mod common;

use common::{World, eventually, fixture, mutagen, tool};
use std::fs;
use std::io::{Read, Seek, SeekFrom};

#[test]
fn pristine_files_are_served_byte_for_byte_under_their_tags() {
    let world = World::with_two_tracks();
    world.put("sub/deeper/broken.mp3", "this is no MP3 at all");
    world.scan();
    let mount = world.mount(&[]);
    assert_eq!(mount.files(), ["Nina/Blue/One.flac", "Nina/Blue/Two.mp3", "Unknown/Unknown/broken.mp3"]);
    for (shown, original) in [
        ("Nina/Blue/One.flac", "one.flac"),
        ("Nina/Blue/Two.mp3", "sub/two.mp3"),
        ("Unknown/Unknown/broken.mp3", "sub/deeper/broken.mp3"),
    ] {
        let original = world.music.join(original);
        assert_eq!(fs::read(mount.path(shown)).unwrap(), fs::read(&original).unwrap(), "{shown}");
        let (shown, original) = (fs::metadata(mount.path(shown)).unwrap(), fs::metadata(original).unwrap());
        assert_eq!(shown.len(), original.len());
        assert_eq!(shown.modified().unwrap(), original.modified().unwrap());
    }
    assert!(fs::write(mount.path("Nina/Blue/One.flac"), "x").is_err(), "read-only");
    assert!(mount.stop().0.success());
}

#[test]
fn an_edit_by_any_program_shows_in_names_sizes_and_contents() {
    let world = World::with_two_tracks();
    world.scan();
    let mount = world.mount(&[]);
    // Everything the kernel could keep of the old state is in its caches.
    for file in mount.files() {
        fs::read(mount.path(&file)).unwrap();
    }
    world.set_tag("one.flac", "title", "Größe – 日本");
    world.set_tag("two.mp3", "title", "Zwei");
    mount.becomes(&["Nina/Blue/Größe – 日本.flac", "Nina/Blue/Zwei.mp3"]);

    let flac = mutagen(&mount.path("Nina/Blue/Größe – 日本.flac"));
    assert_eq!(flac["tags"]["title"], serde_json::json!(["Größe – 日本"]));
    assert_eq!(flac["tags"]["custom"], serde_json::json!(["kept"]));
    assert_eq!(flac["pictures"], mutagen(&world.music.join("one.flac"))["pictures"]);
    let mp3 = mutagen(&mount.path("Nina/Blue/Zwei.mp3"));
    assert_eq!(mp3["tags"]["title"], serde_json::json!(["Zwei"]));
    assert_eq!(mp3["tags"]["TENC"], serde_json::json!(["kept"]));

    let file = mount.path("Nina/Blue/Zwei.mp3");
    let size = fs::metadata(&file).unwrap().len();
    world.set_tag("two.mp3", "comment", &"a long comment ".repeat(100));
    eventually("the new size", || fs::metadata(&file).unwrap().len() > size + 1000);
    assert_eq!(fs::read(&file).unwrap().len() as u64, fs::metadata(&file).unwrap().len());
}

#[test]
fn several_readers_agree_on_an_edited_file() {
    let world = World::with_two_tracks();
    world.scan();
    world.set_tag("one.flac", "title", "Edited");
    world.set_tag("two.mp3", "title", "Edited");
    let mount = world.mount(&["--template", "$title"]);
    let path = |name: &str| mount.path(name).to_string_lossy().into_owned();
    let (flac, mp3) = (path("Edited.flac"), path("Edited.mp3"));
    assert!(tool("metaflac", &["--list", &flac]).to_lowercase().contains("title=edited"));
    tool("flac", &["--test", "--silent", &flac]);
    for file in [&flac, &mp3] {
        let shown =
            tool("ffprobe", &["-v", "error", "-show_entries", "format_tags=title,artist", "-of", "csv=p=0", file]);
        assert!(shown.contains("Edited") && shown.contains("Nina"), "{file}: {shown}");
    }
    for (served, original) in [(&flac, "one.flac"), (&mp3, "sub/two.mp3")] {
        let decoded = |file: &str| tool("ffmpeg", &["-v", "error", "-i", file, "-map", "0:a", "-f", "md5", "-"]);
        assert_eq!(decoded(served), decoded(world.music.join(original).to_str().unwrap()), "{original}");
    }
}

#[test]
fn reads_of_any_order_and_size_agree_with_one_from_start_to_end() {
    let world = World::new();
    world.put("a.flac", fixture::flac_of(&[("title", "A")], Some(&vec![7; 100_000]), 5, 100));
    world.scan();
    world.set_tag("a.flac", "title", "B");
    let mount = world.mount(&["--template", "$title"]);
    let whole = fs::read(mount.path("B.flac")).unwrap();
    let mut file = fs::File::open(mount.path("B.flac")).unwrap();
    let mut at = 1u64;
    for round in 0..500u64 {
        at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(round);
        let (offset, len) = ((at >> 20) % whole.len() as u64, (at >> 50) as usize % 9000);
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(offset)).unwrap();
        file.by_ref().take(len as u64).read_to_end(&mut bytes).unwrap();
        let end = (offset as usize + len).min(whole.len());
        assert_eq!(bytes, &whole[offset as usize..end], "{len} bytes at {offset}");
    }
}

#[test]
fn an_open_file_goes_on_showing_what_it_was() {
    let world = World::new();
    world.put("a.flac", fixture::flac_of(&[("title", "A")], None, 5, 200));
    world.scan();
    world.set_tag("a.flac", "comment", "before");
    let mount = world.mount(&["--template", "fixed"]);
    let before = fs::read(mount.path("fixed.flac")).unwrap();
    let mut open = fs::File::open(mount.path("fixed.flac")).unwrap();
    let mut bytes = vec![0; 10];
    open.read_exact(&mut bytes).unwrap();
    world.set_tag("a.flac", "comment", &"after ".repeat(2000));
    eventually("the edit", || fs::read(mount.path("fixed.flac")).unwrap() != before);
    open.read_to_end(&mut bytes).unwrap();
    assert!(bytes == before, "bytes of two generations were mixed");
}

#[test]
fn structure_only_serves_the_originals_whatever_the_store_says() {
    let world = World::with_two_tracks();
    world.scan();
    world.set_tag("one.flac", "title", "Edited");
    let mount = world.mount(&["--mode", "structure-only"]);
    let served = fs::read(mount.path("Nina/Blue/Edited.flac")).unwrap();
    assert_eq!(served, fs::read(world.music.join("one.flac")).unwrap());
}

#[test]
fn a_path_field_steers_and_is_not_written() {
    let world = World::with_two_tracks();
    world.scan();
    world.set_tag("one.flac", "beets_path", "Some/Where/Else.flac");
    let mount = world.mount(&["--template", "$!{beets_path}"]);
    let served = fs::read(mount.path("Some/Where/Else.flac")).unwrap();
    assert_eq!(served, fs::read(world.music.join("one.flac")).unwrap());
}

#[test]
fn art_in_the_store_replaces_the_files_pictures() {
    let world = World::with_two_tracks();
    world.scan();
    let image = b"a new cover".repeat(1000);
    let store = world.sql();
    let digest: String = "ab".repeat(32);
    store
        .execute(
            "INSERT INTO art (sha256, mime, width, height, byte_len, data) VALUES (?1, 'image/jpeg', 1, 1, ?2, ?3)",
            (&digest, image.len() as i64, &image),
        )
        .unwrap();
    store
        .execute_batch(
            "INSERT INTO track_art (track_id, art_id, picture_type, description, ordinal)
             SELECT id, (SELECT max(id) FROM art), 3, '', 0 FROM tracks",
        )
        .unwrap();
    drop(store);
    let mount = world.mount(&[]);
    let expected = mutagen(&world.music.join("one.flac"))["pictures"][0][2].clone();
    for name in ["Nina/Blue/One.flac", "Nina/Blue/Two.mp3"] {
        let pictures = mutagen(&mount.path(name))["pictures"].clone();
        assert_eq!(pictures.as_array().unwrap().len(), 1, "{name}: {pictures}");
        assert_eq!(pictures[0][1], "image/jpeg");
        assert_ne!(pictures[0][2], expected);
    }
}

#[test]
fn inode_numbers_stay_over_edits_and_remounts() {
    use std::os::unix::fs::MetadataExt;
    let world = World::with_two_tracks();
    world.scan();
    let mount = world.mount(&[]);
    let number = |mount: &common::Mount, name: &str| fs::metadata(mount.path(name)).unwrap().ino();
    let before = number(&mount, "Nina/Blue/One.flac");
    world.set_tag("one.flac", "title", "Renamed");
    eventually("the new name", || mount.path("Nina/Blue/Renamed.flac").exists());
    assert_eq!(number(&mount, "Nina/Blue/Renamed.flac"), before);
    mount.stop();
    let mount = world.mount(&[]);
    assert_eq!(number(&mount, "Nina/Blue/Renamed.flac"), before);
}
