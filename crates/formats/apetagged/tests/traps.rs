//! What files with APEv2 tags do, a test for each.

mod support;

use musefs_contracts::backing::{Source, Stamp};
use musefs_contracts::format::{Confidence, Format, Head};
use musefs_format_apetagged::ApeTagged;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use support::*;

fn titled(title: &str) -> Vec<u8> {
    ape(&[item("Title", 0, title.as_bytes()), item("Artist", 0, b"Me")])
}

#[test]
fn an_unedited_file_is_served_as_it_is() {
    let file = [stream(100), titled("Song"), id3v1("Song", "Me", 3)].concat();
    assert_eq!(splice(&file, &[]), file);
}

#[test]
fn an_edit_keeps_the_items_it_does_not_touch_and_the_audio() {
    let opaque = [item("Cuesheet", 2, b"\0\x01"), item("Cover Art (Front)", 2, b"a.jpg\0image")];
    let file = [stream(100), ape(&[item("TITLE", 0, b"Song"), opaque[0].clone(), opaque[1].clone()])].concat();
    let served = splice(&file, &[("title", &["Other"]), ("artist", &["A", "B"])]);
    let items = [item("TITLE", 0, b"Other"), opaque[0].clone(), opaque[1].clone(), item("Artist", 0, b"A\0B")];
    assert_eq!(served, [stream(100), ape(&items)].concat());
}

#[test]
fn a_file_without_tags_gets_one_at_its_end() {
    let served = splice(&stream(100), &[("title", &["Song"]), ("tracknumber", &["3/9"])]);
    assert_eq!(served, [stream(100), ape(&[item("Title", 0, b"Song"), item("Track", 0, b"3/9")])].concat());
}

#[test]
fn id3v1_behind_the_tag_follows() {
    let file = [stream(100), titled("Song"), id3v1("Song", "Me", 3)].concat();
    let served = splice(&file, &[("title", &["Other"]), ("tracknumber", &["4"])]);
    assert!(position(&served, b"Song").is_none(), "no stale title is left");
    assert!(served.ends_with(&id3v1("Other", "Me", 4)));
    let served = splice(&file, &[("title", &[])]);
    assert!(served.ends_with(&id3v1("", "Me", 3)));
    assert!(!probe(&served).tags.has("title"));
}

#[test]
fn a_file_with_id3v1_alone_gets_a_tag_before_it_that_says_the_same() {
    let file = [stream(100), id3v1("S\u{6f}ng", "Me", 3)].concat();
    assert_eq!(probe(&file).tags.get("artist"), ["Me"]);
    let served = splice(&file, &[("title", &["Other"])]);
    let items = [item("Artist", 0, b"Me"), item("Title", 0, b"Other"), item("Track", 0, b"3")];
    assert_eq!(served, [stream(100), ape(&items), id3v1("Other", "Me", 3)].concat());
}

fn lyrics3() -> Vec<u8> {
    let fields = b"LYRICSBEGININD0000200LYR00006Words!ETT00004Song";
    [&fields[..], format!("{:06}", fields.len()).as_bytes(), b"LYRICS200"].concat()
}

#[test]
fn a_tag_before_lyrics3_and_id3v1_is_seen_and_edited() {
    let file = [stream(100), titled("Song"), lyrics3(), id3v1("Song", "Me", 3)].concat();
    let tags = probe(&file).tags;
    assert_eq!((tags.get("title"), tags.get("lyrics")), (&["Song".to_owned()][..], &["Words!".to_owned()][..]));
    assert_eq!(splice(&file, &[]), file);
    let served = splice(&file, &[("title", &["Other"])]);
    let kept = b"LYRICSBEGININD0000200LYR00006Words!000035LYRICS200";
    assert!(served.starts_with(&[stream(100), titled("Other")].concat()));
    assert!(served.ends_with(&id3v1("Other", "Me", 3)));
    assert!(position(&served, b"ETT").is_none() && position(&served, kept).is_some());
    let tags = probe(&served).tags;
    assert_eq!((tags.get("title"), tags.get("lyrics")), (&["Other".to_owned()][..], &["Words!".to_owned()][..]));
}

