//! The bodies of the contract's tests.

use super::*;
use musefs_contracts::catalog::CatalogError;
use musefs_contracts::editing::{KeyEdit, NewPicture, Placement, TrackEdit};
use musefs_contracts::ids::{ArtId, SidecarId};
use musefs_contracts::sidecars::{Sidecar, SidecarFile};
use musefs_contracts::writer::ContentHash;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

type S<'a> = &'a dyn Subject;

pub(crate) fn a_new_file_is_streamed_found_and_pristine(subject: S) {
    let summary =
        subject.writer().ingest(&[file("/m/a.flac", &[("artist", "A"), ("artist", "B"), ("title", "T")])]).unwrap();
    assert_eq!((summary.added, summary.updated, summary.moved), (1, 0, 0));
    let expected = vec![("/m/a.flac".to_owned(), vec![vec!["T".into()], vec!["A".into(), "B".into()], vec![]], true)];
    assert_eq!(streamed(&*subject.catalog(), &["title", "artist", "album"]), expected);
    let record = subject.catalog().track(find(subject, "/m/a.flac")).unwrap();
    assert_eq!(record.row.audio, ByteRange::new(100, 900));
    assert_eq!(record.row.stamp, Stamp { size: 1_000, mtime_ns: 5, ctime_ns: 6, file: 0 });
    assert_eq!(record.row.format, FormatId::new("flac"));
    assert_eq!(record.anatomy.as_ref().map(|anatomy| anatomy.prober), Some(3));
    assert_eq!(rows_of(&record), ["artist=A", "artist=B", "title=T"]);
    assert!(record.row.updated_at > 1_500_000_000, "unix seconds: {}", record.row.updated_at);
}

pub(crate) fn an_empty_store_has_a_revision_and_no_tracks(subject: S) {
    let catalog = subject.catalog();
    let mark = catalog.revision().unwrap();
    assert!(streamed(&*catalog, &["title"]).is_empty());
    assert_eq!(changed_since(&*catalog, mark), Vec::<i64>::new());
    assert!(matches!(catalog.track(TrackId(1)), Err(CatalogError::NotFound)));
    assert_eq!(catalog.find_path("/x".as_ref()).unwrap(), None);
}

pub(crate) fn fields_match_keys_without_case_and_keep_the_order_of_ordinals(subject: S) {
    add(subject, "/a", &[]);
    let track = add(subject, "/b", &[]);
    add(subject, "/c", &[("title", "C")]);
    let rows = [("Artist", "one"), ("Artist", "two"), ("Artist", "three"), ("mood", "calm"), (" TITLE ", "t")];
    subject.set_tags(track, &rows);
    let seen = streamed(&*subject.catalog(), &["artist", "title"]);
    assert_eq!(seen[0].1, [Vec::<String>::new(), vec![]]);
    assert_eq!(seen[1].1, [vec!["one", "two", "three"], vec!["t"]]);
    assert_eq!(seen[2].1, [vec![], vec!["C"]]);
}

pub(crate) fn binary_values_give_no_field_and_are_read_in_ranges(subject: S) {
    let track = add(subject, "/a", &[("title", "T")]);
    let ramp: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    subject.set_binary(track, "blob", &ramp);
    let catalog = subject.catalog();
    assert_eq!(streamed(&*catalog, &["blob"])[0].1, [Vec::<String>::new()]);
    assert_eq!(rows_of(&catalog.track(track).unwrap()), ["blob:100000", "title=T"]);
    let mut buf = [0; 1_000];
    catalog.read_tag_value(track, "blob", 0, 77_001, &mut buf).unwrap();
    assert_eq!(buf, ramp[77_001..78_001]);
    catalog.read_tag_value(track, "blob", 0, 99_000, &mut buf).unwrap();
    assert!(catalog.read_tag_value(track, "blob", 0, 99_001, &mut buf).is_err(), "shorter than asked");
    assert!(catalog.read_tag_value(track, "blob", 0, u64::MAX, &mut buf).is_err());
    assert!(matches!(catalog.read_tag_value(track, "title", 0, 0, &mut buf), Err(CatalogError::NotFound)));
    assert!(matches!(catalog.read_tag_value(track, "none", 0, 0, &mut buf), Err(CatalogError::NotFound)));
    catalog.read_tag_value(track, "blob", 0, 100_000, &mut []).unwrap();
}

