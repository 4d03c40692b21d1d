//! Input made to hurt: limits hold, and what is sound beside it is still read.

mod support;

use musefs_contracts::backing::{Source, Stamp};
use musefs_contracts::format::{Format, Head};
use musefs_contracts::limits;
use musefs_contracts::probe::Probe;
use musefs_format_mpeg::Mpeg;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use support::*;

/// A source that claims any size, holds its first bytes and zeros behind them, and counts what is read.
struct Vast {
    start: Vec<u8>,
    size: u64,
    read: AtomicU64,
}

impl Source for Vast {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.size.saturating_sub(offset).min(buf.len() as u64) as usize;
        for (at, byte) in buf[..n].iter_mut().enumerate() {
            *byte = self.start.get(offset as usize + at).copied().unwrap_or(0);
        }
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
    fn stamp(&self) -> io::Result<Stamp> {
        Ok(Stamp { size: self.size, ..Stamp::default() })
    }
}

/// Probes a file of `size` bytes that begins with `start`, and answers how many bytes were read.
fn read_of(start: Vec<u8>, size: u64) -> u64 {
    let head_bytes = start[..start.len().min(4096)].to_vec();
    let source = Vast { start, size, read: AtomicU64::new(0) };
    let head = Head { bytes: &head_bytes, content: &[], content_offset: 0, extension: "mp3" };
    let _ = Mpeg::new().probe(&source, &head);
    source.read.into_inner()
}

#[test]
fn a_zlib_bomb_is_inflated_no_further_than_the_limit() {
    // A deflate stream of stored blocks would be as long as what it gives, so the bomb repeats one fixed-code block:
    // a zero byte, then matches of 258 bytes at distance 1 (RFC 1951, section 3.2.6).
    let mut bits: Vec<bool> = Vec::new();
    let mut push = |value: u32, len: u32| bits.extend((0..len).rev().map(|at| value >> at & 1 == 1));
    push(0b1, 1);
    push(0b10, 2);
    push(0b0011_0000, 8);
    for _ in 0..1_600_000 {
        push(0b1100_0101, 8);
        push(0, 5);
    }
    let bytes =
        bits.chunks(8).map(|bits| bits.iter().enumerate().fold(0u8, |byte, (at, bit)| byte | u8::from(*bit) << at));
    let bomb = [vec![0, 0, 0, 7, 0x78, 0x01], bytes.collect()].concat();
    let frames = [
        frame_with(3, "TPE1", 0x80, &bomb[..390_000]),
        frame_with(3, "TPE2", 0x80, &bomb[..390_000]),
        text(3, "TALB", "album"),
    ];
    let file = [tag(3, &frames, 0), audio(3)].concat();
    let probe = probe(&file);
    assert!(!probe.tags.has("artist"));
    assert_eq!(values(&probe, "album"), ["album"]);
    check_title_edit(&file, &[&frames[2]]);
}

#[test]
fn two_hundred_thousand_frames_are_listed_up_to_the_limit_and_the_rest_is_kept() {
    let frames: Vec<Vec<u8>> = (0..200_000).map(|n| frame(3, "TXXX", format!("\0key{n}\0v").as_bytes())).collect();
    let file = [tag(3, &frames, 500), audio(3)].concat();
    let before = probe(&file);
    assert!(before.anatomy.elements.len() <= limits::MAX_ELEMENTS);
    let served = serve(&file, &before, &edit(&before, &[("title", &["new"])], &[art(1, 9)]));
    let after = probe(&served);
    assert_eq!((values(&after, "title"), values(&after, "key7")), (vec!["new".to_owned()], vec!["v".to_owned()]));
    assert!(served.ends_with(&[vec![0; 400], audio(3)].concat()), "the rest ends where it ended");
    let body = frames.concat();
    let last = body.len() - 100_000;
    assert!(served.windows(100_000).any(|part| part == &body[last..]));
}

