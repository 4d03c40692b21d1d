//! What real ID3v2 tags do, trap by trap.

mod support;

use musefs_contracts::anatomy::PictureEncoding;
use support::*;

fn file(version: u8, frames: &[Vec<u8>]) -> Vec<u8> {
    [tag(version, frames, 100), audio(3)].concat()
}

#[test]
fn frames_of_2_2_have_three_letters_and_pic_a_three_letter_format() {
    let frames = [
        text(2, "TT2", "old"),
        text(2, "TP1", "artist"),
        apic(2, "d", b"\xff\xd8image"),
        text(2, "TYE", "2001"),
        text(2, "TDA", "0304"),
    ];
    let file = file(2, &frames);
    let before = probe(&file);
    assert_eq!(values(&before, "artist"), ["artist"]);
    assert_eq!(values(&before, "date"), ["2001-04-03"]);
    assert_eq!(before.anatomy.pictures[0].mime, "image/jpeg");
    let (served, _) = check_title_edit(&file, &[&frames[1], &frames[2], &frames[3]]);
    assert_eq!(&served[..4], b"ID3\x02", "the tag keeps its version");
    assert_eq!(served.len(), file.len(), "padding absorbs the edit");
}

#[test]
fn sizes_of_2_4_are_synchsafe_or_plain_as_old_itunes_wrote_them() {
    let long = "x".repeat(300);
    let body = [b"\0", long.as_bytes()].concat();
    let plain = [b"TALB", &(body.len() as u32).to_be_bytes()[..], b"\0\0", &body].concat();
    let frames = [text(4, "TIT2", "old"), plain, text(4, "TPE1", "artist")];
    let (served, after) = check_title_edit(&file(4, &frames), &[&body, &frames[2]]);
    assert_eq!(after.tags.get("album"), [long.as_str()]);
    assert!(contains(&served, &frame(4, "TALB", &body)), "the size is set right");
}

#[test]
fn unsynchronisation_of_a_whole_2_3_tag() {
    let wide = [b"\x01", &[0xff, 0xfe, b'a', 0, 0xff, 0xff][..]].concat();
    let frames = [
        text(3, "TIT2", "old"),
        frame(3, "TPE1", &wide),
        apic(3, "", b"\xff\xd8\xff\xe0\xff\0\xff"),
        text(3, "TALB", "plain"),
    ];
    let body = [frames.concat(), vec![0; 50]].concat();
    let file = [tag_with(3, 0x80, &unsynchronise(&body)), audio(3)].concat();
    let before = probe(&file);
    assert_eq!(values(&before, "artist"), ["a\u{ffff}"]);
    let picture = &before.anatomy.pictures[0];
    assert_eq!(picture.encoding, PictureEncoding::Unsynchronised);
    let raw = &file[picture.range.offset as usize..picture.range.end() as usize];
    assert_eq!(deunsynchronise(raw), b"\xff\xd8\xff\xe0\xff\0\xff");
    // The tag is freed of it, so that every reader understands each frame as it was meant.
    check_title_edit(&file, &[&frames[1], &frames[2], &frames[3]]);
}

#[test]
fn unsynchronisation_that_is_announced_but_not_done() {
    let frames = [text(3, "TIT2", "old"), apic(3, "", b"\xff\xd8\xff\xe0\xff\0\xff")];
    let file = [tag_with(3, 0x80, &frames.concat()), audio(3)].concat();
    let (served, after) = check_title_edit(&file, &[&frames[1]]);
    assert_eq!(served[5] & 0x80, 0, "or the rest might come to look unsynchronised");
    assert_eq!(after.anatomy.pictures[0].encoding, PictureEncoding::Raw);
}

