//! What real MPEG audio and ADTS files do around their tags, trap by trap.

mod support;

use musefs_contracts::format::{Confidence, Format, Head};
use musefs_format_mpeg::{Mpeg, TTA};
use support::*;

fn sniff(content: &[u8], extension: &str) -> Confidence {
    Mpeg::new().sniff(&Head { bytes: content, content, content_offset: 0, extension })
}

#[test]
fn zeros_padding_or_junk_before_the_first_frame() {
    let front = tag(3, &[text(3, "TIT2", "old")], 20);
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        [0, 0xff, 0xfa, 0x90, 0x13, 0x55, 0x00][(state >> 16) as usize % 7]
    };
    let junk: Vec<u8> = (0..9000).map(|_| next()).collect();
    for between in [vec![0; 5000], vec![0x55; 777], junk, b"\xff\xfb".to_vec()] {
        let file = [&front[..], &between, &audio(4)].concat();
        let before = probe(&file);
        assert_eq!(before.anatomy.audio.offset as usize, front.len() + between.len());
        check_title_edit(&file, &[&[&between[..], &audio(4)].concat()]);
    }
}

#[test]
fn a_false_sync_is_not_a_frame() {
    let front = tag(3, &[text(3, "TIT2", "old")], 0);
    let file = [&front[..], b"\xff\xfb\x90\x64 chance \xff\xf1\x50\x80\x19\x1f\xfc chance", &audio(3)].concat();
    assert_eq!(probe(&file).anatomy.audio.offset as usize, file.len() - 3 * 417);
}

#[test]
fn layers_one_and_two_mpeg_2_5_and_free_format() {
    for (header, len) in [
        ([0xff, 0xff, 0x40, 0x00], 136),
        ([0xff, 0xfd, 0x80, 0x00], 417),
        ([0xff, 0xe3, 0x80, 0x00], 417),
        ([0xff, 0xfb, 0x00, 0x00], 500),
    ] {
        let frame = [&header[..], &vec![0x11; len - 4]].concat();
        let file = [b"junk".to_vec(), frame.repeat(4)].concat();
        assert_eq!(probe(&file).anatomy.audio.offset, 4, "{header:02x?}");
    }
}

#[test]
fn a_single_frame_and_a_last_one_that_is_cut_short() {
    let file = audio(1);
    assert_eq!(probe(&file).anatomy.audio.len, 417);
    check_title_edit(&file, &[&file]);
    let cut = &audio(3)[..1000];
    check_title_edit(cut, &[cut]);
    assert!(try_probe(&audio(1), "").is_err(), "one frame without a name that says so may be chance");
}

#[test]
fn what_is_no_stream_is_refused() {
    assert!(try_probe(b"", "mp3").is_err());
    assert!(try_probe(&[0x20; 5000], "mp3").is_err());
    let only_tag = tag(3, &[text(3, "TIT2", "old")], 20);
    assert!(probe(&only_tag).anatomy.is_editable(), "a tag alone under our extension is still shown with its tags");
    assert!(try_probe(&only_tag, "bin").is_err());
}

#[test]
fn content_is_recognised_first_and_the_extension_second() {
    assert_eq!(sniff(&audio(3), "ogg"), Confidence::Strong);
    assert_eq!(sniff(&adts(3), ""), Confidence::Strong);
    assert_eq!(sniff(b"ADIF....", ""), Confidence::Strong);
    assert_eq!(sniff(&[&[0; 100], &audio(3)[..]].concat(), ""), Confidence::Weak);
    assert_eq!(sniff(&[0; 100], "mp3"), Confidence::Extension);
    assert_eq!(sniff(b"fLaC\0\0\0\x22", "flac"), Confidence::No);
}

#[test]
fn adts_streams_get_a_tag_in_front() {
    let file = adts(4);
    let before = try_probe(&file, "aac").expect("ADTS");
    assert_eq!(before.anatomy.format.as_str(), "aac");
    let (served, after) = check_title_edit(&file, &[&file]);
    assert_eq!((&served[..4], after.anatomy.format.as_str()), (&b"ID3\x04"[..], "aac"));
}

