//! Covers made for the view, as other programs see them on a mount.

mod common;

use common::{Mount, World, eventually, musefs, stderr, tool};
use musefs_testkit::fixtures::{Content, Kind, Picture};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

const MOUNT: [&str; 3] = ["--template", "$album/$title", "--covers"];

fn track(world: &World, album: &str, title: &str, kind: Kind, pictures: Vec<Picture>) {
    let mut content = Content::new(7);
    content.tags.push("album", album);
    content.tags.push("title", title);
    content.pictures = pictures;
    world.put(&format!("{album}/{title}.{}", kind.extension()), kind.build(content));
}

fn names(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().to_string_lossy().into_owned();
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}

/// The codec of an image, as ffprobe recognises it by its bytes.
fn codec(path: &Path) -> String {
    let entries = ["-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", path.to_str().unwrap()];
    tool("ffprobe", &entries).trim().to_owned()
}

fn succeeds(world: &World, words: &[&str]) {
    let output = world.run(words);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn each_container_gives_its_front_picture_in_the_size_that_stat_says() {
    let world = World::new();
    for kind in Kind::ALL {
        let front = Picture::jpeg(kind as u64, 150_000).described("front");
        // Readers of MPEG-4 find no types there, the first picture being the cover.
        let pictures = match kind {
            Kind::M4a => vec![front],
            _ => vec![Picture::png(99, 2_000).of_kind(4), front],
        };
        track(&world, kind.name(), "One", kind, pictures);
    }
    world.scan();
    let mount = world.mount(&MOUNT);
    for kind in Kind::ALL {
        let cover = mount.path(kind.name()).join("cover.jpg");
        let expected = Picture::jpeg(kind as u64, 150_000).bytes;
        assert_eq!(fs::metadata(&cover).unwrap().size(), expected.len() as u64, "{}", kind.name());
        assert!(fs::read(&cover).unwrap() == expected, "{}: other bytes", kind.name());
        assert_eq!(codec(&cover), "mjpeg");
        assert_eq!(names(&mount.path(kind.name())).len(), 2, "the track and its cover");
        assert!(fs::write(&cover, "x").is_err());
    }
}

#[test]
fn a_cover_follows_the_edits_of_art() {
    let world = World::new();
    track(&world, "A", "One", Kind::Flac, vec![Picture::jpeg(1, 5_000)]);
    track(&world, "A", "Two", Kind::Flac, vec![Picture::jpeg(2, 6_000)]);
    track(&world, "B", "Three", Kind::Mp3, vec![]);
    world.scan();
    let mount = world.mount(&MOUNT);
    let (a, b) = (mount.path("A"), mount.path("B"));
    assert_eq!(names(&a), ["One.flac", "Two.flac", "cover.jpg"]);
    assert_eq!(names(&b), ["Three.mp3"]);
    let before = fs::metadata(a.join("cover.jpg")).unwrap();
    assert_eq!(fs::read(a.join("cover.jpg")).unwrap(), Picture::jpeg(1, 5_000).bytes);

    // Of another kind, so that it goes by another name.
    let (png, jpeg) = (world.root.join("new.png"), world.root.join("new.jpg"));
    fs::write(&png, Picture::png(3, 7_000).bytes).unwrap();
    fs::write(&jpeg, Picture::jpeg(4, 8_000).bytes).unwrap();
    succeeds(&world, &["art", "set", "id:1..", png.to_str().unwrap()]);
    eventually("the new cover's name", || names(&a) == ["One.flac", "Two.flac", "cover.png"]);
    eventually("a first cover", || names(&b) == ["Three.mp3", "cover.png"]);
    for folder in [&a, &b] {
        let cover = folder.join("cover.png");
        assert_eq!(fs::read(&cover).unwrap(), Picture::png(3, 7_000).bytes);
        assert_eq!(codec(&cover), "png");
        eventually("the end of the former cover", || !folder.join("cover.jpg").exists());
    }

    // Of the same kind, so that name and number stay.
    succeeds(&world, &["art", "set", "id:1..", jpeg.to_str().unwrap()]);
    eventually("another cover's name", || names(&a).contains(&"cover.jpg".to_owned()));
    let cover = a.join("cover.jpg");
    eventually("another cover", || fs::read(&cover).unwrap() == Picture::jpeg(4, 8_000).bytes);
    let between = fs::metadata(&cover).unwrap();
    assert_eq!(between.ino(), before.ino());
    assert!(between.mtime_nsec() != before.mtime_nsec() || between.mtime() != before.mtime());
    fs::write(&jpeg, Picture::jpeg(5, 3_000).bytes).unwrap();
    succeeds(&world, &["art", "set", "id:1..", jpeg.to_str().unwrap()]);
    eventually("a shorter cover", || fs::metadata(&cover).unwrap().size() == 3_000);
    eventually("its bytes", || fs::read(&cover).unwrap() == Picture::jpeg(5, 3_000).bytes);

    succeeds(&world, &["art", "remove", "id:1.."]);
    eventually("no cover where the file has no picture", || names(&b) == ["Three.mp3"]);
    eventually("the file's own picture", || fs::read(&cover).unwrap() == Picture::jpeg(1, 5_000).bytes);
    assert_eq!(names(&a), ["One.flac", "Two.flac", "cover.jpg"]);
}

fn up(world: &World, words: &[&str]) -> Mount {
    let mut command = musefs();
    command.arg("up").arg(&world.music).arg(&world.mnt).args(["--db", ":memory:", "--template", "$album/$title"]);
    command.args(words);
    Mount::start(command, &world.mnt)
}

#[test]
fn up_shows_covers_and_mount_does_where_it_is_told_to() {
    let world = World::new();
    track(&world, "A", "One", Kind::Flac, vec![Picture::jpeg(1, 5_000)]);
    world.scan();
    let unasked = world.mount(&MOUNT[..2]);
    assert_eq!(names(&unasked.path("A")), ["One.flac"]);
    assert!(!unasked.path("A/cover.jpg").exists());
    drop(unasked);
    let with = up(&world, &[]);
    eventually("the scan", || with.path("A/One.flac").exists());
    assert_eq!(names(&with.path("A")), ["One.flac", "cover.jpg"]);
    drop(with);
    let without = up(&world, &["--covers=false"]);
    eventually("the scan", || without.path("A/One.flac").exists());
    assert_eq!(names(&without.path("A")), ["One.flac"]);
}