#[test]
fn unsynchronisation_of_2_4_frames_announced_by_frame_or_tag_alone() {
    let wide = unsynchronise(&[1, 0xff, 0xfe, b'a', 0]);
    for (tag_flags, frame_flags) in [(0x80, 0), (0, 0x02), (0x80, 0x02)] {
        let frames = [text(4, "TIT2", "old"), frame_with(4, "TPE1", frame_flags, &wide)];
        let file = [tag_with(4, tag_flags, &frames.concat()), audio(3)].concat();
        let (served, after) = check_title_edit(&file, &[&frames[1]]);
        assert_eq!(after.tags.get("artist"), ["a"]);
        assert_eq!(served[5], tag_flags);
        // A picture from the catalog cannot be unsynchronised: each frame that is kept is flagged for itself instead.
        let before = probe(&file);
        let served = serve(&file, &before, &edit(&before, &[], &[art(1, 5000)]));
        let after = probe(&served);
        assert_eq!((served[5], after.tags.get("artist")), (0, &["a".to_owned()][..]));
        assert_eq!(after.anatomy.pictures[0].encoding, PictureEncoding::Raw);
    }
}

#[test]
fn the_extended_header_counts_itself_in_2_4_and_not_in_2_3() {
    let frames = [text(3, "TIT2", "old"), text(3, "TPE1", "artist")];
    for (version, extended) in [(3, vec![0, 0, 0, 6, 0, 0, 0, 0, 0, 0]), (4, vec![0, 0, 0, 6, 1, 0])] {
        let file = [tag_with(version, 0x40, &[&extended[..], &frames.concat(), &[0; 40]].concat()), audio(3)].concat();
        let (served, after) = check_title_edit(&file, &[&frames[1]]);
        assert_eq!(after.tags.get("artist"), ["artist"]);
        assert_eq!(served[5] & 0x40, 0, "its checksum would be wrong now");
    }
    let file = [tag_with(3, 0x40, &frames.concat()), audio(3)].concat();
    assert_eq!(values(&probe(&file), "title"), ["old"], "the flag is set and there is no extended header");
}

#[test]
fn a_footer_in_front_is_given_up_for_padding() {
    let frames = [text(4, "TIT2", "old"), text(4, "TPE1", "artist")].concat();
    let front = [tag_with(4, 0x10, &frames), b"3DI\x04\0\x10".to_vec(), synchsafe(frames.len()).to_vec()].concat();
    let (served, _) = check_title_edit(&[front, audio(3)].concat(), &[]);
    assert_eq!(served[5], 0);
    assert!(!contains(&served, b"3DI"));
}

#[test]
fn several_tags_in_a_row() {
    let frames = [text(3, "TIT2", "first"), text(3, "TPE1", "artist")];
    let second = [text(4, "TIT2", "second"), text(4, "TALB", "album")];
    let file = [tag(3, &frames, 100), tag(4, &second, 0), audio(3)].concat();
    let before = probe(&file);
    assert_eq!(
        (values(&before, "title"), values(&before, "album")),
        (vec!["first".to_owned()], vec!["album".to_owned()])
    );
    let (served, _) = check_title_edit(&file, &[&frames[1], &second[1]]);
    assert!(!contains(&served, b"second"), "no reader is to see the old title");
    assert_eq!(served.len(), file.len());
}

#[test]
fn a_tag_that_claims_to_pass_the_end_is_read_and_served_as_it_is() {
    let mut file = file(3, &[text(3, "TIT2", "old")]);
    file[6..10].copy_from_slice(&[1, 0, 0, 0]);
    let probe = probe(&file);
    assert_eq!(values(&probe, "title"), ["old"]);
    assert!(!probe.anatomy.is_editable());
}

#[test]
fn a_frame_that_runs_over_the_tag_end_gets_its_true_size() {
    let mut cut = text(3, "TPE1", "artist");
    cut[7] = 200;
    let file = [tag_with(3, 0, &[text(3, "TIT2", "old"), cut].concat()), audio(3)].concat();
    let (served, _) = check_title_edit(&file, &[&text(3, "TPE1", "artist")]);
    assert!(contains(&served, "Neuer Titel".as_bytes()) || served.len() > file.len());
}