#[test]
fn an_id3v1_tag_is_read_carried_into_a_new_tag_and_changed_in_place() {
    let file = [audio(3), id3v1("old title", "artist", 7, 17)].concat();
    let before = probe(&file);
    assert_eq!(before.anatomy.audio.len, 3 * 417, "the tag is no audio");
    for (key, value) in [
        ("title", "old title"),
        ("artist", "artist"),
        ("date", "1999"),
        ("comment", "note"),
        ("tracknumber", "7"),
        ("genre", "Rock"),
    ] {
        assert_eq!(values(&before, key), [value]);
    }
    let (served, _) = check_title_edit(&file, &[]);
    assert_eq!(&served[..4], b"ID3\x04");
    let tag = &served[served.len() - 128..];
    assert_eq!(&tag[..3 + 30], b"TAGNeuer Titel ? ??\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    assert_eq!(&tag[33..], &id3v1("", "artist", 7, 17)[33..]);
    let edit = edit(
        &before,
        &[("genre", &["Pop"]), ("tracknumber", &["9/12"]), ("date", &["2010-11"]), ("comment", &[])],
        &[],
    );
    let served = serve(&file, &before, &edit);
    let tag = &served[served.len() - 128..];
    assert_eq!((&tag[93..97], tag[97], tag[126], tag[127]), (&b"2010"[..], 0, 9, 13));
}

#[test]
fn an_id3v1_0_tag_has_a_longer_comment_and_one_written_too_short_is_found() {
    let mut tag = id3v1("t", "a", 0, 255);
    tag[97..127].copy_from_slice(b"a comment of thirty characters");
    let file = [audio(3), tag.clone()].concat();
    let before = probe(&file);
    assert_eq!(values(&before, "comment"), ["a comment of thirty characters"]);
    assert!(!before.tags.has("tracknumber") && !before.tags.has("genre"));
    check_title_edit(&file, &[]);
    tag.drain(95..97);
    let file = [audio(3), tag].concat();
    let before = probe(&file);
    assert_eq!((values(&before, "date"), before.anatomy.audio.len), (vec!["19".to_owned()], 3 * 417));
    check_title_edit(&file, &[]);
}

#[test]
fn the_enhanced_tag_and_lyrics3_do_not_go_stale() {
    let mut enhanced = b"TAG+".to_vec();
    enhanced.resize(227, 0);
    enhanced[4..10].copy_from_slice(b"of old");
    let file = [audio(3), enhanced, id3v1("old title", "artist", 1, 1)].concat();
    let (served, _) = check_title_edit(&file, &[]);
    assert!(!contains(&served, b"of old") && contains(&served, b"TAG+"));

    let fields = b"LYRICSBEGININD0000200LYR00005wordsETT00006titleXEAR00007artistX";
    let block = [&fields[..], format!("{:06}LYRICS200", fields.len()).as_bytes()].concat();
    let file = [audio(3), block, id3v1("old title", "artist", 1, 1)].concat();
    assert_eq!(values(&probe(&file), "lyrics"), ["words"]);
    let (served, _) = check_title_edit(&file, &[b"LYR00005words", b"EAR00007artistX"]);
    assert!(!contains(&served, b"titleX") && contains(&served, b"000049LYRICS200"));

    let file = [audio(3), b"LYRICSBEGINwords of oldLYRICSEND".to_vec(), id3v1("t", "a", 1, 1)].concat();
    let before = probe(&file);
    assert_eq!(values(&before, "lyrics"), ["words of old"]);
    let served = serve(&file, &before, &edit(&before, &[("lyrics", &["new"])], &[]));
    assert!(!contains(&served, b"LYRICSBEGIN"));
    assert_eq!(values(&probe(&served), "lyrics"), ["new"]);
}

#[test]
fn true_audio_is_recognised_and_tagged_like_mpeg_audio() {
    let stream: Vec<u8> = b"TTA1".iter().copied().chain((0..900u32).map(|at| (at % 251) as u8)).collect();
    let front = tag(3, &[text(3, "TIT2", "old"), text(3, "TALB", "album"), apic(3, "front", b"image")], 40);
    let back =
        [ape(&[ape_item("Title", 0, b"old"), ape_item("Genre", 0, b"Jazz")], true), id3v1("old", "artist", 1, 1)];
    for file in [
        [front.clone(), stream.clone()].concat(),
        [front, stream.clone(), back.concat()].concat(),
        [stream.clone(), back.concat()].concat(),
        stream.clone(),
    ] {
        for extension in ["tta", "mp3", "dat"] {
            let probe = try_probe(&file, extension).expect("a file that is understood");
            assert_eq!((probe.anatomy.format, probe.anatomy.audio.len), (TTA, stream.len() as u64));
        }
        let (served, _) = check_title_edit(&file, &[&stream]);
        assert!(!contains(&served, b"old"), "nothing is stale");
    }
}

#[test]
fn an_ape_tag_with_or_without_header_before_id3v1() {
    for header in [true, false] {
        let items = [
            ape_item("Title", 0, b"old"),
            ape_item("ARTIST", 0, b"a\0b"),
            ape_item("Cover Art (Front)", 2, b"c.jpg\0\xff\xd8image"),
            ape_item("MP3GAIN_MINMAX", 0, b"1,2"),
            ape_item("File", 4, b"http://link"),
            ape_item("Binary", 2, b"\0\x01"),
        ];
        let file = [audio(3), ape(&items, header), id3v1("old", "x", 1, 1)].concat();
        let before = probe(&file);
        assert_eq!(values(&before, "artist"), ["a", "b"], "it is believed more than ID3v1");
        assert_eq!(before.anatomy.pictures[0].range.len, 7);
        let (served, after) = check_title_edit(&file, &[&items[1..].concat()]);
        assert_eq!(after.anatomy.audio.len, 3 * 417);
        assert!(contains(&served, &ape_item("Title", 0, "Neuer Titel – 日本".as_bytes())), "the copy follows the edit");
        assert!(contains(&served[..4096], b"a\0b"), "carried into the new tag");
        let art_edit = edit(&before, &[], &[art(1, 10)]);
        assert!(!contains(&serve(&file, &before, &art_edit), b"\xff\xd8image"));
    }
}

#[test]
fn an_ape_tag_in_front_of_the_stream() {
    let mut front = ape(&[ape_item("Title", 0, b"old"), ape_item("Artist", 0, b"a")], true);
    let file = [front.clone(), audio(3)].concat();
    assert_eq!(values(&probe(&file), "artist"), ["a"]);
    check_title_edit(&file, &[]);
    front[12..16].copy_from_slice(&[0xff; 4]);
    let file = [front, audio(3)].concat();
    assert!(!probe(&file).tags.has("artist"), "a size that lies");
}

#[test]
fn a_tag_with_a_footer_at_the_end_is_read_and_copied_to_the_front() {
    let frames = [text(4, "TIT2", "old"), text(4, "TPE1", "artist"), frame(4, "PRIV", b"o\0data")].concat();
    let footer = [b"3DI\x04\0\x10", &synchsafe(frames.len())[..]].concat();
    let file = [audio(3), tag_with(4, 0x10, &frames), footer, id3v1("old", "artist", 5, 1)].concat();
    let before = probe(&file);
    assert_eq!((values(&before, "artist"), before.anatomy.audio.len), (vec!["artist".to_owned()], 3 * 417));
    let (served, _) = check_title_edit(&file, &[&frame(4, "PRIV", b"o\0data")]);
    assert!(!contains(&served, b"\0old"));
    assert!(contains(&served[..4096], b"artist") && contains(&served[..4096], b"TRCK"));
}

#[test]
fn tags_at_the_end_in_any_mix() {
    let items = ape(&[ape_item("Album", 0, b"ape album")], true);
    let v1 = id3v1("old", "artist", 1, 1);
    let mixes = [vec![&items, &v1], vec![&v1, &items], vec![&items, &items, &v1]];
    for mix in mixes {
        let file = [audio(3), mix.into_iter().flatten().copied().collect()].concat();
        assert_eq!(probe(&file).anatomy.audio.len, 3 * 417);
        check_title_edit(&file, &[]);
    }
}

#[test]
fn id3v2_wins_over_ape_over_id3v1_key_by_key() {
    let front = tag(3, &[text(3, "TIT2", "two")], 10);
    let back = ape(&[ape_item("Title", 0, b"ape"), ape_item("Album", 0, b"ape album")], true);
    let file = [front, audio(3), back, id3v1("one", "one", 3, 17)].concat();
    let before = probe(&file);
    for (key, value) in [("title", "two"), ("album", "ape album"), ("artist", "one"), ("tracknumber", "3")] {
        assert_eq!(values(&before, key), [value]);
    }
    let (served, _) = check_title_edit(&file, &[]);
    assert!(!contains(&served, b"ape\0") && !contains(&served, b"TAGone"));
}

#[test]
fn an_unsupported_tag_stays_and_a_new_one_goes_in_front() {
    let front = tag_with(5, 0, &[&b"something new"[..], &audio(4), b"junk"].concat());
    let file = [front.clone(), audio(3)].concat();
    assert_eq!(probe(&file).anatomy.audio.len, 3 * 417, "frames are not looked for inside it");
    let (served, _) = check_title_edit(&file, &[&[front, audio(3)].concat()]);
    assert_eq!(&served[..4], b"ID3\x04");
}

#[test]
fn an_empty_edit_is_the_file_itself() {
    let file = [audio(3), id3v1("a", "b", 1, 1)].concat();
    let before = probe(&file);
    let layout = Mpeg::new().layout(&before.anatomy, &edit(&before, &[], &[])).expect("a layout");
    assert!(layout.is_verbatim(file.len() as u64));
}
