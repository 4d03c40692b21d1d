//! Pictures from the command line, as a user changes them: seen in a mount by another program, taken back, and written out.

mod common;

use common::{World, assert_refused, eventually, mutagen, python, stderr, tool};
use musefs_testkit::fixtures::{Content, Kind, Picture};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

fn stdout(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn sha256(path: &Path) -> String {
    tool("sha256sum", &[text(path)]).split(' ').next().unwrap().to_owned()
}

/// An image, as it stands in a file of its own.
fn image(world: &World, name: &str, picture: &Picture) -> PathBuf {
    let path = world.root.join(name);
    fs::write(&path, &picture.bytes).unwrap();
    path
}

fn entry(kind: u8, mime: &str, path: &Path) -> Value {
    json!([kind, mime, sha256(path)])
}

/// Type, MIME type and digest of the pictures that mutagen finds, sorted.
fn pictures(path: &Path) -> Vec<Value> {
    let mut pictures = mutagen(path)["pictures"].as_array().unwrap().clone();
    pictures.sort_by_key(ToString::to_string);
    pictures
}

fn shows(what: &str, path: &Path, expected: &[Value]) {
    let mut found = Vec::new();
    eventually(what, || {
        found = pictures(path);
        found == expected
    });
}

/// One FLAC file with a front and a back cover, one MP3 file without pictures.
fn world() -> World {
    let world = World::new();
    let mut content = Content::new(3);
    content.tags.push("title", "One");
    content.pictures = vec![Picture::jpeg(1, 4_000), Picture::png(2, 3_001).of_kind(4).described("List")];
    world.put("one.flac", Kind::Flac.build(content));
    world.put("two.mp3", common::fixture::mp3(&[("TIT2", "Two")], 2));
    world.scan();
    world
}

const MOUNT: [&str; 2] = ["--template", "$title"];

#[test]
fn a_new_cover_shows_in_the_mount_and_undo_brings_the_old_one_back() {
    let world = world();
    let mount = world.mount(&MOUNT);
    let (one, two) = (mount.path("One.flac"), mount.path("Two.mp3"));
    let (old, none) = (pictures(&one), pictures(&two));
    assert_eq!((old.len(), none.len()), (2, 0));
    let cover = image(&world, "cover.png", &Picture::png(9, 5_000));

    let dry = stdout(&world.run(&["art", "set", "id:1..", text(&cover), "--dry-run"]));
    assert!(dry.contains("  - front picture") && dry.contains("  + front picture (image/png, "), "{dry}");
    assert!(dry.contains("2 tracks would change") && !dry.contains("back picture"), "{dry}");
    assert!(stdout(&world.run(&["history"])).contains("nothing was changed"), "a dry run is no edit");

    let said = stdout(&world.run(&["art", "set", "id:1..", text(&cover)]));
    assert!(said.contains("2 tracks changed") && said.contains("musefs undo --db"), "{said}");
    let back = old.iter().find(|picture| picture[0] == 4).unwrap().clone();
    shows("the new cover beside the back", &one, &[entry(3, "image/png", &cover), back]);
    shows("the new cover of the MP3", &two, &[entry(3, "image/png", &cover)]);
    assert!(stdout(&world.run(&["history"])).contains("musefs art set"));
    assert_eq!(stdout(&world.run(&["art", "set", "id:1..", text(&cover)])), "nothing to change\n");

    assert!(stdout(&world.run(&["undo"])).contains("musefs art set"));
    shows("the old covers", &one, &old);
    shows("no cover", &two, &none);
}

#[test]
fn a_picture_of_another_type_stands_beside_and_is_taken_away_by_its_type() {
    let world = world();
    let mount = world.mount(&MOUNT);
    let (one, two) = (mount.path("One.flac"), mount.path("Two.mp3"));
    let (front, artist) =
        (image(&world, "front.jpg", &Picture::jpeg(7, 900)), image(&world, "artist.jpg", &Picture::jpeg(8, 700)));
    stdout(&world.run(&["art", "set", "two", text(&front)]));
    let said = ["art", "set", "two", text(&artist), "--type", "ARTIST", "--description", "On stage"];
    stdout(&world.run(&said));
    let (front, artist) = (entry(3, "image/jpeg", &front), entry(8, "image/jpeg", &artist));
    shows("both", &two, &[front.clone(), artist]);
    let listed = stdout(&world.run(&["query", "two"]));
    assert!(listed.contains("On stage"), "{listed}");

    let dry = stdout(&world.run(&["art", "remove", "two", "--type", "8", "--dry-run"]));
    assert!(dry.contains("  - artist picture On stage (image/jpeg, ") && dry.contains("1 track would change"), "{dry}");
    stdout(&world.run(&["art", "remove", "two", "--type", "8"]));
    shows("the front alone", &two, &[front]);
    stdout(&world.run(&["art", "remove", "two"]));
    shows("none", &two, &[]);

    let of_file = pictures(&one);
    stdout(&world.run(&["art", "remove", "one", "--type", "back"]));
    shows("the file's front alone", &one, &of_file[..1]);
    let said = stdout(&world.run(&["art", "remove", "one"]));
    assert!(said.contains("1 track with their file's own pictures again"), "{said}");
    shows("the file's own", &one, &of_file);
    let stuck = world.run(&["art", "remove", "one"]);
    assert_eq!(stdout(&stuck), "nothing to change\n");
    assert!(stderr(&stuck).contains("1 track left with their file's own pictures"), "{}", stderr(&stuck));
}

/// Digests of the files in a folder, by the part of their names in front of the first dot.
fn extracted(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        found.entry(name.split('.').next().unwrap().to_owned()).or_default().push(sha256(&path));
    }
    for digests in found.values_mut() {
        digests.sort();
    }
    found
}

