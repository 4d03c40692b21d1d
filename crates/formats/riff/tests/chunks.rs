//! What the chunks of real WAVE and AIFF files hold, a test for each.

mod support;

use musefs_contracts::format::{Confidence, Head};
use support::*;

/// A WAVE file with a `fmt ` chunk of its own.
fn wave_of(fmt: &[u8], chunks: &[Vec<u8>]) -> Vec<u8> {
    chunk(b"RIFF", &[b"WAVE".to_vec(), chunk(b"fmt ", fmt), chunks.concat()].concat())
}

#[test]
fn content_decides_and_the_extension_is_a_guess() {
    let sniff =
        |bytes: &[u8], extension| format_of(bytes).sniff(&Head { bytes, content: bytes, content_offset: 0, extension });
    assert_eq!(sniff(&wave(&[]), "mp3"), Confidence::Strong);
    assert_eq!(sniff(&aiff(&[]), "wav"), Confidence::Strong);
    assert_eq!(sniff(b"RIFX", "wav"), Confidence::Extension);
    assert_eq!(sniff(b"RIFF\0\0\0\0AVI ", "avi"), Confidence::No);
}

#[test]
fn an_id3_chunk_of_wave_in_capitals_is_read_and_edited() {
    let tag = chunk(b"ID3 ", &id3(&[(b"TIT2", "Song"), (b"TALB", "Album")], 0));
    let file = wave(&[chunk(b"data", &ramp(100)), tag]);
    assert_eq!(probe(&file).tags.get("title"), ["Song"]);
    let served = splice(&file, &[("title", &["Another title"])]);
    let tags = chunks(&served).into_iter().filter(|(name, _)| name.eq_ignore_ascii_case(b"id3 ")).count();
    assert_eq!(tags, 1, "readers find one tag");
    let after = probe(&served).tags;
    assert_eq!((after.get("title"), after.get("album")), (&["Another title".into()][..], &["Album".into()][..]));
    assert!(position(&served, b"Song").is_none());
}

#[test]
fn of_several_tags_the_first_is_believed_and_none_goes_stale() {
    let first = chunk(b"id3 ", &id3(&[(b"TIT2", "Song"), (b"TALB", "Album")], 0));
    let second = chunk(b"id3 ", &id3(&[(b"TIT2", "Stale"), (b"TPE1", "Someone")], 0));
    let lists = [info(&[(b"INAM", "Stale"), (b"IGNR", "Rock")]), info(&[(b"INAM", "Stale"), (b"ICMT", "Note")])];
    let [one, two] = lists;
    let file = wave(&[one, chunk(b"data", &ramp(100)), first, two, second]);
    let before = probe(&file).tags;
    for (key, value) in [("title", "Song"), ("album", "Album"), ("artist", "Someone"), ("genre", "Rock")] {
        assert_eq!(before.get(key), [value]);
    }
    let served = splice(&file, &[("title", &["Other"])]);
    assert!(position(&served, b"Stale").is_none(), "no reader is to see the old title");
    let after = probe(&served).tags;
    assert_eq!(after.get("title"), ["Other"]);
    for key in ["album", "artist", "genre", "comment"] {
        assert_eq!(after.get(key), before.get(key), "{key}");
    }
}

