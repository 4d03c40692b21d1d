//! One test for each thing that real files do.

use super::support::*;
use crate::{Flac, probe::find_marker};
use musefs_contracts::anatomy::PictureEncoding;
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Confidence, Format, Head, LayoutError};

const TITLE: &[(&str, &[&str])] = &[("title", &["edited"])];

#[test]
fn streaminfo_need_not_be_first_and_may_come_twice() {
    let file = file_of(&[block(2, *b"appl1234"), streaminfo(), comments(&[b"TITLE=a"]), streaminfo()]);
    let (served, after) = spliced(&file, &edit(TITLE));
    let kinds: Vec<_> = after.anatomy.elements.iter().filter(|e| e.role == 1).map(|e| e.id[3]).collect();
    assert_eq!(kinds[..3], [2, 0, 0]);
    assert!(served.ends_with(&audio()));
}

#[test]
fn twenty_thousand_comments_keep_bytes_and_order() {
    let texts: Vec<String> = (0..20_000).map(|n| format!("Key{n}=value {n}")).collect();
    let mut all: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
    all.insert(10_000, b"TITLE=a");
    let file = file_of(&[streaminfo(), comments(&all)]);
    let before = probe(&file);
    assert_eq!(before.tags.rows().len(), 20_001);
    let (served, _) = spliced(&file, &edit(TITLE));
    all[10_000] = b"TITLE=edited";
    assert!(contains(&served, &comments(&all).body[10..]));
}

#[test]
fn two_comment_blocks_are_both_read_and_both_edited() {
    let file = file_of(&[streaminfo(), comments(&[b"TITLE=a", b"A=1"]), comments(&[b"title=b", b"B=2"])]);
    assert_eq!(probe(&file).tags.get("title"), ["a", "b"]);
    let (_, after) = spliced(&file, &edit(TITLE));
    assert_eq!(after.tags.get("title"), ["edited"]);
    assert_eq!((after.tags.get("a"), after.tags.get("b")), (&["1".to_owned()][..], &["2".to_owned()][..]));
    assert_eq!(after.anatomy.elements.iter().filter(|e| e.role == crate::block::role::COMMENTS).count(), 2);
}

#[test]
fn a_file_without_comments_gets_a_block_behind_streaminfo() {
    let file = file_of(&[streaminfo(), block(3, [0xff; 18])]);
    let (served, after) = spliced(&file, &edit(TITLE));
    assert_eq!(after.tags.get("title"), ["edited"]);
    assert_eq!(after.anatomy.elements[1].id[3], 4);
    assert!(contains(&served, &[0xff; 18]), "placeholder seek points stay");
    let (_, untouched) = spliced(&file, &edit(&[("title", &[])]));
    assert!(untouched.anatomy.elements.iter().all(|e| e.id[3] != 4), "nothing to write, no block");
}

#[test]
fn comments_without_equals_and_undecodable_values_keep_their_bytes() {
    let odd: [&[u8]; 4] = [b"no equals", b"ARTIST=Bj\xf6rk", b"=no name", b""];
    let file = file_of(&[streaminfo(), comments(&[odd[0], b"TITLE=a", odd[1], odd[2], odd[3]])]);
    let (served, after) = spliced(&file, &edit(TITLE));
    let expected = comments(&[odd[0], b"TITLE=edited", odd[1], odd[2], odd[3]]);
    assert!(contains(&served, &expected.body));
    assert_eq!(after.tags.get("artist"), ["Bj\u{fffd}rk"]);
}

#[test]
fn keys_that_differ_in_case_only_are_one() {
    let file = file_of(&[streaminfo(), comments(&[b"title=a", b"TITLE=b", b"Title=c"])]);
    assert_eq!(probe(&file).tags.get("title"), ["a", "b", "c"]);
    let (served, after) = spliced(&file, &edit(TITLE));
    assert_eq!(after.tags.get("title"), ["edited"]);
    assert!(contains(&served, b"title=edited"));
}

#[test]
fn a_picture_beyond_16_mib_whose_length_wrapped_is_followed_to_its_end() {
    let mut large = picture(&vec![0x55; (16 << 20) + 777]);
    large.stated &= 0xff_ffff;
    let file = file_of(&[streaminfo(), large.clone(), comments(&[b"TITLE=a"]), block(1, [0; 100])]);
    let before = probe(&file);
    assert_eq!(before.anatomy.pictures[0].range.len, (16 << 20) + 777);
    assert_eq!(before.tags.get("title"), ["a"]);
    let (served, after) = spliced(&file, &edit(TITLE));
    assert_eq!(served.len(), file.len());
    assert_eq!(after.anatomy.pictures, before.anatomy.pictures);
    assert!(served.starts_with(&file[..file.len() - audio().len() - 200]));
}

