//! Files made to hurt, in every container they can stand in: no probe holds more than 32 MiB, and none reads a file over and
//! over. Time is not measured here; what it costs is bounded by the reads, and the file is edited and served afterwards.

#![allow(clippy::trivially_copy_pass_by_ref, reason = "names read best as byte string literals")]

mod carriers;
mod measured;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use carriers::{Carrier, with_ape, with_comments, with_id3, with_info};
use measured::Measured;
use musefs_testkit::fixtures::{Kind, Mp4Builder, atom};
use musefs_testkit::hostile::PeakAllocator;

#[global_allocator]
static ALLOCATOR: PeakAllocator = PeakAllocator;

/// Probes every file within the limits.
fn check(what: &str, files: Vec<Carrier>) {
    for file in files {
        Measured::probe(&file).check(&format!("{what} in {}", file.name));
    }
}

/// A 2.3 frame whose size field says `size`.
fn sized_frame(id: &[u8; 4], size: u32, flags: u16, body: &[u8]) -> Vec<u8> {
    [&id[..], &size.to_be_bytes(), &flags.to_be_bytes(), body].concat()
}

fn frame(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    sized_frame(id, body.len() as u32, 0, body)
}

fn tag(body: &[u8]) -> Vec<u8> {
    let size = [21, 14, 7, 0].map(|shift| (body.len() >> shift) as u8 & 0x7f);
    [&b"ID3\x03\0\0"[..], &size, body].concat()
}

/// 390 KB of zlib that inflate to 400 MB: a zero byte, then matches of 258 bytes at distance 1 (RFC 1951, section 3.2.6).
fn bomb() -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    let mut push = |value: u32, len: u32| bits.extend((0..len).rev().map(|at| value >> at & 1 == 1));
    push(0b1, 1);
    push(0b10, 2);
    push(0b0011_0000, 8);
    for _ in 0..1_550_000 {
        // The longest length, in its code of eight bits; then the distance, in its five.
        push(0b1100_0101, 8);
        push(0, 5);
    }
    let bytes =
        bits.chunks(8).map(|bits| bits.iter().enumerate().fold(0, |byte, (at, bit)| byte | u8::from(*bit) << at));
    let mut out = 400_000_000u32.to_be_bytes().to_vec();
    out.extend_from_slice(&[0x78, 0x01]);
    out.extend(bytes);
    out.truncate(390_000);
    out
}

#[test]
fn frames_that_inflate_to_400_mb() {
    let bomb = bomb();
    for id in [b"TIT2", b"TXXX", b"COMM", b"USLT", b"APIC"] {
        let frames = vec![sized_frame(id, bomb.len() as u32, 0x80, &bomb); 8].concat();
        check("compressed frames", with_id3(&tag(&frames)));
        // In 2.4, where a data length goes before what is compressed.
        let sized =
            [[21, 14, 7, 0].map(|shift| (bomb.len() >> shift) as u8 & 0x7f).as_slice(), &[0, 9], &bomb].concat();
        let frames = [&id[..], &sized].concat().repeat(8);
        let mut tag = tag(&frames);
        tag[3] = 4;
        check("compressed frames of 2.4", with_id3(&tag));
    }
}

#[test]
fn two_hundred_thousand_frames() {
    let texts: Vec<u8> = (0..200_000).flat_map(|n| frame(b"TXXX", format!("\0key{n}\0value").as_bytes())).collect();
    check("texts", with_id3(&tag(&texts)));
    let pictures: Vec<u8> = (0..200_000).flat_map(|_| frame(b"APIC", b"\0image/png\0\x03\0x")).collect();
    check("pictures", with_id3(&tag(&pictures)));
    let same: Vec<u8> = (0..200_000).flat_map(|_| frame(b"TPE1", b"\0a\0b\0c\0d\0e\0f\0g\0h")).collect();
    check("values of one key", with_id3(&tag(&same)));
    let empty: Vec<u8> = (0..200_000).flat_map(|_| frame(b"TIT2", b"")).collect();
    check("empty frames", with_id3(&tag(&empty)));
}