#[test]
fn copyright_software_and_a_date_with_a_zone_are_kept() {
    let fields =
        [(b"ICRD", "2005-08-08T12:30:00+02:00"), (b"ICOP", "(c) Me"), (b"ISFT", "Recorder"), (b"INAM", "Song")];
    let list = info(&[
        (fields[0].0, fields[0].1),
        (fields[1].0, fields[1].1),
        (fields[2].0, fields[2].1),
        (fields[3].0, fields[3].1),
    ]);
    let file = wave(&[chunk(b"data", &ramp(100)), list]);
    let before = probe(&file).tags;
    for (key, value) in
        [("date", fields[0].1), ("copyright", fields[1].1), ("encodersettings", fields[2].1), ("title", "Song")]
    {
        assert_eq!(before.get(key), [value]);
    }
    let served = splice(&file, &[("title", &["Other title"])]);
    let list = content(&served, b"LIST").unwrap();
    for (name, text) in &fields[..3] {
        assert!(position(&list, &chunk(name, &[text.as_bytes(), b"\0"].concat())).is_some(), "{text}");
    }
    // A tag that takes INFO over says the same.
    let served = splice(&file, &[("mood", &["calm"])]);
    assert!(content(&served, b"id3 ").is_some());
    for key in ["date", "copyright", "encodersettings", "title"] {
        assert_eq!(probe(&served).tags.get(key), before.get(key), "{key}");
    }
}

#[test]
fn info_in_utf_8_is_read_and_written() {
    let file = wave(&[chunk(b"data", &ramp(100)), info(&[(b"INAM", "日本 🎵"), (b"IART", "Jörg")])]);
    assert_eq!(probe(&file).tags.get("title"), ["日本 🎵"]);
    let served = splice(&file, &[("title", &["Größe"])]);
    let list = content(&served, b"LIST").unwrap();
    assert!(position(&list, "Größe".as_bytes()).is_some() && position(&list, "Jörg".as_bytes()).is_some());
}

#[test]
fn audio_of_any_coding_is_left_alone() {
    let extensible = [
        &[0xfe, 0xff, 2, 0, 0x44, 0xac, 0, 0, 0x10, 0xb1, 2, 0, 4, 0, 16, 0, 22, 0, 16, 0, 3, 0, 0, 0, 1, 0][..],
        &[0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71],
    ]
    .concat();
    let adpcm = [
        &[2, 0, 1, 0, 0x22, 0x56, 0, 0, 0x9d, 0x2b, 0, 0, 0, 2, 4, 0, 32, 0, 0xf4, 3, 7, 0][..],
        &[
            0, 1, 0, 0, 0, 2, 0, 0xff, 0, 0, 0, 0, 0xc0, 0, 0x40, 0, 0xf0, 0, 0, 0, 0xcc, 1, 0x30, 0xff, 0x88, 1, 0x18,
            0xff,
        ],
    ]
    .concat();
    for fmt in [extensible, adpcm] {
        let fact = chunk(b"fact", &1_000u32.to_le_bytes());
        let file = wave_of(&fmt, &[fact.clone(), info(&[(b"INAM", "Song")]), chunk(b"data", &ramp(513))]);
        let served = splice(&file, &[("title", &["Another title"]), ("mood", &["calm"])]);
        assert_eq!(content(&served, b"fmt ").unwrap(), fmt);
        assert_eq!(content(&served, b"data").unwrap(), ramp(513));
        assert!(position(&served, &fact).is_some());
        assert_eq!(probe(&served).tags.get("title"), ["Another title"]);
    }
}

#[test]
fn aiff_texts_of_every_kind_are_read_edited_and_kept() {
    let file = aiff(&[
        (b"COMM", vec![0; 18]),
        (b"(c) ", b"1999 Me".to_vec()),
        (b"ANNO", b"first note".to_vec()),
        (b"ANNO", b"second".to_vec()),
        (b"NAME", b"Song".to_vec()),
        (b"SSND", ramp(108)),
        (b"AUTH", b"Someone".to_vec()),
    ]);
    let before = probe(&file).tags;
    assert_eq!((before.get("copyright"), before.get("artist")), (&["1999 Me".into()][..], &["Someone".into()][..]));
    assert_eq!(before.get("comment"), ["first note", "second"]);
    let served = splice(&file, &[("title", &["Another title"])]);
    let after = probe(&served).tags;
    for key in ["copyright", "artist", "comment"] {
        assert_eq!(after.get(key), before.get(key), "{key}");
    }
    assert_eq!(content(&served, b"(c) ").unwrap(), b"1999 Me");
    let served = splice(&file, &[("copyright", &["2001 You"]), ("comment", &["only"])]);
    assert!(position(&served, b"1999").is_none() && position(&served, b"second").is_none());
    let after = probe(&served).tags;
    assert_eq!((after.get("copyright"), after.get("comment")), (&["2001 You".into()][..], &["only".into()][..]));
}