#[test]
fn a_comment_block_whose_length_is_too_short_is_followed_to_its_end() {
    let mut short = comments(&[b"TITLE=a", b"ARTIST=someone with a name"]);
    short.stated -= 10;
    let file = file_of(&[streaminfo(), short, picture(b"image"), block(1, [0; 50])]);
    let before = probe(&file);
    assert_eq!(before.tags.get("artist"), ["someone with a name"]);
    assert_eq!(before.anatomy.pictures.len(), 1);
    let (served, after) = spliced(&file, &edit(TITLE));
    assert_eq!(served.len(), file.len());
    assert_eq!(after.tags.get("artist"), ["someone with a name"]);
}

#[test]
fn what_follows_the_comments_in_their_block_stays() {
    let mut tailed = comments(&[b"TITLE=a"]);
    tailed.body.extend_from_slice(b"tail of the block");
    tailed.stated = tailed.body.len();
    let file = file_of(&[streaminfo(), tailed, picture(b"image")]);
    let (served, _) = spliced(&file, &edit(TITLE));
    assert!(contains(&served, b"TITLE=editedtail of the block"));
}

#[test]
fn a_tail_that_looks_like_a_block_does_not_cut_the_comments_short() {
    let beyond_the_end = b"\x04\x09\x54\x49 a block of comments".to_vec();
    let within = [&b"\0\0\0\x22"[..], &[0; 34], b"\x04\0\0\x01a"].concat();
    check_tail(&beyond_the_end);
    check_tail(&within);
    check_tail(&[&b"\x06\0\0\x30"[..], &[0xff; 48], b"\x04\0\0\x01a"].concat());
}

fn check_tail(tail: &[u8]) {
    let mut tailed = comments(&[b"TITLE=a"]);
    tailed.body.extend_from_slice(tail);
    tailed.stated = tailed.body.len();
    // The edit leaves much of the padding, or two bytes.
    for padding in [50, 7] {
        let mut file = file_of(&[streaminfo(), tailed.clone(), block(1, vec![0; padding])]);
        let audio_at = probe(&file).anatomy.audio.offset as usize;
        // Without a frame behind the last block, the stated length has nothing but its word for it.
        file[audio_at] = 0;
        let (served, after) = spliced(&file, &edit(TITLE));
        assert!(after.anatomy.is_editable());
        assert!(served.ends_with(&file[audio_at..]));
        assert_eq!(after.anatomy.audio.len as usize, file.len() - audio_at);
    }
}

#[test]
fn damaged_comments_keep_what_is_sound_and_lose_nothing() {
    let mut broken = comments(&[b"TITLE=a", b"ARTIST=b"]);
    let at = broken.body.len() - 12;
    broken.body[at] = 0xf0;
    let file = file_of(&[streaminfo(), broken.clone(), picture(b"image")]);
    let (served, after) = spliced(&file, &edit(TITLE));
    assert_eq!(after.tags.get("title"), ["edited"]);
    assert_eq!(after.anatomy.pictures.len(), 1);
    assert!(contains(&served, &broken.body[at..]));
    let no_vendor = file_of(&[streaminfo(), block(4, [0xff; 20]), picture(b"image")]);
    let (served, after) = spliced(&no_vendor, &edit(TITLE));
    assert_eq!(after.tags.get("title"), ["edited"]);
    assert!(contains(&served, &[0xff; 20]));
}

#[test]
fn a_picture_of_zero_bytes_stays() {
    let file = file_of(&[streaminfo(), block(6, []), picture(b""), comments(&[b"TITLE=a"])]);
    let (served, after) = spliced(&file, &edit(TITLE));
    let blocks = after.anatomy.elements.iter().filter(|e| e.id[3] == 6).count();
    assert_eq!((blocks, after.anatomy.pictures.len()), (2, 1));
    assert!(contains(&served, &head_of(&[block(6, []), picture(b""), block(1, [])])[4..12]));
}

