//! An edit made in the store, as the programs of others read it from the mount, for every container that can be edited.

mod common;

use common::{World, python, tool};
use musefs_testkit::fixtures::{Content, Id3Builder, Kind, Mp3Builder, Picture};
use rusqlite::Connection;
use serde_json::Value;
use std::path::{Path, PathBuf};

const TITLE: &str = "Edited – 日本";
const ARTISTS: [&str; 2] = ["Erste Größe", "Second"];
/// The path key steers the name in the mount and is not written into files.
const TEMPLATE: &str = "$!{test_path}";

/// Where readers of a container are known to see less than others.
#[derive(Clone, Copy)]
struct Readers {
    mutagen: bool,
    taglib: bool,
    ffmpeg: bool,
}

const ALL: Readers = Readers { mutagen: true, taglib: true, ffmpeg: true };

/// Stream versions, and containers, that ffmpeg does not know.
const NO_FFMPEG: Readers = Readers { ffmpeg: false, ..ALL };
const OPTIMFROG: Readers = Readers { taglib: false, ..NO_FFMPEG };

struct Case {
    file: &'static str,
    readers: Readers,
    /// Programs of the container's own makers, with their arguments before the file; all print comments as `NAME=value`.
    programs: &'static [&'static [&'static str]],
}

const METAFLAC: &[&[&str]] = &[&["metaflac", "--list", "--block-type=VORBIS_COMMENT"], &["flac", "--test", "--silent"]];
const VORBIS: &[&[&str]] = &[&["vorbiscomment", "--list", "--raw"], &["ogginfo"]];
const OPUS: &[&[&str]] = &[&["opusinfo"]];
const OGG: &[&[&str]] = &[&["ogginfo"]];
const OGG_FLAC: &[&[&str]] = &[&["ogginfo"], &["flac", "--test", "--silent"]];

const fn case(file: &'static str, readers: Readers, programs: &'static [&'static [&'static str]]) -> Case {
    Case { file, readers, programs }
}

/// Built in code; made by encoders; taken from mutagen's test data where no free encoder exists.
const CASES: &[Case] = &[
    case("flac.flac", ALL, METAFLAC),
    case("mp3.mp3", ALL, &[]),
    case("tag22.mp3", ALL, &[]),
    case("tag23.mp3", ALL, &[]),
    case("m4a.m4a", ALL, &[]),
    case("opus.opus", ALL, OPUS),
    case("vorbis.ogg", ALL, VORBIS),
    case("oggflac.oga", ALL, OGG_FLAC),
    case("wav.wav", ALL, &[]),
    case("aiff.aif", ALL, &[]),
    case("aac.aac", ALL, &[]),
    case("dsf.dsf", ALL, &[]),
    case("encoded.flac", ALL, METAFLAC),
    case("encoded.mp3", ALL, &[]),
    case("encoded.m4a", ALL, &[]),
    case("encoded.ogg", ALL, VORBIS),
    case("encoded.opus", ALL, OPUS),
    case("encoded.oga", ALL, OGG_FLAC),
    case("encoded.spx", ALL, OGG),
    case("encoded.wv", ALL, &[]),
    case("encoded.tta", ALL, &[]),
    case("encoded.mp2", ALL, &[]),
    case("encoded.aac", ALL, &[]),
    case("sowt.aifc", ALL, &[]),
    // Neither mutagen nor TagLib reads RF64.
    case("rf64.wav", Readers { mutagen: false, taglib: false, ..ALL }, &[]),
    case("mac-399.ape", ALL, &[]),
    case("click.mpc", ALL, &[]),
    case("sv8_header.mpc", ALL, &[]),
    case("mac-396.ape", ALL, &[]),
    case("sv5_header.mpc", NO_FFMPEG, &[]),
    case("dsd.wv", ALL, &[]),
    case("adif.aac", NO_FFMPEG, &[]),
    // TagLib knows nothing of TAK and OptimFROG, ffmpeg nothing of the latter.
    case("silence-44-s.tak", Readers { taglib: false, ..ALL }, &[]),
    case("silence-2s-44100-16.ofr", OPTIMFROG, &[]),
    case("silence-2s-44100-16.ofs", OPTIMFROG, &[]),
];