#[test]
fn sound_with_an_offset_and_little_endian_aiff_c_are_left_alone() {
    let mut sound = 16u32.to_be_bytes().to_vec();
    sound.extend([0; 4]);
    sound.extend([0xee; 16]);
    sound.extend(ramp(100));
    let common = [&[0; 18][..], b"sowt\x0alittle end\0"].concat();
    let version = 0xa280_5140_u32.to_be_bytes().to_vec();
    let mut file = aiff(&[
        (b"FVER", version),
        (b"COMM", common.clone()),
        (b"SSND", sound.clone()),
        (b"ID3 ", id3(&[(b"TIT2", "Song"), (b"TALB", "Album")], 0)),
    ]);
    file[8..12].copy_from_slice(b"AIFC");
    let before = probe(&file);
    assert_eq!(before.anatomy.audio.len, sound.len() as u64);
    let served = splice(&file, &[("title", &["A title that is longer"])]);
    assert_eq!(&served[8..12], b"AIFC");
    assert_eq!(content(&served, b"SSND").unwrap(), sound);
    assert_eq!(content(&served, b"COMM").unwrap(), common);
    assert_eq!(probe(&served).tags.get("album"), ["Album"]);
}

#[test]
fn one_bad_field_is_skipped_by_itself() {
    let fields = [
        chunk(b"IXYZ", &[0xff; 9]),
        chunk(b"IGNR", b""),
        chunk(b"INAM", b"Song\0"),
        chunk(b"\0\0\0\x01", b"odd name"),
        chunk(b"IART", b"Me\0"),
    ];
    let list = chunk(b"LIST", &[b"INFO".to_vec(), fields.concat()].concat());
    let broken = chunk(b"LIST", b"IN");
    let file = wave(&[broken.clone(), list, chunk(b"data", &ramp(100))]);
    assert_eq!(probe(&file).tags.get("artist"), ["Me"]);
    let served = splice(&file, &[("title", &["Another title"])]);
    for part in [&fields[0], &fields[1], &fields[3], &broken] {
        assert!(position(&served, part).is_some(), "{part:?}");
    }
    assert_eq!(probe(&served).tags.get("artist"), ["Me"]);
    let odd = chunk(b"\0\xff\0\x01", b"odd name");
    let file = wave(&[odd.clone(), chunk(b"data", &ramp(100)), info(&[(b"INAM", "Song")])]);
    assert_eq!(probe(&file).tags.get("title"), ["Song"]);
    assert!(position(&splice(&file, &[("title", &["Another title"])]), &odd).is_some());
}

#[test]
fn what_follows_an_odd_field_does_not_decide_whether_it_is_one() {
    let odd = chunk(b"I\x03RK", b"odd name");
    let cut_off = sized(b"IGNR", 0x5700_0005, b"Rock\0");
    let fields = [chunk(b"INAM", b"Song\0"), odd.clone(), chunk(b"ICRD", b"1999\0"), cut_off].concat();
    let file = wave(&[chunk(b"LIST", &[b"INFO".to_vec(), fields].concat()), chunk(b"data", &ramp(100))]);
    assert_eq!(probe(&file).tags.get("genre"), ["Rock"]);
    let served = splice(&file, &[("date", &[])]);
    let after = probe(&served).tags;
    assert_eq!((after.get("date"), after.get("genre")), (&[][..], &["Rock".to_owned()][..]));
    assert!(position(&served, &odd).is_some());
}