#[test]
fn frame_flags_bring_extra_bytes() {
    let grouped = frame_with(3, "TALB", 0x20, b"G\0grouped");
    let encrypted = frame_with(3, "TENC", 0x40, b"M\x11\x22\x33");
    let grouped_4 = frame_with(4, "TALB", 0x41, b"G\0\0\0\x08\0grouped");
    let encrypted_4 = frame_with(4, "TENC", 0x05, b"M\0\0\0\x03\x11\x22\x33");
    for (version, frames) in [
        (3, vec![text(3, "TIT2", "old"), grouped, encrypted]),
        (4, vec![text(4, "TIT2", "old"), grouped_4, encrypted_4]),
    ] {
        let kept: Vec<&[u8]> = frames[1..].iter().map(Vec::as_slice).collect();
        let (_, after) = check_title_edit(&file(version, &frames), &kept);
        assert_eq!(after.tags.get("album"), ["grouped"]);
        assert!(!after.tags.has("encodedby"), "an encrypted frame is opaque");
    }
}

#[test]
fn a_compressed_frame_is_read_and_kept() {
    // zlib of "\0packed", stored uncompressed (RFC 1950, RFC 1951).
    let data = b"\0packed";
    let adler = data.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65521;
        (a, (a + b) % 65521)
    });
    let zlib = [&b"\x78\x01\x01\x07\x00\xf8\xff"[..], data, &(adler.1 << 16 | adler.0).to_be_bytes()].concat();
    for (version, flags, size) in [(3, 0x80, [0, 0, 0, 7]), (4, 0x09, [0, 0, 0, 7])] {
        let packed = frame_with(version, "TPE1", flags, &[&size[..], &zlib].concat());
        let (_, after) = check_title_edit(&file(version, &[text(version, "TIT2", "old"), packed.clone()]), &[&packed]);
        assert_eq!(after.tags.get("artist"), ["packed"]);
    }
}

#[test]
fn text_ends_in_nul_or_two_or_not_at_all() {
    for version in [2, 3, 4] {
        for ending in ["", "\0", "\0\0"] {
            let id = if version == 2 { "TP1" } else { "TPE1" };
            let probe = probe(&file(version, &[text(version, id, &format!("artist{ending}"))]));
            assert_eq!(values(&probe, "artist"), ["artist"], "2.{version} {ending:?}");
        }
    }
}

#[test]
fn values_are_parted_by_nul_in_every_version_and_never_by_a_slash() {
    for version in [2, 3, 4] {
        let id = if version == 2 { "TP1" } else { "TPE1" };
        let file = file(version, &[text(version, id, "AC/DC\0Their / They're / There")]);
        let before = probe(&file);
        assert_eq!(values(&before, "artist"), ["AC/DC", "Their / They're / There"]);
        let served = serve(&file, &before, &edit(&before, &[("artist", &["a/b", "ü", "日本"])], &[]));
        assert_eq!(values(&probe(&served), "artist"), ["a/b", "ü", "日本"]);
    }
}

#[test]
fn utf_16_without_a_mark_with_an_odd_byte_with_a_mark_per_value() {
    let cases: [(&[u8], &[&str]); 5] = [
        (b"a\0b\0", &["ab"]),
        (b"\xff\xfea\0b\0\0", &["ab"]),
        (b"\xff\xfea\0\0\0\xfe\xff\0b", &["a", "b"]),
        (b"\xfe\xff\0a\0\0\0b", &["a", "b"]),
        (b"\xff\xfea\0\0\0\xff\xfeb\0\0\0", &["a", "b"]),
    ];
    for (bytes, expected) in cases {
        let probe = probe(&file(3, &[frame(3, "TPE1", &[b"\x01", bytes].concat())]));
        assert_eq!(values(&probe, "artist"), expected, "{bytes:?}");
    }
}

#[test]
fn genres_by_number_in_parentheses_with_refinement_and_in_lists() {
    let cases: [(&str, &[&str]); 7] = [
        ("(17)", &["Rock"]),
        ("17", &["Rock"]),
        ("(4)Eurodisco", &["Disco", "Eurodisco"]),
        ("(RX)(CR)", &["Remix", "Cover"]),
        ("((Foo)", &["(Foo)"]),
        ("17\0Pop", &["Rock", "Pop"]),
        ("255", &["Unknown"]),
    ];
    for (text_value, expected) in cases {
        let file = file(3, &[text(3, "TCON", text_value)]);
        let before = probe(&file);
        assert_eq!(values(&before, "genre"), expected);
        check_title_edit(&file, &[&text(3, "TCON", text_value)]);
        let served = serve(&file, &before, &edit(&before, &[("genre", &["(17) live", "Rock"])], &[]));
        assert_eq!(values(&probe(&served), "genre"), ["(17) live", "Rock"]);
    }
}

