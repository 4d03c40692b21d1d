//! What real WAVE and AIFF files do, a test for each.

mod support;

use musefs_contracts::anatomy::{Anatomy, ByteRange};
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Format, LayoutError};
use musefs_contracts::ids::TrackId;
use musefs_format_riff::Wave;
use musefs_testkit::splicing::edit;
use support::*;

#[test]
fn an_unedited_file_is_served_as_it_is() {
    let file = wave(&[info(&[(b"INAM", "Song")]), chunk(b"data", &ramp(100))]);
    assert_eq!(splice(&file, &[]), file);
}

#[test]
fn info_and_id3_are_kept_in_step() {
    let tag = chunk(b"id3 ", &id3(&[(b"TIT2", "Song"), (b"TALB", "Album")], 0));
    let file = wave(&[chunk(b"data", &ramp(100)), info(&[(b"INAM", "Song"), (b"IART", "Me")]), tag]);
    let probed = probe(&file);
    assert_eq!(probed.tags.get("title"), ["Song"]);
    assert_eq!(probed.tags.get("artist"), ["Me"], "what the ID3 tag lacks comes from INFO");
    let served = splice(&file, &[("title", &["Other"]), ("album", &[])]);
    assert!(position(&served, b"Song").is_none(), "no stale title is left");
    assert!(position(&served, b"Album").is_none());
    let list = content(&served, b"LIST").unwrap();
    assert!(position(&list, b"INAM\x06\0\0\0Other\0").is_some());
    assert!(position(&list, b"IART\x03\0\0\0Me\0").is_some());
    assert_eq!(probe(&served).tags.get("title"), ["Other"]);
}

#[test]
fn tags_before_the_audio_leave_it_where_it_is_or_move_it_by_pages() {
    for title in ["So", "Song", "Sing", "A title that is longer", &"x".repeat(5_000)] {
        let file = wave(&[info(&[(b"INAM", "Song"), (b"ICMT", "A long comment here")]), chunk(b"data", &ramp(100))]);
        let served = splice(&file, &[("title", &[title])]);
        assert_eq!(content(&served, b"data").unwrap(), ramp(100));
        let moved = position(&served, &ramp(100)).unwrap() - position(&file, &ramp(100)).unwrap();
        assert_eq!(moved % 4_096, 0, "{title}");
        assert_eq!(probe(&served).tags.get("title"), [title]);
    }
}

#[test]
fn a_key_that_info_cannot_hold_makes_an_id3_tag_with_all_that_info_says() {
    let file = wave(&[info(&[(b"INAM", "Song"), (b"IART", "J\u{f6}rg")]), chunk(b"data", &ramp(101))]);
    let served = splice(&file, &[("genre", &["One", "Two"])]);
    let tag = content(&served, b"id3 ").unwrap();
    assert!(position(&tag, b"Song").is_some() && position(&tag, "J\u{f6}rg".as_bytes()).is_some());
    let tags = probe(&served).tags;
    assert_eq!(tags.get("genre"), ["One", "Two"]);
    assert_eq!(tags.get("title"), ["Song"]);
}

#[test]
fn info_in_the_code_page_of_its_day_is_read() {
    let mut list = info(&[(b"IART", "Jxrg")]);
    let at = position(&list, b"Jxrg").unwrap() + 1;
    list[at] = 0xf6;
    let file = wave(&[list, chunk(b"data", &ramp(10))]);
    assert_eq!(probe(&file).tags.get("artist"), ["J\u{f6}rg"]);
    let served = splice(&file, &[("mood", &["calm"])]);
    assert_eq!(probe(&served).tags.get("artist"), ["J\u{f6}rg"]);
}

#[test]
fn iprt_and_itrk_are_both_the_track_number() {
    let file = wave(&[info(&[(b"IPRT", "3"), (b"ITRK", "3")]), chunk(b"data", &ramp(10))]);
    let served = splice(&file, &[("tracknumber", &["4"])]);
    let list = content(&served, b"LIST").unwrap();
    assert!(position(&list, b"IPRT\x02\0\0\x004\0").is_some());
    assert!(position(&list, b"ITRK").is_none(), "the second copy would be stale");
}

#[test]
fn other_chunks_survive_in_their_place() {
    let bext = chunk(b"bext", b"broadcast");
    let cue = chunk(b"cue ", &[1, 0, 0, 0]);
    let ixml = chunk(b"iXML", b"<BWFXML/>");
    let file = wave(&[bext.clone(), chunk(b"data", &ramp(10)), cue.clone(), ixml.clone()]);
    let served = splice(&file, &[("title", &["Song"])]);
    let names: Vec<_> = chunks(&served).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, [*b"fmt ", *b"bext", *b"data", *b"cue ", *b"iXML", *b"id3 "]);
    for part in [bext, cue, ixml] {
        assert!(position(&served, &part).is_some());
    }
}

