use super::*;
use crate::anatomy::{Editability, FormatId};
use crate::ids::ArtId;
use crate::tags::TagSet;

fn row(key: &str, value: &str, ordinal: i64) -> TagRow {
    TagRow { key: key.into(), value: TagValue::Text(value.into()), ordinal }
}

fn anatomy() -> Anatomy {
    let mut set = TagSet::new();
    set.push("title", "Song");
    set.push("artist", "One");
    set.push("artist", "Two");
    let mut anatomy = Anatomy::verbatim(FormatId::new("flac"), 1, 10, "");
    anatomy.editability = Editability::Editable;
    anatomy.keys = set.digests();
    anatomy
}

fn between(tags: &[TagRow], omitted: &[String]) -> Edit {
    Edit::between(TrackId(1), &anatomy(), tags, &[], omitted)
}

#[test]
fn equal_rows_are_no_edit_whatever_their_order_and_case() {
    let rows = [row("ARTIST", "Two", 1), row("Title", "Song", 0), row("artist", "One", 0)];
    assert!(between(&rows, &[]).is_empty());
}

#[test]
fn changed_added_and_removed_keys_are_found() {
    let rows = [row("title", "Other", 0), row("mood", "calm", 0)];
    let edit = between(&rows, &[]);
    let keys: Vec<_> = edit.changes.iter().map(|change| (change.key.as_str(), change.values.len())).collect();
    assert_eq!(keys, [("artist", 0), ("mood", 1), ("title", 1)]);
    assert!(edit.touches("mood") && !edit.touches("album"));
}

#[test]
fn the_order_of_values_counts() {
    let rows = [row("title", "Song", 0), row("artist", "Two", 0), row("artist", "One", 1)];
    assert_eq!(between(&rows, &[]).changes.len(), 1);
}

#[test]
fn path_fields_are_no_edit() {
    let rows = [row("title", "Song", 0), row("beets_path", "a/b", 0), row("artist", "One", 0), row("artist", "Two", 1)];
    assert!(between(&rows, &["beets_path".into()]).is_empty());
    assert_eq!(between(&rows, &[]).changes.len(), 1);
}

#[test]
fn a_binary_row_and_linked_art_are_edits() {
    let binary = TagRow { key: "priv:x".into(), value: TagValue::Binary { len: 5 }, ordinal: 0 };
    let rows = [row("title", "Song", 0), row("artist", "One", 0), row("artist", "Two", 1), binary];
    let edit = between(&rows, &[]);
    assert!(matches!(edit.changes[..], [KeyChange { ref values, .. }] if matches!(values[0], EditValue::Binary(_, 5))));
    let link = ArtLink {
        art: ArtId(1),
        mime: "image/png".into(),
        width: None,
        height: None,
        byte_len: 9,
        picture_type: 3,
        description: String::new(),
    };
    let edit = Edit::between(TrackId(1), &anatomy(), &rows[..3], &[link], &[]);
    assert!(edit.changes.is_empty() && edit.art.is_some());
}
