//! What DSF files do, and what lies in them does, a test for each.

mod support;

use musefs_contracts::backing::{Source, Stamp};
use musefs_contracts::format::{Confidence, Format, Head};
use musefs_format_dsf::Dsf;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use support::*;

/// Bytes in front of the audio: three chunk headers and what the first two hold.
const FRONT: usize = 28 + 52 + 12;

#[test]
fn an_unedited_file_is_served_as_it_is() {
    let file = dsf(100, &id3(&[(b"TIT2", "Song")], 0));
    assert_eq!(splice(&file, &[]), file);
}

#[test]
fn an_edit_rewrites_the_tag_and_sets_size_and_pointer() {
    let file = dsf(100, &id3(&[(b"TIT2", "Song"), (b"TALB", "Album"), (b"PRIV", "own")], 0));
    for title in ["S", "A much longer title than before"] {
        let served = splice(&file, &[("title", &[title]), ("artist", &["A", "B"])]);
        assert_eq!(served[28..FRONT + 100], file[28..FRONT + 100], "the audio keeps its place");
        assert!(tag_of(&served).starts_with(b"ID3\x04"));
        assert_eq!(int(&served, 20), (FRONT + 100) as u64);
        let tags = probe(&served).tags;
        assert_eq!((tags.get("title"), tags.get("album")), (&[title.to_owned()][..], &["Album".to_owned()][..]));
        assert_eq!(tags.get("artist"), ["A", "B"]);
        let kept = &file[file.len() - 14..];
        assert!(served.windows(kept.len()).any(|part| part == kept), "what the edit does not touch stays in its bytes");
    }
}

#[test]
fn padding_takes_an_edit_up_so_that_the_file_keeps_its_size() {
    let file = dsf(100, &id3(&[(b"TIT2", "Song")], 64));
    assert_eq!(splice(&file, &[("title", &["Another song"])]).len(), file.len());
}

#[test]
fn a_file_without_a_tag_gets_one_at_its_end() {
    let file = dsf(100, &[]);
    let served = splice(&file, &[("title", &["Song"])]);
    assert_eq!(served[28..file.len()], file[28..]);
    assert_eq!(int(&served, 20), file.len() as u64);
    assert!(tag_of(&served).starts_with(b"ID3\x04"));
    assert_eq!(probe(&served).tags.get("title"), ["Song"]);
}

#[test]
fn a_tag_of_which_nothing_is_left_is_left_out() {
    let file = dsf(100, &id3(&[(b"TIT2", "Song")], 0));
    assert_eq!(splice(&file, &[("title", &[])]), dsf(100, &[]));
}

#[test]
fn a_pointer_that_lies_names_no_tag_and_what_is_there_stays() {
    let file = dsf(100, b"what stands behind the audio");
    for pointer in [1, 27, 40, FRONT as u64, FRONT as u64 + 50, 10_000, i64::MAX as u64, u64::MAX] {
        let mut file = file.clone();
        set_int(&mut file, 20, pointer);
        assert!(probe(&file).tags.rows().is_empty(), "{pointer}");
        let served = splice(&file, &[("title", &["Song"])]);
        assert_eq!(served[28..file.len()], file[28..]);
        assert!(tag_of(&served).starts_with(b"ID3\x04"));
        assert_eq!(probe(&served).tags.get("title"), ["Song"]);
    }
}

#[test]
fn a_tag_inside_the_audio_is_audio() {
    let mut file = dsf(200, &[]);
    let tag = id3(&[(b"TIT2", "Chance")], 0);
    file[FRONT + 50..FRONT + 50 + tag.len()].copy_from_slice(&tag);
    set_int(&mut file, 20, FRONT as u64 + 50);
    assert!(!probe(&file).tags.has("title"));
    assert_eq!(splice(&file, &[("title", &["Song"])])[28..file.len()], file[28..]);
}

#[test]
fn a_size_that_lies_is_set_right_by_an_edit() {
    for size in [0, 5, u64::MAX] {
        let mut file = dsf(100, &id3(&[(b"TIT2", "Song")], 0));
        set_int(&mut file, 12, size);
        let served = splice(&file, &[("album", &["Album"])]);
        assert_eq!(int(&served, 12), served.len() as u64);
        assert_eq!(probe(&served).tags.get("title"), ["Song"]);
    }
}