fn script(words: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/fields.py");
    tool(&python(), &[&[script.to_str().unwrap()], words].concat())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A file of mutagen's source distribution, which `cargo xtask setup` unpacks beside the Python environment.
fn of_mutagen(name: &str) -> Vec<u8> {
    let target = Path::new(&python()).ancestors().nth(3).unwrap_or(Path::new("")).join("testdata");
    let path = target.join("mutagen-1.48.1/tests/data").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; run: cargo xtask setup", path.display()))
}

fn before() -> Content {
    let mut content = Content::new(11);
    for (key, value) in [("title", "Before"), ("artist", "Alone"), ("album", "Record"), ("comment", "to be removed")] {
        content.tags.push(key, value);
    }
    content.pictures = vec![Picture::jpeg(3, 20_000)];
    content.padding = 300;
    content
}

/// An MP3 file with a tag of version 2.2, whose frames have names of three letters.
fn with_tag_22() -> Vec<u8> {
    let mut frames = Vec::new();
    let image = Picture::png(5, 900).bytes;
    let bodies: [(&[u8; 3], Vec<u8>); 5] = [
        (b"TT2", b"\0Before".to_vec()),
        (b"TP1", b"\0Alone".to_vec()),
        (b"TAL", b"\0Record".to_vec()),
        (b"COM", b"\0eng\0to be removed".to_vec()),
        (b"PIC", [b"\0PNG\x03\0".as_slice(), &image].concat()),
    ];
    for (name, body) in bodies {
        frames.extend_from_slice(name);
        frames.extend_from_slice(&(body.len() as u32).to_be_bytes()[1..]);
        frames.extend_from_slice(&body);
    }
    let len = frames.len() as u32;
    let size = [len >> 21, len >> 14, len >> 7, len].map(|part| part as u8 & 0x7f);
    [b"ID3\x02\0\0".as_slice(), &size, &frames, &Mp3Builder::new(9).id3v2(None).build()].concat()
}

/// Every file of [`CASES`], with the same tags in each.
fn fill(world: &World) {
    for kind in Kind::ALL {
        world.put(&format!("{}.{}", kind.name(), kind.extension()), kind.build(before()));
    }
    world.put("tag22.mp3", with_tag_22());
    let tag = Id3Builder::from_content(3, &before());
    world.put("tag23.mp3", Mp3Builder::new(12).id3v2_tag(&tag).build());
    let tone = world.root.join("tone.wav");
    let sine = ["-nostdin", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=330:duration=2", "-ac", "2"];
    tool("ffmpeg", &[sine.as_slice(), &[text(&tone)]].concat());
    let tags = ["title=Before", "artist=Alone", "album=Record", "comment=to be removed"];
    let path = |name: &str| world.music.join(name);
    let encode = |name: &str, options: &[&str]| {
        let metadata = tags.iter().flat_map(|tag| ["-metadata", tag]);
        let arguments: Vec<&str> = ["-nostdin", "-v", "error", "-i", text(&tone)].into_iter().chain(metadata).collect();
        tool("ffmpeg", &[arguments.as_slice(), options, &[text(&path(name))]].concat());
    };
    for extension in ["flac", "mp3", "m4a", "ogg", "opus", "spx", "wv", "tta", "mp2", "aac"] {
        encode(&format!("encoded.{extension}"), &[]);
    }
    encode("rf64.wav", &["-rf64", "always"]);
    encode("sowt.aifc", &["-c:a", "pcm_s16le", "-write_id3v2", "1", "-f", "aiff"]);
    let metadata: Vec<String> = tags.iter().map(|tag| format!("--tag={tag}")).collect();
    let metadata: Vec<&str> = metadata.iter().map(String::as_str).collect();
    let oga = path("encoded.oga");
    tool("flac", &[metadata.as_slice(), &["--ogg", "--silent", "-o", text(&oga), text(&tone)]].concat());
    // ffmpeg writes its comment as a description into Vorbis comments, and none into raw streams, hence once more.
    let mut paths = ["flac", "ogg", "opus", "spx", "wv", "mp2", "aac"]
        .map(|extension| path(&format!("encoded.{extension}")))
        .to_vec();
    for case in CASES.iter().filter(|case| !path(case.file).exists()) {
        paths.push(world.put(case.file, of_mutagen(case.file)));
    }
    let words: Vec<&str> = std::iter::once("write").chain(paths.iter().map(|path| text(path))).collect();
    script(&words);
}

/// The edit that every test of this file makes: a title, two artists, a cover, and no comment.
fn edit(store: &mut Connection, cover: &Picture, digest: &str) {
    let edit = store.transaction().unwrap();
    edit.execute_batch("DELETE FROM tags WHERE lower(key) IN ('title', 'artist', 'comment')").unwrap();
    for (key, ordinal, value) in [("title", 0, TITLE), ("artist", 0, ARTISTS[0]), ("artist", 1, ARTISTS[1])] {
        let row = "INSERT INTO tags (track_id, key, value, ordinal) SELECT id, ?1, ?2, ?3 FROM tracks";
        edit.execute(row, (key, value, ordinal)).unwrap();
    }
    let art = "INSERT INTO art (sha256, mime, width, height, byte_len, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let size = (cover.width, cover.height, cover.bytes.len() as i64);
    edit.execute(art, (digest, &cover.mime, size.0, size.1, size.2, &cover.bytes)).unwrap();
    edit.execute_batch(
        "DELETE FROM track_art;
         INSERT INTO track_art (track_id, art_id, picture_type, description, ordinal)
         SELECT id, (SELECT max(id) FROM art), 3, '', 0 FROM tracks",
    )
    .unwrap();
    edit.commit().unwrap();
}

/// Gives each track the name in the mount that it has in the music folder.
fn keep_names(store: &Connection, music: &Path) {
    let row = "INSERT INTO tags (track_id, key, value) SELECT id, 'test_path', substr(backing_path, ?1) FROM tracks";
    store.execute(row, [text(music).len() as i64 + 2]).unwrap();
}

fn digest_of(world: &World, picture: &Picture) -> String {
    let path = world.root.join("cover");
    std::fs::write(&path, &picture.bytes).unwrap();
    tool("sha256sum", &[text(&path)]).split(' ').next().unwrap().to_owned()
}

fn decoded(path: &Path) -> String {
    tool("ffmpeg", &["-nostdin", "-v", "error", "-i", text(path), "-map", "0:a:0", "-f", "md5", "-"])
}

fn ffprobe(path: &Path) -> Value {
    let shown = "format_tags:stream_tags:stream_disposition=attached_pic:chapter_tags";
    let json = tool("ffprobe", &["-v", "error", "-of", "json", "-show_entries", shown, "-show_chapters", text(path)]);
    serde_json::from_str(&json).unwrap()
}

/// A tag that ffprobe shows, of the file or of its streams.
fn shown<'a>(probe: &'a Value, name: &str) -> Option<&'a str> {
    let streams = probe["streams"].as_array().into_iter().flatten();
    let places = std::iter::once(&probe["format"]).chain(streams);
    places.filter_map(|place| place["tags"].as_object()).flatten().find_map(|(key, value)| {
        let is_it = key.eq_ignore_ascii_case(name) && value != "";
        if is_it { value.as_str() } else { None }
    })
}

