use super::*;
use musefs_contracts::anatomy::{FormatId, KeyDigest};
use musefs_contracts::ids::TrackId;
use musefs_contracts::tags::{TagRow, TagValue};

type Tags<'a> = &'a [(&'a str, &'a str)];

/// What is changed in a file with `before` when the store says `after`.
fn changes(before: Tags<'_>, after: Tags<'_>) -> Vec<(String, Vec<String>)> {
    let mut anatomy = Anatomy::verbatim(FormatId::new("mp3"), 1, 10, "no matter");
    anatomy.keys = before
        .iter()
        .map(|(key, value)| KeyDigest { key: (*key).to_owned(), digest: digest_values([*value]) })
        .collect();
    let row = |(key, value): &(&str, &str)| TagRow {
        key: (*key).to_owned(),
        value: TagValue::Text((*value).to_owned()),
        ordinal: 0,
    };
    let rows: Vec<TagRow> = after.iter().map(row).collect();
    let edit = Edit::between(TrackId(1), &anatomy, &rows, &[], &[]);
    let folded = with_totals(&anatomy, &edit).into_owned();
    let text = |value: &EditValue| value.text().unwrap_or_default().to_owned();
    let change = |change: KeyChange| (change.key, change.values.iter().map(text).collect());
    folded.changes.into_iter().map(change).collect()
}

fn one(key: &str, value: &str) -> (String, Vec<String>) {
    (key.to_owned(), vec![value.to_owned()])
}

#[test]
fn number_and_total_are_written_together() {
    let both = [("tracknumber", "2"), ("tracktotal", "10")];
    assert_eq!(changes(&[("tracknumber", "1/9")], &both), [one("tracknumber", "2/10")]);
    assert_eq!(changes(&[], &both), [one("tracknumber", "2/10")]);
    assert_eq!(changes(&[], &[("discnumber", " 1 "), ("disctotal", "2")]), [one("discnumber", "1/2")]);
}

#[test]
fn a_total_finds_its_number_also_where_that_did_not_change() {
    for before in ["3", "3/9"] {
        let after = [("tracknumber", before), ("tracktotal", "10")];
        assert_eq!(changes(&[("tracknumber", before)], &after), [one("tracknumber", "3/10")]);
    }
    assert_eq!(changes(&[], &[("tracktotal", "10")]), [one("tracknumber", "0/10")]);
}

#[test]
fn a_file_that_says_the_same_already_is_left_alone() {
    let after = [("tracknumber", "3"), ("tracktotal", "9"), ("title", "new")];
    assert_eq!(changes(&[("tracknumber", "3/9")], &after), [one("title", "new")]);
}

#[test]
fn a_total_that_the_file_holds_by_its_own_name_follows() {
    let before = [("tracknumber", "3/9"), ("tracktotal", "9")];
    let after = [("tracknumber", "3/9"), ("tracktotal", "10")];
    assert_eq!(changes(&before, &after), [one("tracknumber", "3/10"), one("tracktotal", "10")]);
}

#[test]
fn what_is_no_number_stays_as_it_is() {
    let after = [("tracknumber", "A1"), ("tracktotal", "10")];
    assert_eq!(changes(&[], &after), [one("tracknumber", "A1"), one("tracktotal", "10")]);
    let after = [("tracknumber", "1"), ("tracktotal", "many")];
    assert_eq!(changes(&[], &after), [one("tracknumber", "1"), one("tracktotal", "many")]);
    assert_eq!(changes(&[("tracknumber", "3/9")], &[("tracknumber", "4")]), [one("tracknumber", "4")]);
}

#[test]
fn a_number_that_cannot_be_written_with_its_changed_total_stays_as_it_is() {
    let after = [("tracknumber", "A3"), ("tracktotal", "10")];
    assert_eq!(changes(&[("tracknumber", "A3")], &after), [one("tracktotal", "10")]);
    assert_eq!(changes(&[("tracknumber", "A2")], &after), [one("tracknumber", "A3"), one("tracktotal", "10")]);
}