#[test]
fn several_paddings_become_one() {
    let padding = || block(1, [0; 40]);
    let file = file_of(&[streaminfo(), padding(), comments(&[b"TITLE=a"]), padding(), picture(b"image"), padding()]);
    let (served, after) = spliced(&file, &edit(TITLE));
    assert_eq!(served.len(), file.len());
    assert_eq!(after.anatomy.elements.iter().filter(|e| e.role == 1 && e.id[3] == 1).count(), 1);
}

#[test]
fn unknown_blocks_applications_and_cuesheets_stay() {
    let kept = [block(126, *b"unknown"), block(2, *b"appldata"), block(5, [3; 400]), block(7, [])];
    let mut blocks = vec![streaminfo(), comments(&[b"TITLE=a"])];
    blocks.extend(kept.clone());
    let (served, _) = spliced(&file_of(&blocks), &edit(TITLE));
    for block in &kept[..3] {
        assert!(contains(&served, &block.body), "{block:?}");
    }
}

fn id3v1() -> Vec<u8> {
    let mut tag = b"TAG".to_vec();
    for (text, len) in [("v1 title", 30), ("v1 artist", 30), ("v1 album", 30), ("1999", 4), ("", 30)] {
        let mut field = text.as_bytes().to_vec();
        field.resize(len, 0);
        tag.extend(field);
    }
    tag.push(17);
    tag
}

fn id3v2(frames: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (id, content) in frames {
        body.extend_from_slice(*id);
        body.extend_from_slice(&(content.len() as u32).to_be_bytes());
        body.extend_from_slice(b"\0\0");
        body.extend_from_slice(content);
    }
    let len = body.len() as u32;
    let mut tag = b"ID3\x03\0\0".to_vec();
    tag.extend([(len >> 21) as u8 & 0x7f, (len >> 14) as u8 & 0x7f, (len >> 7) as u8 & 0x7f, len as u8 & 0x7f]);
    tag.extend(body);
    tag
}

#[test]
fn id3_tags_around_the_stream_are_read_as_fallback_and_their_keys_carried_over() {
    let tag = id3v2(&[(b"TIT2", b"\0v2 title"), (b"TALB", b"\0v2 album"), (b"APIC", b"\0image/png\0\x03\0PICTURE")]);
    let mut file = tag.clone();
    file.extend(file_of(&[streaminfo(), comments(&[b"ARTIST=own"])]));
    file.extend(id3v1());
    let before = probe(&file);
    let expected =
        [("artist", "own"), ("title", "v2 title"), ("album", "v2 album"), ("date", "1999"), ("genre", "Rock")];
    for (key, value) in expected {
        assert_eq!(before.tags.get(key), [value], "{key}");
    }
    assert_eq!(before.anatomy.audio.len, audio().len() as u64);
    let (served, after) = spliced(&file, &edit(&[("album", &["edited"])]));
    assert!(served.starts_with(b"fLaC") && served.ends_with(&audio()));
    assert_eq!(after.anatomy.audio.offset % 4096, before.anatomy.audio.offset % 4096);
    for (key, value) in expected {
        assert_eq!(after.tags.get(key), [if key == "album" { "edited" } else { value }], "{key}");
    }
    let picture = &after.anatomy.pictures[0];
    assert_eq!((picture.encoding, picture.mime.as_str()), (PictureEncoding::Raw, "image/png"));
    assert_eq!(&served[picture.range.offset as usize..picture.range.end() as usize], b"PICTURE");
}

#[test]
fn a_picture_of_an_unsynchronised_tag_in_front_is_taken_over_as_it_was_meant() {
    let image: Vec<u8> = (0..150_000u32).map(|at| if at % 7 < 3 { 0xff } else { (at % 251) as u8 }).collect();
    let frames = id3v2(&[(b"APIC", &[b"\0image/jpeg\0\x03\0", &image[..]].concat())]);
    let mut body = Vec::new();
    for (at, byte) in frames[10..].iter().enumerate() {
        body.push(*byte);
        if *byte == 0xff && frames.get(11 + at).is_none_or(|next| *next == 0 || *next >= 0xe0) {
            body.push(0);
        }
    }
    let size = [21, 14, 7, 0].map(|shift| (body.len() >> shift) as u8 & 0x7f);
    let tag = [&b"ID3\x03\0\x80"[..], &size, &body].concat();
    let file = [tag, file_of(&[streaminfo(), comments(&[b"TITLE=a"])])].concat();
    assert_eq!(probe(&file).anatomy.pictures[0].encoding, PictureEncoding::Unsynchronised);
    let (served, after) = spliced(&file, &edit(TITLE));
    let picture = &after.anatomy.pictures[0];
    assert_eq!(picture.encoding, PictureEncoding::Raw);
    assert!(served[picture.range.offset as usize..picture.range.end() as usize] == image);
}