/// What is wrong with what a reader says of an edited file.
fn complaints(reader: &str, fields: &Value, digest: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let expected = [
        ("title", Some(vec![TITLE])),
        ("artist", Some(ARTISTS.to_vec())),
        ("album", Some(vec!["Record"])),
        ("comment", None),
        ("test_path", None),
        ("#pictures", Some(vec![digest])),
    ];
    for (key, expected) in expected {
        if fields[key] != expected.map_or(Value::Null, Value::from) {
            wrong.push(format!("{reader}: {key} is {}", fields[key]));
        }
    }
    wrong
}

/// What is wrong with what ffprobe says. It shows some containers' values joined and of some the first alone.
fn complaints_of_ffprobe(probe: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut expect = |key: &str, holds: bool| {
        if !holds {
            wrong.push(format!("ffprobe: {key} is {:?}", shown(probe, key)));
        }
    };
    expect("title", shown(probe, "title") == Some(TITLE));
    expect("artist", shown(probe, "artist").is_some_and(|artist| artist.contains(ARTISTS[0])));
    expect("album", shown(probe, "album") == Some("Record"));
    expect("comment", shown(probe, "comment").is_none_or(|comment| comment == "Cover (front)"));
    let is_picture = |stream: &&Value| stream["disposition"]["attached_pic"] == 1;
    let pictures = probe["streams"].as_array().unwrap().iter().filter(is_picture).count();
    expect("attached_pic", pictures == 1);
    wrong
}