#[test]
fn audio_that_claims_more_than_there_is_does_not_swallow_the_tag() {
    for (tag, title) in [(Vec::new(), None), (id3(&[(b"TIT2", "Song")], 0), Some("Song"))] {
        for stated in [5_000, u64::MAX] {
            let mut file = dsf(100, &tag);
            set_int(&mut file, 84, stated);
            assert_eq!(probe(&file).anatomy.audio.len, 100);
            assert_eq!(probe(&file).tags.get("title").first().map(String::as_str), title);
            let served = splice(&file, &[("album", &["Album"])]);
            assert_eq!(int(&served, 84), 112, "the chunk ends where the audio does");
            assert_eq!(served[FRONT..FRONT + 100], ramp(100));
            assert_eq!(probe(&served).tags.get("album"), ["Album"]);
        }
    }
}

#[test]
fn a_tag_that_claims_more_than_there_is_is_read_as_far_as_it_goes() {
    let mut file = dsf(100, &id3(&[(b"TIT2", "Song"), (b"TALB", "Album")], 0));
    file[FRONT + 100 + 8] = 0x7f;
    assert_eq!(probe(&file).tags.get("album"), ["Album"]);
    assert_eq!(probe(&splice(&file, &[("title", &["Other"])])).tags.get("album"), ["Album"]);
}

#[test]
fn what_follows_the_tag_stays() {
    let mut file = dsf(100, &id3(&[(b"TIT2", "Song")], 0));
    file.extend(b"junk");
    let served = splice(&file, &[("title", &["A longer title"])]);
    assert!(served.ends_with(b"A longer titlejunk"));
}

#[test]
fn a_tag_in_front_makes_it_a_file_that_is_left_alone() {
    let file = [id3(&[(b"TIT2", "Song")], 0), dsf(100, &[])].concat();
    let probed = probe(&file);
    assert!(!probed.anatomy.is_editable());
    assert_eq!(probed.tags.get("title"), ["Song"]);
}

#[test]
fn pictures_are_located_and_written() {
    let file = dsf(100, &[]);
    let served = read(&layout(&file, &[], &[link(3_000)]), &file);
    let pictures = probe(&served).anatomy.pictures;
    assert_eq!((pictures.len(), pictures[0].range.len, pictures[0].picture_type), (1, 3_000, 3));
    let at = pictures[0].range.offset as usize;
    assert_eq!(served[at..at + 3_000], musefs_testkit::splicing::image(musefs_contracts::ids::ArtId(1), 0, 3_000));
}

#[test]
fn content_decides_before_the_extension() {
    let sniff =
        |bytes: &[u8], extension| Dsf::new().sniff(&Head { bytes, content: bytes, content_offset: 0, extension });
    assert_eq!(sniff(&dsf(1, &[]), "mp3"), Confidence::Strong);
    assert_eq!(sniff(b"RIFF", "dsf"), Confidence::Extension);
    assert_eq!(sniff(b"RIFF", "wav"), Confidence::No);
}

#[test]
fn what_is_no_dsf_is_said_so() {
    assert!(try_probe(b"RIFF\0\0\0\0AVI ").is_err());
    assert!(try_probe(&dsf(1, &[])[..20]).is_err());
    assert!(!probe(&dsf(100, &[])[..60]).anatomy.is_editable(), "without audio there is nothing to splice around");
}

/// A source that claims any size, holds its first bytes and zeros behind them, and counts what is read.
struct Vast(Vec<u8>, u64, AtomicU64);

impl Source for Vast {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.1.saturating_sub(offset).min(buf.len() as u64) as usize;
        (offset..).zip(&mut buf[..n]).for_each(|(at, byte)| *byte = self.0.get(at as usize).copied().unwrap_or(0));
        self.2.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
    fn stamp(&self) -> io::Result<Stamp> {
        Ok(Stamp { size: self.1, ..Stamp::default() })
    }
}

#[test]
fn audio_of_any_size_is_not_read() {
    let mut file = dsf(100, &[]);
    set_int(&mut file, 84, 1 << 40);
    let tiny: Vec<u8> = (0..5_000).flat_map(|_| chunk(b"some", b"")).collect();
    for start in [file, [&dsf(1, &[])[..28], &tiny].concat()] {
        let source = Vast(start.clone(), 1 << 40, AtomicU64::new(0));
        let head = Head { bytes: &start, content: &start, content_offset: 0, extension: "dsf" };
        Dsf::new().probe(&source, &head).unwrap();
        assert!(source.2.into_inner() < 4_096);
    }
}
