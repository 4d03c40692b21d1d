//! Traps of the tags that several containers share, in each of them.

use super::carriers::{Carrier, with_ape, with_comments, with_id3};
use super::{after, exercise};
use musefs_contracts::probe::Probe;
use musefs_testkit::splicing;

fn synchsafe(value: usize) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| (value >> shift) as u8 & 0x7f)
}

fn tag(version: u8, flags: u8, body: &[u8]) -> Vec<u8> {
    [b"ID3", &[version, 0, flags][..], &synchsafe(body.len()), body].concat()
}

fn frame(version: u8, id: &str, flags: u16, body: &[u8]) -> Vec<u8> {
    let plain = (body.len() as u32).to_be_bytes();
    match version {
        2 => [id.as_bytes(), &plain[1..], body].concat(),
        3 => [id.as_bytes(), &plain, &flags.to_be_bytes(), body].concat(),
        _ => [id.as_bytes(), &synchsafe(body.len()), &flags.to_be_bytes(), body].concat(),
    }
}

fn unsynchronise(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        out.push(*byte);
        if *byte == 0xff && bytes.get(at + 1).is_none_or(|next| *next == 0 || *next >= 0xe0) {
            out.push(0);
        }
    }
    out
}

/// A tag with what it says of some keys, and how many pictures it has.
type Trap = (&'static str, Vec<u8>, Vec<(&'static str, Vec<&'static str>)>, usize);

fn versions() -> Vec<Trap> {
    let long: &'static str = "x".repeat(300).leak();
    let picture = |version: u8, id: &str, mime: &[u8]| {
        frame(version, id, 0, &[b"\0", mime, b"\x03d\0\xff\xd8\xff\xe0\xff\0image"].concat())
    };
    let title = |version: u8, id: &str| frame(version, id, 0, b"\0Song");
    let old =
        [title(2, "TT2"), frame(2, "TP1", 0, b"\0Me"), picture(2, "PIC", b"JPG"), frame(2, "TDA", 0, b"\x000304")];
    let wide = frame(3, "TPE1", 0, b"\x01\xff\xfea\0\xff\xff");
    let whole = [title(3, "TIT2"), wide, picture(3, "APIC", b"image/jpeg\0"), vec![0; 40]].concat();
    let plain = [&b"TALB"[..], &301u32.to_be_bytes(), b"\0\0\0", long.as_bytes()].concat();
    let by_frame = frame(4, "TPE1", 2, &unsynchronise(b"\x01\xff\xfea\0"));
    let extended_3 = [&[0, 0, 0, 6, 0, 0, 0, 0, 0, 0][..], &title(3, "TIT2"), &[0; 20]].concat();
    let extended_4 = [&[0, 0, 0, 6, 1, 0][..], &title(4, "TIT2"), &[0; 20]].concat();
    let song = || ("title", vec!["Song"]);
    vec![
        (
            "2.2",
            tag(2, 0, &[&old.concat()[..], &frame(2, "TYE", 0, b"\x002001")].concat()),
            vec![song(), ("artist", vec!["Me"]), ("date", vec!["2001-04-03"])],
            1,
        ),
        ("2.3, unsynchronised", tag(3, 0x80, &unsynchronise(&whole)), vec![song(), ("artist", vec!["a\u{ffff}"])], 1),
        (
            "2.3, said to be unsynchronised",
            tag(3, 0x80, &whole[..whole.len() - 40]),
            vec![song(), ("artist", vec!["a\u{ffff}"])],
            1,
        ),
        (
            "2.4 with plain sizes",
            tag(4, 0, &[title(4, "TIT2"), plain, frame(4, "TPE1", 0, b"\0Me")].concat()),
            vec![("album", vec![long]), ("artist", vec!["Me"])],
            0,
        ),
        (
            "2.4 with unsynchronised frames",
            tag(4, 0, &[title(4, "TIT2"), by_frame].concat()),
            vec![song(), ("artist", vec!["a"])],
            0,
        ),
        ("2.3 with an extended header", tag(3, 0x40, &extended_3), vec![song()], 0),
        ("2.4 with an extended header", tag(4, 0x40, &extended_4), vec![song()], 0),
        (
            "names of 2.2 in 2.3",
            tag(3, 0, &[title(3, "TT2\0"), frame(3, "TP1\0", 0, b"\0Me")].concat()),
            vec![song(), ("artist", vec!["Me"])],
            0,
        ),
    ]
}

fn frames() -> Vec<Trap> {
    let zlib = b"\0\0\0\x07\x78\x01\x01\x07\0\xf8\xff\0packed\x08\x87\x02\x69";
    let flagged = [
        frame(3, "TALB", 0x20, b"G\0grouped"),
        frame(3, "TENC", 0x40, b"M\x11\x22\x33"),
        frame(3, "TPE1", 0x80, zlib),
        frame(3, "TIT2", 0, b"\0Song"),
    ];
    let texts = [
        frame(3, "TPE1", 0, b"\0AC/DC\0Their / They're / There\0\0"),
        frame(3, "TCON", 0, b"\0(4)Eurodisco"),
        frame(3, "TYER", 0, b"\x002001"),
        frame(3, "TDAT", 0, b"\x000304"),
        frame(3, "TIME", 0, b"\x000506"),
        frame(3, "TORY", 0, b"\x001999"),
        frame(3, "TALB", 0, b"\x01\xff\xfea\0\0\0\xfe\xff\0b\0"),
        frame(3, "TXXX", 0, b"\0Mood\0calm\0blue"),
        frame(3, "COMM", 0, b"\0\0\0\0\0note"),
        frame(3, "USLT", 0, b"\0fra\0paroles"),
    ];
    let kept = [
        frame(
            4,
            "CHAP",
            0,
            &[&b"c1\0\0\0\0\0\0\0\0\x01\xff\xff\xff\xff\xff\xff\xff\xff"[..], &frame(4, "TIT2", 0, b"\0Chapter")]
                .concat(),
        ),
        frame(4, "CTOC", 0, b"t\0\x03\x01c1\0"),
        frame(4, "GRP1", 0, b"\x03group"),
        frame(4, "POPM", 0, b"who@where\0\x80\0\0\0\x05"),
        frame(4, "UFID", 0, b"other\0def"),
        frame(4, "PRIV", 0, b"owner\0\xff\xe0\0"),
        frame(4, "SYLT", 0, b"\x03eng\x02\x01\0a\0\0\0\0\x01"),
        frame(4, "RGAD", 0, b"\0\0\0\0\0\0\0\0"),
        frame(4, "XABC", 0, b"experimental"),
        frame(4, "TIT2", 0, b"\0Song"),
    ];
    let pictures = [
        frame(3, "APIC", 0, b"\0image/jpeg\0\xc8\0\xff\xd8odd type"),
        frame(3, "APIC", 0, b"\0\0\x03\0\xff\xd8no mime"),
        frame(3, "APIC", 0, b"\0-->\0\x03\0http://cover"),
        frame(3, "APIC", 0, b"\0image/png\0\x03no end"),
        frame(3, "TPE1", 0, b"\x09bad encoding"),
        frame(3, "APIC", 0, b"\0image/png\0\x03\0"),
        frame(3, "APIC", 0, b"\0image/png\0\x03same\0one"),
        frame(3, "TIT2", 0, b"\0Song"),
    ];
    vec![
        (
            "flags",
            tag(3, 0, &flagged.concat()),
            vec![("title", vec!["Song"]), ("album", vec!["grouped"]), ("artist", vec!["packed"])],
            0,
        ),
        (
            "texts",
            tag(3, 0, &texts.concat()),
            vec![
                ("artist", vec!["AC/DC", "Their / They're / There"]),
                ("genre", vec!["Disco", "Eurodisco"]),
                ("date", vec!["2001-04-03T05:06"]),
                ("originaldate", vec!["1999"]),
                ("album", vec!["a", "b"]),
                ("mood", vec!["calm", "blue"]),
                ("comment", vec!["note"]),
                ("lyrics", vec!["paroles"]),
            ],
            0,
        ),
        ("frames of every sort", tag(4, 0, &kept.concat()), vec![("title", vec!["Song"])], 0),
        ("pictures", tag(3, 0, &pictures.concat()), vec![("title", vec!["Song"])], 3),
    ]
}

fn probe(file: &Carrier) -> Probe {
    splicing::try_probe(file.format.as_ref(), &file.bytes, file.extension()).expect(file.name)
}

#[test]
fn id3v2_traps_are_met_in_every_container_of_such_tags() {
    for (what, tag, expected, pictures) in [versions(), frames()].concat() {
        let files = with_id3(&tag);
        assert!(files.len() > 8);
        for file in files {
            let shown = format!("{what} in {}", file.name);
            let before = probe(&file);
            for (key, values) in &expected {
                assert_eq!(before.tags.get(key), values, "{key}: {shown}");
            }
            if file.name != "MP3, twice" {
                assert_eq!(before.anatomy.pictures.len(), pictures, "{shown}");
            }
            exercise(file.format.as_ref(), file.extension(), &file.bytes);
            if before.anatomy.is_editable() {
                let edited = after(file.format.as_ref(), file.extension(), &file.bytes, &[("composer", &["New"])]);
                for (key, values) in &expected {
                    assert_eq!(edited.tags.get(key), values, "{key}: {shown}, edited");
                }
                assert_eq!(edited.tags.get("composer"), ["New"], "{shown}");
            }
        }
    }
}

fn comments(list: &[&[u8]]) -> Vec<u8> {
    let mut body = b"\x06\0\0\0vendor".to_vec();
    body.extend_from_slice(&(list.len() as u32).to_le_bytes());
    for comment in list {
        body.extend_from_slice(&(comment.len() as u32).to_le_bytes());
        body.extend_from_slice(comment);
    }
    body
}

#[test]
fn comment_traps_are_met_in_every_container_of_comments() {
    let list: [&[u8]; 11] = [
        b"no equals",
        b"TITLE=Song",
        b"=no name",
        b"NA\xffME=x",
        b"ARTIST=Bj\xf6rk",
        b"",
        b"LYRICS=a\0b\r\nc \xef\xbb\xbf\xf0\x9f\x8e\xb5=d",
        b"METADATA_BLOCK_PICTURE=**bad**",
        b"COVERART=iVBO\r\nRw0KGgo=",
        b"COVERARTMIME=image/png",
        b"Mood=calm",
    ];
    for file in with_comments(&comments(&list)) {
        let before = probe(&file);
        let expected =
            [("title", "Song"), ("artist", "Bj\u{fffd}rk"), ("lyrics", "a\0b\r\nc \u{feff}🎵=d"), ("mood", "calm")];
        for (key, value) in expected {
            assert_eq!(before.tags.get(key), [value], "{}", file.name);
        }
        assert_eq!(before.anatomy.pictures.len(), 1, "{}", file.name);
        exercise(file.format.as_ref(), file.extension(), &file.bytes);
        let edited =
            after(file.format.as_ref(), file.extension(), &file.bytes, &[("title", &["Other"]), ("mood", &["a\0b"])]);
        for (key, value) in [("title", "Other"), ("lyrics", expected[2].1), ("mood", "a\0b")] {
            assert_eq!(edited.tags.get(key), [value], "{}", file.name);
        }
    }
}

#[test]
fn a_number_said_again_behind_an_empty_value_stays_beside_another_total() {
    for file in with_id3(&tag(4, 0, &frame(4, "TRCK", 0, b"\0Side A\0\0Side A"))) {
        let before = probe(&file);
        assert_eq!(before.tags.get("tracknumber"), ["Side A"], "{}", file.name);
        exercise(file.format.as_ref(), file.extension(), &file.bytes);
        if before.anatomy.is_editable() {
            let edited = after(file.format.as_ref(), file.extension(), &file.bytes, &[("tracktotal", &["10"])]);
            assert_eq!(edited.tags.get("tracknumber"), ["Side A"], "{}", file.name);
            assert_eq!(edited.tags.get("tracktotal"), ["10"], "{}", file.name);
        }
    }
}

fn item(name: &str, flags: u32, value: &[u8]) -> Vec<u8> {
    [&(value.len() as u32).to_le_bytes(), &flags.to_le_bytes(), name.as_bytes(), b"\0", value].concat()
}

#[test]
fn apev2_traps_are_met_in_every_container_of_such_tags() {
    let items = [
        item("TITLE", 0, b"Song"),
        item("Broken", 0, b"\xff\xfe"),
        item("Cuesheet", 2, b"\0\x01"),
        item("Related", 4, b"http://link"),
        item("ARTIST", 0, b"One\0Two"),
        item("Cover Art (Front)", 2, b"no end of name"),
        item("Cover Art (Back)", 2, b"b.jpg\0\xff\xd8image"),
        item("Album", 1, b"Album\0"),
    ];
    for file in with_ape(items.len() as u32, &items.concat()).into_iter().filter(|file| !file.name.contains("lies")) {
        let before = probe(&file);
        assert_eq!(before.tags.get("artist"), ["One", "Two"], "{}", file.name);
        assert_eq!(before.tags.get("album"), ["Album"], "{}", file.name);
        assert_eq!(before.anatomy.pictures.len(), 1, "{}", file.name);
        exercise(file.format.as_ref(), file.extension(), &file.bytes);
        let edited = after(file.format.as_ref(), file.extension(), &file.bytes, &[("title", &["Other"])]);
        for (key, values) in before.tags.iter().filter(|(key, _)| *key != "title") {
            assert_eq!(edited.tags.get(key), values, "{key} of {}", file.name);
        }
    }
}
