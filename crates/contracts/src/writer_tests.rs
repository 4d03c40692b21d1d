use super::*;
use crate::anatomy::FormatId;
use crate::tags::TagSet;

fn probe(tags: &[(&str, &str)]) -> Probe {
    let mut set = TagSet::new();
    for (key, value) in tags {
        set.push(key, *value);
    }
    Probe::new(Anatomy::verbatim(FormatId::new("flac"), 1, 10, ""), set)
}

fn refreshed(old: &[(&str, &str)], stored: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<(String, String)> {
    let stored = probe(stored).tags.rows();
    let mut rows: Vec<_> = refreshed_tags(Some(&probe(old).anatomy), &stored, &probe(new))
        .into_iter()
        .map(|row| match row.value {
            TagValue::Text(text) => (row.key, text),
            TagValue::Binary { .. } => unreachable!("no binary row went in"),
        })
        .collect();
    rows.sort();
    rows
}

fn owned(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
}

#[test]
fn untouched_keys_follow_the_file() {
    let rows = refreshed(&[("title", "a"), ("mood", "x")], &[("title", "a"), ("mood", "x")], &[("title", "b")]);
    assert_eq!(rows, owned(&[("title", "b")]));
}

#[test]
fn curated_keys_stay_also_where_they_were_added_or_removed() {
    let rows = refreshed(
        &[("title", "a"), ("comment", "spam")],
        &[("title", "curated"), ("mood", "calm")],
        &[("title", "b"), ("comment", "spam"), ("mood", "loud"), ("genre", "Jazz")],
    );
    assert_eq!(rows, owned(&[("genre", "Jazz"), ("mood", "calm"), ("title", "curated")]));
}

#[test]
fn without_an_anatomy_whatever_the_store_has_is_curated() {
    let stored = probe(&[("title", "mine")]).tags.rows();
    let new = probe(&[("title", "b"), ("genre", "Jazz")]);
    assert_eq!(refreshed_tags(None, &stored, &new), stored);
    assert_eq!(refreshed_tags(None, &[], &new).len(), 2);
}
