//! What an edit changes and what it leaves.

use super::support::*;
use crate::Flac;
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Format, LayoutError};

#[test]
fn an_empty_edit_serves_the_file_itself() {
    let file = file_of(&[streaminfo(), comments(&[b"TITLE=a"])]);
    let layout = Flac::new().layout(&probe(&file).anatomy, &Edit::default()).unwrap();
    assert!(layout.is_verbatim(file.len() as u64));
}

#[test]
fn padding_absorbs_an_edit_so_that_audio_and_size_stay() {
    let file = file_of(&[streaminfo(), comments(&[b"title=a", b"Artist=b"]), block(1, [0; 500])]);
    let (served, after) = spliced(&file, &edit(&[("title", &["another title"]), ("new", &["1", "2"])]));
    assert_eq!(served.len(), file.len());
    assert_eq!(after.anatomy.audio, probe(&file).anatomy.audio);
    assert!(served.ends_with(&audio()));
    assert_eq!(after.tags.get("title"), ["another title"]);
    assert_eq!(after.tags.get("new"), ["1", "2"]);
    assert!(contains(&served, b"title=another title") && contains(&served, b"Artist=b") && contains(&served, b"NEW=1"));
    assert!(contains(&served, b"\x06\0\0\0vendor"));
}

#[test]
fn growth_keeps_the_audio_congruent_to_the_page() {
    let file = file_of(&[streaminfo(), comments(&[b"TITLE=a"])]);
    let (served, after) = spliced(&file, &edit(&[("title", &["b".repeat(5000).as_str()])]));
    let before = probe(&file).anatomy.audio.offset;
    assert_eq!(after.anatomy.audio.offset % 4096, before % 4096);
    assert!(served.ends_with(&audio()));
}

#[test]
fn pictures_of_the_edit_replace_those_of_the_file() {
    let in_comment = b"METADATA_BLOCK_PICTURE=AAAA".as_slice();
    let file = file_of(&[streaminfo(), picture(b"old one"), comments(&[in_comment, b"TITLE=a"]), picture(b"old two")]);
    let art = Some(vec![link(1, 70_000), link(2, 5)]);
    let (served, after) = spliced(&file, &Edit { changes: Vec::new(), art });
    assert!(!contains(&served, b"old one") && !contains(&served, b"old two") && !contains(&served, in_comment));
    let pictures = &after.anatomy.pictures;
    assert_eq!(pictures.len(), 2);
    assert_eq!((pictures[0].mime.as_str(), pictures[0].description.as_str()), ("image/jpeg", "front"));
    for (picture, (art, len)) in pictures.iter().zip([(1, 70_000), (2, 5)]) {
        let range = picture.range.offset as usize..picture.range.end() as usize;
        assert_eq!(served[range], image(musefs_contracts::ids::ArtId(art), len));
    }
    assert_eq!(after.tags.get("title"), ["a"]);
}

#[test]
fn a_picture_beyond_24_bits_is_too_large() {
    let file = file_of(&[streaminfo()]);
    let with = |len| Edit { changes: Vec::new(), art: Some(vec![link(1, len)]) };
    let fields = 32 + "image/jpeg".len() as u64 + "front".len() as u64;
    let anatomy = probe(&file).anatomy;
    let largest = (1 << 24) - 1 - fields;
    assert!(Flac::new().layout(&anatomy, &with(largest)).is_ok());
    assert!(matches!(Flac::new().layout(&anatomy, &with(largest + 1)), Err(LayoutError::TooLarge(_))));
}

#[test]
fn comments_beyond_24_bits_are_too_large() {
    let file = file_of(&[streaminfo()]);
    let value = "x".repeat(200_000);
    let values: Vec<&str> = (0..84).map(|_| value.as_str()).collect();
    let anatomy = probe(&file).anatomy;
    assert!(matches!(Flac::new().layout(&anatomy, &edit(&[("a", &values)])), Err(LayoutError::TooLarge(_))));
}

#[test]
fn a_picture_that_went_leaves_padding_without_holding_it() {
    let file = file_of(&[streaminfo(), picture(&vec![9; 3 << 20]), comments(&[b"TITLE=a"])]);
    let anatomy = probe(&file).anatomy;
    let removed = Edit { changes: Vec::new(), art: Some(Vec::new()) };
    let layout = Flac::new().layout(&anatomy, &removed).unwrap();
    assert_eq!(layout.len(), file.len() as u64);
    assert!(layout.heap_bytes() < 4096);
    let after = probe(&read(&layout, &file));
    assert_eq!((after.anatomy.pictures.len(), after.anatomy.audio), (0, anatomy.audio));
}

#[test]
fn an_anatomy_of_another_prober_is_stale() {
    let file = file_of(&[streaminfo()]);
    let mut anatomy = probe(&file).anatomy;
    anatomy.prober += 1;
    assert_eq!(Flac::new().layout(&anatomy, &edit(&[("a", &["b"])])).err(), Some(LayoutError::StaleAnatomy));
}
