//! What these files do, a test for each.

mod support;

use musefs_contracts::anatomy::Editability;
use musefs_contracts::edit::{Edit, EditValue, KeyChange};
use musefs_contracts::format::Confidence;
use support::*;

#[test]
fn every_file_is_served_as_it_is_and_says_why() {
    let files = [dff(&[chunk(b"DSD ", &ramp(10))]), asf(&[]), mka(&[tracks(&[2]), cluster()])];
    for (file, name) in files.iter().zip(["DSDIFF", "ASF", "Matroska"]) {
        let probed = probe(file);
        let Editability::Verbatim(reason) = &probed.anatomy.editability else { panic!("{name}") };
        assert!(reason.starts_with(name) && reason.ends_with("is not supported"), "{reason}");
        let changes = vec![KeyChange { key: "title".to_owned(), values: vec![EditValue::Text("x".to_owned())] }];
        let layout = format_of(file).unwrap().layout(&probed.anatomy, &Edit { changes, art: None }).unwrap();
        assert!(layout.is_verbatim(file.len() as u64));
    }
}

#[test]
fn content_decides_before_the_extension() {
    for format in formats() {
        let mut head = head(b"RIFF....WAVE....");
        assert_eq!(format.sniff(&head), Confidence::No);
        head.extension = format.extensions()[0];
        assert_eq!(format.sniff(&head), Confidence::Extension);
    }
    assert!(format_of(b"FRM8\0\0\0\0\0\0\0\0AIFF").is_none());
}

#[test]
fn dsdiff_tells_artist_and_title_where_no_id3_tag_does() {
    let master = chunk(b"DIIN", &[chunk(b"DIAR", &counted("Me")), chunk(b"DITI", &counted("Sung"))].concat());
    let file = dff(&[chunk(b"DST ", &ramp(11)), master.clone()]);
    let probed = probe(&file);
    assert_eq!(
        (probed.tags.get("artist"), probed.tags.get("title")),
        (&["Me".to_owned()][..], &["Sung".to_owned()][..])
    );
    assert_eq!((probed.anatomy.audio.len, probed.anatomy.format.as_str()), (11, "dff"));
    let tag = chunk(b"ID3 ", &id3(&[(b"TIT2", "Song"), (b"APIC", "image/png\0\x03\0image")]));
    let probed = probe(&dff(&[chunk(b"DSD ", &ramp(10)), master, tag]));
    assert_eq!(
        (probed.tags.get("artist"), probed.tags.get("title")),
        (&["Me".to_owned()][..], &["Song".to_owned()][..])
    );
    assert_eq!(probed.anatomy.pictures.len(), 1);
}

#[test]
fn dsdiff_sizes_that_lie_end_with_the_file() {
    let mut file = dff(&[chunk(b"DSD ", &ramp(10))]);
    let at = file.len() - 18;
    file[at..at + 8].fill(0xff);
    assert_eq!(probe(&file).anatomy.audio.len, 10);
    let text = [&u32::MAX.to_be_bytes()[..], b"Me"].concat();
    let file = dff(&[chunk(b"DIIN", &chunk(b"DIAR", &text))]);
    assert_eq!(probe(&file).tags.get("artist"), ["Me"]);
}

#[test]
fn asf_attributes_are_read_wherever_they_stand() {
    let file = asf(&[
        library(&[("WM/AlbumArtist", 0, utf16("All")), ("WM/Year", 0, utf16("2001"))]),
        description("Song", "Me"),
        extended(&[
            ("WM/AlbumTitle", 0, utf16("Album")),
            ("WM/TrackNumber", 3, 7u32.to_le_bytes().to_vec()),
            ("WM/IsCompilation", 2, 1u32.to_le_bytes().to_vec()),
            ("Author", 0, utf16("You")),
            ("WM/Opaque", 1, ramp(10)),
        ]),
    ]);
    let tags = probe(&file).tags;
    for (key, values) in [
        ("title", &["Song"][..]),
        ("artist", &["Me", "You"]),
        ("album", &["Album"]),
        ("albumartist", &["All"]),
        ("date", &["2001"]),
        ("tracknumber", &["7"]),
        ("compilation", &["1"]),
        ("wm/opaque", &[]),
    ] {
        assert_eq!(tags.get(key), values, "{key}");
    }
}

#[test]
fn asf_pictures_are_located() {
    let picture = |image: &[u8]| {
        [&[3], &(image.len() as u32).to_le_bytes()[..], &utf16("image/png"), &utf16("Front"), image].concat()
    };
    let file =
        asf(&[extended(&[("WM/Picture", 1, picture(b"image"))]), library(&[("WM/Picture", 1, picture(b"second"))])]);
    let pictures = probe(&file).anatomy.pictures;
    assert_eq!(pictures.len(), 2);
    assert_eq!((pictures[0].mime.as_str(), pictures[0].description.as_str()), ("image/png", "Front"));
    for (picture, image) in pictures.iter().zip([&b"image"[..], b"second"]) {
        assert_eq!(picture.picture_type, 3);
        assert_eq!(&file[picture.range.offset as usize..picture.range.end() as usize], image);
    }
}

