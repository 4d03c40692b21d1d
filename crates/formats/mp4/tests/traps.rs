//! What real MP4 files do, a test for each.

mod support;

use musefs_contracts::anatomy::{Anatomy, ByteRange, Editability};
use musefs_contracts::format::{Format, LayoutError};
use musefs_format_mp4::Mp4;
use musefs_testkit::splicing::edit;
use support::*;

#[test]
fn an_unedited_file_is_served_as_it_is() {
    let file = File::default().build();
    assert_eq!(splice(&file, &[], &[]), file);
}

#[test]
fn free_behind_the_list_absorbs_an_edit_and_the_file_keeps_its_size() {
    let file = File { free: Some(200), ..File::default() }.build();
    let served = splice(&file, &[("title", &["A longer title than before"])], &[]);
    assert_eq!(served.len(), file.len());
    assert_eq!(audio_by_table(&served, 5_000), ramp(5_000));
    assert_eq!(probe(&served).tags.get("title"), ["A longer title than before"]);
}

#[test]
fn free_that_is_used_up_to_the_last_byte_disappears() {
    let file = File { free: Some(12), ..File::default() }.build();
    let served = splice(&file, &[("title", &["Song and 20 bytes more!!"])], &[]);
    assert_eq!(served.len(), file.len());
    assert!(find(&served, &[b"moov", b"udta", b"meta", b"free"]).is_none());
}

#[test]
fn without_room_the_audio_moves_by_whole_pages_and_every_table_with_it() {
    for wide in [false, true] {
        let file = File { wide, ..File::default() }.build();
        let served = splice(&file, &[("title", &["Another"]), ("mood", &["calm", "blue"])], &[]);
        let moved = find(&served, &[b"mdat"]).unwrap().offset - find(&file, &[b"mdat"]).unwrap().offset;
        assert_eq!(moved % 4_096, 0);
        assert_eq!(audio_by_table(&served, 5_000), ramp(5_000));
        assert_eq!(probe(&served).tags.get("mood"), ["calm", "blue"]);
    }
}

#[test]
fn audio_before_moov_stays_where_it_is() {
    let audio = ramp(3_000);
    let file = File { before: audio.clone(), behind: Vec::new(), ..File::default() }.build();
    let served = splice(&file, &[("title", &["A much longer title"])], &[]);
    assert_eq!(served.len(), file.len() + 15, "the list grows at the end of the file, nothing is padded");
    assert_eq!(audio_by_table(&served, 3_000), audio);
}

#[test]
fn of_several_mdat_only_those_behind_moov_move() {
    let file = File { before: ramp(1_000), behind: ramp(2_000), ..File::default() }.build();
    let served = splice(&file, &[("title", &["A much longer title"])], &[]);
    assert_eq!(audio_by_table(&served, 3_000), [ramp(1_000), ramp(2_000)].concat());
}

#[test]
fn a_file_without_a_list_gets_one() {
    let bare = File { items: None, ..File::default() }.build();
    let served = splice(&bare, &[("artist", &["Someone"])], &[]);
    assert_eq!(probe(&served).tags.get("artist"), ["Someone"]);
    assert_eq!(audio_by_table(&served, 5_000), ramp(5_000));
    let mut without_meta = File { items: None, ..File::default() };
    without_meta.before = Vec::new();
    assert!(find(&served, &[b"moov", b"udta", b"meta", b"hdlr"]).is_some());
}

#[test]
fn a_moov_with_a_64_bit_size_keeps_it() {
    let file = File { wide_moov: true, ..File::default() }.build();
    let served = splice(&file, &[("title", &["Another"])], &[]);
    assert_eq!(probe(&served).tags.get("title"), ["Another"]);
    assert_eq!(audio_by_table(&served, 5_000), ramp(5_000));
}

#[test]
fn chapters_and_all_else_in_moov_survive() {
    let file = File::default().build();
    let served = splice(&file, &[("title", &["Another"])], &[]);
    let chapters = find(&served, &[b"moov", b"udta", b"chpl"]).unwrap();
    assert_eq!(&served[chapters.offset as usize..chapters.end() as usize], b"chapters");
}

#[test]
fn several_data_in_one_item_are_several_values() {
    let file = File { items: Some(vec![text(b"\xa9ART", &["One", "Two"])]), ..File::default() }.build();
    assert_eq!(probe(&file).tags.get("artist"), ["One", "Two"]);
    let served = splice(&file, &[("artist", &["One", "Two", "Three"])], &[]);
    assert_eq!(probe(&served).tags.get("artist"), ["One", "Two", "Three"]);
}