pub(crate) fn pictures_are_read_in_ranges(subject: S) {
    let track = add(subject, "/a", &[]);
    let ramp: Vec<u8> = (0..=250).cycle().take(300_000).collect();
    subject.set_art(track, &ramp, "front");
    let catalog = subject.catalog();
    let link = catalog.track(track).unwrap().art.remove(0);
    assert_eq!((link.byte_len, link.mime.as_str(), link.picture_type), (300_000, "image/png", 3));
    assert_eq!(link.description, "front");
    let mut buf = vec![0; 5_000];
    catalog.read_art(link.art, 200_003, &mut buf).unwrap();
    assert_eq!(buf, ramp[200_003..205_003]);
    assert!(catalog.read_art(link.art, 295_001, &mut buf).is_err(), "shorter than asked");
    assert!(matches!(catalog.read_art(ArtId(999), 0, &mut buf), Err(CatalogError::NotFound)));
}

pub(crate) fn an_edit_raises_the_version_and_is_told_once(subject: S) {
    let first = add(subject, "/a", &[("title", "A")]);
    let second = add(subject, "/b", &[("title", "B")]);
    let catalog = subject.catalog();
    let mark = catalog.revision().unwrap();
    let before = catalog.track(first).unwrap().row;
    subject.set_tags(first, &[("title", "new"), ("genre", "x"), ("genre", "y")]);
    subject.set_tags(first, &[("title", "newer")]);
    let after = catalog.track(first).unwrap().row;
    assert!(after.content_version > before.content_version);
    assert!(!after.is_certainly_pristine() && before.is_certainly_pristine());
    assert!(catalog.revision().unwrap().1 > mark.1);
    assert_eq!(changed_since(&*catalog, mark), [first.0]);
    subject.set_tags(second, &[]);
    assert_eq!(changed_since(&*catalog, mark), [first.0, second.0]);
}

pub(crate) fn nothing_changed_means_the_same_revision(subject: S) {
    let track = add(subject, "/a", &[("title", "A")]);
    let catalog = subject.catalog();
    let mark = catalog.revision().unwrap();
    catalog.remember_served_sizes(&[], &[(track, 0, 5)]).unwrap();
    subject.writer().remember_root("/m".as_ref()).unwrap();
    subject.writer().finish().unwrap();
    assert_eq!(catalog.revision().unwrap(), mark);
    assert_eq!(changed_since(&*catalog, mark), Vec::<i64>::new());
    let fields: Vec<String> = Vec::new();
    assert_eq!(catalog.for_each_track(&fields, &mut |_| {}).unwrap(), mark);
}

pub(crate) fn a_deleted_track_is_told_and_gone(subject: S) {
    let track = add(subject, "/a", &[("title", "A")]);
    let other = add(subject, "/b", &[("title", "B")]);
    subject.set_art(track, b"picture", "");
    let catalog = subject.catalog();
    let mark = catalog.revision().unwrap();
    assert_eq!(subject.writer().remove(&[track, TrackId(999)]).unwrap(), 1);
    assert_eq!(changed_since(&*catalog, mark), [track.0]);
    assert!(matches!(catalog.track(track), Err(CatalogError::NotFound)));
    assert_eq!(catalog.find_path("/a".as_ref()).unwrap(), None);
    assert_eq!(streamed(&*catalog, &["title"]).len(), 1);
    assert_eq!(rows_of(&catalog.track(other).unwrap()), ["title=B"]);
}

pub(crate) fn a_foreign_revision_is_too_far_back(subject: S) {
    add(subject, "/a", &[]);
    let catalog = subject.catalog();
    let (store, revision) = catalog.revision().unwrap();
    assert_eq!(catalog.changes_since(StoreId(store.0 ^ 1), revision).unwrap(), Changes::TooFarBack);
    assert_eq!(catalog.changes_since(store, Revision(revision.0 + 1)).unwrap(), Changes::TooFarBack);
}