#[test]
fn a_picture_that_holds_the_letters_of_an_id3v1_tag_is_none_in_front_of_lyrics3() {
    let between = lyrics3().len() + 32;
    let picture = [&b"c.png\0TAG"[..], &vec![b'x'; 128 - 3 - between]].concat();
    let tag = ape(&[item("Title", 0, b"Song"), item("Cover Art (Front)", 2, &picture)]);
    let file = [stream(100), tag, lyrics3(), id3v1("Song", "Me", 3)].concat();
    let tags = probe(&file).tags;
    assert_eq!((tags.get("title"), tags.get("album").len()), (&["Song".to_owned()][..], 0));
    assert_eq!(probe(&file).anatomy.pictures.len(), 1);
    let served = splice(&file, &[("title", &["Other"])]);
    assert!(position(&served, &picture).is_some());
    assert_eq!(probe(&served).tags.get("title"), ["Other"]);
}

#[test]
fn a_new_tag_stands_where_readers_look_for_it() {
    let last = id3v1("Song", "Me", 3);
    let file = [stream(100), lyrics3(), last.clone()].concat();
    let served = splice(&file, &[("genre", &["Jazz"])]);
    let tag = ape(&[
        item("Artist", 0, b"Me"),
        item("Genre", 0, b"Jazz"),
        item("Lyrics", 0, b"Words!"),
        item("Title", 0, b"Song"),
        item("Track", 0, b"3"),
    ]);
    let tagged = [&last[..127], &[8]].concat();
    assert_eq!(served, [stream(100), tag, lyrics3(), tagged].concat());
    let file = [stream(100), id3v1("Old", "Me", 3), last.clone()].concat();
    let served = splice(&file, &[("album", &["Best"])]);
    let at = position(&served, b"APETAGEX").unwrap();
    assert!(position(&served, b"Old").unwrap() < at && at < position(&served, b"Song\0\0").unwrap());
}

#[test]
fn id3v2_in_front_is_kept_but_for_what_the_edit_touches() {
    let front = id3(&[(b"TIT2", "Song"), (b"TALB", "Album"), (b"PRIV", "own")], 30);
    let file = [front.clone(), stream(100), titled("Song")].concat();
    assert_eq!(probe(&file).tags.get("album"), ["Album"], "what the APEv2 tag lacks comes from ID3");
    let served = splice(&file, &[("genre", &["Jazz"])]);
    assert!(served.starts_with(&[front.clone(), stream(100)].concat()), "nothing there is stale");
    let served = splice(&file, &[("title", &["Another title"])]);
    assert_eq!(position(&served, b"wvpk"), position(&file, b"wvpk"), "the audio keeps its place");
    assert!(position(&served, b"Song").is_none() && position(&served, b"TIT2").is_none());
    assert!(position(&served, b"PRIV").is_some());
    let tags = probe(&served).tags;
    assert_eq!((tags.get("title"), tags.get("album")), (&["Another title".to_owned()][..], &["Album".to_owned()][..]));
}

#[test]
fn a_file_with_id3v2_alone_gets_a_tag_that_says_the_same() {
    let file = [id3(&[(b"TIT2", "Song"), (b"TALB", "Album")], 0), stream(100)].concat();
    let served = splice(&file, &[("title", &["Other"])]);
    assert!(served.ends_with(&ape(&[item("Album", 0, b"Album"), item("Title", 0, b"Other")])));
    assert!(position(&served, b"TIT2").is_none() && position(&served, b"TALB").is_some());
}

#[test]
fn of_two_tags_the_last_is_seen_and_the_other_goes_not_stale() {
    let file = [stream(100), titled("Old"), titled("Song")].concat();
    assert_eq!(probe(&file).tags.get("title"), ["Song"]);
    let served = splice(&file, &[("title", &["Other"]), ("genre", &["Jazz"])]);
    let last = ape(&[item("Title", 0, b"Other"), item("Artist", 0, b"Me"), item("Genre", 0, b"Jazz")]);
    assert_eq!(served, [stream(100), titled("Other"), last].concat());
}

#[test]
fn a_tag_of_which_nothing_is_left_is_left_out() {
    let file = [stream(100), ape(&[item("Title", 0, b"Song")])].concat();
    assert_eq!(splice(&file, &[("title", &[])]), stream(100));
}

