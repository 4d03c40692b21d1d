//! One test for each thing that real files do.

use super::support::*;
use crate::Ogg;
use musefs_contracts::anatomy::{Editability, PictureEncoding};
use musefs_contracts::format::{Confidence, Format, Head};

const TITLE: &[(&str, &[&str])] = &[("title", &["edited"])];

fn verbatim(file: &[u8]) -> String {
    match probe(file).anatomy.editability {
        Editability::Verbatim(reason) => reason,
        Editability::Editable => panic!("editable"),
    }
}

#[test]
fn comment_and_setup_packets_share_pages_and_span_many() {
    let long = format!("LYRICS={}", "y".repeat(5000));
    for most in [1, 2, 7, 255] {
        let mut stream = Stream::vorbis(&[b"A=1", long.as_bytes(), b"TITLE=a", b"B=2"]);
        stream.most = most;
        let file = stream.file();
        assert_eq!(probe(&file).tags.get("lyrics")[0].len(), 5000);
        let (served, after) = spliced(&file, &edit(TITLE));
        assert_eq!(after.tags.get("title"), ["edited"]);
        assert_eq!(after.tags.get("lyrics")[0].len(), 5000);
        let packets = packets(&checked_pages(&served));
        assert_eq!(packets[2], stream.headers[1]);
        assert_eq!(packets[3..], stream.audio);
        assert!(served.ends_with(&stream.audio_pages().concat()), "the number of pages is kept");
    }
}

#[test]
fn header_pages_have_granule_0_and_audio_begins_on_a_page_of_its_own() {
    for stream in [
        Stream::vorbis(&[b"TITLE=a"]),
        Stream::opus(&[b"TITLE=a"], b""),
        Stream::speex(&[b"TITLE=a"], 2),
        Stream::flac(1, &[(4, comments(&[b"TITLE=a"]))]),
    ] {
        let long = "x".repeat(200_000);
        for title in ["b", &long] {
            let (served, after) = spliced(&stream.file(), &edit(&[("title", &[title])]));
            let audio = after.anatomy.audio.offset as usize;
            let headers = checked_pages(&served[..audio]);
            let mut at = 0;
            for (page, _) in &headers {
                let granule = u64::from_le_bytes(served[at + 6..at + 14].try_into().unwrap());
                at += page.len();
                // A page on which no packet ends says so: all ones (RFC 3533, section 6).
                let none_ends = page.lacing.iter().all(|value| *value == 255);
                assert_eq!(granule, if none_ends { u64::MAX } else { 0 });
            }
            assert_eq!(packets(&headers).len(), 1 + stream.headers.len(), "the last header packet ends its page");
            assert_eq!(packets(&checked_pages(&served[audio..])), stream.audio);
        }
    }
}

#[test]
fn vorbis_framing_bit_and_what_follows_it_stay() {
    let mut stream = Stream::vorbis(&[b"TITLE=a"]);
    stream.headers[0].extend_from_slice(b"more");
    let (served, _) = spliced(&stream.file(), &edit(TITLE));
    assert!(packets(&checked_pages(&served))[1].ends_with(b"TITLE=edited\x01more"));
}

#[test]
fn a_missing_framing_bit_is_set() {
    let mut stream = Stream::vorbis(&[b"TITLE=a"]);
    stream.headers[0].pop();
    let (served, _) = spliced(&stream.file(), &edit(TITLE));
    assert!(contains(&packets(&checked_pages(&served))[1], b"TITLE=edited\x01"));
}

#[test]
fn opus_padding_is_padding_unless_its_first_bit_is_set() {
    for (tail, stays) in [(&b"\x01binary"[..], true), (b"\x02any other", false), (b"\0\0\0\x07", false)] {
        let stream = Stream::opus(&[b"TITLE=a"], tail);
        let (served, after) = spliced(&stream.file(), &edit(TITLE));
        let packet = &packets(&checked_pages(&served))[1];
        assert_eq!(packet.ends_with(&[b"TITLE=edited", tail].concat()), stays, "{tail:?}");
        assert_eq!(after.tags.get("title"), ["edited"]);
    }
}

#[test]
fn flac_comments_are_the_second_packet_and_the_last_block_says_so() {
    let alone = Stream::flac(1, &[(4, comments(&[b"TITLE=a"]))]);
    let (served, _) = spliced(&alone.file(), &edit(TITLE));
    let served = packets(&checked_pages(&served));
    assert_eq!(served[1][0], 0x84);
    let len = u32::from_be_bytes([0, served[1][1], served[1][2], served[1][3]]) as usize;
    assert_eq!(len + 4, served[1].len(), "the block's length takes in its padding");

    let none = Stream::flac(1, &[(3, vec![0xff; 18])]);
    let (served, after) = spliced(&none.file(), &edit(TITLE));
    let served = packets(&checked_pages(&served));
    assert_eq!((served[0][7..9].to_vec(), served[1][0], served[2][0]), (vec![0, 2], 4, 0x83));
    assert_eq!(after.tags.get("title"), ["edited"]);
}