/// What is wrong with what AtomicParsley says of an MPEG-4 file.
fn complaints_of_atomic_parsley(path: &Path) -> Vec<String> {
    let printed = tool("AtomicParsley", &[text(path), "-t"]);
    let has = |line: &str| printed.lines().any(|printed| printed.trim_start_matches('\u{feff}').trim() == line);
    let mut wrong = Vec::new();
    for (atom, value) in [("©nam", TITLE), ("©ART", ARTISTS[0]), ("©ART", ARTISTS[1]), ("©alb", "Record")] {
        if !has(&format!("Atom \"{atom}\" contains: {value}")) {
            wrong.push(format!("AtomicParsley: {atom} is not {value}"));
        }
    }
    if printed.contains("©cmt") || !has("Atom \"covr\" contains: 1 piece of artwork") {
        wrong.push("AtomicParsley: comment or artwork".to_owned());
    }
    if !wrong.is_empty() {
        wrong.push(printed);
    }
    wrong
}

/// What is wrong with what `wvtag` says of a WavPack file. It parts the values of an item by a backslash.
fn complaints_of_wvtag(path: &Path) -> Vec<String> {
    let printed = tool("wvtag", &["-l", text(path)]);
    let field = |name: &str| printed.lines().find_map(|line| line.strip_prefix(&format!("{name}:"))).map(str::trim);
    let artists = ARTISTS.join("\\");
    let expected =
        [("Title", Some(TITLE)), ("Artist", Some(artists.as_str())), ("Album", Some("Record")), ("Comment", None)];
    let wrong = expected.into_iter().filter(|(name, value)| field(name) != *value);
    wrong.map(|(name, _)| format!("wvtag: {name} is {:?}", field(name))).collect()
}

fn complaints_of_programs(case: &Case, path: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    for program in case.programs {
        let words = [&program[1..], &[text(path)]].concat();
        let output = std::process::Command::new(program[0]).args(&words).output();
        let output = output.unwrap_or_else(|error| panic!("{}: {error}; run: cargo xtask setup", program[0]));
        let status = output.status;
        let output = [output.stdout, output.stderr].concat();
        let output = String::from_utf8_lossy(&output);
        if !status.success() {
            wrong.push(format!("{}: {status}: {output}", program[0]));
        }
        let comment = |name: &str| {
            let is_it = |line: &&str| line.to_lowercase().contains(&format!("{name}="));
            output.lines().filter(is_it).map(|line| line.rsplit('=').next().unwrap()).collect::<Vec<_>>()
        };
        let is_silent = program.contains(&"--silent");
        if !is_silent && (comment("title"), comment("artist")) != (vec![TITLE], ARTISTS.to_vec()) {
            wrong.push(format!("{}: {output}", program[0]));
        }
        if !comment("comment").is_empty() {
            wrong.push(format!("{}: {output}", program[0]));
        }
    }
    wrong
}

