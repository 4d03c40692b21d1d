use super::*;
use musefs_contracts::anatomy::{ByteRange, FormatId};
use musefs_contracts::ids::{CompanionId, SidecarId, TrackId};
use proptest::prelude::*;
use std::path::PathBuf;

fn entry(version: i64) -> Entry {
    let row = TrackRow {
        id: TrackId(1),
        path: PathBuf::new(),
        format: FormatId::new("x"),
        audio: ByteRange::default(),
        stamp: Stamp::default(),
        content_version: version,
        updated_at: -5,
        pristine_version: None,
    };
    Entry::new(&row, row.stamp)
}

#[test]
fn an_entry_takes_forty_bytes() {
    assert_eq!(size_of::<Entry>(), 40);
}

#[test]
fn a_changed_table_shares_the_pages_that_did_not_change() {
    let mut first = TrackTable::default();
    (1..=1_000).for_each(|id| first.insert(TrackId(id), entry(0)));
    let mut second = first.clone();
    second.insert(TrackId(70), entry(1));
    assert_eq!(first.get(TrackId(70)).map(|entry| entry.content_version), Some(0));
    assert_eq!(second.get(TrackId(70)).map(|entry| entry.content_version), Some(1));
    let address = |table: &TrackTable, id| std::ptr::from_ref(table.get(TrackId(id)).unwrap());
    assert_eq!(address(&first, 500), address(&second, 500));
    assert_ne!(address(&first, 71), address(&second, 71));
}

#[test]
fn ids_without_an_inode_number_are_refused() {
    for id in [i64::MIN, -1, 0, 1 << 53, 1 << 54, i64::MAX] {
        assert!(!TrackTable::can_hold(TrackId(id)), "{id}");
    }
    assert!(TrackTable::can_hold(TrackId((1 << 53) - 1)));
}

#[test]
fn a_sidecar_is_served_as_it_is_whatever_becomes_of_it() {
    let sidecar = Sidecar { id: SidecarId(1), path: PathBuf::new(), stamp: Stamp::default() };
    let changed = Stamp { size: 9, ..Stamp::default() };
    assert!(Entry::new(&sidecar, changed).is_as_backing());
}

fn files() -> impl Strategy<Value = FileId> {
    prop_oneof![
        (1i64..200).prop_map(|id| TrackId(id).into()),
        (1i64..1 << 53).prop_map(|id| TrackId(id).into()),
        (0u64..200).prop_map(|id| CompanionId(id).into()),
        (0u64..1 << 53).prop_map(|id| CompanionId(id).into()),
    ]
}

proptest! {
    #[test]
    fn the_table_is_a_map(operations in prop::collection::vec((files(), prop::option::of(0i64..9)), 0..200)) {
        let mut table = TrackTable::default();
        let mut model = BTreeMap::new();
        for (id, version) in operations {
            if let Some(version) = version {
                table.insert(id, entry(version));
                model.insert(id, version);
            } else {
                table.remove(id);
                model.remove(&id);
            }
            prop_assert_eq!(table.get(id).map(|entry| entry.content_version), model.get(&id).copied());
        }
        prop_assert_eq!(table.len(), model.len() as u64);
        let all: Vec<_> = table.iter().map(|(track, entry)| (track, entry.content_version)).collect();
        prop_assert_eq!(all, model.into_iter().collect::<Vec<_>>());
    }
}
