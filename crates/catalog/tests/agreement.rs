//! Random operations leave the store on disk and the store in memory saying the same.

mod external;
mod shared;

use external::SqliteSubject;
use musefs_catalog_memory::MemoryCatalog;
use musefs_contracts::catalog::Catalog;
use musefs_contracts::editing::{CatalogEditor, KeyEdit, NewPicture, Placement, TrackEdit};
use musefs_contracts::ids::TrackId;
use musefs_contracts::writer::{CatalogWriter, Ingest, IngestMode};
use proptest::prelude::*;
use shared::Subject;
use std::collections::BTreeMap;
use std::sync::Arc;

struct MemorySubject(Arc<MemoryCatalog>);

impl Subject for MemorySubject {
    fn catalog(&self) -> Arc<dyn Catalog> {
        self.0.clone()
    }
    fn writer(&self) -> Box<dyn CatalogWriter> {
        Box::new(self.0.writer())
    }
    fn editor(&self) -> Box<dyn CatalogEditor> {
        Box::new(self.0.writer())
    }
    fn set_tags(&self, track: TrackId, rows: &[(&str, &str)]) {
        self.0.set_tags(track, rows).unwrap();
    }
    fn set_binary(&self, track: TrackId, key: &str, bytes: &[u8]) {
        self.0.set_binary(track, key, 0, bytes).unwrap();
    }
    fn set_art(&self, track: TrackId, bytes: &[u8], description: &str) {
        self.0.set_art(track, bytes, "image/png", 3, description).unwrap();
    }
    fn clear_art(&self, track: TrackId) {
        self.0.clear_art(track).unwrap();
    }
}

type Tags = Vec<(&'static str, &'static str)>;

/// A file of a batch: which path, its tags, its time, and how it is brought in.
#[derive(Clone, Debug)]
struct FileOp {
    path: usize,
    tags: Tags,
    mtime: i64,
    mode: ModeOp,
}

#[derive(Clone, Debug)]
enum ModeOp {
    Add,
    Refresh,
    Force,
    Moved(i64),
}

