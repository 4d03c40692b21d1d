//! Random files and random edits.

use super::support::*;
use crate::Flac;
use musefs_contracts::edit::{Edit, EditValue, KeyChange};
use musefs_contracts::format::Format;
use musefs_contracts::ids::ArtId;
use musefs_contracts::tags::ArtLink;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn comment() -> impl Strategy<Value = Vec<u8>> {
    let name = prop::sample::select(vec!["TITLE", "title", "Artist", "ALBUM ARTIST", "x-y", "YEAR", "DATE", "Ärger"]);
    let field = (name, ".{0,12}").prop_map(|(name, value)| format!("{name}={value}").into_bytes());
    prop_oneof![8 => field, 1 => prop::collection::vec(any::<u8>(), 0..20)]
}

fn any_block() -> impl Strategy<Value = Block> {
    let bytes = |most| prop::collection::vec(any::<u8>(), 0..most);
    let list = prop::collection::vec(comment(), 0..8);
    prop_oneof![
        4 => list.prop_map(|list| comments(&list.iter().map(Vec::as_slice).collect::<Vec<_>>())),
        2 => (0usize..600).prop_map(|len| block(1, vec![0; len])),
        2 => bytes(300).prop_map(|image| picture(&image)),
        2 => (prop::sample::select(vec![2u8, 3, 5, 7, 99, 126]), bytes(60)).prop_map(|(kind, body)| block(kind, body)),
    ]
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let key = prop::sample::select(vec!["title", "artist", "albumartist", "date", "new", "other key", "x-y"]);
    let changes = prop::collection::btree_map(key, prop::collection::vec(".{0,40}", 0..3), 0..4);
    let art = prop::option::of(prop::collection::vec((1i64..9, 0u64..5000), 0..3));
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
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn an_edit_changes_what_it_says_and_nothing_else(
        blocks in prop::collection::vec(any_block(), 0..7), edit in any_edit(), cuts in prop::collection::vec(1usize..3000, 1..6),
    ) {
        let mut blocks = blocks;
        blocks.insert(0, streaminfo());
        let file = file_of(&blocks);
        let before = probe(&file);
        let layout = Flac::new().layout(&before.anatomy, &edit).unwrap();
        let served = read(&layout, &file);
        prop_assert!(served.ends_with(&audio()));
        let after = probe(&served);
        prop_assert_eq!(after.anatomy.audio.len, audio().len() as u64);
        prop_assert_eq!(after.anatomy.audio.offset % 4096, before.anatomy.audio.offset % 4096);

        let tags: BTreeMap<_, _> = after.tags.iter().map(|(key, values)| (key.to_owned(), values.to_vec())).collect();
        prop_assert_eq!(tags, tags_after(&file, &edit));

        let kept = |block: &&Block| match block.kind {
            1 | 4 => false,
            6 => edit.art.is_none(),
            _ => true,
        };
        let bodies = |probe: &musefs_contracts::probe::Probe, file: &[u8]| -> Vec<(u8, Vec<u8>)> {
            let blocks = probe.anatomy.elements.iter().filter(|e| e.role == crate::block::role::BLOCK);
            blocks.map(|e| (e.id[3], file[e.range.offset as usize + 4..e.range.end() as usize].to_vec())).collect()
        };
        let mut found = bodies(&after, &served);
        found.retain(|(kind, _)| *kind != 1 && !(*kind == 6 && edit.art.is_some()));
        prop_assert_eq!(found, blocks.iter().filter(kept).map(|b| (b.kind, b.body.clone())).collect::<Vec<_>>());
        if let Some(art) = &edit.art {
            let images: Vec<_> = after.anatomy.pictures.iter()
                .map(|p| served[p.range.offset as usize..p.range.end() as usize].to_vec()).collect();
            prop_assert_eq!(images, art.iter().map(|a| image(ArtId(a.art.0), a.byte_len)).collect::<Vec<_>>());
        }

        let mut at = 0;
        for cut in cuts.iter().cycle() {
            if at >= served.len() { break; }
            let mut part = vec![0; *cut];
            let n = layout.read_at(&Io(&file), at as u64, &mut part).unwrap();
            prop_assert_eq!(&part[..n], &served[at..(at + cut).min(served.len())]);
            at += n;
        }
    }
}