#[test]
fn every_reader_sees_an_edit_of_every_container() {
    let world = World::new();
    fill(&world);
    world.scan();
    let cover = Picture::png(21, 150_000);
    let digest = digest_of(&world, &cover);
    let mut store = world.sql();
    edit(&mut store, &cover, &digest);
    keep_names(&store, &world.music);
    drop(store);
    let mount = world.mount(&["--template", TEMPLATE]);
    let paths: Vec<PathBuf> = CASES.iter().map(|case| mount.path(case.file)).collect();
    let words: Vec<&str> = std::iter::once("read").chain(paths.iter().map(|path| text(path))).collect();
    let read: Value = serde_json::from_str(&script(&words)).unwrap();
    let mut wrong = Vec::new();
    for (case, path) in CASES.iter().zip(&paths) {
        let original = world.music.join(case.file);
        let mut found = Vec::new();
        if case.readers.mutagen {
            found.extend(complaints("mutagen", &read[text(path)]["mutagen"], &digest));
        }
        if case.readers.taglib {
            found.extend(complaints("TagLib", &read[text(path)]["taglib"], &digest));
        }
        if case.readers.ffmpeg {
            found.extend(complaints_of_ffprobe(&ffprobe(path)));
        }
        found.extend(complaints_of_programs(case, path));
        if case.file.contains(".m4a") {
            found.extend(complaints_of_atomic_parsley(path));
        }
        if case.file.contains(".wv") {
            found.extend(complaints_of_wvtag(path));
        }
        if case.readers.ffmpeg && decoded(path) != decoded(&original) {
            found.push("other samples".to_owned());
        }
        if std::fs::metadata(path).unwrap().len() != std::fs::read(path).unwrap().len() as u64 {
            found.push("not as long as its size".to_owned());
        }
        wrong.extend(found.into_iter().map(|complaint| format!("{}: {complaint}", case.file)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_title_edit_leaves_every_other_frame_of_an_mp3_byte_for_byte() {
    let world = World::new();
    let original = world.put("rich.mp3", Mp3Builder::new(4).id3v2(None).build());
    script(&["rich", text(&original)]);
    world.scan();
    world.set_tag("rich.mp3", "title", TITLE);
    keep_names(&world.sql(), &world.music);
    let mount = world.mount(&["--template", TEMPLATE]);
    let frames = |path: &Path| -> Vec<(String, String)> {
        serde_json::from_str::<Value>(&script(&["frames", text(path)]))
            .unwrap()
            .as_array()
            .unwrap()
            .iter()
            .map(|frame| (frame[0].as_str().unwrap().to_owned(), frame[1].as_str().unwrap().to_owned()))
            .collect()
    };
    let (before, after) = (frames(&original), frames(&mount.path("rich.mp3")));
    let names = |frames: &[(String, String)]| frames.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let expected = [
        ("CTOC", 1),
        ("CHAP", 2),
        ("GRP1", 1),
        ("TXXX", 2),
        ("COMM", 3),
        ("USLT", 2),
        ("POPM", 1),
        ("PRIV", 1),
        ("GEOB", 1),
        ("SYLT", 1),
        ("UFID", 1),
        ("WXXX", 1),
        ("APIC", 3),
        ("TIT2", 1),
    ];
    for (name, count) in expected {
        assert_eq!(names(&before).iter().filter(|other| *other == name).count(), count, "{name}");
    }
    assert_eq!(names(&after), names(&before));
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before == after, before.0 != "TIT2", "{}", before.0);
    }
}

#[test]
fn an_audiobook_keeps_its_chapters() {
    let world = World::new();
    let chapters = world.root.join("chapters.txt");
    let parts = [0, 700, 1400].map(|start| {
        format!("[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={}\ntitle=Part at {start}\n", start + 700)
    });
    let metadata = format!(";FFMETADATA1\ntitle=Before\nartist=Alone\n{}", parts.concat());
    std::fs::write(&chapters, metadata).unwrap();
    let original = world.music.join("book.m4b");
    let (source, output) = (["-f", "lavfi", "-i", "sine=duration=2.1"], ["-map", "0:a", "-map_metadata", "1"]);
    let arguments = [&["-nostdin", "-v", "error"], source.as_slice(), &["-i", text(&chapters)], &output];
    tool("ffmpeg", &[&arguments.concat(), ["-f", "mp4", text(&original)].as_slice()].concat());
    world.scan();
    let cover = Picture::jpeg(8, 90_000);
    let digest = digest_of(&world, &cover);
    let mut store = world.sql();
    edit(&mut store, &cover, &digest);
    keep_names(&store, &world.music);
    drop(store);
    let mount = world.mount(&["--template", TEMPLATE]);
    let served = mount.path("book.m4b");
    let probes = [ffprobe(&original), ffprobe(&served)];
    assert_eq!(probes[0]["chapters"].as_array().unwrap().len(), 3);
    assert_eq!(probes[1]["chapters"], probes[0]["chapters"]);
    assert_eq!(shown(&probes[1], "title"), Some(TITLE));
    let by_mutagen = script(&["chapters", text(&original)]);
    assert!(by_mutagen.contains("Part at 1400"), "{by_mutagen}");
    assert_eq!(script(&["chapters", text(&served)]), by_mutagen);
    assert_eq!(decoded(&served), decoded(&original));
}

#[test]
fn totals_that_taggers_keep_apart_are_shown_where_each_container_has_them() {
    let world = World::new();
    let mut content = before();
    content.tags.push("tracknumber", "1/9");
    for kind in [Kind::Mp3, Kind::M4a, Kind::Wav, Kind::Aiff, Kind::Flac] {
        world.put(&format!("{}.{}", kind.name(), kind.extension()), kind.build(content.clone()));
    }
    let unnumbered = Mp3Builder::from_content(before()).build();
    world.put("unnumbered.mp3", unnumbered);
    world.scan();
    let store = world.sql();
    store.execute_batch("DELETE FROM tags WHERE lower(key) IN ('tracknumber', 'discnumber')").unwrap();
    for (key, value) in [("tracknumber", "2"), ("tracktotal", "10"), ("discnumber", "1"), ("disctotal", "3")] {
        store.execute("INSERT INTO tags (track_id, key, value) SELECT id, ?1, ?2 FROM tracks", (key, value)).unwrap();
    }
    keep_names(&store, &world.music);
    drop(store);
    let mount = world.mount(&["--template", TEMPLATE]);
    for (name, expected) in [
        ("mp3.mp3", r#"{"TRCK": ["2/10"], "TPOS": ["1/3"]}"#),
        ("unnumbered.mp3", r#"{"TRCK": ["2/10"], "TPOS": ["1/3"]}"#),
        ("wav.wav", r#"{"TRCK": ["2/10"], "TPOS": ["1/3"]}"#),
        ("aiff.aif", r#"{"TRCK": ["2/10"], "TPOS": ["1/3"]}"#),
        ("m4a.m4a", r#"{"trkn": [[2, 10]], "disk": [[1, 3]]}"#),
        ("flac.flac", r#"{"tracknumber": ["2"], "tracktotal": ["10"], "discnumber": ["1"], "disctotal": ["3"]}"#),
    ] {
        let expected: Value = serde_json::from_str(expected).unwrap();
        let read: Value = serde_json::from_str(&script(&["numbers", text(&mount.path(name))])).unwrap();
        assert_eq!(read, expected, "{name}");
    }
}