pub(crate) fn refresh_keeps_what_was_curated(subject: S) {
    let track = add(subject, "/a", &[("title", "old"), ("genre", "Jazz"), ("comment", "spam")]);
    subject.set_tags(track, &[("title", "curated"), ("genre", "Jazz")]);
    subject.set_binary(track, "blob", &[7; 40]);
    let catalog = subject.catalog();
    let before = catalog.track(track).unwrap().row.content_version;
    let tags = [("title", "file's"), ("genre", "Rock"), ("comment", "spam"), ("date", "1999")];
    let summary = subject.writer().ingest(&[changed("/a", &tags, IngestMode::Refresh)]).unwrap();
    assert_eq!((summary.added, summary.updated, summary.moved), (0, 1, 0));
    let record = catalog.track(track).unwrap();
    assert_eq!(rows_of(&record), ["blob:40", "date=1999", "genre=Rock", "title=curated"]);
    assert!(record.row.content_version > before);
    assert!(!record.row.is_certainly_pristine());
    let mut buf = [0; 40];
    catalog.read_tag_value(track, "blob", 0, 0, &mut buf).unwrap();
    assert_eq!(buf, [7; 40], "a curated binary value is the same bytes");
}

pub(crate) fn refresh_of_an_untouched_track_keeps_it_pristine(subject: S) {
    let track = add(subject, "/a", &[("title", "old")]);
    subject.writer().ingest(&[changed("/a", &[("title", "new"), ("title", "second")], IngestMode::Refresh)]).unwrap();
    let record = subject.catalog().track(track).unwrap();
    assert!(record.row.is_certainly_pristine());
    assert_eq!(rows_of(&record), ["title=new", "title=second"]);
    assert_eq!(record.row.stamp.mtime_ns, 6);
}

pub(crate) fn refresh_gives_new_content_a_new_version(subject: S) {
    let track = add(subject, "/a", &[("title", "T")]);
    let catalog = subject.catalog();
    let before = catalog.track(track).unwrap().row.content_version;
    subject.writer().ingest(&[file("/a", &[("title", "T")])]).unwrap();
    assert_eq!(catalog.track(track).unwrap().row.content_version, before, "nothing differs");
    let mark = catalog.revision().unwrap();
    subject.writer().ingest(&[changed("/a", &[("title", "T")], IngestMode::Refresh)]).unwrap();
    assert!(catalog.track(track).unwrap().row.content_version > before, "the audio may differ");
    assert_eq!(changed_since(&*catalog, mark), [track.0]);
}

pub(crate) fn force_takes_the_files_tags(subject: S) {
    let track = add(subject, "/a", &[("title", "old")]);
    subject.set_tags(track, &[("TITLE", "curated"), ("mood", "calm")]);
    subject.set_binary(track, "blob", &[1; 9]);
    subject.writer().ingest(&[changed("/a", &[("title", "file's")], IngestMode::Force)]).unwrap();
    let record = subject.catalog().track(track).unwrap();
    assert_eq!(rows_of(&record), ["title=file's"]);
    assert!(record.row.is_certainly_pristine());
}

pub(crate) fn adding_a_known_path_refreshes_it(subject: S) {
    let track = add(subject, "/a", &[("title", "old"), ("genre", "Jazz")]);
    subject.set_tags(track, &[("title", "curated"), ("genre", "Jazz")]);
    let tags = [("title", "x"), ("genre", "Rock")];
    let summary = subject.writer().ingest(&[changed("/a", &tags, IngestMode::Add)]).unwrap();
    assert_eq!((summary.added, summary.updated), (0, 1));
    assert_eq!(rows_of(&subject.catalog().track(track).unwrap()), ["genre=Rock", "title=curated"]);
}

pub(crate) fn a_path_twice_in_a_batch_is_one_track(subject: S) {
    let batch = [file("/a", &[("title", "first")]), changed("/a", &[("title", "second")], IngestMode::Add)];
    let summary = subject.writer().ingest(&batch).unwrap();
    assert_eq!((summary.added, summary.updated), (1, 1));
    let record = subject.catalog().track(find(subject, "/a")).unwrap();
    assert_eq!(rows_of(&record), ["title=second"]);
    assert!(record.row.is_certainly_pristine());
}