#[test]
fn sizes_of_four_gib() {
    for size in [0x7fff_ffff, u32::MAX - 9, u32::MAX] {
        let frames = [frame(b"TALB", b"\0Album"), sized_frame(b"TIT2", size, 0, b"\0Title")].concat();
        check("a frame", with_id3(&tag(&frames)));
        let compressed = [&size.to_be_bytes()[..], b"\x78\x01\x01\x03\0\xfc\xff\0ab"].concat();
        check("an inflated size", with_id3(&tag(&sized_frame(b"TIT2", compressed.len() as u32, 0x80, &compressed))));
        check("an item", with_ape(1, &[&size.to_le_bytes()[..], &[0; 4], b"Title\0x"].concat()));
        check("a vendor", with_comments(&[&size.to_le_bytes()[..], b"vendor"].concat()));
        let comment = [&[0; 4][..], &1u32.to_le_bytes(), &size.to_le_bytes(), b"TITLE=x"].concat();
        check("a comment", with_comments(&comment));
        let picture = [[0, 0, 0, 3], size.to_be_bytes(), *b"imag", [0xff; 4], [0xff; 4]].concat();
        check("a picture", vec![carriers::flac_with(6, &picture)]);
        let comment = ["METADATA_BLOCK_PICTURE=", &STANDARD.encode(&picture)].concat();
        let comment = [&(comment.len() as u32).to_le_bytes()[..], comment.as_bytes()].concat();
        check("a picture", with_comments(&[&[0; 4][..], &1u32.to_le_bytes(), &comment].concat()));
        check("a field", with_info(&[&b"INAM"[..], &size.to_le_bytes(), b"Title\0"].concat()));
        check("an atom", carriers::mp4(&[&size.to_be_bytes()[..], b"\xa9nam", b"\0\0\0\x10data"].concat()));
        let wide = [&1u32.to_be_bytes()[..], b"\xa9nam", &u64::from(size).to_be_bytes(), b"data"].concat();
        check("a wide atom", carriers::mp4(&wide));
    }
    check("a tag", with_id3(b"ID3\x04\0\0\x7f\x7f\x7f\x7fTIT2\0\0\0\x02\0\0\0x"));
    check("chunks and elements", carriers::lying_sizes());
}

#[test]
fn files_that_are_really_vast() {
    for file in carriers::vast() {
        Measured::probe(&file).check(&format!("four GiB of {}", file.name));
    }
}

#[test]
fn nesting_without_end() {
    let mut chapter = frame(b"TIT2", b"\0deep");
    for _ in 0..2_000 {
        chapter = frame(b"CHAP", &[&b"id\0"[..], &[0; 16], &chapter].concat());
    }
    check("chapters", with_id3(&tag(&chapter)));
    for name in [b"udta", b"meta", b"ilst", b"trak", b"minf", b"stbl", b"moov", b"----"] {
        let mut nested = atom(name, &[b"x"]);
        while nested.len() < 200_000 {
            nested = atom(name, &[&nested]);
        }
        check("atoms", vec![carriers::mp4_with(&Mp4Builder::new(1).blocks(1).udta(&nested).build())]);
    }
    check("chunks and elements", carriers::nested());
}

#[test]
fn counts_of_two_to_the_32nd() {
    for count in [u32::MAX, u32::MAX - 7, 1 << 31] {
        let comments = [&[0; 4][..], &count.to_le_bytes(), b"\x07\0\0\0TITLE=x"].concat();
        check("comments", with_comments(&comments));
        let zeros = [&comments[..], &vec![0; 400_000]].concat();
        check("empty comments", with_comments(&zeros));
        check("items", with_ape(count, b"\x01\0\0\0\0\0\0\0Title\0x"));
        check("offsets", carriers::with_offsets(count));
    }
}

#[test]
fn elements_by_the_hundred_thousand() {
    let comment = |n: usize| {
        let text = format!("KEY{n}=value");
        [&(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat()
    };
    let comments: Vec<u8> = (0..200_000).flat_map(comment).collect();
    check("comments", with_comments(&[&[0; 4][..], &200_000u32.to_le_bytes(), &comments].concat()));
    let covers = b"\x0d\0\0\0COVERART=aGVs".repeat(200_000);
    check("pictures", with_comments(&[&[0; 4][..], &200_000u32.to_le_bytes(), &covers].concat()));
    let items: Vec<u8> =
        (0..200_000).flat_map(|n| [&b"\x01\0\0\0\0\0\0\0"[..], format!("Key{n}\0x").as_bytes()].concat()).collect();
    check("items", with_ape(200_000, &items));
    check("fields", with_info(&b"INAM\x02\0\0\0x\0".repeat(200_000)));
    let data = atom(b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0], b"x"]);
    check("atoms", carriers::mp4(&atom(b"\xa9nam", &[&data]).repeat(200_000)));
    check("values of an atom", carriers::mp4(&atom(b"\xa9ART", &[&data.repeat(200_000)])));
    check("covers", carriers::mp4(&atom(b"covr", &[&data.repeat(200_000)])));
    check("chunks and elements", carriers::many());
}

#[test]
fn a_plain_file_of_each_container_is_measured_the_same_way() {
    for kind in Kind::ALL {
        let file = Carrier::of_kind(kind);
        let measured = Measured::probe(&file);
        assert!(measured.is_understood, "{}", file.name);
        measured.check(file.name);
    }
}
