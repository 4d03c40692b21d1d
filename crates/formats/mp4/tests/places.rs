//! Where real MP4 files have their atoms, a test for each.

#![allow(clippy::trivially_copy_pass_by_ref, reason = "names read best as byte string literals")]

mod support;

use musefs_contracts::anatomy::ByteRange;
use support::*;

/// A file whose `moov` is made by `movie` from the offset of the audio's first byte. `between` stands in front of `mdat`, whose
/// header is `header`.
fn file(between: &[u8], header: &[u8], audio: &[u8], movie: &dyn Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let front = [atom(b"ftyp", b"M4A \0\0\0\0"), atom(b"free", b"in front")].concat();
    let at = front.len() + movie(0).len() + between.len() + header.len();
    [&front[..], &movie(at), between, header, audio].concat()
}

fn mdat_header(len: usize) -> Vec<u8> {
    [&(len as u32 + 8).to_be_bytes()[..], b"mdat"].concat()
}

/// A track with one table of two chunks, [`CHUNK`] bytes apart.
fn track(table: &[u8; 4], start: usize, more: &[u8]) -> Vec<u8> {
    let mut content = [0u32.to_be_bytes(), 2u32.to_be_bytes()].concat();
    for at in [start, start + CHUNK] {
        let wide = (at as u64).to_be_bytes();
        content.extend(if table == b"co64" { &wide[..] } else { &wide[4..] });
    }
    let stbl = atom(b"stbl", &[atom(b"skip", b"x"), atom(table, &content), more.to_vec()].concat());
    atom(b"trak", &atom(b"mdia", &[atom(b"free", b""), atom(b"minf", &stbl)].concat()))
}

fn list(items: &[Vec<u8>]) -> Vec<u8> {
    let hdlr = atom(b"hdlr", b"\0\0\0\0\0\0\0\0mdirappl\0\0\0\0\0\0\0\0\0");
    atom(b"meta", &[vec![0; 4], hdlr, atom(b"ilst", &items.concat())].concat())
}

/// The numbers of every table whose atom has this name, whatever stands around it.
fn entries(bytes: &[u8], name: &[u8; 4], before: usize, width: usize) -> Vec<Vec<u64>> {
    let places = (4..bytes.len() - 4).filter(|at| bytes[*at..*at + 4] == name[..]);
    let int = |bytes: &[u8]| bytes.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    places
        .map(|at| {
            let count = at + 4 + before;
            let first = count + 4;
            let count = int(&bytes[count..first]) as usize;
            bytes[first..first + count * width].chunks(width).map(int).collect()
        })
        .collect()
}

#[test]
fn every_table_of_every_track_moves_with_the_audio() {
    let audio = ramp(2 * CHUNK);
    let saio = |head: &[u8], width: usize, at: usize| {
        let offsets = [at as u64 + 3, at as u64 + 9].map(|at| at.to_be_bytes()[8 - width..].to_vec()).concat();
        atom(b"saio", &[head, &2u32.to_be_bytes(), &offsets].concat())
    };
    let movie = |at: usize| {
        let own = list(&[text(b"\xa9nam", &["Song"])]);
        let parts = [
            atom(b"mvhd", &[7; 20]),
            track(b"stco", at, &[]),
            track(b"co64", at + 1, &saio(&[0; 4], 4, at)),
            track(b"stco", at + 2, &saio(&[1, 0, 0, 1, b'c', b'e', b'n', b'c', 0, 0, 0, 0], 8, at)),
            atom(b"udta", &own),
        ];
        atom(b"moov", &parts.concat())
    };
    let file = file(&[], &mdat_header(audio.len()), &audio, &movie);
    let served = splice(&file, &[("title", &[&"A longer title ".repeat(40)])], &[]);
    let start = find(&served, &[b"mdat"]).unwrap().offset;
    assert_ne!(start, find(&file, &[b"mdat"]).unwrap().offset, "the audio has moved");
    let chunk = CHUNK as u64;
    let narrow = [vec![start, start + chunk], vec![start + 2, start + 2 + chunk]];
    assert_eq!(entries(&served, b"stco", 4, 4), narrow);
    assert_eq!(entries(&served, b"co64", 4, 8), [[start + 1, start + 1 + chunk]]);
    let saio = (0..served.len() - 4).filter(|at| served[*at..*at + 4] == *b"saio").collect::<Vec<_>>();
    assert_eq!(served[saio[0] + 12..saio[0] + 20], [start as u32 + 3, start as u32 + 9].map(u32::to_be_bytes).concat());
    assert_eq!(served[saio[1] + 20..saio[1] + 36], [start + 3, start + 9].map(u64::to_be_bytes).concat());
}

