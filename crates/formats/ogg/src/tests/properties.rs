//! Random files and random edits.

use super::support::*;
use crate::Ogg;
use musefs_contracts::edit::{Edit, EditValue, KeyChange};
use musefs_contracts::format::Format;
use musefs_contracts::tags::ArtLink;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn comment() -> impl Strategy<Value = Vec<u8>> {
    let name = prop::sample::select(vec!["TITLE", "title", "Artist", "ALBUM ARTIST", "x-y", "YEAR", "DATE"]);
    let short = (name.clone(), ".{0,12}").prop_map(|(name, value)| format!("{name}={value}").into_bytes());
    let long = (name, 0usize..90_000).prop_map(|(name, len)| format!("{name}={}", "z".repeat(len)).into_bytes());
    prop_oneof![12 => short, 1 => long, 1 => prop::collection::vec(any::<u8>(), 0..20)]
}

fn any_stream() -> impl Strategy<Value = Stream> {
    let tail = prop_oneof![Just(Vec::new()), (0usize..900).prop_map(|len| vec![0; len]), Just(b"\x01tail".to_vec())];
    let blocks = prop::collection::vec((2u8..4, prop::collection::vec(any::<u8>(), 0..300)), 0..3);
    let most = prop_oneof![1usize..9, Just(255)];
    (0..4, prop::collection::vec(comment(), 0..9), tail, blocks, most, any::<u32>()).prop_map(
        |(codec, list, tail, mut blocks, most, sequence)| {
            let list: Vec<&[u8]> = list.iter().map(Vec::as_slice).collect();
            let stream = match codec {
                0 => Stream::vorbis(&list),
                1 => Stream::opus(&list, &tail),
                2 => Stream::speex(&list, 1),
                _ => {
                    blocks.insert(0, (4, comments(&list)));
                    Stream::flac(if tail.is_empty() { 0 } else { blocks.len() as u16 }, &blocks)
                }
            };
            Stream { most, sequence, ..stream }
        },
    )
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let key = prop::sample::select(vec!["title", "artist", "albumartist", "date", "new", "other key", "x-y"]);
    let value = prop_oneof![9 => ".{0,40}", 1 => (0usize..100_000).prop_map(|len| "w".repeat(len))];
    let changes = prop::collection::btree_map(key, prop::collection::vec(value, 0..3), 0..4);
    let art = prop::option::of(prop::collection::vec((1i64..9, 0u64..70_000), 0..3));
    (changes, art).prop_map(|(changes, art)| Edit {
        changes: changes
            .into_iter()
            .map(|(key, values)| KeyChange {
                key: key.into(),
                values: values.into_iter().map(EditValue::Text).collect(),
            })
            .collect(),
        art: art.map(|art| art.into_iter().map(|(id, len)| link(id, len)).collect::<Vec<ArtLink>>()),
    })
}

fn tags_after(file: &[u8], edit: &Edit) -> BTreeMap<String, Vec<String>> {
    let before = probe(file);
    let mut tags: BTreeMap<_, _> = before.tags.iter().map(|(key, values)| (key.to_owned(), values.to_vec())).collect();
    for change in &edit.changes {
        let values = change.values.iter().filter_map(|value| value.text().map(str::to_owned)).collect();
        tags.insert(change.key.clone(), values);
    }
    tags.retain(|_, values| !values.is_empty());
    tags
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn an_edit_changes_what_it_says_and_nothing_else(
        stream in any_stream(), edit in any_edit(), cuts in prop::collection::vec(1usize..70_000, 1..6),
    ) {
        let file = stream.file();
        let before = probe(&file);
        prop_assert!(before.anatomy.is_editable(), "{:?}", before.anatomy.editability);
        let layout = Ogg::new().layout(&before.anatomy, &edit).unwrap();
        let served = read(&layout, &file);
        let new_packets = packets(&checked_pages(&served));
        let old_packets = packets(&checked_pages(&file));
        prop_assert_eq!(new_packets.len(), old_packets.len());
        prop_assert_eq!(&new_packets[0], &old_packets[0]);
        if !edit.is_empty() {
            prop_assert_eq!(&new_packets[2..], &old_packets[2..]);
        }
        let after = probe(&served);
        prop_assert_eq!(after.anatomy.audio.len, before.anatomy.audio.len);
        let tags: BTreeMap<_, _> = after.tags.iter().map(|(key, values)| (key.to_owned(), values.to_vec())).collect();
        prop_assert_eq!(tags, tags_after(&file, &edit));
        if let Some(art) = &edit.art {
            prop_assert_eq!(after.anatomy.pictures.len(), art.len());
        }
        let mut at = 0;
        for cut in cuts.iter().cycle() {
            if at >= served.len() { break; }
            let mut part = vec![0; *cut];
            let n = layout.read_at(&Io(&file), at as u64, &mut part).unwrap();
            prop_assert!(part[..n] == served[at..(at + cut).min(served.len())], "at {} for {}", at, cut);
            at += n;
        }
        for (at, n) in cuts.iter().zip(1usize..40) {
            let at = at * 7 % served.len();
            let mut part = vec![0; n];
            let n = layout.read_at(&Io(&file), at as u64, &mut part).unwrap();
            prop_assert!(part[..n] == served[at..at + n]);
        }
    }
}