#[test]
fn dates_are_spread_over_frames_in_2_3_and_one_time_stamp_in_2_4() {
    let frames = [text(3, "TYER", "2001"), text(3, "TDAT", "0304"), text(3, "TIME", "0506"), text(3, "TORY", "1999")];
    let file_3 = file(3, &frames);
    let before = probe(&file_3);
    assert_eq!(
        (values(&before, "date"), values(&before, "originaldate")),
        (vec!["2001-04-03T05:06".to_owned()], vec!["1999".to_owned()])
    );
    check_title_edit(&file_3, &[&frames.concat()]);
    for (version, date) in [
        (3, "2010"),
        (3, "2010-11-12"),
        (3, "2010-11"),
        (3, "2010-11-12T13:14"),
        (3, "early"),
        (4, "2010-11"),
        (2, "2010-11"),
    ] {
        let file = file(version, &[text(version, if version == 2 { "TYE" } else { "TYER" }, "2001")]);
        let before = probe(&file);
        let served = serve(&file, &before, &edit(&before, &[("date", &[date]), ("originaldate", &[date])], &[]));
        let after = probe(&served);
        assert_eq!(
            (values(&after, "date"), values(&after, "originaldate")),
            (vec![date.to_owned()], vec![date.to_owned()])
        );
        assert_eq!(contains(&served, b"TDRC"), version == 4 || (version == 3 && matches!(date, "2010-11" | "early")));
    }
}

#[test]
fn txxx_with_one_two_and_many_values() {
    let many = (0..300).map(|n| n.to_string()).collect::<Vec<_>>().join("\0");
    let frames = [
        frame(4, "TXXX", b"\x03One\0a"),
        frame(4, "TXXX", b"\x03Two\0a\0b"),
        frame(4, "TXXX", &[b"\x03Many\0", many.as_bytes()].concat()),
        frame(4, "TXXX", b"\x03MusicBrainz Album Id\0id"),
    ];
    let file = file(4, &frames);
    let (_, after) = check_title_edit(&file, &[&frames[0], &frames[1], &frames[2], &frames[3]]);
    assert_eq!((values(&after, "one").len(), values(&after, "two").len(), values(&after, "many").len()), (1, 2, 300));
    assert_eq!(values(&after, "musicbrainz_albumid"), ["id"]);
    let before = probe(&file);
    let served = serve(&file, &before, &edit(&before, &[("two", &["x", "y"])], &[]));
    assert!(contains(&served, b"\x03Two\0x\0y"), "the description keeps its spelling");
}

#[test]
fn comments_and_lyrics_with_languages_also_nul_and_many_of_each() {
    let frames = [
        frame(3, "COMM", b"\0deu\0Kommentar"),
        frame(3, "COMM", b"\0\0\0\0\0nul"),
        frame(3, "COMM", b"\0engiTunNORM\0 0001"),
        frame(3, "USLT", b"\0fra\0paroles"),
        frame(3, "USLT", b"\0eng\0words"),
    ];
    let file = file(3, &frames);
    let kept: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
    let (_, after) = check_title_edit(&file, &kept);
    assert_eq!(values(&after, "comment"), ["Kommentar", "nul"]);
    assert_eq!(values(&after, "comment:itunnorm"), [" 0001"]);
    assert_eq!(values(&after, "lyrics"), ["paroles", "words"]);
    let before = probe(&file);
    let served = serve(&file, &before, &edit(&before, &[("comment", &["neu"]), ("lyrics", &["a", "b", "c"])], &[]));
    assert!(contains(&served, b"\0deu\0neu") && contains(&served, b"\0fra\0a") && contains(&served, b"\0eng\0b"));
    assert_eq!(values(&probe(&served), "lyrics"), ["a", "b", "c"]);
    assert!(contains(&served, &frames[2]));
}