#[test]
fn meta_is_read_with_and_without_version_and_flags() {
    for full in [true, false] {
        let hdlr = atom(b"hdlr", b"\0\0\0\0\0\0\0\0mdirappl\0\0\0\0\0\0\0\0\0");
        let items = atom(b"ilst", &[text(b"\xa9nam", &["Song"]), text(b"\xa9alb", &["Album"])].concat());
        let head = if full { vec![0; 4] } else { Vec::new() };
        let meta = atom(b"meta", &[head.clone(), hdlr.clone(), items].concat());
        let movie = |at: usize| atom(b"moov", &[track(b"stco", at, &[]), atom(b"udta", &meta)].concat());
        let file = file(&[], &mdat_header(2 * CHUNK), &ramp(2 * CHUNK), &movie);
        assert_eq!(probe(&file).tags.get("title"), ["Song"]);
        let served = splice(&file, &[("title", &["Another title"])], &[]);
        let tags = probe(&served).tags;
        assert_eq!((tags.get("title"), tags.get("album")), (&["Another title".into()][..], &["Album".into()][..]));
        assert!(served.windows(head.len() + hdlr.len()).any(|part| part == [&head[..], &hdlr].concat()));
        assert_eq!(audio_by_table(&served, 2 * CHUNK), ramp(2 * CHUNK));
    }
}

#[test]
fn audio_with_a_64_bit_size_is_found_and_keeps_its_header() {
    let audio = ramp(2 * CHUNK);
    let header = [&b"\0\0\0\x01mdat"[..], &(audio.len() as u64 + 16).to_be_bytes()].concat();
    let movie = |at: usize| {
        let own = list(&[text(b"\xa9nam", &["Song"])]);
        atom(b"moov", &[track(b"co64", at, &[]), atom(b"udta", &own)].concat())
    };
    let file = file(&[], &header, &audio, &movie);
    assert_eq!(probe(&file).anatomy.audio, ByteRange::new((file.len() - audio.len()) as u64, audio.len() as u64));
    let served = splice(&file, &[("title", &["A longer title"])], &[]);
    assert!(served.ends_with(&[header, audio.clone()].concat()));
    assert_eq!(audio_by_table(&served, audio.len()), audio);
    // It may lie as any other.
    let cut = &file[..file.len() - 100];
    let served = splice(cut, &[("title", &["A longer title"])], &[]);
    assert!(served.ends_with(&audio[..audio.len() - 100]));
}

#[test]
fn free_and_skip_may_stand_anywhere() {
    let audio = ramp(2 * CHUNK);
    let spare = |name: &[u8; 4]| atom(name, &[0x5a; 30]);
    let items = [spare(b"free"), text(b"\xa9nam", &["Song"]), spare(b"skip"), text(b"\xa9alb", &["Album"])];
    let meta = list(&items);
    let movie = |at: usize| {
        let udta = atom(b"udta", &[spare(b"skip"), meta.clone(), spare(b"free")].concat());
        let parts = [spare(b"free"), track(b"stco", at, &spare(b"free")), udta, spare(b"skip")];
        atom(b"moov", &parts.concat())
    };
    let between = [spare(b"skip"), atom(b"wide", b""), spare(b"free")].concat();
    let file = file(&between, &mdat_header(audio.len()), &audio, &movie);
    for title in ["S", "Another", &"x".repeat(50), &"x".repeat(9_000)] {
        let served = splice(&file, &[("title", &[title])], &[]);
        let tags = probe(&served).tags;
        assert_eq!((tags.get("title"), tags.get("album")), (&[title.to_owned()][..], &["Album".into()][..]));
        assert_eq!(audio_by_table(&served, audio.len()), audio);
    }
}

