//! Queries choose the tracks that people mean.

use musefs_catalog_memory::MemoryCatalog;
use musefs_contracts::anatomy::{Anatomy, FormatId};
use musefs_contracts::backing::Stamp;
use musefs_contracts::probe::Probe;
use musefs_contracts::tags::TagSet;
use musefs_contracts::writer::{CatalogWriter, Ingest, IngestMode};
use musefs_query::{NoPlaces, Query, QueryError};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

/// 1: a live one of the nineties; 2: a studio one with two genres; 3: a bare one.
fn library() -> Arc<MemoryCatalog> {
    let catalog = MemoryCatalog::new();
    let file = |path: &str, format: &'static str, tags: &[(&str, &str)]| {
        let mut set = TagSet::new();
        for (key, value) in tags {
            set.push(key, *value);
        }
        Ingest {
            path: path.into(),
            stamp: Stamp { size: 10, ..Stamp::default() },
            probe: Probe::new(Anatomy::verbatim(FormatId::new(format), 1, 10, "a fixture"), set),
            fingerprint: None,
            mode: IngestMode::Add,
        }
    };
    let live = [("title", "Blue"), ("artist", "AC/DC"), ("album", "The Greatest: Live"), ("date", "1994-05-01")];
    let studio = [("title", "Red"), ("artist", "Nina"), ("genre", "Jazz"), ("genre", "Bop"), ("tracknumber", "3/12")];
    let batch = [
        file("/m/live/1.flac", "flac", &live),
        file("/m/studio/2.mp3", "mp3", &studio),
        file("/n/blue.opus", "opus", &[]),
    ];
    catalog.writer().ingest(&batch).unwrap();
    catalog
}

#[track_caller]
fn check(terms: &[&str], expected: &[i64]) {
    let query = Query::parse(terms, &NoPlaces).unwrap();
    let chosen: Vec<i64> = query.select(&*library()).unwrap().iter().map(|track| track.0).collect();
    assert_eq!(chosen, expected, "{terms:?}");
}

#[test]
fn words_are_looked_for_in_the_fields_people_mean() {
    check(&[], &[1, 2, 3]);
    check(&["blue"], &[1]);
    check(&["nina", "jazz"], &[2]);
    check(&["ac/dc"], &[1]);
    check(&["::^Bop$"], &[2]);
    check(&["1994"], &[]);
}

#[test]
fn keys_are_matched_without_case() {
    check(&["ALBUM:~greatest"], &[1]);
    check(&["album:The Greatest: Live"], &[1]);
    check(&["artist:AC/DC"], &[1]);
    check(&["genre:=Jazz"], &[2]);
    check(&["genre:"], &[2]);
    check(&["^genre:"], &[1, 3]);
    check(&["year:1990..1999"], &[1]);
    check(&["tracknumber:..3"], &[2]);
}

#[test]
fn a_track_is_chosen_by_number_place_and_format() {
    check(&["id:2"], &[2]);
    check(&["id:2.."], &[2, 3]);
    check(&["/m"], &[1, 2]);
    check(&["/m/live/1.flac"], &[1]);
    check(&["/m/li"], &[]);
    check(&["path:blue"], &[3]);
    check(&["path:~*/live/*"], &[1]);
    check(&["format:=mp3"], &[2]);
}

#[test]
fn a_comma_parts_alternatives_and_a_caret_turns_a_term_round() {
    check(&["id:1", ",", "id:3"], &[1, 3]);
    check(&["/m", "^nina", ",", "format:opus"], &[1, 3]);
    check(&["^/m"], &[3]);
}

#[test]
fn what_cannot_be_understood_is_named() {
    let error = |terms: &[&str]| Query::parse(terms, &NoPlaces).unwrap_err();
    assert_eq!(error(&["a", ","]), QueryError::Missing("beside a comma"));
    assert_eq!(error(&["^"]), QueryError::Missing("behind ^"));
    assert_eq!(error(&["id:x"]), QueryError::Id("id:x".into()));
    assert_eq!(error(&[":"]), QueryError::Key(":".into()));
    let pattern = error(&["album::("]).to_string();
    assert!(pattern.starts_with("album::(: ") && !pattern.contains('\n'), "{pattern}");
    let odd = OsStr::from_bytes(b"\xff");
    assert_eq!(Query::parse(&[odd], &NoPlaces).unwrap_err(), QueryError::NoText(odd.to_owned()));
}