#[test]
fn frames_of_itunes_ratings_identifiers_chapters_and_unknown_ones_survive() {
    let inside = text(4, "TIT2", "chapter title");
    let frames = [
        text(4, "TIT2", "old"),
        frame(4, "CHAP", &[b"c1\0\0\0\0\0\0\0\0\x01\xff\xff\xff\xff\xff\xff\xff\xff", &inside[..]].concat()),
        frame(4, "CTOC", b"t\0\x03\x01c1\0"),
        frame(4, "GRP1", b"\x03group"),
        frame(4, "MVNM", b"\x03movement"),
        frame(4, "MVIN", b"\x031/3"),
        frame(4, "PCST", b"\0\0\0\0"),
        frame(4, "WFED", b"\x03http://feed\0"),
        frame(4, "TCMP", b"\x031"),
        frame(4, "POPM", b"who@where\0\x80\0\0\0\x05"),
        frame(4, "UFID", b"http://musicbrainz.org\0abc"),
        frame(4, "UFID", b"other\0def"),
        frame(4, "PRIV", b"owner\0\xff\xe0\0"),
        frame(4, "GEOB", b"\0m\0f\0d\0object"),
        frame(4, "SYLT", b"\x03eng\x02\x01\0a\0\0\0\0\x01"),
        frame(4, "WXXX", b"\0d\0http://x"),
        frame(4, "RGAD", b"\0\0\0\0\0\0\0\0"),
        frame(4, "XABC", b"experimental"),
        frame(4, "ZZ\x01~", b"junk"),
    ];
    let kept: Vec<&[u8]> = frames[1..].iter().map(Vec::as_slice).collect();
    let (served, after) = check_title_edit(&file(4, &frames), &kept);
    assert!(contains(&served, &frames[1..].concat()), "in their order");
    assert_eq!(values(&after, "musicbrainz_trackid"), ["abc"]);
    assert_eq!(values(&after, "compilation"), ["1"]);
}

#[test]
fn the_same_text_frame_repeated_is_one_key_with_several_values() {
    let file = file(3, &[text(3, "TPE1", "a"), text(3, "TPE1", "b"), text(3, "TPE1", "a")]);
    let before = probe(&file);
    assert_eq!(values(&before, "artist"), ["a", "b"]);
    let served = serve(&file, &before, &edit(&before, &[("artist", &["c"])], &[]));
    assert_eq!(values(&probe(&served), "artist"), ["c"]);
}

#[test]
fn a_frame_for_the_key_wins_over_free_form_text_and_older_frames() {
    let file = file(
        4,
        &[
            frame(4, "TXXX", b"\0ALBUM ARTIST\0b"),
            text(4, "TPE2", "a"),
            text(4, "TYER", "1999"),
            text(4, "TDRC", "2000-01"),
        ],
    );
    let before = probe(&file);
    assert_eq!(
        (values(&before, "albumartist"), values(&before, "date")),
        (vec!["a".to_owned()], vec!["2000-01".to_owned()])
    );
    let served = serve(&file, &before, &edit(&before, &[("albumartist", &["c"])], &[]));
    assert!(contains(&served, b"TPE2") && !contains(&served, b"ALBUM ARTIST"), "the other copy must not go stale");
}

#[test]
fn names_of_2_2_in_a_2_3_tag() {
    let file = [tag_with(3, 0, &[text(3, "TT2\0", "old"), text(3, "TP1\0", "artist")].concat()), audio(3)].concat();
    let (_, after) = check_title_edit(&file, &[&text(3, "TP1\0", "artist")]);
    assert_eq!(values(&after, "artist"), ["artist"]);
}