pub(crate) fn a_moved_file_keeps_its_track_and_tags(subject: S) {
    let track = add(subject, "/old", &[("title", "T")]);
    subject.set_tags(track, &[("title", "curated")]);
    let catalog = subject.catalog();
    let (mark, before) = (catalog.revision().unwrap(), catalog.track(track).unwrap().row);
    let mut moved = file("/new", &[("title", "T")]);
    moved.stamp.ctime_ns += 10;
    moved.mode = IngestMode::Moved(track);
    let summary = subject.writer().ingest(&[moved]).unwrap();
    assert_eq!((summary.added, summary.updated, summary.moved), (0, 0, 1));
    assert_eq!(catalog.find_path("/old".as_ref()).unwrap(), None);
    assert_eq!(find(subject, "/new"), track);
    let record = catalog.track(track).unwrap();
    assert_eq!(rows_of(&record), ["title=curated"]);
    assert_eq!(record.row.content_version, before.content_version, "a rename changes no content");
    assert_eq!(record.row.stamp.ctime_ns, 16);
    assert_eq!(changed_since(&*catalog, mark), [track.0]);
}

pub(crate) fn files_that_swap_names_keep_their_tracks(subject: S) {
    let (a, b) = (add(subject, "/a", &[("title", "A")]), add(subject, "/b", &[("title", "B")]));
    let moved = |path, title, track| Ingest { mode: IngestMode::Moved(track), ..file(path, &[("title", title)]) };
    let batch = [moved("/b", "A", a), moved("/a", "B", b), file("/c", &[("title", "C")])];
    let summary = subject.writer().ingest(&batch).unwrap();
    assert_eq!((summary.added, summary.moved), (1, 2));
    assert_eq!((find(subject, "/a"), find(subject, "/b")), (b, a));
    assert_eq!(rows_of(&subject.catalog().track(b).unwrap()), ["title=B"]);
}

pub(crate) fn a_move_onto_a_known_path_loses_nothing(subject: S) {
    let (a, b) = (add(subject, "/a", &[("title", "A")]), add(subject, "/b", &[("title", "B")]));
    let moved = Ingest { mode: IngestMode::Moved(a), ..changed("/b", &[("title", "A")], IngestMode::Add) };
    let summary = subject.writer().ingest(&[moved]).unwrap();
    assert_eq!((summary.added, summary.updated, summary.moved), (0, 1, 0));
    assert_eq!((find(subject, "/a"), find(subject, "/b")), (a, b));
    assert_eq!(rows_of(&subject.catalog().track(b).unwrap()), ["title=A"], "the path's own track follows its file");
}

pub(crate) fn a_move_of_an_unknown_track_adds_it(subject: S) {
    let moved = Ingest { mode: IngestMode::Moved(TrackId(77)), ..file("/a", &[("title", "A")]) };
    assert_eq!(subject.writer().ingest(&[moved]).unwrap().added, 1);
    assert_eq!(rows_of(&subject.catalog().track(find(subject, "/a")).unwrap()), ["title=A"]);
}

pub(crate) fn linked_art_makes_a_track_edited_and_survives_refresh(subject: S) {
    let track = add(subject, "/a", &[("title", "A")]);
    let catalog = subject.catalog();
    let mark = catalog.revision().unwrap();
    subject.set_art(track, b"picture", "");
    assert_eq!(changed_since(&*catalog, mark), [track.0]);
    assert!(!catalog.track(track).unwrap().row.is_certainly_pristine());
    for mode in [IngestMode::Refresh, IngestMode::Force] {
        subject.writer().ingest(&[changed("/a", &[("title", "A")], mode)]).unwrap();
        let record = catalog.track(track).unwrap();
        assert_eq!(record.art.len(), 1, "{mode:?}");
        assert!(!record.row.is_certainly_pristine(), "{mode:?}");
    }
    subject.clear_art(track);
    assert!(catalog.track(track).unwrap().art.is_empty());
}