#[test]
fn one_bad_asf_object_spoils_no_other() {
    let mut broken = extended(&[("WM/AlbumTitle", 0, utf16("Album")), ("WM/Genre", 0, utf16("Jazz"))]);
    let at = broken.len() - 12;
    broken[at..at + 2].fill(0xff);
    let file = asf(&[broken, description("Song", "Me")]);
    let tags = probe(&file).tags;
    assert_eq!((tags.get("album"), tags.get("title")), (&["Album".to_owned()][..], &["Song".to_owned()][..]));
}

#[test]
fn asf_without_an_audio_stream_is_left_to_others() {
    let stream = |kind: &[u8; 16]| object(b"\x91\x07\xdc\xb7\xb7\xa9\xcf\x11\x8e\xe6\x00\xc0\x0c\x20\x53\x65", kind);
    assert!(try_probe(&asf(&[stream(&[7; 16])])).is_err());
    let audio = b"\x40\x9e\x69\xf8\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b";
    assert!(try_probe(&asf(&[stream(&[7; 16]), stream(audio)])).is_ok());
}

#[test]
fn matroska_tags_without_a_target_are_about_the_file() {
    let values = [("ARTIST", "Me"), ("ARTIST", "You"), ("PART_NUMBER", "3"), ("DATE_RELEASED", "2001"), ("ALBUM", "A")];
    let file = mka(&[info("Song"), tracks(&[2]), tags(&[tag(&[], &values)]), cluster()]);
    let probed = probe(&file);
    let tags = &probed.tags;
    assert_eq!(
        (tags.get("title"), tags.get("artist")),
        (&["Song".to_owned()][..], &["Me".to_owned(), "You".to_owned()][..])
    );
    assert_eq!(
        (tags.get("tracknumber"), tags.get("date"), tags.get("album")),
        (&["3".to_owned()][..], &["2001".to_owned()][..], &["A".to_owned()][..])
    );
    assert_eq!(probed.anatomy.format.as_str(), "mka");
    assert_eq!(probed.anatomy.audio.len, cluster().len() as u64);
    assert_eq!(probe(&[ebml_head("webm"), ebml(0x1853_8067, &cluster())].concat()).anatomy.format.as_str(), "webm");
}

#[test]
fn matroska_levels_tell_song_from_album() {
    let album = tag(&[(0x68ca, 50)], &[("TITLE", "Album"), ("ARTIST", "All"), ("TOTAL_PARTS", "9"), ("GENRE", "Jazz")]);
    let song = tag(&[(0x68ca, 30)], &[("TITLE", "Song"), ("ARTIST", "Me"), ("PART_NUMBER", "3")]);
    let collection = tag(&[(0x68ca, 70)], &[("TITLE", "Works")]);
    let file = mka(&[info("A name"), tags(&[collection, album.clone(), song]), cluster()]);
    let found = probe(&file).tags;
    for (key, value) in [
        ("title", "Song"),
        ("artist", "Me"),
        ("album", "Album"),
        ("albumartist", "All"),
        ("tracknumber", "3"),
        ("tracktotal", "9"),
        ("genre", "Jazz"),
    ] {
        assert_eq!(found.get(key), [value], "{key}");
    }
    let found = probe(&mka(&[info("Song"), tags(&[album]), cluster()])).tags;
    assert_eq!((found.get("title"), found.get("album")), (&["Song".to_owned()][..], &["Album".to_owned()][..]));
    assert_eq!(found.get("artist"), ["All"], "nobody else is named");
}

#[test]
fn matroska_tags_of_chapters_other_tracks_and_muxers_are_none_of_the_song() {
    let file = mka(&[
        tracks(&[1, 2]),
        tags(&[
            tag(&[(0x63c5, 1)], &[("TITLE", "The video")]),
            tag(&[(0x63c4, 9)], &[("TITLE", "A chapter")]),
            tag(&[(0x63c5, 2)], &[("TITLE", "Song"), ("DURATION", "00:01"), ("BPS", "1000"), ("BPM", "90")]),
        ]),
        cluster(),
    ]);
    let found = probe(&file).tags;
    assert_eq!((found.get("title"), found.get("bpm")), (&["Song".to_owned()][..], &["90".to_owned()][..]));
    assert!(!found.has("duration") && !found.has("bps"));
}