#[test]
fn a_picture_takes_the_place_of_the_others() {
    let old = item("Cover Art (Front)", 2, b"a.jpg\0image");
    let front = id3(&[(b"APIC", "image/png\0\x03\0image")], 0);
    let file = [front, stream(100), ape(&[old, item("Title", 0, b"Song")])].concat();
    assert_eq!(probe(&file).anatomy.pictures.len(), 1);
    let served = read(&layout(&file, &[], &[link(3_000)]), &file);
    assert!(position(&served, b"APIC").is_none() && position(&served, b"a.jpg").is_none());
    let pictures = probe(&served).anatomy.pictures;
    assert_eq!((pictures.len(), pictures[0].range.len, pictures[0].mime.as_str()), (1, 3_000, "image/png"));
    let at = pictures[0].range.offset as usize;
    assert_eq!(served[at..at + 3_000], musefs_testkit::splicing::image(musefs_contracts::ids::ArtId(1), 0, 3_000));
    assert!(position(&served, b"Cover Art (Front)\0Cover Art (Front).png\0").is_some());
}

#[test]
fn a_footer_that_lies_is_no_tag_and_stays() {
    let mut file = [stream(100), titled("Song")].concat();
    let at = file.len() - 20;
    for size in [0u32, 31, 100_000, u32::MAX] {
        file[at..at + 4].copy_from_slice(&size.to_le_bytes());
        assert!(!probe(&file).tags.has("title"));
        let served = splice(&file, &[("title", &["Other"])]);
        assert!(served.starts_with(&file));
        assert_eq!(probe(&served).tags.get("title"), ["Other"]);
    }
}

#[test]
fn every_container_is_recognised_whatever_it_is_called() {
    for (magic, id) in
        [("wvpk", "wv"), ("MAC ", "ape"), ("MP+\x07", "mpc"), ("MPCK", "mpc"), ("tBaK", "tak"), ("OFR ", "ofr")]
    {
        let file = [magic.as_bytes(), &ramp(50), &titled("Song")].concat();
        let probed = probe_named(&file, "mp3").unwrap();
        assert_eq!(probed.anatomy.format.as_str(), id);
        assert_eq!(probed.tags.get("title"), ["Song"]);
        let head = Head { bytes: &file, content: &file, content_offset: 0, extension: "" };
        assert_eq!(ApeTagged::new().sniff(&head), Confidence::Strong);
    }
    let file = [b"OFR ", &ramp(50)[..]].concat();
    assert_eq!(probe_named(&file, "ofs").unwrap().anatomy.format.as_str(), "ofs");
    assert!(probe_named(b"RIFF", "wv").is_err());
}

#[test]
fn musepack_of_old_has_no_magic_but_a_version() {
    let file = [&(5u32 << 11).to_le_bytes()[..], &ramp(50), &titled("Song")].concat();
    assert_eq!(probe_named(&file, "mpc").unwrap().tags.get("title"), ["Song"]);
    let head = Head { bytes: &file, content: &file, content_offset: 0, extension: "mpc" };
    assert_eq!(ApeTagged::new().sniff(&head), Confidence::Extension);
    assert!(probe_named(&file, "wv").is_err());
}

/// A source of zeros behind a stream's first bytes, with a tag at its end, that counts what is read.
struct Vast(Vec<u8>, u64, AtomicU64);

impl Source for Vast {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.1.saturating_sub(offset).min(buf.len() as u64) as usize;
        let tag = self.1 - self.0.len() as u64;
        for (at, byte) in (offset..).zip(&mut buf[..n]) {
            *byte = at.checked_sub(tag).and_then(|at| self.0.get(at as usize)).copied().unwrap_or(0);
        }
        self.2.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
    fn stamp(&self) -> io::Result<Stamp> {
        Ok(Stamp { size: self.1, ..Stamp::default() })
    }
}

fn bytes_read(tag: Vec<u8>) -> u64 {
    let source = Vast(tag, 1 << 40, AtomicU64::new(0));
    let head = Head { bytes: b"wvpk", content: b"wvpk", content_offset: 0, extension: "wv" };
    ApeTagged::new().probe(&source, &head).unwrap();
    source.2.into_inner()
}

#[test]
fn audio_and_pictures_of_any_size_are_not_read() {
    let cover = item("Cover Art (Front)", 2, &[&b"a.jpg\0"[..], &vec![7; 1 << 20]].concat());
    assert!(bytes_read(ape(&[item("Title", 0, b"Song"), cover])) < 8_192);
}