/// A zlib stream of stored blocks.
fn zlib(content: &[u8]) -> Vec<u8> {
    let mut out = b"\x78\x01".to_vec();
    let mut blocks = content.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        out.push(u8::from(blocks.peek().is_none()));
        out.extend((block.len() as u16).to_le_bytes());
        out.extend((!(block.len() as u16)).to_le_bytes());
        out.extend_from_slice(block);
    }
    let (a, b) = content.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    out.extend((b << 16 | a).to_be_bytes());
    out
}

/// A 2.3 tag with one compressed picture.
fn compressed_picture(image: &[u8]) -> Vec<u8> {
    let content = [b"\0image/png\0\x04back\0", image].concat();
    let mut frame = (content.len() as u32).to_be_bytes().to_vec();
    frame.extend(zlib(&content));
    let mut tag = id3v2(&[(b"APIC", &frame)]);
    tag[19] = 0x80;
    tag
}

#[test]
fn a_picture_of_a_compressed_frame_in_front_is_taken_over_as_it_was_meant() {
    let image: Vec<u8> = (0..150_000u32).map(|at| (at % 251) as u8).collect();
    let file = [compressed_picture(&image), file_of(&[streaminfo(), comments(&[b"TITLE=a"])])].concat();
    assert_eq!(probe(&file).anatomy.pictures[0].encoding, PictureEncoding::Opaque);
    let (served, after) = spliced(&file, &edit(TITLE));
    let picture = &after.anatomy.pictures[0];
    assert_eq!((picture.encoding, picture.picture_type, &*picture.description), (PictureEncoding::Raw, 4, "back"));
    assert!(served[picture.range.offset as usize..picture.range.end() as usize] == image);
}

#[test]
fn an_edit_that_would_lose_a_picture_is_not_made_unless_it_exchanges_the_pictures() {
    let mut tag = compressed_picture(&vec![0x55; 150_000]);
    let last = tag.len() - 1;
    tag[last] ^= 1;
    let file = [tag, file_of(&[streaminfo(), comments(&[b"TITLE=a"])])].concat();
    let anatomy = probe(&file).anatomy;
    assert_eq!(anatomy.pictures.len(), 1);
    let title = edit(TITLE);
    assert!(matches!(Flac::new().layout(&anatomy, &title), Err(LayoutError::TooLarge(_))));
    assert!(Flac::new().layout(&anatomy, &Edit { art: Some(Vec::new()), ..title }).is_ok());
}

#[test]
fn of_several_id3v1_tags_none_comes_to_light_when_the_last_goes() {
    let mut other = id3v1();
    other[3] = b'?';
    let file = [file_of(&[streaminfo()]), other, id3v1()].concat();
    let before = probe(&file);
    assert_eq!(before.anatomy.audio.len, audio().len() as u64);
    let (served, after) = spliced(&file, &edit(TITLE));
    assert!(served.ends_with(&audio()));
    assert_eq!(after.tags.get("artist"), before.tags.get("artist"));
}

fn apev2(items: &[(&str, u32, &[u8])]) -> Vec<u8> {
    let body: Vec<u8> = items
        .iter()
        .flat_map(|(name, flags, value)| {
            let sizes = [(value.len() as u32).to_le_bytes(), flags.to_le_bytes()].concat();
            [&sizes[..], name.as_bytes(), b"\0", value].concat()
        })
        .collect();
    let marker = |flags: u32| {
        let ints = [2000, body.len() as u32 + 32, items.len() as u32, flags | 1 << 31];
        [b"APETAGEX".to_vec(), ints.iter().flat_map(|int| int.to_le_bytes()).collect(), vec![0; 8]].concat()
    };
    [marker(1 << 29), body.clone(), marker(0)].concat()
}

