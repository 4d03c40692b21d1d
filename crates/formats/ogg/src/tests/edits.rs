//! What an edit changes and what it leaves.

use super::support::*;
use crate::Ogg;
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Format, LayoutError};
use musefs_format_picture::{PictureHeader, decode_prefix};

#[test]
fn an_empty_edit_serves_the_file_itself() {
    let file = Stream::vorbis(&[b"TITLE=a"]).file();
    let layout = Ogg::new().layout(&probe(&file).anatomy, &Edit::default()).unwrap();
    assert!(layout.is_verbatim(file.len() as u64));
}

#[test]
fn every_codec_is_edited_and_keeps_its_other_packets() {
    let flac = vec![(4, comments(&[b"TITLE=a", b"Artist=b"])), (3, vec![0xff; 18]), (126, b"unknown".to_vec())];
    let list: [&[u8]; 2] = [b"TITLE=a", b"Artist=b"];
    let streams = [Stream::vorbis(&list), Stream::opus(&list, b""), Stream::speex(&list, 2), Stream::flac(3, &flac)];
    for (stream, id) in streams.iter().zip(["vorbis", "opus", "speex", "oggflac"]) {
        let file = stream.file();
        let (served, after) = spliced(&file, &edit(&[("title", &["edited"]), ("new", &["1", "2"])]));
        assert_eq!(after.anatomy.format.as_str(), id);
        assert_eq!(after.tags.get("title"), ["edited"], "{id}");
        assert_eq!(after.tags.get("artist"), ["b"], "{id}");
        assert_eq!(after.tags.get("new"), ["1", "2"], "{id}");
        let before = packets(&checked_pages(&file));
        let packets = packets(&checked_pages(&served));
        assert_eq!((&packets[0], &packets[2..]), (&before[0], &before[2..]), "{id}");
        assert!(contains(&packets[1], b"Artist=b"), "{id}");
        assert!(served.ends_with(&stream.audio_pages().concat()), "{id}: audio pages pass untouched");
        assert_eq!(after.anatomy.audio.offset % 4096, probe(&file).anatomy.audio.offset % 4096, "{id}");
    }
}

#[test]
fn padding_absorbs_an_edit_so_that_audio_and_size_stay() {
    let stream = Stream::opus(&[b"TITLE=a"], &[0; 600]);
    let file = stream.file();
    let (served, after) = spliced(&file, &edit(&[("title", &["b".repeat(300).as_str()])]));
    assert_eq!(served.len(), file.len());
    assert_eq!(after.anatomy.audio, probe(&file).anatomy.audio);
}

#[test]
fn more_header_pages_renumber_the_audio() {
    let stream = Stream::vorbis(&[b"TITLE=a"]);
    let file = stream.file();
    let long = "x".repeat(200_000);
    let (served, after) = spliced(&file, &edit(&[("lyrics", &[&long])]));
    let pages = checked_pages(&served);
    assert!(pages.len() > checked_pages(&file).len());
    assert_eq!(packets(&pages)[2..], packets(&checked_pages(&file))[2..]);
    assert_eq!(after.tags.get("lyrics"), [long]);
    // And back: fewer pages than the served file has.
    let (again, after) = spliced(&served, &edit(&[("lyrics", &[])]));
    assert_eq!(packets(&checked_pages(&again))[2..], packets(&checked_pages(&file))[2..]);
    assert!(!after.tags.has("lyrics"));
}

#[test]
fn fewer_header_pages_where_padding_is_not_allowed_renumber_the_audio() {
    let long = format!("LYRICS={}", "x".repeat(300_000));
    let stream = Stream::opus(&[b"TITLE=a", long.as_bytes()], b"\x01binary");
    let file = stream.file();
    let (served, _) = spliced(&file, &edit(&[("lyrics", &[])]));
    let pages = checked_pages(&served);
    assert!(pages.len() < checked_pages(&file).len());
    let packets = packets(&pages);
    assert!(packets[1].ends_with(b"\x01binary"));
    assert_eq!(packets[2..], stream.audio);
}

#[test]
fn a_cover_of_16_mib_is_streamed() {
    let stream = Stream::opus(&[b"TITLE=a"], b"");
    let file = stream.file();
    let exchanged = art(vec![link(3, 16 << 20)]);
    let anatomy = probe(&file).anatomy;
    let layout = Ogg::new().layout(&anatomy, &exchanged).unwrap();
    assert!(layout.heap_bytes() < 256 << 10, "{}", layout.heap_bytes());
    let served = read(&layout, &file);
    let packets = packets(&checked_pages(&served));
    assert_eq!(packets[2..], stream.audio);
    let at = packets[1].windows(23).position(|window| window == b"METADATA_BLOCK_PICTURE=").unwrap() + 23;
    let structure = decode_prefix(&packets[1][at..]);
    let header = PictureHeader::parse(&structure).unwrap();
    assert_eq!((header.mime.as_str(), header.width, header.image_len), ("image/jpeg", 2, 16 << 20));
    let from = header.image_offset as usize;
    assert!(structure[from..from + (16 << 20)] == image(link(3, 0).art, 0, 16 << 20));
    assert_eq!(probe(&served).anatomy.pictures.len(), 1);
}

#[test]
fn pictures_of_a_flac_stream_become_comments_when_they_are_exchanged() {
    let mut structure = b"\0\0\0\x03\0\0\0\x09image/png\0\0\0\0".to_vec();
    structure.extend_from_slice(&[0; 16]);
    structure.extend_from_slice(b"\0\0\0\x03old");
    let blocks = [(4, comments(&[b"TITLE=a"])), (6, structure), (1, vec![0; 5])];
    for stated in [3, 0] {
        let (served, after) = spliced(&Stream::flac(stated, &blocks).file(), &art(vec![link(1, 500)]));
        let packets = packets(&checked_pages(&served));
        let kinds: Vec<_> = packets[1..3].iter().map(|packet| packet[0]).collect();
        assert_eq!(kinds, [4, 0x81]);
        assert_eq!(packets[0][7..9], [0, 2], "the number of header packets");
        assert_eq!((after.anatomy.pictures.len(), after.tags.get("title").len()), (1, 1));
    }
}

#[test]
fn a_flac_comment_block_beyond_24_bits_is_too_large() {
    let anatomy = probe(&Stream::flac(1, &[(4, comments(&[]))]).file()).anatomy;
    assert!(Ogg::new().layout(&anatomy, &art(vec![link(1, 11 << 20)])).is_ok());
    let result = Ogg::new().layout(&anatomy, &art(vec![link(1, 13 << 20)]));
    assert!(matches!(result, Err(LayoutError::TooLarge(_))));
}