#[test]
fn numbers_flags_and_genre_indices_are_read_and_written() {
    let items = vec![
        atom(b"trkn", &data(0, &[0, 0, 0, 3, 0, 12, 0, 0])),
        atom(b"disk", &data(0, &[0, 0, 0, 1, 0, 2])),
        atom(b"cpil", &data(21, &[1])),
        atom(b"tmpo", &data(21, &[0, 120])),
        atom(b"gnre", &data(0, &[0, 18])),
    ];
    let file = File { items: Some(items), ..File::default() }.build();
    let tags = probe(&file).tags;
    for (key, value) in
        [("tracknumber", "3/12"), ("discnumber", "1/2"), ("compilation", "1"), ("bpm", "120"), ("genre", "Rock")]
    {
        assert_eq!(tags.get(key), [value], "{key}");
    }
    let served = splice(&file, &[("tracknumber", &["4"]), ("genre", &["Jazz", "Blues"]), ("bpm", &["99"])], &[]);
    let tags = probe(&served).tags;
    assert_eq!(tags.get("tracknumber"), ["4"]);
    assert_eq!(tags.get("genre"), ["Jazz", "Blues"]);
    assert!(find(&served, &[b"moov", b"udta", b"meta", b"ilst", b"gnre"]).is_none(), "the index would be stale");
}

#[test]
fn a_track_number_that_is_no_number_goes_into_a_freeform_item() {
    let served = splice(&File::default().build(), &[("tracknumber", &["A3"])], &[]);
    assert_eq!(probe(&served).tags.get("tracknumber"), ["A3"]);
}

#[test]
fn freeform_items_keep_their_names_and_binary_ones_are_kept_whole() {
    let binary = freeform("com.apple.iTunes", "iTunCDDB", &[data(0, &[0xff, 0xfe, 0x80])]);
    let named = freeform("org.example\0", "MusicBrainz Album Id\0", &[data(1, b"x")]);
    let file = File { items: Some(vec![named, binary.clone()]), ..File::default() }.build();
    let served = splice(&file, &[("musicbrainz_albumid", &["y"])], &[]);
    let has = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    assert!(has(&served, &binary));
    assert!(has(&served, &freeform("org.example\0", "MusicBrainz Album Id\0", &[data(1, b"y")])));
}

#[test]
fn pictures_of_any_type_are_located_and_replaced_together() {
    let covers: Vec<u8> =
        [(13, &b"\xff\xd8jpeg"[..]), (14, b"\x89PNGx"), (0, b"\xff\xd8more"), (27, b"BMx"), (12, b"GIF89")]
            .iter()
            .flat_map(|(kind, image)| data(*kind, image))
            .collect();
    let file = File { items: Some(vec![atom(b"covr", &covers), text(b"\xa9nam", &["x"])]), ..File::default() }.build();
    let found = probe(&file).anatomy.pictures;
    let mimes: Vec<_> = found.iter().map(|picture| picture.mime.as_str()).collect();
    assert_eq!(mimes, ["image/jpeg", "image/png", "image/jpeg", "image/bmp", "image/gif"]);
    assert_eq!(&file[found[1].range.offset as usize..found[1].range.end() as usize], b"\x89PNGx");
    let kept = probe(&splice(&file, &[("title", &["y"])], &[])).anatomy.pictures;
    assert_eq!(kept.len(), 5);
    let served = splice(&file, &[], &[link(1, "image/png", 70_000), link(2, "image/jpeg", 10)]);
    let new = probe(&served).anatomy.pictures;
    assert_eq!(new.iter().map(|picture| picture.range.len).collect::<Vec<_>>(), [70_000, 10]);
    assert_eq!(audio_by_table(&served, 5_000), ramp(5_000));
}

#[test]
fn what_follows_the_last_sound_item_stays() {
    let broken = b"\0\0\0\x03bad!".to_vec();
    let file = File { items: Some(vec![text(b"\xa9nam", &["x"]), broken.clone()]), ..File::default() }.build();
    let served = splice(&file, &[("title", &["y"]), ("album", &["z"])], &[]);
    let list = find(&served, &[b"moov", b"udta", b"meta", b"ilst"]).unwrap();
    assert!(served[..list.end() as usize].ends_with(&broken));
    assert_eq!(probe(&served).tags.get("album"), ["z"]);
}