pub(crate) fn unlinked_art_is_collected_and_linked_art_kept(subject: S) {
    let (a, b) = (add(subject, "/a", &[]), add(subject, "/b", &[]));
    subject.set_art(a, b"one", "");
    subject.set_art(b, b"two", "");
    let catalog = subject.catalog();
    let (one, two) = (catalog.track(a).unwrap().art[0].art, catalog.track(b).unwrap().art[0].art);
    subject.clear_art(a);
    assert_eq!(subject.writer().collect_unlinked_art().unwrap(), 1);
    let mut buf = [0; 3];
    assert!(matches!(catalog.read_art(one, 0, &mut buf), Err(CatalogError::NotFound)));
    catalog.read_art(two, 0, &mut buf).unwrap();
    assert_eq!(&buf, b"two");
    assert_eq!(subject.writer().collect_unlinked_art().unwrap(), 0);
}

pub(crate) fn served_sizes_are_remembered_by_omitted_keys(subject: S) {
    let (a, b) = (add(subject, "/a", &[]), add(subject, "/b", &[]));
    let catalog = subject.catalog();
    let path_keys = ["beets_path".to_owned(), "x".to_owned()];
    let swapped = ["x".to_owned(), "beets_path".to_owned()];
    catalog.remember_served_sizes(&[], &[(a, 1, 10), (b, 1, 20), (TrackId(999), 1, 30)]).unwrap();
    catalog.remember_served_sizes(&[], &[(a, 2, 11)]).unwrap();
    catalog.remember_served_sizes(&path_keys, &[(a, 1, 5)]).unwrap();
    let sizes = |omitted: &[String]| {
        let mut seen = Vec::new();
        catalog.for_each_served_size(omitted, &mut |track, version, size| seen.push((track, version, size))).unwrap();
        seen.sort_unstable();
        seen
    };
    assert_eq!(sizes(&[]), [(a, 2, 11), (b, 1, 20)]);
    assert_eq!(sizes(&swapped), [(a, 1, 5)]);
    assert_eq!(sizes(&["other".to_owned()]), []);
    subject.writer().remove(&[a]).unwrap();
    assert_eq!(sizes(&path_keys), []);
    subject.writer().ingest(&[changed("/b", &[], IngestMode::Refresh)]).unwrap();
    assert_eq!(sizes(&[]), [], "new content has another size");
}

pub(crate) fn known_files_are_told_with_stamp_and_prober(subject: S) {
    let track = add(subject, "/a", &[("title", "A")]);
    let mut known = Vec::new();
    subject.writer().for_each_known(&mut |file| known.push(file)).unwrap();
    let expected = file("/a", &[]);
    assert_eq!(known.len(), 1);
    assert_eq!((known[0].track, &known[0].path, known[0].stamp), (track, &expected.path, expected.stamp));
    assert_eq!((known[0].prober, &known[0].format), (Some(3), &FormatId::new("flac")));
    assert_eq!((&known[0].fingerprint, known[0].audio), (&expected.fingerprint, expected.probe.anatomy.audio));
}

pub(crate) fn a_content_hash_stays_until_the_contents_change(subject: S) {
    let track = add(subject, "/a", &[("title", "A")]);
    let recorded = || {
        let mut hash = None;
        subject.writer().for_each_known(&mut |file| hash = file.content_hash).unwrap();
        hash
    };
    let record = |stamp, digit: &str| {
        let hash = ContentHash { track, stamp, hash: digit.repeat(64) };
        subject.writer().record_content_hashes(&[hash]).unwrap();
    };
    let version = subject.catalog().track(track).unwrap().row.content_version;
    let stamp = file("/a", &[]).stamp;
    record(Stamp { mtime_ns: 77, ..stamp }, "a");
    assert_eq!(recorded(), None, "the file it was read from is another one");
    record(Stamp { file: 9, ..stamp }, "b");
    assert_eq!(recorded(), Some("b".repeat(64)));
    assert_eq!(subject.catalog().track(track).unwrap().row.content_version, version);

    let mut moved = file("/b", &[("title", "A")]);
    moved.mode = IngestMode::Moved(track);
    subject.writer().ingest(&[moved]).unwrap();
    assert_eq!(recorded(), Some("b".repeat(64)), "a move keeps it");
    subject.writer().ingest(&[changed("/b", &[("title", "A")], IngestMode::Refresh)]).unwrap();
    assert_eq!(recorded(), None);
}