#[test]
fn user_data_of_a_track_is_no_tag_of_the_file_and_stays() {
    let audio = ramp(2 * CHUNK);
    let own = atom(b"udta", &[atom(b"name", b"Stereo"), list(&[text(b"\xa9nam", &["Of the track"])])].concat());
    let movie = |at: usize| {
        let mut track = track(b"stco", at, &[]);
        track.extend(&own);
        let len = track.len() as u32;
        track[..4].copy_from_slice(&len.to_be_bytes());
        atom(b"moov", &[track, atom(b"udta", &list(&[text(b"\xa9nam", &["Song"])]))].concat())
    };
    let file = file(&[], &mdat_header(audio.len()), &audio, &movie);
    assert_eq!(probe(&file).tags.get("title"), ["Song"]);
    let served = splice(&file, &[("title", &["Another title"])], &[]);
    assert!(served.windows(own.len()).any(|part| part == own));
    assert_eq!(audio_by_table(&served, audio.len()), audio);
}

#[test]
fn of_several_user_data_the_first_with_a_list_counts() {
    let audio = ramp(2 * CHUNK);
    let without = atom(b"udta", &atom(b"chpl", b"chapters"));
    let last = atom(b"udta", &list(&[text(b"\xa9nam", &["Unseen"])]));
    let movie = |at: usize| {
        let list = atom(b"udta", &list(&[text(b"\xa9nam", &["Song"])]));
        atom(b"moov", &[track(b"stco", at, &[]), without.clone(), list, last.clone()].concat())
    };
    let file = file(&[], &mdat_header(audio.len()), &audio, &movie);
    assert_eq!(probe(&file).tags.get("title"), ["Song"]);
    let served = splice(&file, &[("title", &["Another title"])], &[]);
    assert_eq!(probe(&served).tags.get("title"), ["Another title"]);
    for part in [without, last] {
        assert!(served.windows(part.len()).any(|window| window == part));
    }
}

#[test]
fn the_same_item_twice_is_one_key_and_covers_in_several_items_are_one_set() {
    let cover = |image: &[u8]| atom(b"covr", &data(13, image));
    let items = vec![
        cover(b"\xff\xd8one"),
        text(b"\xa9ART", &["One"]),
        cover(b"\xff\xd8two"),
        text(b"\xa9ART", &["Two"]),
        atom(b"covr", &data(14, b"")),
    ];
    let file = File { items: Some(items), ..File::default() }.build();
    let before = probe(&file);
    assert_eq!(before.tags.get("artist"), ["One", "Two"]);
    assert_eq!(before.anatomy.pictures.iter().map(|picture| picture.range.len).collect::<Vec<_>>(), [5, 5, 0]);
    let served = splice(&file, &[("title", &["x"]), ("artist", &["Three"])], &[]);
    let after = probe(&served);
    assert_eq!((after.tags.get("artist"), after.anatomy.pictures.len()), (&["Three".to_owned()][..], 3));
    let after = probe(&splice(&file, &[], &[link(1, "image/png", 700)])).anatomy.pictures;
    assert_eq!(
        after.iter().map(|picture| picture.range.len).collect::<Vec<_>>(),
        [700],
        "none of the old ones is left"
    );
}