#[test]
fn fragmented_and_protected_files_are_verbatim() {
    let verbatim = |bytes: &[u8], extension: &str| match try_probe(bytes, extension).unwrap().anatomy.editability {
        Editability::Verbatim(reason) => reason,
        Editability::Editable => String::new(),
    };
    let file = File::default().build();
    assert!(verbatim(&[file.clone(), atom(b"moof", b"")].concat(), "m4a").contains("fragmented"));
    assert!(verbatim(&file, "m4p").contains("protected"));
    assert_eq!(verbatim(&file, "m4a"), "");
}

#[test]
fn a_file_cut_off_in_its_audio_is_served_and_edited() {
    let mut file = File::default().build();
    file.truncate(file.len() - 700);
    let served = splice(&file, &[("title", &["Another"])], &[]);
    assert!(served.ends_with(&ramp(4_300)));
}

#[test]
fn a_size_of_zero_reaches_to_the_end() {
    let mut file = File::default().build();
    let mdat = find(&file, &[b"mdat"]).unwrap().offset as usize - 8;
    file[mdat..mdat + 4].fill(0);
    let probe = probe(&file);
    assert_eq!(probe.anatomy.audio.len, 5_000);
    let served = splice(&file, &[("title", &["Another"])], &[]);
    assert_eq!(audio_by_table(&served, 5_000), ramp(5_000));
}

#[test]
fn what_an_edit_adds_is_not_swallowed_by_an_atom_without_a_size() {
    // Only the file's own last atom may reach to the end (ISO/IEC 14496-12, section 4.2).
    let endless = b"\0\0\0\0uuidwhatever".to_vec();
    let moov = atom(b"moov", &[atom(b"mvhd", &[7; 20]), endless.clone()].concat());
    for file in [
        [atom(b"ftyp", b"M4A \0\0\0\0"), moov, atom(b"mdat", &ramp(100))].concat(),
        File { items: Some(vec![text(b"\xa9alb", &["Album"]), endless.clone()]), ..File::default() }.build(),
    ] {
        let served = splice(&file, &[("title", &["Another"])], &[]);
        assert_eq!(probe(&served).tags.get("title"), ["Another"]);
        assert!(served.windows(endless.len()).any(|part| part == endless));
    }
}

#[test]
fn lying_sizes_allocate_nothing_and_end_nothing() {
    let mut count = File::default().build();
    let at = count.windows(4).position(|window| window == b"stco").unwrap() + 8;
    count[at..at + 4].fill(0xff);
    assert!(probe(&count).anatomy.is_editable());
    let file = File { items: Some(vec![atom(b"\xa9nam", b"\xff\xff\xff\xffdata\0\0\0\x01")]), ..File::default() };
    assert_eq!(probe(&file.build()).tags.get("title"), [""; 0]);
    assert!(try_probe(b"\0\0\0\x08ftyp\xff\xff\xff\xffmoov", "m4a").is_ok());
    assert!(try_probe(b"\0\0\0\x08ftyp", "m4a").is_err());
}

#[test]
fn nesting_is_followed_no_deeper_than_the_limit() {
    let mut nested = atom(b"stbl", b"");
    for _ in 0..20_000 {
        nested = atom(b"minf", &nested[..nested.len().min(100_000)]);
    }
    let file = [atom(b"ftyp", b"M4A "), atom(b"moov", &atom(b"trak", &nested))].concat();
    assert!(try_probe(&file, "m4a").is_ok());
}

#[test]
fn elements_and_audio_outside_the_file_make_an_anatomy_stale() {
    let good = probe(&File::default().build()).anatomy;
    let edit = edit(&[("title", &["Other"])]);
    assert!(Mp4::new().layout(&good, &edit).is_ok());
    let past_the_end = ByteRange::new(good.size - 1, 2);
    let mut element = good.clone();
    element.elements[0].range = past_the_end;
    for wrong in [element, Anatomy { audio: past_the_end, ..good }] {
        assert_eq!(Mp4::new().layout(&wrong, &edit).err(), Some(LayoutError::StaleAnatomy));
        assert_eq!(Mp4::new().served_len(&wrong, &edit).err(), Some(LayoutError::StaleAnatomy));
    }
}