#[test]
fn audio_of_unknown_size_reaches_to_the_end_and_nothing_follows_it() {
    for size in [0, u32::MAX, 5_000] {
        let file = wave(&[sized(b"data", size, &ramp(100))]);
        let probed = probe(&file);
        assert_eq!(probed.anatomy.audio.len, 100, "{size}");
        let served = splice(&file, &[("title", &["Song"])]);
        assert!(served.ends_with(&ramp(100)));
        let moved = position(&served, &ramp(100)).unwrap() - position(&file, &ramp(100)).unwrap();
        assert_eq!(moved % 4_096, 0);
        assert_eq!(probe(&served).tags.get("title"), ["Song"]);
    }
}

#[test]
fn an_empty_data_chunk_at_the_end_is_just_that() {
    let file = wave(&[chunk(b"data", &[])]);
    let served = splice(&file, &[("title", &["Song"])]);
    assert_eq!(content(&served, b"data").unwrap(), [0; 0]);
    assert_eq!(probe(&served).tags.get("title"), ["Song"]);
    // Some readers take a size of 0 to mean the rest of the file, so nothing may follow.
    assert!(served.ends_with(b"data\0\0\0\0"));
}

#[test]
fn an_odd_chunk_without_its_padding_is_read_and_given_one() {
    let mut file = wave(&[chunk(b"data", &ramp(11))]);
    file.pop();
    let served = splice(&file, &[("title", &["Song"])]);
    assert_eq!(content(&served, b"data").unwrap(), ramp(11));
    assert_eq!(probe(&served).tags.get("title"), ["Song"]);
    // In the middle of the file, too.
    let mut odd = chunk(b"junk", b"abc");
    odd.pop();
    let file = wave(&[odd, info(&[(b"INAM", "Song")]), chunk(b"data", &ramp(10))]);
    assert_eq!(probe(&file).tags.get("title"), ["Song"]);
}

#[test]
fn a_group_size_that_lies_is_set_right_by_an_edit() {
    for size in [0u32, u32::MAX, 20] {
        let mut file = wave(&[chunk(b"data", &ramp(100))]);
        file[4..8].copy_from_slice(&size.to_le_bytes());
        let served = splice(&file, &[("title", &["Song"])]);
        assert_eq!(content(&served, b"data").unwrap(), ramp(100));
    }
}

#[test]
fn rf64_sizes_come_from_ds64_and_follow_the_edit() {
    let body = chunk(b"data", &ramp(100));
    let mut file = wave(&[]);
    let total = (file.len() + 36 + body.len() - 8) as u64;
    let ds64 = chunk(b"ds64", &[&total.to_le_bytes()[..], &100u64.to_le_bytes(), &[0; 12]].concat());
    file.splice(12..12, ds64);
    file.extend(sized(b"data", u32::MAX, &ramp(100)));
    file[..4].copy_from_slice(b"RF64");
    file[4..8].fill(0xff);
    assert_eq!(probe(&file).anatomy.audio.len, 100);
    let served = splice(&file, &[("title", &["Song"])]);
    assert_eq!(served[4..8], [0xff; 4]);
    let wide = u64::from_le_bytes(served[20..28].try_into().unwrap());
    assert_eq!(wide as usize + 8, served.len());
    assert_eq!(probe(&served).tags.get("title"), ["Song"]);
}

#[test]
fn a_list_cut_short_at_the_end_is_read_and_mended_by_an_edit() {
    let mut file = wave(&[chunk(b"data", &ramp(10)), info(&[(b"INAM", "Song"), (b"IART", "Someone")])]);
    file.truncate(file.len() - 3);
    assert_eq!(probe(&file).tags.get("title"), ["Song"]);
    let served = splice(&file, &[("title", &["Other"])]);
    assert_eq!(content(&served, b"data").unwrap(), ramp(10));
    assert_eq!(probe(&served).tags.get("title"), ["Other"]);
}

#[test]
fn a_picture_makes_an_id3_tag() {
    let file = wave(&[chunk(b"data", &ramp(10))]);
    let served = read(&layout(&file, &[], &[link(3_000)]), &file);
    let pictures = probe(&served).anatomy.pictures;
    assert_eq!(pictures.len(), 1);
    assert_eq!(pictures[0].range.len, 3_000);
}