#[test]
fn one_bad_item_is_skipped_by_itself() {
    let bad = [
        atom(b"\xa9gen", b"\0\0\0"),
        atom(b"\xa9wrt", &atom(b"data", b"\0\0\0\x01")),
        atom(b"tmpo", &data(21, &[1, 2, 3, 4, 5])),
        atom(b"\xa9day", b"\xff\xff\xff\xffdata\0\0\0\x01\0\0\0\x002001"),
        atom(b"----", &atom(b"mean", b"")),
        atom(b"trkn", &data(0, &[0])),
    ];
    let mut items = bad.to_vec();
    items.extend([text(b"\xa9nam", &["Song"]), text(b"\xa9alb", &["Album"]), atom(b"covr", &data(13, b"\xff\xd8x"))]);
    let file = File { items: Some(items), ..File::default() }.build();
    let before = probe(&file);
    assert_eq!((before.tags.get("album"), before.anatomy.pictures.len()), (&["Album".to_owned()][..], 1));
    let served = splice(&file, &[("title", &["Another"])], &[]);
    for item in bad {
        assert!(served.windows(item.len()).any(|part| part == item), "{item:?}");
    }
    let after = probe(&served);
    assert_eq!((after.tags.get("album"), after.anatomy.pictures.len()), (&["Album".to_owned()][..], 1));
}

#[test]
fn a_file_behind_atoms_of_another_begins_where_it_did_after_an_edit() {
    let file = File::default().build();
    let edit: &[(&str, &[&str])] = &[("title", &["Another title"])];
    let grown = splice(&file, edit, &[]).len() - file.len();
    // What is in front says that it ends where a third file begins once the second has grown.
    let mut bytes = atom(b"f~yp", b"M4A isomM4A isom");
    bytes.extend(mdat_header(file.len() + grown));
    bytes.extend([&file[..], &file].concat());
    let served = splice(&bytes, edit, &[]);
    assert_eq!(served.len(), bytes.len() + grown);
    assert_eq!(probe(&served).tags.get("title"), ["Another title"]);
}

#[test]
fn a_file_that_begins_with_an_unknown_atom_begins_there_whatever_an_edit_writes() {
    let movie = |before: usize| {
        let offset = u32::try_from(before).unwrap().to_be_bytes();
        // The table's only entry, and what follows it in an atom of its own, which looks like the beginning of a file once the
        // entry's last two bytes are zero.
        let table = [&[0, 0, 0, 0, 0, 0, 0, 1], &offset[..], b"\0\x20ftypM4A \0\0\0\0"].concat();
        let hdlr = atom(b"hdlr", &[&[0; 8], &b"soun"[..], &[0; 13]].concat());
        let stbl = atom(b"stbl", &atom(b"stco", &table));
        let track = atom(b"trak", &atom(b"mdia", &[hdlr, atom(b"minf", &stbl)].concat()));
        atom(b"moov", &[track, atom(b"udta", &list(&[text(b"\xa9nam", &["Song"])]))].concat())
    };
    for entry in [0x520, 0x1_0000 - 4096, 0x1_0000, 0x2_0000] {
        let file = [atom(b"odd!", b"M4A "), movie(entry), atom(b"mdat", &ramp(0x2_1000))].concat();
        assert_eq!(probe(&file).tags.get("title"), ["Song"], "{entry:#x}");
        let served = splice(&file, &[("title", &["Another title"]), ("comment", &[&"x".repeat(3000)])], &[]);
        assert_eq!(probe(&served).tags.get("title"), ["Another title"], "{entry:#x}");
    }
}

/// The file of [`File::default`] with `more` in `moov`, in front of everything else there, and the tables set right.
fn with_more_in_moov(more: &[u8]) -> Vec<u8> {
    let movie = |at: usize| {
        let own = atom(b"udta", &list(&[text(b"\xa9nam", &["Song"])]));
        atom(b"moov", &[more, &track(b"stco", at, &[]), &own].concat())
    };
    file(&[], &mdat_header(2 * CHUNK), &ramp(2 * CHUNK), &movie)
}