#[test]
fn lying_sizes_are_not_believed() {
    for size in [0u32, 1, 0x7fff_ffff, 0xffff_ffff] {
        let lying = [b"TPE1", &size.to_be_bytes()[..], b"\0\0\0artist"].concat();
        for version in [3, 4] {
            let file = [tag(version, &[text(version, "TIT2", "old"), lying.clone()], 20), audio(3)].concat();
            check_title_edit(&file, &[]);
        }
    }
}

#[test]
fn little_is_read_of_a_vast_file() {
    let huge_picture = [b"APIC", &(200u32 << 20).to_be_bytes()[..], b"\0\0\0image/jpeg\0\x03\0\xff\xd8"].concat();
    let body = [text(3, "TIT2", "old"), huge_picture].concat();
    let mut front = tag_with(3, 0, &body);
    front[6..10].copy_from_slice(&synchsafe(220 << 20));
    assert!(read_of(front, 4 << 30) < 3 << 20, "a search for the first frame is what costs most");
    assert!(read_of(tag_with(4, 0, b""), u64::MAX / 2) < 3 << 20);
}

#[test]
fn sync_words_without_end_are_given_up() {
    for filler in [&[0xff, 0xfb, 0x00, 0x00][..], &[0xff, 0xff], &[0xff, 0xf1, 0x50, 0x80, 0x19, 0x1f, 0xfc]] {
        let bytes = filler.repeat(600_000 / filler.len());
        let len = bytes.len() as u64;
        assert!(read_of(bytes, len) < 4 << 20);
    }
}

#[test]
fn a_tag_too_large_to_be_read_through_is_left_alone() {
    let mut front = tag_with(3, 0x80, &text(3, "TIT2", "old"));
    front[6..10].copy_from_slice(&synchsafe(30 << 20));
    front.resize((30 << 20) + 10, 0);
    let file = [front, audio(3)].concat();
    assert!(read_of(file.clone(), file.len() as u64) < 1 << 20);
    let before = probe(&file);
    assert_eq!(before.anatomy.audio.len, 3 * 417);
    let served = serve(&file, &before, &edit(&before, &[("title", &["new"])], &[]));
    assert!(served.ends_with(&file), "a new tag goes in front");
}

#[test]
fn an_ape_tag_that_lies_harms_nothing() {
    for at in [12, 16, 20] {
        for value in [0u32, 31, 33, 0x7fff_ffff, u32::MAX] {
            let mut back = ape(&[ape_item("Artist", 0, b"a"), ape_item("Album", 0, b"b")], true);
            let footer = back.len() - 32;
            back[footer + at..footer + at + 4].copy_from_slice(&value.to_le_bytes());
            check_title_edit(&[audio(3), back].concat(), &[]);
        }
    }
    let mut bad_item = ape_item("Artist", 0, b"a");
    bad_item[0..4].copy_from_slice(&u32::MAX.to_le_bytes());
    let items = [ape_item("Album", 0, b"b"), bad_item.clone()];
    let (_, after) = check_title_edit(&[audio(3), ape(&items, true)].concat(), &[&bad_item]);
    assert_eq!(values(&after, "album"), ["b"]);
}

#[test]
fn every_truncation_of_a_file_is_probed_and_served() {
    let frames = [
        text(3, "TIT2", "old"),
        apic(3, "d", b"\xff\xd8image"),
        frame(3, "COMM", b"\x01eng\xff\xfed\0\0\0\xff\xfex\0"),
    ];
    let back = [ape(&[ape_item("Artist", 0, b"a")], true), id3v1("old", "a", 1, 1)].concat();
    for version_flags in [0, 0x80, 0x40] {
        let file = [tag_with(3, version_flags, &frames.concat()), audio(3), back.clone()].concat();
        for len in 0..file.len() {
            let Ok(before) = try_probe(&file[..len], "mp3") else { continue };
            if before.anatomy.is_editable() {
                serve(&file[..len], &before, &edit(&before, &[("title", &["new"])], &[art(1, 9)]));
            }
        }
    }
}

