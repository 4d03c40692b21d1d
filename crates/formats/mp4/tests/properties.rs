//! Random files and random edits: the audio is intact, what was not edited is intact, the edit reads back.

mod support;

use musefs_contracts::edit::Edit;
use musefs_contracts::format::Format;
use musefs_contracts::ids::TrackId;
use musefs_format_mp4::Mp4;
use proptest::prelude::*;
use support::*;

const KEYS: [&str; 6] = ["title", "artist", "tracknumber", "musicbrainz_albumid", "some key", "bpm"];

fn values() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("\\PC{0,40}", 0..4)
}

fn files() -> impl Strategy<Value = File> {
    let items = prop_oneof![
        Just(text(b"\xa9nam", &["Song"])),
        Just(text(b"\xa9ART", &["One", "Two"])),
        Just(atom(b"trkn", &data(0, &[0, 0, 0, 3, 0, 12, 0, 0]))),
        Just(freeform("com.apple.iTunes", "MusicBrainz Album Id", &[data(1, b"id")])),
        Just(atom(b"covr", &data(14, &[9; 300]))),
        Just(atom(b"xxxx", b"whatever")),
    ];
    let parts = (prop::option::of(prop::collection::vec(items, 0..6)), prop::option::of(0usize..400));
    (parts, 0usize..6, 0usize..9_000, any::<bool>(), any::<bool>()).prop_map(
        |((items, free), before, behind, wide, wide_moov)| File {
            items,
            free,
            before: ramp(before * CHUNK),
            behind: ramp(behind),
            wide,
            wide_moov,
            handler: *b"soun",
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_edit_reaches_no_further_than_it_should(
        file in files(),
        edits in prop::collection::vec((prop::sample::select(&KEYS[..]), values()), 0..4),
        art in prop::option::of(1u64..5_000),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
    ) {
        let bytes = file.build();
        let before = probe(&bytes);
        let edits: Vec<(&str, Vec<&str>)> =
            edits.iter().map(|(key, values)| (*key, values.iter().map(String::as_str).collect())).collect();
        let changes: Vec<(&str, &[&str])> = edits.iter().map(|(key, values)| (*key, values.as_slice())).collect();
        let art: Vec<_> = art.into_iter().map(|len| link(1, "image/png", len)).collect();
        let wanted = rows(&before, &changes);
        let layout = layout(&bytes, &changes, &art);
        let served = read(&layout, &bytes);

        let len = file.before.len() + file.behind.len();
        prop_assert_eq!(audio_by_table(&served, len), [file.before.clone(), file.behind.clone()].concat());
        let after = probe(&served);
        let left = Edit::between(TrackId(1), &after.anatomy, &wanted, &[], &[]);
        for change in &left.changes {
            // Only what the item itself cannot tell apart may read back otherwise: "03" as 3, " 1 " as 1.
            prop_assert!(["tracknumber", "bpm"].contains(&change.key.as_str()), "{:?}", left);
        }
        let pictures = if art.is_empty() { before.anatomy.pictures.len() } else { 1 };
        prop_assert_eq!(after.anatomy.pictures.len(), pictures);

        check_splits(&layout, &bytes, &served, cuts.iter().map(|cut| cut.index(served.len() + 1)));
    }

    #[test]
    fn damaged_files_are_taken_as_they_come(
        file in files(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = file.build();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        if let Ok(probe) = try_probe(&bytes, "m4a") {
            let edit = Edit::between(TrackId(1), &probe.anatomy, &rows(&probe, &[("title", &["x"])]), &[], &[]);
            if let Ok(layout) = Mp4::new().layout(&probe.anatomy, &edit) {
                prop_assert_eq!(read(&layout, &bytes).len() as u64, layout.len());
            }
        }
    }
}