#[test]
fn speex_announces_its_extra_headers() {
    let stream = Stream::speex(&[b"TITLE=a"], 3);
    let before = probe(&stream.file());
    assert_eq!(before.anatomy.audio.offset, stream.header_pages().concat().len() as u64);
    let mut lying = Stream::speex(&[b"TITLE=a"], 0);
    lying.identification[68..72].copy_from_slice(&[0xff; 4]);
    assert!(probe(&lying.file()).anatomy.is_editable());
}

#[test]
fn sequence_numbers_wrap_at_32_bits() {
    let mut stream = Stream::vorbis(&[b"TITLE=a"]);
    stream.sequence = u32::MAX - 3;
    let long = "x".repeat(400_000);
    let (served, _) = spliced(&stream.file(), &edit(&[("a", &[&long])]));
    assert_eq!(packets(&checked_pages(&served))[2..], packets(&checked_pages(&stream.file()))[2..]);
}

/// A file whose header grows by pages, with its audio pages changed by `damage`; what is served of the audio.
fn renumbered(damage: impl FnOnce(&mut Vec<Vec<u8>>)) -> (Vec<u8>, Vec<u8>) {
    let stream = Stream::vorbis(&[b"TITLE=a"]);
    let mut audio = stream.audio_pages();
    damage(&mut audio);
    let audio = audio.concat();
    let file = [stream.header_pages().concat(), audio.clone()].concat();
    let long = "x".repeat(200_000);
    let (served, after) = spliced(&file, &edit(&[("a", &[&long])]));
    assert_eq!(after.anatomy.audio.len as usize, audio.len());
    (audio, served[after.anatomy.audio.offset as usize..].to_vec())
}

#[test]
fn a_page_with_a_wrong_checksum_or_cut_off_passes_as_it_is() {
    let (before, after) = renumbered(|pages| {
        pages[1][40] ^= 1;
        let cut = pages.last().unwrap().len() / 2;
        pages.last_mut().unwrap().truncate(cut);
    });
    let stream = Stream::vorbis(&[]);
    let pages = stream.audio_pages();
    let (first, bad) = (pages[0].len(), pages[1].len());
    assert_eq!(after[first..first + bad], before[first..first + bad]);
    checked_pages(&after[..first]);
    let rest = &after[first + bad..];
    let last = before.len() - pages.iter().rev().skip(1).map(Vec::len).sum::<usize>();
    checked_pages(&rest[..rest.len() - last]);
    assert!(after.ends_with(&before[before.len() - last..]));
}

#[test]
fn a_lost_page_stays_lost_and_bytes_after_the_last_page_stay() {
    let (before, after) = renumbered(|pages| {
        pages.remove(1);
        pages.push(b"OggS and other bytes behind the stream".to_vec());
    });
    let pages = Stream::vorbis(&[]).audio_pages();
    let first = pages[0].len();
    checked_pages(&after[..first]);
    checked_pages(&after[first..after.len() - 38]);
    assert_eq!(after[after.len() - 38..], before[before.len() - 38..]);
}

#[test]
fn a_missing_end_of_stream_flag_and_a_header_only_file_are_served() {
    let (_, after) = renumbered(|pages| {
        let last = pages.last_mut().unwrap();
        last[5] = 0;
        reseal(last);
    });
    checked_pages(&after);
    let mut stream = Stream::vorbis(&[b"TITLE=a"]);
    stream.audio.clear();
    let mut pages = stream.header_pages();
    let last = pages.last_mut().unwrap();
    last[5] |= 4;
    reseal(last);
    let (served, _) = spliced(&pages.concat(), &edit(TITLE));
    let pages = checked_pages(&served);
    assert_eq!(pages.last().unwrap().0.flags & 4, 4, "the flag stays on the last page");
}

#[test]
fn chained_streams_are_served_as_they_are_with_their_first_tags() {
    let first = Stream::vorbis(&[b"TITLE=first"]);
    let mut second = Stream::vorbis(&[b"TITLE=second"]).file();
    let mut at = 0;
    while at < second.len() {
        let len = crate::page::Page::parse(&second[at..]).unwrap().len();
        second[at + 14] ^= 0xff;
        reseal(&mut second[at..at + len]);
        at += len;
    }
    let file = [first.file(), second].concat();
    assert!(verbatim(&file).contains("chained"));
    assert_eq!(probe(&file).tags.get("title"), ["first"]);
}

#[test]
fn multiplexed_streams_are_served_as_they_are_with_the_tags_of_the_one_that_is_understood() {
    let stream = Stream::vorbis(&[b"TITLE=a"]);
    let mut pages = stream.header_pages();
    let skeleton = page(7, 0, 2, 0, &[8], b"fishead\0");
    pages.insert(0, skeleton);
    pages.insert(2, page(7, 1, 0, 0, &[6], b"fisbon"));
    pages.push(page(7, 2, 4, 0, &[0], b""));
    let file = [pages.concat(), stream.audio_pages().concat()].concat();
    assert!(verbatim(&file).contains("multiplexed"));
    assert_eq!(probe(&file).tags.get("title"), ["a"]);
    // A film with its sound: Theora begins first.
    let mut pages = stream.header_pages();
    pages.insert(0, page(9, 0, 2, 0, &[7], b"\x80theora"));
    pages.insert(2, page(9, 1, 0, 0, &[7], b"\x81theora"));
    pages.push(page(9, 2, 4, 5, &[3], b"img"));
    let film = [pages.concat(), stream.audio_pages().concat()].concat();
    assert!(verbatim(&film).contains("multiplexed"));
    assert_eq!(probe(&film).tags.get("title"), ["a"]);
}