#[derive(Clone, Debug)]
enum Op {
    Ingest(Vec<FileOp>),
    Remove(Vec<i64>),
    SetTags(i64, Tags),
    SetBinary(i64, &'static str, u8),
    SetArt(i64, u8),
    ClearArt(i64),
    Edit(Vec<i64>, Tags, Option<u8>),
    Collect,
    Finish,
}

fn tags() -> impl Strategy<Value = Tags> {
    let key = prop::sample::select(vec!["title", "artist", "genre", "mood"]);
    let value = prop::sample::select(vec!["", "a", "b", "c"]);
    prop::collection::vec((key, value), 0..4)
}

fn curated() -> impl Strategy<Value = Tags> {
    let key = prop::sample::select(vec!["title", "Title", " title", "ARTIST", "artist", "genre"]);
    let value = prop::sample::select(vec!["", "a", "b", "mine"]);
    prop::collection::vec((key, value), 0..4)
}

fn file_op() -> impl Strategy<Value = FileOp> {
    let mode = prop_oneof![
        3 => Just(ModeOp::Add),
        2 => Just(ModeOp::Refresh),
        1 => Just(ModeOp::Force),
        2 => (1..8_i64).prop_map(ModeOp::Moved),
    ];
    (0..5_usize, tags(), 0..2_i64, mode).prop_map(|(path, tags, mtime, mode)| FileOp { path, tags, mtime, mode })
}

fn op() -> impl Strategy<Value = Op> {
    let track = || 1..8_i64;
    prop_oneof![
        4 => prop::collection::vec(file_op(), 1..5).prop_map(Op::Ingest),
        1 => prop::collection::vec(track(), 1..3).prop_map(Op::Remove),
        3 => (track(), curated()).prop_map(|(track, tags)| Op::SetTags(track, tags)),
        1 => (track(), prop::sample::select(vec!["title", "blob"]), any::<u8>())
            .prop_map(|(track, key, byte)| Op::SetBinary(track, key, byte)),
        1 => (track(), 0..3_u8).prop_map(|(track, byte)| Op::SetArt(track, byte)),
        1 => track().prop_map(Op::ClearArt),
        3 => (prop::collection::btree_set(track(), 1..3), tags(), prop::option::of(0..3_u8))
            .prop_map(|(tracks, tags, art)| Op::Edit(tracks.into_iter().collect(), tags, art)),
        1 => Just(Op::Collect),
        1 => Just(Op::Finish),
    ]
}

fn ingest_of(op: &FileOp) -> Ingest {
    let mut file = shared::file(&format!("/{}", op.path), &op.tags);
    file.stamp.mtime_ns = op.mtime;
    file.mode = match op.mode {
        ModeOp::Add => IngestMode::Add,
        ModeOp::Refresh => IngestMode::Refresh,
        ModeOp::Force => IngestMode::Force,
        ModeOp::Moved(track) => IngestMode::Moved(TrackId(track)),
    };
    file
}

/// Carries an operation out and tells what it answered. Edits of tracks that are not there are left out.
fn apply(subject: &dyn Subject, op: &Op) -> String {
    let exists = |track: &i64| subject.catalog().track(TrackId(*track)).is_ok();
    match op {
        Op::Ingest(files) => {
            let batch: Vec<Ingest> = files.iter().map(ingest_of).collect();
            return format!("{:?}", subject.writer().ingest(&batch).unwrap());
        }
        Op::Remove(tracks) => {
            let tracks: Vec<TrackId> = tracks.iter().copied().map(TrackId).collect();
            return subject.writer().remove(&tracks).unwrap().to_string();
        }
        Op::Edit(tracks, tags, art) => return edit(subject, tracks, tags, *art).to_string(),
        Op::Collect => return subject.writer().collect_unlinked_art().unwrap().to_string(),
        Op::Finish => subject.writer().finish().unwrap(),
        Op::SetTags(track, tags) if exists(track) => subject.set_tags(TrackId(*track), tags),
        Op::SetBinary(track, key, byte) if exists(track) => subject.set_binary(TrackId(*track), key, &[*byte; 5]),
        Op::SetArt(track, byte) if exists(track) => subject.set_art(TrackId(*track), &[*byte; 9], "d"),
        Op::ClearArt(track) if exists(track) && has_art(subject, *track) => subject.clear_art(TrackId(*track)),
        _ => {}
    }
    String::new()
}

/// Gives each of the tracks the first of these tags, takes the keys of the others away, and shows one picture, or none.
fn edit(subject: &dyn Subject, tracks: &[i64], tags: &Tags, art: Option<u8>) -> u64 {
    let mut editor = subject.editor();
    let mut key = |(index, (key, value)): (usize, &(&str, &str))| {
        let values = if index == 0 { vec![(*value).to_owned(), "second".to_owned()] } else { vec![] };
        let edit = KeyEdit::new(key, values).unwrap();
        if index == 2 { edit.without_binary() } else { edit }
    };
    let keys: Vec<KeyEdit> = tags.iter().enumerate().map(&mut key).collect();
    let art = art.map(|byte| {
        if byte == 0 {
            return Vec::new();
        }
        let picture = NewPicture { mime: "image/png", pixels: None, data: &[byte; 9] };
        let art = editor.store_picture(picture).unwrap();
        vec![Placement { art, picture_type: byte, description: "e".to_owned() }]
    });
    let tracks: Vec<TrackId> = tracks.iter().copied().map(TrackId).collect();
    editor.edit(&tracks, &mut |_| TrackEdit { keys: keys.clone(), art: art.clone() }).unwrap()
}

fn has_art(subject: &dyn Subject, track: i64) -> bool {
    !subject.catalog().track(TrackId(track)).unwrap().art.is_empty()
}

/// All that a store shows, but for times and the exact versions.
fn shown(subject: &dyn Subject) -> (Vec<String>, BTreeMap<i64, i64>) {
    let catalog = subject.catalog();
    let mut all: Vec<String> = shared::streamed(&*catalog, &["title", "artist", "genre", "blob"])
        .iter()
        .map(|row| format!("{row:?}"))
        .collect();
    let mut versions = BTreeMap::new();
    let tracks: Vec<TrackId> = (0..40).map(TrackId).collect();
    catalog
        .records(&tracks, &mut |record| {
            versions.insert(record.row.id.0, record.row.content_version);
            let art: Vec<_> = record.art.iter().map(|link| (link.byte_len, link.description.clone())).collect();
            all.push(format!(
                "{} {} {:?} {:?} {:?} {art:?} {:?} {}",
                record.row.id,
                record.row.path.display(),
                record.row.stamp,
                record.row.audio,
                shared::rows_of(&record),
                record.anatomy,
                record.row.is_certainly_pristine(),
            ));
        })
        .unwrap();
    (all, versions)
}

/// Tracks whose version rose.
fn risen(before: &BTreeMap<i64, i64>, after: &BTreeMap<i64, i64>) -> Vec<i64> {
    after
        .iter()
        .filter(|(track, version)| before.get(track).is_some_and(|old| old < version))
        .map(|(id, _)| *id)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn disk_and_memory_agree(ops in prop::collection::vec(op(), 1..16)) {
        let disk = SqliteSubject::new();
        let memory = MemorySubject(MemoryCatalog::new());
        let subjects: [&dyn Subject; 2] = [&disk, &memory];
        let mut before = subjects.map(|subject| shown(subject).1);
        for op in &ops {
            let marks = subjects.map(|subject| subject.catalog().revision().unwrap());
            let answers = subjects.map(|subject| apply(subject, op));
            prop_assert_eq!(&answers[0], &answers[1], "{:?}", op);
            let seen = subjects.map(shown);
            prop_assert_eq!(&seen[0].0, &seen[1].0, "{:?}", op);
            let told = [0, 1].map(|n| shared::changed_since(&*subjects[n].catalog(), marks[n]));
            prop_assert_eq!(&told[0], &told[1], "{:?}", op);
            let rose = [0, 1].map(|n| risen(&before[n], &seen[n].1));
            prop_assert_eq!(&rose[0], &rose[1], "{:?}", op);
            before = seen.map(|(_, versions)| versions);
        }
        let broken: i64 =
            disk.external().query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
        prop_assert_eq!(broken, 0);
    }
}