#[test]
fn aiff_texts_and_id3_are_kept_in_step() {
    let file = aiff(&[
        (b"COMM", vec![0; 18]),
        (b"NAME", b"Song".to_vec()),
        (b"AUTH", b"Me".to_vec()),
        (b"SSND", ramp(108)),
        (b"ID3 ", id3(&[(b"TIT2", "Song")], 20)),
    ]);
    let probed = probe(&file);
    assert_eq!(probed.tags.get("title"), ["Song"]);
    assert_eq!(probed.tags.get("artist"), ["Me"]);
    let served = splice(&file, &[("title", &["Another one"])]);
    assert!(position(&served, b"Song").is_none());
    assert_eq!(content(&served, b"NAME").unwrap(), b"Another one");
    assert_eq!(content(&served, b"SSND").unwrap(), ramp(108));
    assert_eq!(probe(&served).tags.get("title"), ["Another one"]);
    let served = splice(&file, &[("title", &[])]);
    assert!(content(&served, b"NAME").is_none());
}

#[test]
fn an_aiff_without_a_tag_gets_one_with_what_its_texts_say() {
    let file = aiff(&[(b"COMM", vec![0; 18]), (b"AUTH", b"Me".to_vec()), (b"SSND", ramp(20))]);
    let served = splice(&file, &[("title", &["Song"])]);
    let tags = probe(&served).tags;
    assert_eq!(tags.get("title"), ["Song"]);
    assert_eq!(tags.get("artist"), ["Me"]);
    assert!(position(&content(&served, b"ID3 ").unwrap(), b"Me").is_some());
}

#[test]
fn what_is_no_wave_is_said_so() {
    assert!(try_probe(b"RIFF\0\0\0\0AVI ").is_err());
    assert!(try_probe(b"RIFF").is_err());
    assert!(!probe(&wave(&[])).anatomy.is_editable(), "without audio there is nothing to splice around");
}

#[test]
fn a_new_tag_is_not_swallowed_by_a_last_chunk_that_claims_more_than_there_is() {
    let cut_off = sized(b"junk", 4_000, b"whatever");
    let mut aiff_cut_off = cut_off.clone();
    aiff_cut_off[4..8].reverse();
    let aiff = [aiff(&[(b"COMM", vec![0; 18]), (b"SSND", ramp(100))]), aiff_cut_off].concat();
    for file in [wave(&[chunk(b"data", &ramp(100)), cut_off]), aiff] {
        let served = splice(&file, &[("title", &["Other"])]);
        let after = probe(&served);
        assert_eq!(after.tags.get("title"), ["Other"]);
        assert_eq!(after.anatomy.audio, probe(&file).anatomy.audio, "the tag stands behind the audio");
        assert!(served.ends_with(b"whatever"));
    }
}

#[test]
fn a_stored_anatomy_that_points_outside_its_file_is_stale() {
    let file = wave(&[info(&[(b"INAM", "Song")]), chunk(b"data", &ramp(100))]);
    let probed = probe(&file);
    let edit = Edit::between(TrackId(1), &probed.anatomy, &rows(&probed, &[("title", &["Other"])]), &[], &[]);
    for at in 0..probed.anatomy.private.len() {
        for byte in [0, 1, 0x7f, 0xff] {
            let mut anatomy = probed.anatomy.clone();
            anatomy.private[at] = byte;
            if let Ok(layout) = Wave::new().layout(&anatomy, &edit) {
                assert!(layout.len() < 100_000, "byte {at} as {byte}");
            }
        }
    }
}

#[test]
fn a_text_ends_at_its_zero_whatever_stands_behind_it() {
    let file = wave(&[chunk(b"data", &ramp(100)), info(&[(b"INAM", "Song\0rubbish")])]);
    assert_eq!(probe(&file).tags.get("title"), ["Song"]);
    let served = splice(&file, &[("some key", &["value"])]);
    assert_eq!(probe(&served).tags.get("title"), ["Song"], "a tag takes over the text alone");
}

#[test]
fn elements_and_audio_outside_the_file_make_an_anatomy_stale() {
    let good = probe(&wave(&[info(&[(b"INAM", "Song")]), chunk(b"data", &ramp(100))])).anatomy;
    let edit = edit(&[("title", &["Other"])]);
    assert!(Wave::new().layout(&good, &edit).is_ok());
    let past_the_end = ByteRange::new(good.size - 1, 2);
    let mut element = good.clone();
    element.elements[0].range = past_the_end;
    for wrong in [element, Anatomy { audio: past_the_end, ..good }] {
        assert_eq!(Wave::new().layout(&wrong, &edit).err(), Some(LayoutError::StaleAnatomy));
        assert_eq!(Wave::new().served_len(&wrong, &edit).err(), Some(LayoutError::StaleAnatomy));
    }
}

