//! Random files and random edits: the audio is intact, the edit reads back, any split of reads gives the same bytes.

mod support;

use musefs_contracts::edit::Edit;
use musefs_contracts::format::Format;
use musefs_contracts::ids::TrackId;
use musefs_format_dsf::Dsf;
use proptest::prelude::*;
use support::*;

const KEYS: [&str; 5] = ["title", "artist", "tracknumber", "some key", "genre"];

fn tag() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(Vec::new()),
        Just(id3(&[(b"TIT2", "Song"), (b"TALB", "Album"), (b"PRIV", "own")], 0)),
        Just(id3(&[(b"TIT2", "Song")], 200)),
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
        audio in 1usize..3_000,
        tag in tag(),
        edits in prop::collection::vec((prop::sample::select(&KEYS[..]), values()), 0..4),
        art in prop::option::of(1u64..5_000),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
    ) {
        let file = dsf(audio, &tag);
        let probed = probe(&file);
        let edits: Vec<(&str, Vec<&str>)> =
            edits.iter().map(|(key, values)| (*key, values.iter().map(String::as_str).collect())).collect();
        let changes: Vec<(&str, &[&str])> = edits.iter().map(|(key, values)| (*key, values.as_slice())).collect();
        let art: Vec<_> = art.into_iter().map(link).collect();
        let wanted = rows(&probed, &changes);
        let layout = layout(&file, &changes, &art);
        let served = read(&layout, &file);

        let body = 28..file.len() - tag.len();
        prop_assert_eq!(&served[body.clone()], &file[body]);
        tag_of(&served);
        let after = probe(&served);
        let left = Edit::between(TrackId(1), &after.anatomy, &wanted, &[], &[]);
        prop_assert!(left.changes.is_empty(), "{:?}", left);
        prop_assert_eq!(after.anatomy.pictures.len(), art.len());

        check_splits(&layout, &file, &served, cuts.iter().map(|cut| cut.index(served.len() + 1)));
    }

    #[test]
    fn damaged_files_are_taken_as_they_come(
        tag in tag(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut file = dsf(50, &tag);
        for (at, byte) in damage {
            let at = at.index(file.len());
            file[at] = byte;
        }
        file.truncate(cut.index(file.len()) + 1);
        if let Ok(probed) = try_probe(&file) {
            prop_assert!(probed.anatomy.lies_inside());
            if probed.anatomy.is_editable() {
                let edit = Edit::between(TrackId(1), &probed.anatomy, &rows(&probed, &[("title", &["x"])]), &[], &[]);
                let layout = Dsf::new().layout(&probed.anatomy, &edit).unwrap();
                prop_assert_eq!(read(&layout, &file).len() as u64, layout.len());
            }
        }
    }
}
