//! The fixtures as the programs of others read them.

use musefs_testkit::fixtures::{
    Content, FlacBuilder, Id3Builder, Kind, Mp3Builder, Mp4Builder, Picture, apev2, apev2_cover, noise,
};
use musefs_testkit::tools;
use std::fmt::Write;
use std::path::Path;
use tempfile::TempDir;

/// Title and keys that every container has a place for, two values, characters beyond ASCII, an unknown key, two pictures.
fn rich(seed: u64) -> Content {
    let mut content = Content::new(seed);
    let tags = [
        ("title", "Äther – 音"),
        ("artist", "First"),
        ("artist", "Second"),
        ("album", "Album"),
        ("albumartist", "Various"),
        ("tracknumber", "3/12"),
        ("date", "2001"),
        ("genre", "Ambient"),
        ("mood", "calm"),
    ];
    for (key, value) in tags {
        content.tags.push(key, value);
    }
    content.pictures = vec![Picture::png(seed, 70_000), Picture::jpeg(seed, 900)];
    content.padding = 500;
    content
}

fn write(folder: &TempDir, name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn every_container_decodes_without_a_complaint() {
    let folder = tempfile::tempdir().unwrap();
    for kind in Kind::ALL {
        for seed in [1, 2, 77] {
            for content in [Content::new(seed), rich(seed)] {
                let name = format!("{seed}-{}.{}", content.padding, kind.extension());
                let path = write(&folder, &name, &kind.build(content.clone()));
                let decoded = tools::decode(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
                if kind.is_lossless() {
                    assert!(decoded == noise(seed, content.blocks), "{name}: other samples");
                } else {
                    // Decoders leave out the first samples of Opus, and a packet of Vorbis.
                    assert!(decoded.len() >= content.blocks * 700, "{name}: {} samples", decoded.len());
                }
            }
        }
    }
}

#[test]
fn other_seeds_are_other_audio_and_the_same_seed_is_the_same_file() {
    for kind in Kind::ALL {
        let build = |seed| kind.build(Content::new(seed));
        assert_eq!(build(5), build(5));
        let (five, six) = (build(5), build(6));
        assert_ne!(five[five.len() - 40..], six[six.len() - 40..], "{}", kind.name());
    }
}

const MUTAGEN: &str = r"
import sys, mutagen, mutagen.id3
for path in sys.argv[1:]:
    # Mutagen's reader of AAC has no tags; the ID3 tag in front of it is read by itself.
    file = mutagen.id3.ID3(path) if path.endswith('.aac') else mutagen.File(path, easy=False)
    name = type(file).__name__
    tags = file if name == 'ID3' else file.tags
    if name in ('MP3', 'WAVE', 'AIFF', 'DSF', 'ID3'):
        title, artists = tags['TIT2'].text[0], tags['TPE1'].text
        mood, pictures = tags['TXXX:mood'].text, tags.getall('APIC')
        sizes = [len(picture.data) for picture in pictures]
    elif name == 'MP4':
        title, artists = tags['\xa9nam'][0], tags['\xa9ART']
        mood = [bytes(value).decode() for value in tags['----:com.apple.iTunes:MOOD']]
        sizes = [len(bytes(cover)) for cover in tags['covr']]
    else:
        title, artists, mood = tags['title'][0], tags['artist'], tags['mood']
        if name == 'FLAC' or not 'metadata_block_picture' in tags:
            sizes = [len(picture.data) for picture in getattr(file, 'pictures', [])]
        else:
            import base64
            from mutagen.flac import Picture
            sizes = [len(Picture(base64.b64decode(text)).data) for text in tags['metadata_block_picture']]
    print(name, title, '+'.join(artists), '+'.join(mood), '+'.join(map(str, sizes)))
";

#[test]
fn mutagen_reads_the_tags_and_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    let mut expected = String::new();
    for kind in Kind::ALL {
        let mut content = rich(9);
        if kind == Kind::OggFlac {
            // Mutagen reads no picture blocks there; without padding the pictures stand among the comments.
            content.padding = 0;
        }
        paths.push(write(&folder, &format!("track.{}", kind.extension()), &kind.build(content)));
        let name = match kind {
            Kind::Flac => "FLAC",
            Kind::Mp3 => "MP3",
            Kind::M4a => "MP4",
            Kind::Opus => "OggOpus",
            Kind::Vorbis => "OggVorbis",
            Kind::OggFlac => "OggFLAC",
            Kind::Wav => "WAVE",
            Kind::Aiff => "AIFF",
            Kind::Aac => "ID3",
            Kind::Dsf => "DSF",
        };
        writeln!(expected, "{name} Äther – 音 First+Second calm 70000+900").unwrap();
    }
    assert_eq!(tools::python(MUTAGEN, &paths).unwrap(), expected);
}

#[test]
fn ffprobe_reads_the_title() {
    let folder = tempfile::tempdir().unwrap();
    for kind in Kind::ALL {
        let path = write(&folder, &format!("track.{}", kind.extension()), &kind.build(rich(4)));
        let found = tools::probe(&path).unwrap();
        assert!(found.contains("Äther – 音"), "{}: {found}", kind.name());
    }
}

#[test]
fn flac_and_metaflac_accept_every_block_and_checksum() {
    let folder = tempfile::tempdir().unwrap();
    let file = FlacBuilder::from_content(rich(3)).block(2, b"testdata").vendor("another vendor").build();
    let path = write(&folder, "track.flac", &file);
    let arguments = |option: &'static str| [option.as_ref(), path.as_os_str()];
    // A digest that is missing would be a warning, one that differs an error.
    tools::run("flac", ["-tsw".as_ref(), path.as_os_str()]).unwrap();
    let listed = String::from_utf8(tools::run("metaflac", arguments("--list")).unwrap()).unwrap();
    for expected in ["another vendor", "ARTIST=Second", "APPLICATION", "PADDING", "data length: 70000"] {
        assert!(listed.contains(expected), "no {expected}");
    }
}

#[test]
fn variants_decode_too() {
    let folder = tempfile::tempdir().unwrap();
    let tag = Id3Builder::new(3).text(b"TIT2", &["Äther"]).frame(b"PRIV", b"owner\0data").padding(100).build();
    let lossless = [
        ("lead.flac", FlacBuilder::new(1).lead(&tag).build()),
        ("bare.flac", FlacBuilder::new(1).without_comments().build()),
        ("long.flac", FlacBuilder::new(1).blocks(2_100).build()),
        ("last.m4a", Mp4Builder::from_content(rich(1)).moov_last().build()),
    ];
    for (name, bytes) in lossless {
        let blocks = if name == "long.flac" { 2_100 } else { 4 };
        let decoded = tools::decode(&write(&folder, name, &bytes)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(decoded == noise(1, blocks), "{name}: other samples");
    }
    let lossy = [
        ("aac.m4a", Mp4Builder::from_content(rich(1)).aac().build()),
        ("v3.mp3", Mp3Builder::from_content(rich(1)).id3v2(Some(3)).id3v1().build()),
        ("info.mp3", Mp3Builder::new(1).id3v2(None).xing().blocks(40).build()),
        ("junk.mp3", Mp3Builder::new(1).tag("title", "x").junk(300).build()),
    ];
    for (name, bytes) in lossy {
        let path = write(&folder, name, &bytes);
        assert!(!decode_leniently(&path).is_empty(), "{name}");
    }
}

/// What ffmpeg decodes, whatever it remarks on bytes around the frames that it does not know.
fn decode_leniently(path: &Path) -> Vec<u8> {
    let before = ["-nostdin", "-v", "error", "-i"].map(AsRef::as_ref);
    let behind = ["-f", "s16le", "-"].map(AsRef::as_ref);
    let arguments: Vec<&std::ffi::OsStr> = before.into_iter().chain([path.as_os_str()]).chain(behind).collect();
    tools::run("ffmpeg", arguments).unwrap()
}

#[test]
fn mutagen_reads_an_ape_tag_behind_the_audio() {
    let folder = tempfile::tempdir().unwrap();
    let program = "import sys, mutagen.apev2 as ape; tag = ape.APEv2(sys.argv[1]); \
                   print(list(tag.get('Artist', [])), len(tag.get('Cover Art (Front)', ape.APEBinaryValue(b'')).value))";
    let cover = apev2_cover("cover.png", &Picture::png(1, 400).bytes);
    for (tag, expected) in [
        (apev2(&[("Artist", "One\0Two")], true), "['One', 'Two'] 0"),
        (apev2(&[("Artist", "One\0Two")], false), "['One', 'Two'] 0"),
        (cover, "[] 410"),
    ] {
        let path = write(&folder, "track.mp3", &Mp3Builder::new(1).id3v2(None).blocks(20).trail(&tag).build());
        assert_eq!(tools::python(program, [&path]).unwrap().trim(), expected);
        assert!(!decode_leniently(&path).is_empty());
    }
}

#[test]
fn a_missing_program_is_told_with_its_remedy() {
    let attempt = std::panic::catch_unwind(|| tools::output("musefs-no-such-program", ["x"]));
    let message = *attempt.unwrap_err().downcast::<String>().unwrap();
    assert!(message.contains("musefs-no-such-program") && message.contains("cargo xtask setup"), "{message}");
}