#[test]
fn an_apev2_tag_behind_the_stream_is_read_and_carried_over_and_none_goes_stale() {
    let cover: &[u8] = b"cover.png\0\x89PNG\r\n\x1a\nIMAGE";
    let tag = apev2(&[("Title", 0, b"ape title"), ("Album", 0, b"one\0two"), ("Cover Art (Front)", 2, cover)]);
    let older = apev2(&[("Title", 0, b"older")]);
    let lyrics = b"LYRICSBEGINLYR00005Words000024LYRICS200".to_vec();
    let stream = file_of(&[streaminfo(), comments(&[b"ARTIST=own"])]);
    for tail in [
        tag.clone(),
        [tag.clone(), id3v1()].concat(),
        [older, tag.clone(), lyrics, id3v1()].concat(),
        [id3v1(), tag.clone()].concat(),
    ] {
        let file = [stream.clone(), tail].concat();
        let before = probe(&file);
        assert_eq!(before.tags.get("title"), ["ape title"]);
        assert_eq!(before.tags.get("album"), ["one", "two"]);
        assert_eq!(before.anatomy.audio.len, audio().len() as u64);
        let (served, after) = spliced(&file, &edit(&[("title", &["edited"])]));
        assert!(served.ends_with(&audio()), "no tag is left behind the stream");
        assert_eq!(after.tags.get("title"), ["edited"]);
        for key in ["artist", "album", "date", "genre", "lyrics"] {
            assert_eq!(after.tags.get(key), before.tags.get(key), "{key}");
        }
        let picture = &after.anatomy.pictures[0];
        assert!(served[picture.range.offset as usize..picture.range.end() as usize].ends_with(b"IMAGE"));
    }
}

#[test]
fn a_key_that_no_comment_can_spell_is_not_taken_over() {
    let lead = id3v2(&[(b"TXXX", b"\0a=b\0value"), (b"TXXX", b"\0mood\0calm")]);
    let file = [lead, file_of(&[streaminfo()])].concat();
    let before = probe(&file);
    assert!(before.tags.has("mood") && !before.tags.has("a=b"));
    let (_, after) = spliced(&file, &edit(TITLE));
    assert_eq!(after.tags.get("mood"), ["calm"]);
}

#[test]
fn several_id3_tags_or_one_whose_size_lies_may_stand_before_the_marker() {
    let stream = file_of(&[streaminfo(), comments(&[b"TITLE=a"])]);
    let mut two = id3v2(&[(b"TPE1", b"\0first")]);
    two.extend(id3v2(&[(b"TPE1", b"\0second")]));
    two.extend(&stream);
    assert_eq!(probe(&two).tags.get("artist"), ["first"]);
    let mut lying = id3v2(&[(b"TPE1", b"\0first")]);
    lying.extend([0; 700]);
    lying.extend(&stream);
    let (served, after) = spliced(&lying, &edit(TITLE));
    assert!(served.starts_with(b"fLaC"));
    assert_eq!(
        (after.tags.get("title"), after.tags.get("artist")),
        (&["edited".to_owned()][..], &["first".to_owned()][..])
    );
}

#[test]
fn junk_before_the_marker_stays() {
    let mut file = vec![0; 300];
    file.extend(file_of(&[streaminfo(), comments(&[b"TITLE=a"]), block(1, [0; 60])]));
    let (served, _) = spliced(&file, &edit(TITLE));
    assert!(served.starts_with(&file[..304]));
    assert_eq!(served.len(), file.len());
}

#[test]
fn content_decides_what_is_flac() {
    let sniff = |content: &[u8], extension| {
        let head = Head { bytes: content, content, content_offset: 0, extension };
        Flac::new().sniff(&head)
    };
    let file = file_of(&[streaminfo()]);
    assert_eq!(sniff(&file, "mp3"), Confidence::Strong);
    assert_eq!(sniff(b"nothing", "flac"), Confidence::Extension);
    assert_eq!(sniff(b"nothing", "mp3"), Confidence::No);
    let in_ogg = [b"OggS\0\x02", &file[..]].concat();
    assert_eq!(sniff(&in_ogg, "ogg"), Confidence::No);
    let head = Head { bytes: &in_ogg, content: &in_ogg, content_offset: 0, extension: "" };
    assert_eq!(find_marker(&head), None);
}

#[test]
fn a_file_without_audio_or_cut_off_in_its_blocks_is_understood_as_far_as_it_goes() {
    let (served, _) = spliced(&head_of(&[streaminfo(), comments(&[b"TITLE=a"])]), &edit(TITLE));
    assert_eq!(probe(&served).anatomy.audio.len, 0);
    let mut cut = head_of(&[streaminfo(), comments(&[b"TITLE=a"]), picture(&[1; 1000])]);
    cut.truncate(cut.len() - 500);
    let probe = probe(&cut);
    assert!(!probe.anatomy.is_editable());
    assert_eq!(probe.tags.get("title"), ["a"]);
}
