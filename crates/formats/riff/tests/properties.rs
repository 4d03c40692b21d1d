//! Random files and random edits: the audio is intact, what was not edited is intact, the edit reads back.

mod support;

use musefs_contracts::edit::Edit;
use musefs_contracts::ids::TrackId;
use proptest::prelude::*;
use support::*;

const KEYS: [&str; 5] = ["title", "artist", "tracknumber", "some key", "genre"];

fn parts() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(info(&[(b"INAM", "Song"), (b"IART", "Someone"), (b"IXYZ", "other")])),
        Just(chunk(b"id3 ", &id3(&[(b"TIT2", "Song"), (b"TALB", "Album")], 0))),
        Just(chunk(b"id3 ", &id3(&[(b"TIT2", "Song")], 100))),
        Just(chunk(b"bext", b"broadcast")),
        Just(chunk(b"cue ", b"123")),
    ]
}

fn values() -> impl Strategy<Value = Vec<String>> {
    // A genre that is a number means another one in ID3.
    prop::collection::vec("\\p{L}[\\p{L}\\p{N}]{0,29}", 0..3)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_edit_reaches_no_further_than_it_should(
        before in prop::collection::vec(parts(), 0..4),
        behind in prop::collection::vec(parts(), 0..4),
        audio in 1usize..3_000,
        edits in prop::collection::vec((prop::sample::select(&KEYS[..]), values()), 0..4),
        art in prop::option::of(1u64..5_000),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
    ) {
        let file = wave(&[before.concat(), chunk(b"data", &ramp(audio)), behind.concat()]);
        let probed = probe(&file);
        let edits: Vec<(&str, Vec<&str>)> =
            edits.iter().map(|(key, values)| (*key, values.iter().map(String::as_str).collect())).collect();
        let changes: Vec<(&str, &[&str])> = edits.iter().map(|(key, values)| (*key, values.as_slice())).collect();
        let art: Vec<_> = art.into_iter().map(link).collect();
        let wanted = rows(&probed, &changes);
        let layout = layout(&file, &changes, &art);
        let served = read(&layout, &file);

        prop_assert_eq!(content(&served, b"data").unwrap(), ramp(audio));
        let opaque = |bytes: &[u8]| -> Vec<_> {
            chunks(bytes).into_iter().filter(|(name, _)| matches!(name, b"bext" | b"cue ")).collect()
        };
        prop_assert_eq!(opaque(&served), opaque(&file));
        let after = probe(&served);
        let left = Edit::between(TrackId(1), &after.anatomy, &wanted, &[], &[]);
        prop_assert!(left.changes.is_empty(), "{:?}", left);
        prop_assert_eq!(after.anatomy.pictures.len(), art.len());

        check_splits(&layout, &file, &served, cuts.iter().map(|cut| cut.index(served.len() + 1)));
    }

    #[test]
    fn damaged_files_are_taken_as_they_come(
        before in prop::collection::vec(parts(), 0..4),
        behind in prop::collection::vec(parts(), 0..4),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut file = wave(&[before.concat(), chunk(b"data", &ramp(50)), behind.concat()]);
        for (at, byte) in damage {
            let at = at.index(file.len());
            file[at] = byte;
        }
        file.truncate(cut.index(file.len()) + 1);
        if let Ok(probed) = try_probe(&file) {
            let edit = Edit::between(TrackId(1), &probed.anatomy, &rows(&probed, &[("title", &["x"])]), &[], &[]);
            if let Ok(layout) = format_of(&file).layout(&probed.anatomy, &edit) {
                prop_assert_eq!(read(&layout, &file).len() as u64, layout.len());
            }
        }
    }
}
