//! Where the frames of real MPEG files begin and end, a test for each trap.

mod support;

use support::*;

/// A frame that tells readers of the stream, as encoders put it in front: in place of audio, `name` at `at`.
fn told(name: &[u8], at: usize) -> Vec<u8> {
    let mut frame = audio(1);
    frame[4..].fill(0);
    frame[at..at + name.len()].copy_from_slice(name);
    // Flags, the number of frames and bytes: too many of each, which is no business of a tag.
    frame[at + name.len()..at + name.len() + 12].fill(0xff);
    frame
}

#[test]
fn frames_that_tell_of_the_stream_are_audio_and_stay() {
    let mut lame = told(b"Xing", 36);
    lame[36 + 120..36 + 129].copy_from_slice(b"LAME3.100");
    let front = tag(3, &[text(3, "TIT2", "old"), text(3, "TALB", "album")], 10);
    for first in [told(b"Xing", 36), told(b"Info", 36), told(b"VBRI", 36), lame] {
        for front in [&front[..], &[]] {
            let file = [front, &first, &audio(3)].concat();
            let before = probe(&file).anatomy;
            assert_eq!(before.audio.offset as usize, front.len());
            check_title_edit(&file, &[&[&first[..], &audio(3)].concat()]);
        }
    }
}

#[test]
fn a_last_frame_that_a_tag_overlaps_ends_where_the_tag_begins() {
    let cut = &audio(4)[..4 * 417 - 100];
    let front = tag(3, &[text(3, "TIT2", "old")], 10);
    for back in [id3v1("old", "artist", 1, 17), ape(&[ape_item("Artist", 0, b"artist")], true)] {
        let file = [&front[..], cut, &back].concat();
        let before = probe(&file);
        assert_eq!(before.anatomy.audio.len, cut.len() as u64);
        assert_eq!(values(&before, "artist"), ["artist"]);
        check_title_edit(&file, &[cut]);
    }
}

fn lyrics3(version: u8) -> Vec<u8> {
    if version == 1 {
        return b"LYRICSBEGINwords of oldLYRICSEND".to_vec();
    }
    let fields = b"LYRICSBEGININD0000200LYR00012words of old";
    [&fields[..], format!("{:06}LYRICS200", fields.len()).as_bytes()].concat()
}

/// Every order of some things.
fn orders(things: &[usize]) -> Vec<Vec<usize>> {
    if things.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (at, first) in things.iter().enumerate() {
        let others: Vec<usize> =
            things.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, one)| *one).collect();
        all.extend(orders(&others).into_iter().map(|order| [&[*first], &order[..]].concat()));
    }
    all
}

#[test]
fn tags_of_every_kind_stand_behind_the_audio_in_any_order() {
    let frames = [text(4, "TIT2", "old"), text(4, "TCOM", "composer")].concat();
    let footer = [b"3DI\x04\0\x10", &synchsafe(frames.len())[..]].concat();
    let mut enhanced = b"TAG+".to_vec();
    enhanced.resize(227, 0);
    let v1 = id3v1("old", "artist", 1, 17);
    let items = [ape_item("Title", 0, b"old"), ape_item("Mood", 0, b"calm")];
    let mut v1_0 = v1.clone();
    v1_0[97..127].copy_from_slice(b"a comment of thirty characters");
    // What stands in front of an ID3v1 tag by its own definition comes with one.
    let parts = [
        v1_0,
        [enhanced, v1.clone()].concat(),
        [lyrics3(1), v1.clone()].concat(),
        [lyrics3(2), v1].concat(),
        ape(&items, true),
        ape(&items, false),
        [tag_with(4, 0x10, &frames), footer].concat(),
    ];
    let stream = audio(3);
    let mut mixes = 0;
    for chosen in 1..1usize << parts.len() {
        let of: Vec<usize> = (0..parts.len()).filter(|part| chosen >> part & 1 == 1).collect();
        if of.len() > 3 && of.len() < parts.len() {
            continue;
        }
        let orders = orders(&of);
        // All seven at once in some of their five thousand orders.
        let step = if of.len() > 3 { 97 } else { 1 };
        for order in orders.iter().step_by(step) {
            let tail: Vec<u8> = order.iter().flat_map(|part| parts[*part].clone()).collect();
            let file = [stream.clone(), tail].concat();
            assert_eq!(probe(&file).anatomy.audio.len, stream.len() as u64, "{order:?}");
            let (served, _) = check_title_edit(&file, &[&stream]);
            assert!(!contains(&served, b"TAGold"), "{order:?}");
            mixes += 1;
        }
    }
    assert!(mixes > 300, "{mixes}");
}
