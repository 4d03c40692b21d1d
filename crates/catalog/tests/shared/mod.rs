//! What every implementation of the store's traits must do. Each includes this module by path and hands in how it is made.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod bodies;

use musefs_contracts::anatomy::{Anatomy, ByteRange, FormatId};
use musefs_contracts::backing::Stamp;
use musefs_contracts::catalog::{Catalog, Changes, TrackRecord};
use musefs_contracts::editing::CatalogEditor;
use musefs_contracts::ids::{Revision, StoreId, TrackId};
use musefs_contracts::probe::Probe;
use musefs_contracts::tags::{TagSet, TagValue};
use musefs_contracts::writer::{CatalogWriter, Ingest, IngestMode};
use std::sync::Arc;

/// A store under test, with the edits that other programs make.
pub(crate) trait Subject {
    fn catalog(&self) -> Arc<dyn Catalog>;
    fn writer(&self) -> Box<dyn CatalogWriter>;
    fn editor(&self) -> Box<dyn CatalogEditor>;
    fn set_tags(&self, track: TrackId, rows: &[(&str, &str)]);
    fn set_binary(&self, track: TrackId, key: &str, bytes: &[u8]);
    fn set_art(&self, track: TrackId, bytes: &[u8], description: &str);
    fn clear_art(&self, track: TrackId);
}

/// A probed file of 1,000 bytes, its audio behind the first 100.
pub(crate) fn file(path: &str, tags: &[(&str, &str)]) -> Ingest {
    let mut set = TagSet::new();
    for (key, value) in tags {
        set.push(key, *value);
    }
    let mut anatomy = Anatomy::verbatim(FormatId::new("flac"), 3, 1_000, "a fixture");
    anatomy.audio = ByteRange::new(100, 900);
    Ingest {
        path: path.into(),
        stamp: Stamp { size: 1_000, mtime_ns: 5, ctime_ns: 6, file: 0 },
        probe: Probe::new(anatomy, set),
        fingerprint: Some("0f".repeat(32)),
        mode: IngestMode::Add,
    }
}

/// The same file after something wrote to it.
pub(crate) fn changed(path: &str, tags: &[(&str, &str)], mode: IngestMode) -> Ingest {
    let mut file = file(path, tags);
    file.stamp.mtime_ns += 1;
    file.stamp.ctime_ns += 1;
    file.mode = mode;
    file
}

/// Brings one file in and answers its track.
pub(crate) fn add(subject: &dyn Subject, path: &str, tags: &[(&str, &str)]) -> TrackId {
    subject.writer().ingest(&[file(path, tags)]).unwrap();
    find(subject, path)
}

pub(crate) fn find(subject: &dyn Subject, path: &str) -> TrackId {
    subject.catalog().find_path(path.as_ref()).unwrap().expect("the path is in the store")
}

/// Text rows as `key=value`, binary ones as `key:length`.
pub(crate) fn rows_of(record: &TrackRecord) -> Vec<String> {
    let row = |tag: &musefs_contracts::tags::TagRow| match &tag.value {
        TagValue::Text(text) => format!("{}={text}", tag.key),
        TagValue::Binary { len } => format!("{}:{len}", tag.key),
    };
    record.tags.iter().map(row).collect()
}

/// What the catalog streams: path, values of each field, and whether the row shows the track to be pristine.
pub(crate) fn streamed(catalog: &dyn Catalog, fields: &[&str]) -> Vec<(String, Vec<Vec<String>>, bool)> {
    let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
    let mut seen = Vec::new();
    let mut visit = |track: musefs_contracts::catalog::TrackFields<'_>| {
        seen.push((
            track.row.path.to_string_lossy().into_owned(),
            track.values.to_vec(),
            track.row.is_certainly_pristine(),
        ));
    };
    catalog.for_each_track(&fields, &mut visit).unwrap();
    seen
}

/// The changed tracks since `mark`, sorted; panics where the log does not reach back.
pub(crate) fn changed_since(catalog: &dyn Catalog, mark: (StoreId, Revision)) -> Vec<i64> {
    match catalog.changes_since(mark.0, mark.1).unwrap() {
        Changes::Tracks { tracks, revision } => {
            assert_eq!(revision, catalog.revision().unwrap().1, "the list leads to the present revision");
            let mut ids: Vec<i64> = tracks.iter().map(|track| track.0).collect();
            ids.sort_unstable();
            ids
        }
        Changes::TooFarBack => panic!("the log reaches back that far"),
    }
}

/// Makes a test of each body.
#[macro_export]
macro_rules! contract_tests {
    ($make:expr; $($name:ident),+ $(,)?) => {
        $(#[test] fn $name() { shared::bodies::$name(&$make()); })+
    };
}

/// Names every body, for [`contract_tests`].
#[macro_export]
macro_rules! all_contract_tests {
    ($make:expr) => {
        $crate::contract_tests! { $make;
            a_new_file_is_streamed_found_and_pristine,
            an_empty_store_has_a_revision_and_no_tracks,
            fields_match_keys_without_case_and_keep_the_order_of_ordinals,
            binary_values_give_no_field_and_are_read_in_ranges,
            pictures_are_read_in_ranges,
            an_edit_raises_the_version_and_is_told_once,
            nothing_changed_means_the_same_revision,
            a_deleted_track_is_told_and_gone,
            a_foreign_revision_is_too_far_back,
            refresh_keeps_what_was_curated,
            refresh_of_an_untouched_track_keeps_it_pristine,
            refresh_gives_new_content_a_new_version,
            force_takes_the_files_tags,
            adding_a_known_path_refreshes_it,
            a_path_twice_in_a_batch_is_one_track,
            a_moved_file_keeps_its_track_and_tags,
            files_that_swap_names_keep_their_tracks,
            a_move_onto_a_known_path_loses_nothing,
            a_move_of_an_unknown_track_adds_it,
            linked_art_makes_a_track_edited_and_survives_refresh,
            unlinked_art_is_collected_and_linked_art_kept,
            served_sizes_are_remembered_by_omitted_keys,
            known_files_are_told_with_stamp_and_prober,
            a_content_hash_stays_until_the_contents_change,
            roots_are_remembered_once,
            paths_need_not_be_utf8,
            an_odd_file_never_costs_its_batch,
            ids_are_never_given_again,
            for_tracks_visits_those_that_exist,
            records_skip_what_is_gone,
            a_visitor_may_ask_the_catalog,
            sidecars_are_told_apart_by_path_and_their_numbers_stay,
            a_change_of_sidecars_moves_the_revision_and_is_no_tracks_change,
            an_edit_reaches_the_keys_it_names_and_is_told,
            an_edit_that_says_what_is_there_is_none,
            an_edit_places_pictures_and_takes_them_away,
            an_edit_with_an_unknown_picture_changes_nothing,
        }
    };
}