pub(crate) fn roots_are_remembered_once(subject: S) {
    let mut writer = subject.writer();
    let odd = PathBuf::from(OsStr::from_bytes(b"/m/\xff"));
    for root in ["/m".as_ref(), odd.as_path(), "/m".as_ref()] {
        writer.remember_root(root).unwrap();
    }
    assert_eq!(writer.roots().unwrap(), [PathBuf::from("/m"), odd]);
}

pub(crate) fn paths_need_not_be_utf8(subject: S) {
    let path = PathBuf::from(OsStr::from_bytes(b"/m/\xff\xfe.flac"));
    let mut odd = file("", &[("title", "odd")]);
    odd.path.clone_from(&path);
    subject.writer().ingest(&[odd.clone()]).unwrap();
    assert_eq!(subject.writer().ingest(&[odd]).unwrap().updated, 1, "it is found again");
    let track = subject.catalog().find_path(&path).unwrap().unwrap();
    assert_eq!(subject.catalog().track(track).unwrap().row.path, path);
    let mut known = Vec::new();
    subject.writer().for_each_known(&mut |file| known.push(file.path)).unwrap();
    assert_eq!(known, [path]);
}

pub(crate) fn an_odd_file_never_costs_its_batch(subject: S) {
    let mut odd = file("/odd", &[("title", "NUL \0 inside")]);
    odd.probe.anatomy.audio = ByteRange::new(u64::MAX, u64::MAX);
    odd.stamp.mtime_ns = i64::MIN;
    odd.fingerprint = Some("not a hash".into());
    let mut long = file("/long", &[]);
    long.probe.anatomy.audio = ByteRange::new(500, u64::MAX);
    let summary = subject.writer().ingest(&[odd, long, file("", &[]), file("/fine", &[])]).unwrap();
    assert_eq!(summary.added, 3);
    let record = subject.catalog().track(find(subject, "/odd")).unwrap();
    assert_eq!(rows_of(&record), ["title=NUL \0 inside"]);
    assert_eq!(record.row.audio, ByteRange::new(1_000, 0));
    assert!(record.row.is_certainly_pristine());
    assert_eq!(subject.catalog().track(find(subject, "/long")).unwrap().row.audio, ByteRange::new(500, 500));
}

pub(crate) fn ids_are_never_given_again(subject: S) {
    let first = add(subject, "/a", &[]);
    subject.writer().remove(&[first]).unwrap();
    let second = add(subject, "/a", &[]);
    assert!(second > first);
}

pub(crate) fn for_tracks_visits_those_that_exist(subject: S) {
    let (a, b) = (add(subject, "/a", &[("title", "A")]), add(subject, "/b", &[("Title", "B"), ("album", "X")]));
    let mut seen = Vec::new();
    let fields = ["title".to_owned(), "album".to_owned()];
    let mut visit = |track: musefs_contracts::catalog::TrackFields<'_>| {
        seen.push((track.row.id, track.values.to_vec(), track.row.pristine_version));
    };
    subject.catalog().for_tracks(&[b, TrackId(999), a, TrackId(-4)], &fields, &mut visit).unwrap();
    assert_eq!(seen[0], (b, vec![vec!["B".to_owned()], vec!["X".to_owned()]], Some(0)));
    assert_eq!(seen[1], (a, vec![vec!["A".to_owned()], vec![]], Some(0)));
    assert_eq!(seen.len(), 2);
}

pub(crate) fn records_skip_what_is_gone(subject: S) {
    let track = add(subject, "/a", &[("title", "A")]);
    let mut seen = Vec::new();
    subject.catalog().records(&[TrackId(5), track], &mut |record| seen.push(record)).unwrap();
    assert_eq!(seen, [subject.catalog().track(track).unwrap()]);
}

pub(crate) fn a_visitor_may_ask_the_catalog(subject: S) {
    let track = add(subject, "/a", &[("title", "A")]);
    let catalog = subject.catalog();
    let mut inner = 0;
    catalog
        .for_each_track(&["title".to_owned()], &mut |fields| {
            assert_eq!(catalog.track(fields.row.id).unwrap().row, *fields.row);
            catalog.revision().unwrap();
            catalog.for_tracks(&[track], &[], &mut |_| inner += 1).unwrap();
        })
        .unwrap();
    assert_eq!(inner, 1);
}