#[test]
fn zeros_at_the_end_of_a_list_stay_behind_its_fields() {
    let fields = [b"INFO".to_vec(), chunk(b"INAM", b"Song\0"), vec![0; 24]].concat();
    let file = wave(&[chunk(b"data", &ramp(100)), chunk(b"LIST", &fields)]);
    let served = splice(&file, &[("artist", &["Me"])]);
    assert!(position(&served, b"Song\0\0IART\x03\0\0\0Me\0\0").is_some());
    assert!(served.ends_with(&[0; 24]));
}

#[test]
fn fields_without_a_name_stay_where_they_are() {
    let odd = [chunk(&[0; 4], b"one field"), chunk(b"INAM", b"Song\0"), chunk(&[0; 4], b"two")];
    let fields = [b"INFO".to_vec(), odd.concat(), b"rest".to_vec()].concat();
    let file = wave(&[chunk(b"data", &ramp(100)), chunk(b"LIST", &fields)]);
    let served = splice(&file, &[("artist", &["Me"])]);
    assert_eq!(content(&served, b"LIST").unwrap(), [&fields[..fields.len() - 4], b"IART\x03\0\0\0Me\0\0rest"].concat());
}

#[test]
fn a_text_that_goes_leaves_the_audio_before_it_as_it_was() {
    let mut cut_off = sized(b"AUTH", 4_000, b"Someone");
    cut_off[4..8].reverse();
    // An empty one is told from one of unknown size by what follows.
    let empty = aiff(&[(b"COMM", vec![0; 18]), (b"SSND", vec![]), (b"NAME", b"Song".to_vec())]);
    // So is one without its padding; what stands behind the text has the look of a chunk one byte late.
    let mut author = chunk(b"AUTH", b"Someone");
    author[4..8].reverse();
    let mut unpadded = aiff(&[(b"COMM", vec![0; 18]), (b"SSND", ramp(101))]);
    unpadded.pop();
    unpadded.extend(b"NAME\0\0\0\x04Song\0");
    for (file, artist) in [([empty, cut_off].concat(), &["Someone"][..]), ([unpadded, author].concat(), &[])] {
        let before = probe(&file);
        assert_eq!((before.tags.get("title"), before.tags.get("artist")), (&["Song".to_owned()][..], &own(artist)[..]));
        let after = probe(&splice(&file, &[("title", &[])]));
        assert_eq!((after.tags.get("title"), after.tags.get("artist")), (&[][..], &own(artist)[..]));
        assert_eq!(after.anatomy.audio.len, before.anatomy.audio.len);
    }
}

fn own(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

#[test]
fn padding_that_is_no_zero_is_not_taken_for_a_name_once_the_next_field_is_gone() {
    let mut odd = chunk(b"ICMT", b"abc");
    *odd.last_mut().unwrap() = b'x';
    let fields = [odd, chunk(b"ICRD", b"1999\0"), chunk(b"abc\x01", b"odd name"), chunk(b"IART", b"Me\0")].concat();
    let file = wave(&[chunk(b"LIST", &[b"INFO".to_vec(), fields].concat()), chunk(b"data", &ramp(100))]);
    assert_eq!(probe(&file).tags.get("artist"), ["Me"]);
    let after = probe(&splice(&file, &[("date", &[])])).tags;
    assert_eq!((after.get("comment"), after.get("artist")), (&["abc".to_owned()][..], &["Me".to_owned()][..]));
}

#[test]
fn more_chunks_or_fields_than_are_looked_at_make_a_file_that_is_served_as_it_is() {
    let many = || vec![chunk(b"junk", b""); 5_000].concat();
    let list = chunk(b"LIST", &[b"INFO".to_vec(), many(), chunk(b"INAM", b"Song\0")].concat());
    for chunks in [vec![chunk(b"data", &ramp(100)), many()], vec![chunk(b"data", &ramp(100)), list]] {
        assert!(!probe(&wave(&chunks)).anatomy.is_editable());
    }
}