#[test]
fn hostile_tags_are_read_within_limits() {
    // A gigabyte that the footer claims, of which every item is empty, or claims to be as long as the tag.
    let mut footer = ape(&[]);
    let size = (1u32 << 30).to_le_bytes();
    footer[32 + 12..32 + 16].copy_from_slice(&size);
    assert!(bytes_read(footer[32..].to_vec()) < 8_192);
    let many = ape(&vec![item("ab", 0, b""); 100_000]);
    assert!(bytes_read(many) < 64 << 20);
    let nested: Vec<_> = (0..64).map(|_| titled("Song")).collect();
    let file = [stream(10), nested.concat()].concat();
    assert_eq!(probe(&file).tags.get("title"), ["Song"]);
    assert_eq!(probe(&splice(&file, &[("title", &["Other"])])).tags.get("title"), ["Other"]);
}

#[test]
fn elements_have_names_for_people() {
    let file = [id3(&[(b"TALB", "Album")], 0), stream(10), titled("Song")].concat();
    let elements = probe(&file).anatomy.elements;
    let names: Vec<String> = elements.iter().map(|element| ApeTagged::new().element_name(element)).collect();
    assert_eq!(names, ["ID3 TALB", "APEv2 Title", "APEv2 Artist"]);
}

#[test]
fn a_key_that_cannot_name_an_item_stays_in_the_id3_tag_alone() {
    let front = id3(&[(b"TXXX", "gr\u{f6}\u{df}e\0large")], 0);
    let file = [front, stream(100)].concat();
    assert_eq!(probe(&file).tags.get("gr\u{f6}\u{df}e"), ["large"]);
    let after = probe(&splice(&file, &[("title", &["Song"])]));
    assert_eq!(after.tags.get("gr\u{f6}\u{df}e"), ["large"]);
    assert_eq!(after.tags.rows().len(), 2, "{:?}", after.tags);
}

#[test]
fn a_value_with_a_nul_stays_one_value() {
    // The text of an identifier's frame is whatever stands behind its owner.
    let mut front = id3(&[(b"UFID", "http://musicbrainz.org\0one\0two")], 0);
    let encoding = front.iter().position(|byte| *byte == b'h').unwrap() - 1;
    front.remove(encoding);
    front[9] -= 1;
    front[17] -= 1;
    let file = [front, stream(100)].concat();
    let before = probe(&file);
    assert_eq!(before.tags.get("musicbrainz_trackid"), ["one\0two"]);
    let after = probe(&splice(&file, &[("title", &["Song"])]));
    assert_eq!(after.tags.get("musicbrainz_trackid"), ["one\0two"]);
}

#[test]
fn values_that_no_item_can_hold_stay_in_the_id3_tag_alone() {
    let front = id3(&[(b"TPE1", "Me"), (b"TPE1", ""), (b"TALB", "Album")], 0);
    let file = [front, stream(100)].concat();
    let before = probe(&file);
    let after = probe(&splice(&file, &[("title", &["Song"])]));
    assert_eq!(after.tags.get("artist"), before.tags.get("artist"));
    assert_eq!(after.tags.get("album"), ["Album"]);
}

#[test]
fn a_tag_that_claims_the_stream_as_well_is_none() {
    let whole = stream(100);
    let mut file = [whole.clone(), titled("Song")].concat();
    let size = file.len();
    let footer = size - 32;
    file[footer + 12..footer + 16].copy_from_slice(&(size as u32).to_le_bytes());
    let served = splice(&file, &[("title", &["Other"])]);
    assert_eq!(probe(&served).tags.get("title"), ["Other"]);
    assert!(served.starts_with(&whole));
}

#[test]
fn a_stream_behind_junk_is_none_that_begins_inside_a_tag() {
    let junk = b"\x01\x02junk".to_vec();
    let file = [junk.clone(), stream(100), titled("Song")].concat();
    assert_eq!(probe_named(&file, "wv").unwrap().tags.get("title"), ["Song"]);
    let file = [junk, ape(&[item("Title", 0, b"wvpk")])].concat();
    assert!(probe_named(&file, "wv").is_err());
}