#[test]
fn a_last_frame_of_any_size_says_the_same_before_and_after_an_edit() {
    for size in [20u32, 70_000, 0x2121_2121, u32::MAX] {
        let comment = [b"COMM", &size.to_be_bytes()[..], b"\0\0\0engabout\0some words"].concat();
        let file = [tag(3, &[text(3, "TIT2", "old"), comment], 0), audio(3)].concat();
        let before = probe(&file);
        let served = serve(&file, &before, &edit(&before, &[("title", &["new"])], &[]));
        let others = |probe: &Probe| probe.tags.rows().into_iter().filter(|row| row.key != "title").collect::<Vec<_>>();
        assert_eq!(others(&probe(&served)), others(&before), "a frame that claims {size} bytes");
    }
}

#[test]
fn a_size_that_is_no_synchsafe_number_is_written_as_one() {
    let frames = [text(4, "TIT2", "old"), text(4, "TPE1", "artist"), text(4, "TALB", "album")];
    let mut file = [tag(4, &frames, 20), audio(3)].concat();
    let at = 10 + frames[0].len() + 7;
    file[at] |= 0x80;
    let before = probe(&file);
    assert_eq!(values(&before, "artist"), ["artist"], "the high bit counts for nothing");
    let served = serve(&file, &before, &edit(&before, &[("title", &["new"])], &[]));
    assert!(contains(&served, &frames[1]));
}

#[test]
fn of_two_tags_of_a_kind_the_new_tag_says_what_the_believed_one_does() {
    let v1 = [id3v1("stale", "stale", 1, 1), id3v1("title", "right", 2, 2)].concat();
    let ape_of = |artist: &[u8]| ape(&[ape_item("Artist", 0, artist)], true);
    for back in [v1, [ape_of(b"stale"), ape_of(b"right")].concat()] {
        let file = [audio(3), back].concat();
        let before = probe(&file);
        assert_eq!(values(&before, "artist"), ["right"]);
        let after = probe(&serve(&file, &before, &edit(&before, &[("title", &["new"])], &[])));
        assert_eq!(values(&after, "artist"), ["right"]);
    }
}

#[test]
fn without_a_frame_everything_between_the_tags_counts_as_audio() {
    // A tag of no known version whose size is true.
    let opaque = [&b"ID3\x26\0\0\0\0\0\x64"[..], &[0x55; 100]].concat();
    let before = probe(&[opaque.clone(), id3v1("title", "artist", 1, 1)].concat());
    assert_eq!((before.anatomy.audio.offset, before.anatomy.audio.len), (0, opaque.len() as u64));
}

#[test]
fn without_a_frame_zeros_behind_an_ape_tag_in_front_are_no_audio() {
    let file = [ape(&[ape_item("Title", 0, b"a longer title")], true), vec![0x55; 100]].concat();
    let before = probe(&file);
    assert_eq!(before.anatomy.audio.len, 100);
    let served = serve(&file, &before, &edit(&before, &[("title", &["new"])], &[]));
    let after = probe(&served);
    assert_eq!(after.anatomy.audio.len, 100);
    assert_eq!(
        served[after.anatomy.audio.offset as usize..][..100],
        file[before.anatomy.audio.offset as usize..][..100]
    );
}

#[test]
fn a_stored_anatomy_with_ranges_beyond_any_file_is_refused() {
    let file = [tag(3, &[text(3, "TIT2", "old"), text(3, "TPE1", "artist")], 20), audio(3)].concat();
    let before = probe(&file);
    let edit = edit(&before, &[("title", &["new"])], &[]);
    for len in [before.anatomy.size, u64::MAX - 8, u64::MAX] {
        let mut anatomy = before.anatomy.clone();
        anatomy.elements[1].range.len = len;
        assert!(Mpeg::new().layout(&anatomy, &edit).is_err(), "an element of {len} bytes");
    }
}