#[test]
fn a_table_that_may_be_hidden_leaves_a_file_as_it_is() {
    let editable = |file: &[u8]| probe(file).anatomy.is_editable();
    assert!(editable(&with_more_in_moov(&atom(b"free", b"").repeat(4_000))));
    assert!(!editable(&with_more_in_moov(&atom(b"free", b"").repeat(5_000))), "the track is not reached");
    let many_in_track = track(b"stco", 0, &[atom(b"free", b"").repeat(5_000), atom(b"co64", &[0; 16])].concat());
    assert!(!editable(&with_more_in_moov(&many_in_track)));
    let deep = (0..20).fold(atom(b"stco", &[0; 12]), |inner, _| atom(b"mdia", &inner));
    assert!(!editable(&with_more_in_moov(&atom(b"trak", &deep))));
    assert!(!editable(&with_more_in_moov(&atom(b"cmov", b"dcom"))), "its tables are compressed");
    let mut many = File::default().build();
    many.extend([atom(b"free", b"").repeat(5_000), atom(b"moof", b"")].concat());
    assert!(!editable(&many));
}

#[test]
fn items_beyond_those_that_are_looked_at_leave_a_file_as_it_is() {
    let items = vec![text(b"\xa9nam", &["Song"]); 40_000];
    assert!(!probe(&File { items: Some(items), ..File::default() }.build()).anatomy.is_editable());
}

#[test]
fn a_table_in_atoms_that_claim_to_pass_what_holds_them_moves_with_the_audio() {
    let audio = ramp(2 * CHUNK);
    for level in [&b"stbl"[..], b"stco", b"mdia", b"trak"] {
        let movie = |at: usize| {
            let own = atom(b"udta", &list(&[text(b"\xa9nam", &["Song"])]));
            let mut track = track(b"stco", at, &[]);
            let name = track.windows(4).position(|name| name == level).unwrap();
            track[name - 4..name].copy_from_slice(&0x1000u32.to_be_bytes());
            atom(b"moov", &[own, track].concat())
        };
        let file = file(&[], &mdat_header(audio.len()), &audio, &movie);
        let served = splice(&file, &[("title", &["A longer title"])], &[]);
        let start = find(&served, &[b"mdat"]).unwrap().offset;
        assert_ne!(start, find(&file, &[b"mdat"]).unwrap().offset, "the audio has moved");
        assert_eq!(entries(&served, b"stco", 4, 4), [[start, start + CHUNK as u64]]);
    }
}

#[test]
fn a_table_of_what_stands_behind_moov_moves_with_it_whatever_holds_it() {
    let audio = ramp(2 * CHUNK);
    for header in [mdat_header(audio.len()), b"\0\0\x03\xf0uuid".to_vec(), b"\0\0\0\x01uuid".to_vec()] {
        let movie = |at: usize| {
            let own = atom(b"udta", &list(&[text(b"\xa9nam", &["Song"])]));
            atom(b"moov", &[track(b"stco", at, &[]), own].concat())
        };
        let file = file(&[], &header, &audio, &movie);
        let served = splice(&file, &[("title", &["A longer title"])], &[]);
        assert_eq!(audio_by_table(&served, audio.len()), audio);
    }
}

#[test]
fn items_without_a_name_stay_where_they_are() {
    let items = [atom(&[0; 4], b"one"), text(b"\xa9nam", &["Song"]), atom(&[0; 4], b"two"), b"rest".to_vec()];
    let file = File { items: Some(items.to_vec()), ..File::default() }.build();
    let served = splice(&file, &[("artist", &["Me"])], &[]);
    let [one, song, two, rest] = items;
    let expected = [one, song, two, text(b"\xa9ART", &["Me"]), rest].concat();
    assert!(served.windows(expected.len()).any(|part| part == expected));
}

#[test]
fn a_table_of_audio_that_was_cut_off_does_not_come_to_point_into_the_tags() {
    let whole = File::default().build();
    let moov = find(&whole, &[b"moov"]).unwrap();
    let served = splice(&whole[..moov.end() as usize], &[("title", &[&"A longer title ".repeat(400)])], &[]);
    let end = served.len() as u64;
    assert!(entries(&served, b"stco", 4, 4).iter().flatten().all(|entry| *entry >= end));
}