#[test]
fn what_is_extracted_is_what_mutagen_reads_of_each_format() {
    // The lengths of descriptions decide where an image begins within the base64 of Vorbis comments.
    // A large image is spread over pages of Ogg.
    for (description, size) in [("", 5_000), ("x", 5_000), ("xy", 5_000), ("large", 150_000)] {
        let world = World::new();
        let mut paths = Vec::new();
        for (seed, kind) in Kind::ALL.into_iter().enumerate() {
            let mut content = Content::new(seed as u64);
            content.tags.push("title", kind.name());
            let front = Picture::jpeg(2 * seed as u64, size).described(description);
            content.pictures = vec![front, Picture::png(2 * seed as u64 + 1, 2_000).of_kind(4).described("back")];
            paths.push(world.put(&format!("{}.{}", kind.name(), kind.extension()), kind.build(content)));
        }
        world.scan();
        let folder = world.root.join("covers");
        let said = stdout(&world.run(&["art", "extract", "id:1..", text(&folder)]));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/fields.py");
        let arguments: Vec<&str> = [text(&script), "read"].into_iter().chain(paths.iter().map(|p| text(p))).collect();
        let read: Value = serde_json::from_str(&tool(&python(), &arguments)).unwrap();
        let mut expected = BTreeMap::new();
        for path in &paths {
            let digests = read[text(path)]["mutagen"]["#pictures"].as_array().unwrap();
            let mut digests: Vec<String> = digests.iter().map(|digest| digest.as_str().unwrap().to_owned()).collect();
            digests.sort();
            assert!(!digests.is_empty(), "{}", path.display());
            expected.insert(path.file_stem().unwrap().to_str().unwrap().to_owned(), digests);
        }
        assert_eq!(extracted(&folder), expected, "{said}");
        let again = stdout(&world.run(&["art", "extract", "id:1..", text(&folder)]));
        assert!(again.contains("0 pictures written") && again.contains("there already"), "{again}");
    }
}

#[test]
fn what_was_set_is_extracted_and_no_file_is_written_over() {
    let world = world();
    let cover = image(&world, "cover.jpg", &Picture::jpeg(5, 1_234));
    stdout(&world.run(&["art", "set", "two", text(&cover)]));
    let folder = world.root.join("out");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("two.front.jpg"), "mine").unwrap();
    let said = stdout(&world.run(&["art", "extract", "two", text(&folder)]));
    assert!(said.starts_with("1 picture written to "), "{said}");
    assert_eq!(fs::read(folder.join("two.front.jpg")).unwrap(), b"mine");
    assert_eq!(fs::read(folder.join("two.front (2).jpg")).unwrap(), fs::read(&cover).unwrap());
}

#[test]
fn what_cannot_be_done_is_said_in_a_line_with_its_remedy() {
    let world = world();
    let cover = image(&world, "cover.png", &Picture::png(9, 500));
    let (cover, notes) = (text(&cover), world.root.join("notes.txt"));
    fs::write(&notes, "no image").unwrap();
    let large = world.root.join("large.png");
    fs::File::create(&large).unwrap().set_len(16_711_681).unwrap();
    let refused = |words: &[&str], parts: &[&str]| assert_refused(&world.run(words), 1, parts);
    refused(&["art", "set", "one", "/no/such.png"], &["/no/such.png", "an image that you may read"]);
    refused(&["art", "set", "one", text(&notes)], &["notes.txt", "name a JPEG, PNG"]);
    let broken = world.root.join("broken.jpg");
    fs::write(&broken, b"\xff\xd8\xff\xe0\x00\x10JFIF").unwrap();
    refused(&["art", "set", "one", text(&broken)], &["broken.jpg", "not complete", "name a whole one"]);
    refused(&["art", "set", "one", text(&large)], &["large.png", "16711680", "make it smaller"]);
    refused(&["art", "set", "one", cover, "--type", "sleeve"], &["sleeve", "0 to 20", "leaflet"]);
    refused(&["art", "set", "one", cover, "--type", "21"], &["0 to 20"]);
    refused(&["art", "set", "one", cover, "--description", &"x".repeat(1_025)], &["description", "1024"]);
    refused(&["art", "set", "no such track", cover], &["no track matches", "musefs ls"]);
    refused(&["art", "set", cover], &["QUERY"]);
    refused(&["art", "extract", "one", text(&notes)], &["notes.txt", "name a folder"]);

    let one = world.music.join("one.flac");
    fs::write(&one, [fs::read(&one).unwrap(), b"more".to_vec()].concat()).unwrap();
    for dry_run in [[].as_slice(), &["--dry-run"]] {
        let words = [&["art", "set", "one", cover], dry_run].concat();
        refused(&words, &["one.flac", "musefs revalidate", "nothing was changed"]);
    }
    assert!(stdout(&world.run(&["history"])).contains("nothing was changed"));
}