fn setting(key: &str, values: &[&str]) -> TrackEdit {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    TrackEdit { keys: vec![KeyEdit::new(key, values).unwrap()], art: None }
}

pub(crate) fn an_edit_reaches_the_keys_it_names_and_is_told(subject: S) {
    let first = add(subject, "/a", &[("title", "A"), ("genre", "x")]);
    let second = add(subject, "/b", &[("title", "B")]);
    subject.set_tags(second, &[("Genre", "old"), ("title", "B")]);
    subject.set_binary(second, "genre", b"bytes");
    let catalog = subject.catalog();
    let (mark, version) = (catalog.revision().unwrap(), catalog.track(second).unwrap().row.content_version);
    let mut shown = Vec::new();
    let edited = subject.editor().edit(&[first, second, TrackId(99)], &mut |record| {
        shown.push(record.row.id);
        setting("GENRE", &["Jazz", "Bop"])
    });
    assert_eq!((edited.unwrap(), shown), (2, vec![first, second]));
    assert_eq!(rows_of(&catalog.track(first).unwrap()), ["genre=Jazz", "genre=Bop", "title=A"]);
    assert_eq!(rows_of(&catalog.track(second).unwrap()), ["genre:5", "genre=Jazz", "genre=Bop", "title=B"]);
    assert_eq!(changed_since(&*catalog, mark), [first.0, second.0]);
    assert_eq!(catalog.track(second).unwrap().row.content_version, version + 1);
}

pub(crate) fn an_edit_that_says_what_is_there_is_none(subject: S) {
    let track = add(subject, "/a", &[("genre", "x"), ("genre", "y")]);
    let mark = subject.catalog().revision().unwrap();
    assert_eq!(subject.editor().edit(&[track], &mut |_| setting("Genre", &["x", "y"])).unwrap(), 0);
    assert_eq!(subject.editor().edit(&[track], &mut |_| TrackEdit::default()).unwrap(), 0);
    assert_eq!(subject.catalog().revision().unwrap(), mark);
}

pub(crate) fn an_edit_places_pictures_and_takes_them_away(subject: S) {
    let track = add(subject, "/a", &[]);
    let mut editor = subject.editor();
    let mut store =
        |data: &[u8]| editor.store_picture(NewPicture { mime: "image/gif", pixels: Some((4, 2)), data }).unwrap();
    let (front, back) = (store(b"front"), store(b"back"));
    assert_eq!(store(b"front"), front, "equal bytes are one picture");
    let at = |art, picture_type: u8| Placement { art, picture_type, description: format!("as {picture_type}") };
    let mut place = |art: Vec<Placement>| {
        editor.edit(&[track], &mut |_| TrackEdit { keys: vec![], art: Some(art.clone()) }).unwrap()
    };
    assert_eq!(place(vec![at(front, 3), at(back, 4)]), 1);
    assert_eq!(place(vec![at(front, 3), at(back, 4)]), 0, "it is so already");
    let links = || -> Vec<_> {
        let art = subject.catalog().track(track).unwrap().art;
        art.into_iter().map(|link| (link.art, link.picture_type, link.description, link.byte_len, link.mime)).collect()
    };
    let gif = || "image/gif".to_owned();
    let expected = [(front, 3, "as 3".to_owned(), 5, gif()), (back, 4, "as 4".to_owned(), 4, gif())];
    assert_eq!(links(), expected);
    assert_eq!(place(vec![at(back, 4)]), 1);
    assert_eq!(links(), expected[1..]);
    assert_eq!(place(vec![]), 1);
    assert_eq!(links(), []);
}

pub(crate) fn an_edit_with_an_unknown_picture_changes_nothing(subject: S) {
    let track = add(subject, "/a", &[("title", "A")]);
    let unknown = Placement { art: ArtId(77), picture_type: 3, description: String::new() };
    let edit = TrackEdit { art: Some(vec![unknown]), ..setting("title", &["B"]) };
    let error = subject.editor().edit(&[track], &mut |_| edit.clone()).unwrap_err();
    assert!(matches!(error, CatalogError::NotFound), "{error}");
    assert_eq!(rows_of(&subject.catalog().track(track).unwrap()), ["title=A"]);
}

