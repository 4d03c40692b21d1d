//! Traps that have nothing to do with a kind of tag.

use super::{after, exercise, extension_of, understood};
use musefs_testkit::fixtures::{Content, Id3Builder, Kind, Picture, apev2};

/// A file of every container that fixtures are built of, with its name in the store.
fn files(content: &Content) -> Vec<(&'static str, Vec<u8>)> {
    let mut files: Vec<_> = Kind::ALL.map(|kind| (kind.name(), kind.build(content.clone()))).to_vec();
    let items: Vec<(&str, String)> = content.tags.iter().map(|(key, values)| (key, values.join("\0"))).collect();
    let items: Vec<(&str, &str)> = items.iter().map(|(key, value)| (*key, value.as_str())).collect();
    for (magic, name) in [("wvpk", "wv"), ("MAC ", "ape"), ("MPCK", "mpc"), ("tBaK", "tak"), ("OFR ", "ofr")] {
        files.push((name, [magic.as_bytes(), &[7; 300], &apev2(&items, true)].concat()));
    }
    let tag = Id3Builder::from_content(4, content).build();
    files.push(("tta", [&tag[..], b"TTA1", &[7; 300]].concat()));
    files
}

fn titled() -> Content {
    let mut content = Content::new(3);
    content.tags.push("title", "Song");
    content.tags.push("album", "Album");
    content
}

#[test]
fn content_decides_whatever_the_extension_says() {
    for (name, bytes) in files(&titled()) {
        for extension in
            ["", "mp3", "flac", "ogg", "opus", "m4a", "wav", "aif", "dsf", "wv", "tta", "wma", "mka", "txt"]
        {
            let (_, probe) = understood(&bytes, extension).expect(name);
            assert_eq!(probe.anatomy.format.as_str(), name, "called .{extension}");
            assert_eq!(probe.tags.get("title"), ["Song"], "{name} called .{extension}");
            assert!(probe.anatomy.is_editable(), "{name} called .{extension}");
        }
    }
}

/// What may stand in front of a file: several ID3v2 tags of every version, zeros, junk, and mixes of these.
fn fronts() -> Vec<(&'static str, Vec<u8>)> {
    let tag = |version: u8, artist: &str| Id3Builder::new(version).text(b"TPE1", &[artist]).padding(21).build();
    let old = [&b"ID3\x02\0\0\0\0\0\x0cTP1\0\0\x06\0first"[..]].concat();
    let zeros = vec![0; 700];
    let junk: Vec<u8> = (0..333u32).map(|at| (at * 31 % 97) as u8).collect();
    vec![
        ("a tag", tag(4, "first")),
        ("two tags", [tag(3, "first"), tag(4, "second")].concat()),
        ("tags of three versions", [old, tag(4, "second"), tag(3, "third")].concat()),
        ("zeros", zeros.clone()),
        ("junk", junk.clone()),
        ("a tag and zeros", [tag(4, "first"), zeros].concat()),
        ("a tag and junk", [tag(3, "first"), junk].concat()),
    ]
}

#[test]
fn any_file_may_begin_with_tags_zeros_or_junk() {
    let mut left_alone = Vec::new();
    for (name, bytes) in files(&titled()) {
        for (what, front) in fronts() {
            let file = [front.clone(), bytes.clone()].concat();
            let Some((format, probe)) = understood(&file, extension_of(name)) else {
                left_alone.push((name, what));
                continue;
            };
            exercise(format.as_ref(), extension_of(name), &file);
            if !probe.anatomy.is_editable() || probe.anatomy.format.as_str() != name {
                left_alone.push((name, what));
                continue;
            }
            let edited = after(format.as_ref(), extension_of(name), &file, &[("title", &["Other"])]);
            assert_eq!(edited.tags.get("title"), ["Other"], "{name} behind {what}");
            for key in ["album", "artist"] {
                assert_eq!(edited.tags.get(key), probe.tags.get(key), "{key} of {name} behind {what}");
            }
        }
    }
    // No reader finds a DSF file there, and nobody knows what its pointers count from.
    let dsf: Vec<_> = fronts().iter().map(|(what, _)| ("dsf", *what)).collect();
    assert_eq!(left_alone, dsf);
}

#[test]
fn a_tag_in_front_that_passes_the_end_is_no_junk() {
    for (name, bytes) in files(&titled()) {
        let size = [21, 14, 7, 0].map(|shift| ((bytes.len() + 50) >> shift) as u8 & 0x7f);
        let file = [&b"ID3\x03\0\0"[..], &size, &bytes].concat();
        // The edits make the file longer, so that the tag ends within it.
        for extension in ["", extension_of(name)] {
            if let Some((format, _)) = understood(&file, extension) {
                exercise(format.as_ref(), extension, &file);
            }
        }
    }
}

/// Values that readers have stumbled over.
fn odd_values() -> Vec<String> {
    vec![
        "line\r\nand\rline\n".to_owned(),
        "🎵 \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} 日本".to_owned(),
        "a mark \u{feff} in the middle".to_owned(),
        "\u{fffe}not a mark either".to_owned(),
        "Their / They're / There; a=b, AC/DC".to_owned(),
        " blanks around ".to_owned(),
        "la ".repeat(250_000 / 3),
    ]
}

#[test]
fn values_of_every_sort_are_read_kept_and_written() {
    for value in odd_values() {
        let mut content = titled();
        content.tags.push("lyricist", &value);
        content.tags.push("mood", &value);
        for (name, bytes) in files(&content) {
            let shown = value.chars().take(30).collect::<String>();
            let (format, probe) = understood(&bytes, "").expect(name);
            assert_eq!(probe.tags.get("mood"), [value.as_str()], "{name}: {shown:?}");
            let edited = after(format.as_ref(), extension_of(name), &bytes, &[("title", &["Other"])]);
            for key in ["mood", "lyricist", "album"] {
                assert!(edited.tags.get(key) == probe.tags.get(key), "{key} of {name}: {shown:?}");
            }
            for key in ["title", "comment", "lyrics", "some key"] {
                let edited = after(format.as_ref(), extension_of(name), &bytes, &[(key, &[&value])]);
                assert!(edited.tags.get(key) == [value.as_str()], "{key} of {name}: {shown:?}");
                assert!(edited.tags.get("mood") == [value.as_str()], "{name}: {shown:?}");
            }
        }
    }
}

#[test]
fn keys_that_differ_in_case_only_are_one() {
    let mut content = titled();
    for (key, value) in [("Some Key", "one"), ("SOME KEY", "two"), ("some key", "three")] {
        content.tags.push(key, value);
    }
    for (name, bytes) in files(&content) {
        let (format, probe) = understood(&bytes, "").expect(name);
        assert_eq!(probe.tags.get("some key"), ["one", "two", "three"], "{name}");
        let kept = after(format.as_ref(), extension_of(name), &bytes, &[("title", &["Other"])]);
        assert_eq!(kept.tags.get("some key"), ["one", "two", "three"], "{name}");
        let edited = after(format.as_ref(), extension_of(name), &bytes, &[("some key", &["only"])]);
        assert_eq!(edited.tags.get("some key"), ["only"], "{name}");
    }
}

#[test]
fn a_cover_of_zero_bytes_and_one_of_a_megabyte_survive() {
    let mut content = titled();
    content.pictures = vec![Picture::jpeg(1, 1 << 20), Picture { bytes: Vec::new(), ..Picture::png(2, 100) }];
    for kind in Kind::ALL {
        let bytes = kind.build(content.clone());
        let (format, _) = understood(&bytes, "").expect("a file of a known container");
        exercise(format.as_ref(), kind.extension(), &bytes);
    }
}