#[test]
fn a_new_field_is_not_swallowed_by_a_last_one_that_claims_more_than_there_is() {
    let fields = [chunk(b"IART", b"Me\0"), sized(b"IXYZ", 4_000, b"whatever")].concat();
    let list = chunk(b"LIST", &[b"INFO".to_vec(), fields].concat());
    let file = wave(&[chunk(b"data", &ramp(100)), list]);
    let served = splice(&file, &[("title", &["Other"])]);
    assert_eq!(probe(&served).tags.get("title"), ["Other"]);
    assert!(position(&served, b"whatever").is_some());
}

#[test]
fn a_last_chunk_that_is_made_anew_is_padded_once() {
    let mut file = aiff(&[(b"COMM", vec![0; 18]), (b"SSND", ramp(100)), (b"NAME", b"Son".to_vec())]);
    file.pop();
    let served = splice(&file, &[("title", &["Sea"]), ("artist", &["One", "Two"])]);
    let tags = probe(&served).tags;
    assert_eq!((tags.get("title"), tags.get("artist").len()), (&["Sea".to_owned()][..], 2));
}

#[test]
fn a_new_tag_takes_over_every_field_of_a_key() {
    let list = info(&[(b"INAM", "Song"), (b"INAM", "Other name"), (b"IART", "Me")]);
    let file = wave(&[chunk(b"data", &ramp(100)), list]);
    assert_eq!(probe(&file).tags.get("title"), ["Song", "Other name"]);
    let served = splice(&file, &[("some key", &["value"])]);
    assert_eq!(probe(&served).tags.get("title"), ["Song", "Other name"]);
}

#[test]
fn a_new_tag_behind_an_odd_chunk_without_padding_stands_where_readers_look() {
    let mut unpadded = chunk(b"data", &ramp(101));
    unpadded.pop();
    let file = wave(&[unpadded, sized(b"junk", 4_000, b"whatever")]);
    let served = splice(&file, &[("some key", &["one", "two"]), ("title", &[&"x".repeat(40)])]);
    let after = probe(&served);
    assert_eq!(after.tags.get("some key"), ["one", "two"]);
    assert_eq!(after.anatomy.audio.len, 101);
    assert_eq!((after.anatomy.audio.end() + 1) % 2, 0, "the audio has its padding now");
}

#[test]
fn a_chunk_behind_an_unpadded_one_is_found_whatever_its_size_looks_like() {
    let mut unpadded = chunk(b"junk", b"odd");
    unpadded.pop();
    // The size of 73 bytes is the letter `I`, so that a name seems to begin one byte late as well.
    let tag = id3(&[(b"TIT2", "Song")], 48);
    assert_eq!(tag.len(), 73);
    let file = wave(&[chunk(b"data", &ramp(100)), unpadded, chunk(b"id3 ", &tag)]);
    assert_eq!(probe(&file).tags.get("title"), ["Song"]);
}

#[test]
fn an_id3_chunk_without_a_tag_does_not_hide_the_new_one() {
    let file = wave(&[chunk(b"data", &ramp(100)), chunk(b"id3 ", b"")]);
    let served = splice(&file, &[("title", &["Other"])]);
    assert_eq!(position(&served, b"id3 "), position(&served, b"ID3\x04").map(|at| at - 8));
    assert!(position(&served, b"JUNK\0\0\0\0").is_some());
    assert_eq!(probe(&served).tags.get("title"), ["Other"]);
}

#[test]
fn an_id3_chunk_of_aiff_in_small_letters_is_edited_under_the_name_that_readers_know() {
    let chunks: [(&[u8; 4], Vec<u8>); 3] =
        [(b"COMM", vec![0; 18]), (b"SSND", ramp(100)), (b"id3 ", id3(&[(b"TIT2", "Song"), (b"TPE1", "Me")], 20))];
    let file = aiff(&chunks);
    assert_eq!(probe(&file).tags.get("title"), ["Song"]);
    let served = splice(&file, &[("title", &["Other"])]);
    assert!(position(&served, b"id3 ").is_none() && position(&served, b"ID3 ").is_some());
    assert_eq!(probe(&served).tags.get("artist"), ["Me"]);
}