fn sidecar(path: &str, size: u64) -> SidecarFile {
    SidecarFile { path: path.into(), stamp: Stamp { size, mtime_ns: 5, ctime_ns: 6, file: 7 } }
}

/// Number, path and size of each sidecar; the same for reader and writer.
fn sidecars(subject: S) -> Vec<(i64, String, u64)> {
    let told = |all: &mut Vec<(i64, String, u64)>, known: Sidecar| {
        assert_eq!((known.stamp.mtime_ns, known.stamp.ctime_ns, known.stamp.file), (5, 6, 0));
        all.push((known.id.0, known.path.to_string_lossy().into_owned(), known.stamp.size));
    };
    let (mut read, mut written) = (Vec::new(), Vec::new());
    let revision = subject.catalog().for_each_sidecar(&mut |known| told(&mut read, known)).unwrap();
    assert_eq!(revision, subject.catalog().sidecars_changed().unwrap());
    subject.writer().for_each_sidecar(&mut |known| told(&mut written, known)).unwrap();
    written.sort();
    assert_eq!(read, written);
    for (id, path, _) in &read {
        assert_eq!(subject.catalog().sidecar(SidecarId(*id)).unwrap().path.to_string_lossy(), *path);
    }
    read
}

pub(crate) fn sidecars_are_told_apart_by_path_and_their_numbers_stay(subject: S) {
    assert!(sidecars(subject).is_empty());
    assert!(matches!(subject.catalog().sidecar(SidecarId(1)), Err(CatalogError::NotFound)));
    let odd = PathBuf::from(OsStr::from_bytes(b"/m/caf\xe9.lrc"));
    let odd = SidecarFile { path: odd, stamp: sidecar("", 4).stamp };
    subject.writer().update_sidecars(&[sidecar("/m/a.lrc", 1), sidecar("/m/b.cue", 2), odd.clone()], &[]).unwrap();
    let odd_name = odd.path.to_string_lossy().into_owned();
    let all =
        |first: u64| vec![(1, "/m/a.lrc".to_owned(), first), (2, "/m/b.cue".to_owned(), 2), (3, odd_name.clone(), 4)];
    assert_eq!(sidecars(subject), all(1));
    subject.writer().update_sidecars(&[sidecar("/m/a.lrc", 9), odd], &[]).unwrap();
    assert_eq!(sidecars(subject), all(9));
    subject.writer().update_sidecars(&[], &[SidecarId(3), SidecarId(77)]).unwrap();
    subject.writer().update_sidecars(&[sidecar("/m/c.log", 3)], &[]).unwrap();
    assert_eq!(sidecars(subject).last().unwrap(), &(4, "/m/c.log".to_owned(), 3), "no number is given again");
}

pub(crate) fn a_change_of_sidecars_moves_the_revision_and_is_no_tracks_change(subject: S) {
    let track = add(subject, "/m/a.flac", &[]);
    let catalog = subject.catalog();
    let (mark, before) = (catalog.revision().unwrap(), catalog.sidecars_changed().unwrap());
    subject.writer().update_sidecars(&[], &[]).unwrap();
    assert_eq!(catalog.revision().unwrap(), mark, "nothing happened");
    subject.writer().update_sidecars(&[sidecar("/m/a.lrc", 1)], &[]).unwrap();
    assert_ne!(catalog.revision().unwrap(), mark);
    assert_ne!(catalog.sidecars_changed().unwrap(), before);
    assert_eq!(changed_since(&*catalog, mark), Vec::<i64>::new());
    let after = catalog.sidecars_changed().unwrap();
    subject.set_tags(track, &[("title", "x")]);
    assert_eq!(catalog.sidecars_changed().unwrap(), after, "a track's change is none of theirs");
    subject.writer().update_sidecars(&[], &[SidecarId(1)]).unwrap();
    assert_ne!(catalog.sidecars_changed().unwrap(), after);
}