#[test]
fn an_unknown_codec_is_served_as_it_is() {
    let file = page(1, 0, 2, 0, &[7], b"\x80theora");
    assert_eq!(probe(&file).anatomy.format.as_str(), "ogg");
    assert!(verbatim(&file).contains("codec"));
}

#[test]
fn odd_header_pages_are_served_as_they_are() {
    let stream = Stream::vorbis(&[b"TITLE=a"]);
    let cut = stream.header_pages().concat();
    let cut = &cut[..cut.len() - 2000];
    assert!(verbatim(cut).contains("cut off"));
    assert_eq!(probe(cut).tags.get("title"), ["a"]);
    let mut headers = stream.headers.clone();
    headers.push(b"audio".to_vec());
    let shared = [stream.header_pages().swap_remove(0), paged(1, 255, &headers).concat()].concat();
    assert!(verbatim(&shared).contains("audio begins"));
    assert_eq!(probe(&shared).tags.get("title"), ["a"]);
}

#[test]
fn damaged_comments_keep_what_is_sound() {
    let mut stream = Stream::vorbis(&[b"TITLE=a", b"ARTIST=b"]);
    let at = stream.headers[0].len() - 13;
    stream.headers[0][at] = 0xf0;
    let tail = stream.headers[0][at..].to_vec();
    let (served, after) = spliced(&stream.file(), &edit(TITLE));
    assert_eq!(after.tags.get("title"), ["edited"]);
    assert!(packets(&checked_pages(&served))[1].ends_with(&[b"\x01", &tail[..]].concat()));
}

#[test]
fn pictures_in_comments_are_located_kept_and_exchanged() {
    let list: [&[u8]; 4] = [
        b"METADATA_BLOCK_PICTURE=AAAAAwAAAAlpbWFnZS9wbmcAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAVpbWFnZQ==",
        b"COVERART=iVBO\r\nRw0KGgo=",
        b"COVERARTMIME=image/png",
        b"METADATA_BLOCK_PICTURE=**bad**",
    ];
    let stream = Stream::opus(&[list[0], list[1], b"TITLE=a", list[2], list[3]], b"");
    let before = probe(&stream.file()).anatomy;
    assert_eq!(before.pictures.len(), 2);
    assert_eq!(before.pictures[1].encoding, PictureEncoding::Base64);
    let (served, after) = spliced(&stream.file(), &edit(TITLE));
    let packet = &packets(&checked_pages(&served))[1];
    let expected = comments(&[list[0], list[1], b"TITLE=edited", list[2], list[3]]);
    assert!(contains(packet, &expected));
    assert_eq!(after.anatomy.pictures.len(), 2);
    let (served, after) = spliced(&stream.file(), &art(vec![link(1, 99)]));
    let packet = &packets(&checked_pages(&served))[1];
    assert!(!contains(packet, b"COVERART") && !contains(packet, b"bad"));
    assert_eq!((after.anatomy.pictures.len(), after.tags.get("title").len()), (1, 1));
}

#[test]
fn twenty_thousand_comments_keep_bytes_and_order() {
    let texts: Vec<String> = (0..20_000).map(|n| format!("Key{n}=value {n}")).collect();
    let mut all: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
    all.insert(10_000, b"TITLE=a");
    let stream = Stream::opus(&all, b"");
    let (served, _) = spliced(&stream.file(), &edit(TITLE));
    all[10_000] = b"TITLE=edited";
    let served = packets(&checked_pages(&served));
    assert!(served[1].starts_with(&[b"OpusTags", &comments(&all)[..]].concat()));
}

#[test]
fn tags_or_junk_before_the_first_page_stay() {
    let stream = Stream::opus(&[b"TITLE=a"], &[0; 60]);
    for front in [&b"ID3\x03\0\0\0\0\0\x04abcd"[..], b"some junk"] {
        let file = [front, &stream.file()].concat();
        let (served, after) = spliced(&file, &edit(TITLE));
        assert!(served.starts_with(front));
        assert_eq!((served.len(), after.tags.get("title")), (file.len(), &["edited".to_owned()][..]));
    }
}

#[test]
fn content_decides_what_is_ogg() {
    let sniff =
        |content: &[u8], extension| Ogg::new().sniff(&Head { bytes: content, content, content_offset: 0, extension });
    let file = Stream::opus(&[], b"").file();
    assert_eq!(sniff(&file, "mp3"), Confidence::Strong);
    assert_eq!(sniff(&[b"junk", &file[..]].concat(), "mp3"), Confidence::Weak);
    assert_eq!(sniff(b"nothing", "opus"), Confidence::Extension);
    assert_eq!(sniff(b"nothing", "mp3"), Confidence::No);
}