#[test]
fn matroska_tags_behind_the_audio_are_found_by_the_seek_head_or_without_one() {
    let late = tags(&[tag(&[], &[("ARTIST", "Me")])]);
    let with = |targets: &[(u32, u64)]| {
        mka(&[seek_head(targets), tracks(&[2]), cluster(), cluster(), info("Song"), late.clone()])
    };
    let len = |parts: &[Vec<u8>]| parts.concat().len() as u64;
    let any = seek_head(&[(0x1254_c367, 0), (0x1549_a966, 0)]);
    let to_info = len(&[any.clone(), tracks(&[2]), cluster(), cluster()]);
    let file = with(&[(0x1254_c367, to_info + info("Song").len() as u64), (0x1549_a966, to_info)]);
    for file in [file, mka(&[tracks(&[2]), cluster(), cluster(), info("Song"), late.clone()])] {
        let probed = probe(&file);
        assert_eq!(
            (probed.tags.get("artist"), probed.tags.get("title")),
            (&["Me".to_owned()][..], &["Song".to_owned()][..])
        );
        assert_eq!(probed.anatomy.audio.len, 2 * cluster().len() as u64);
    }
    for lie in [10_000, u64::MAX >> 1, u64::MAX] {
        let file = with(&[(0x1254_c367, lie), (0x1549_a966, lie)]);
        assert_eq!(probe(&file).tags.get("artist"), ["Me"], "a place outside the segment is none");
    }
    assert!(!probe(&with(&[(0x1254_c367, 1)])).tags.has("artist"), "no tags stand where they are said to");
    // A seek head that names itself.
    probe(&with(&[(0x114d_9b74, 0), (0x114d_9b74, 0)]));
}

#[test]
fn matroska_streams_of_unknown_size_are_read_up_to_the_audio() {
    let body = [info("Song"), tracks(&[2]), sized(0x1f43_b675, UNKNOWN, &ramp(100))].concat();
    let file = [ebml_head("matroska"), sized(0x1853_8067, UNKNOWN, &body)].concat();
    let probed = probe(&file);
    assert_eq!(probed.tags.get("title"), ["Song"]);
    assert_eq!(probed.anatomy.audio.end(), file.len() as u64);
}

#[test]
fn matroska_pictures_are_attached_files() {
    let attached = |name: &str, mime: &str| {
        ebml(0x61a7, &[ebml(0x466e, name.as_bytes()), ebml(0x4660, mime.as_bytes()), ebml(0x465c, b"image")].concat())
    };
    let files =
        [attached("font.ttf", "font/ttf"), attached("Cover.png", "image/png"), attached("back.png", "image/png")];
    let file = mka(&[tracks(&[2]), ebml(0x1941_a469, &files.concat()), cluster()]);
    let pictures = probe(&file).anatomy.pictures;
    assert_eq!(pictures.iter().map(|picture| picture.picture_type).collect::<Vec<_>>(), [3, 0]);
    assert_eq!(&file[pictures[0].range.offset as usize..pictures[0].range.end() as usize], b"image");
}

#[test]
fn matroska_without_an_audio_track_is_left_to_others() {
    assert!(try_probe(&mka(&[tracks(&[1, 17]), cluster()])).is_err());
    assert!(try_probe(&ebml_head("matroska")).is_err());
    assert!(try_probe(&mka(&[])).is_ok(), "tracks that are not found may be there");
}

#[test]
fn one_bad_matroska_element_spoils_no_other() {
    let nameless = ebml(0x67c8, &ebml(0x4487, b"nobody"));
    let latin = ebml(0x67c8, &[ebml(0x45a3, b"ARTIST"), ebml(0x4487, b"J\xf6rg")].concat());
    let wide = ebml(0x67c8, &[ebml(0x45a3, b"GENRE"), sized(0x4487, (1 << 57) - 2, b"Jazz")].concat());
    let bad = ebml(0x7373, &[nameless, latin, wide, b"\0\0\0".to_vec()].concat());
    let file = mka(&[tracks(&[2]), tags(&[bad, tag(&[], &[("ALBUM", "A")])]), cluster()]);
    let found = probe(&file).tags;
    assert_eq!((found.get("artist"), found.get("genre")), (&["J\u{f6}rg".to_owned()][..], &["Jazz".to_owned()][..]));
    assert_eq!(found.get("album"), ["A"]);
}

#[test]
fn elements_have_names_for_people() {
    let names = |file: &[u8]| -> Vec<String> {
        let format = format_of(file).unwrap();
        probe(file).anatomy.elements.iter().map(|element| format.element_name(element)).collect()
    };
    assert_eq!(names(&dff(&[chunk(b"ID3 ", &id3(&[(b"TIT2", "x")]))])), ["FVER", "ID3 TIT2"]);
    assert_eq!(names(&asf(&[description("Song", "Me")])), ["Title", "Author"]);
    assert_eq!(names(&mka(&[tags(&[tag(&[], &[("ALBUM", "A")])])])), ["ALBUM"]);
}