#[test]
fn pictures_with_odd_types_mimes_and_descriptions() {
    let pictures = [
        frame(3, "APIC", b"\0image/jpeg\0\xc8\0\xff\xd8odd type"),
        frame(3, "APIC", b"\0\0\x03\0\xff\xd8no mime"),
        frame(3, "APIC", b"\0-->\0\x03\0http://cover"),
        frame(3, "APIC", b"\0image/png\0\x03no end of description"),
        frame(3, "APIC", b"\0image/png\0\x03\0"),
        frame(3, "APIC", b"\x01image/png\0\x03\xff\xfed\0\0\0\x89PNG"),
        frame(3, "APIC", b"\0image/png\0\x03same\0one"),
        frame(3, "APIC", b"\0image/png\0\x03same\0two"),
    ];
    let kept: Vec<&[u8]> = pictures.iter().map(Vec::as_slice).collect();
    let file = file(3, &pictures);
    check_title_edit(&file, &kept);
    let before = probe(&file);
    let images: Vec<&[u8]> = before
        .anatomy
        .pictures
        .iter()
        .map(|picture| &file[picture.range.offset as usize..picture.range.end() as usize])
        .collect();
    assert_eq!(images, [&b"\xff\xd8odd type"[..], b"\xff\xd8no mime", b"\x89PNG", b"one", b"two"]);
    let served = serve(&file, &before, &edit(&before, &[], &[art(1, 70_000), art(2, 3)]));
    let after = probe(&served);
    assert_eq!(after.anatomy.pictures.len(), 2, "all of them are replaced");
    let first = after.anatomy.pictures[0].range;
    let image = &served[first.offset as usize..first.end() as usize];
    assert!(image.len() == 70_000 && image.iter().enumerate().all(|(at, byte)| *byte == art_byte(at as u64)));
}

#[test]
fn a_bad_frame_is_skipped_by_itself() {
    let frames = [
        text(3, "TIT2", "old"),
        frame(3, "TPE1", b"\x09junk encoding"),
        frame(3, "COMM", b"\0e"),
        text(3, "TALB", "album"),
        apic(3, "", b"\xff\xd8image"),
    ];
    let (_, after) = check_title_edit(&file(3, &frames), &[&frames[1], &frames[2], &frames[3], &frames[4]]);
    assert_eq!((values(&after, "album"), after.anatomy.pictures.len()), (vec!["album".to_owned()], 1));
    let before = probe(&file(3, &frames));
    let served = serve(&file(3, &frames), &before, &edit(&before, &[("artist", &["a"])], &[]));
    assert!(!contains(&served, b"junk encoding"), "it carries the key that its id tells");
}

#[test]
fn growth_moves_the_audio_by_whole_pages_and_a_lost_picture_gives_its_space_back() {
    let image = vec![7; 100_000];
    let file = [tag(3, &[text(3, "TIT2", "old"), apic(3, "", &image)], 0), audio(3)].concat();
    let before = probe(&file);
    let grown = serve(&file, &before, &edit(&before, &[("title", &["x".repeat(1000).as_str()])], &[]));
    assert_eq!(grown.len() - file.len(), 4096);
    let shrunk = serve(&file, &before, &edit(&before, &[], &[art(1, 10)]));
    assert!(shrunk.len() < 10_000 && (file.len() - shrunk.len()).is_multiple_of(4096));
}

#[test]
fn a_tag_beyond_its_size_limit_is_refused() {
    use musefs_contracts::format::{Format, LayoutError};
    let file = file(4, &[text(4, "TIT2", "old")]);
    let before = probe(&file);
    let edit = edit(&before, &[], &[art(1, 1 << 28)]);
    let layout = musefs_format_mpeg::Mpeg::new().layout(&before.anatomy, &edit);
    assert!(matches!(layout, Err(LayoutError::TooLarge(_))));
}

#[test]
fn binary_values_become_the_frame_that_their_key_names() {
    use musefs_contracts::edit::{Edit, EditValue, KeyChange};
    use musefs_contracts::ids::TrackId;
    use musefs_contracts::layout::TagValueRef;
    let file = file(3, &[text(3, "TIT2", "old")]);
    let value = |key: &str| {
        let value = TagValueRef { track: TrackId(1), key: key.into(), ordinal: 0 };
        KeyChange { key: key.to_owned(), values: vec![EditValue::Binary(value, 5)] }
    };
    let edit = Edit { changes: vec![value("geob:thing"), value("other"), value("priv:owner")], art: None };
    let served = serve(&file, &probe(&file), &edit);
    assert!(contains(&served, &frame(3, "PRIV", b"owner\0BBBBB")));
    assert!(contains(&served, &frame(3, "GEOB", b"\0application/octet-stream\0\0thing\0BBBBB")));
    assert!(!contains(&served, b"other"), "there is no frame for it");
}
