//! What a mount and a scan ask of the store most: every track's fields, the present revision, and bringing files in.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use musefs_catalog::{SqliteCatalog, SqliteWriter};
use musefs_contracts::anatomy::{Anatomy, ByteRange, Element, FormatId};
use musefs_contracts::backing::Stamp;
use musefs_contracts::catalog::Catalog;
use musefs_contracts::probe::Probe;
use musefs_contracts::tags::TagSet;
use musefs_contracts::writer::{CatalogWriter, Ingest, IngestMode};
use std::hint::black_box;

/// Tracks in the store that is read.
const TRACKS: usize = 100_000;
/// Files a batch, as a scan makes them.
const BATCH: usize = 1_000;

/// A file with ten tags and as many elements, about as wide as real ones are.
fn file(number: usize) -> Ingest {
    let mut tags = TagSet::new();
    let mut element = Element { id: *b"TXXX", ..Element::default() };
    let mut elements = Vec::new();
    let values = [
        ("artist", format!("Artist {}", number % 5_000)),
        ("albumartist", format!("Artist {}", number % 5_000)),
        ("album", format!("Album {}", number / 12)),
        ("title", format!("Title of track {number}")),
        ("tracknumber", format!("{}/12", number % 12 + 1)),
        ("discnumber", "1/1".to_owned()),
        ("date", "1999-05-06".to_owned()),
        ("genre", "Progressive Rock".to_owned()),
        ("musicbrainz_trackid", format!("{number:08x}-1111-2222-3333-444455556666")),
        ("comment", "Ripped with care".to_owned()),
    ];
    for (place, (key, value)) in values.into_iter().enumerate() {
        element.key = tags.push(key, value);
        element.range = ByteRange::new(place as u64 * 40, 40);
        elements.push(element.clone());
    }
    let mut anatomy = Anatomy::verbatim(FormatId::new("flac"), 1, 30_000_000, "");
    anatomy.elements = elements;
    Ingest {
        path: format!("/srv/music/Artist {}/Album {}/{number:06} a title.flac", number % 5_000, number / 12).into(),
        stamp: Stamp {
            size: 30_000_000,
            mtime_ns: 1_600_000_000_000_000_000,
            ctime_ns: 1_600_000_000_000_000_000,
            file: 0,
        },
        probe: Probe::new(anatomy, tags),
        fingerprint: Some(format!("{number:064x}")),
        mode: IngestMode::Add,
    }
}

fn reading(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder for the store");
    let path = folder.path().join("library.db");
    let mut writer = SqliteWriter::open_or_create(&path).expect("a new store");
    for start in (0..TRACKS).step_by(BATCH) {
        let batch: Vec<Ingest> = (start..start + BATCH).map(file).collect();
        writer.ingest(&batch).expect("the batch fits");
    }
    writer.finish().expect("the log is emptied");
    let catalog = SqliteCatalog::open(&path).expect("the store opens");
    let fields: Vec<String> =
        ["albumartist", "artist", "album", "title", "discnumber", "tracknumber"].map(str::to_owned).into();
    criterion.bench_function("for_each_track 100000 x 6 fields", |bencher| {
        bencher.iter(|| {
            let mut bytes = 0;
            let mut visit = |track: musefs_contracts::catalog::TrackFields<'_>| {
                bytes += track.values.iter().flatten().map(String::len).sum::<usize>();
            };
            catalog.for_each_track(&fields, &mut visit).expect("the store reads");
            black_box(bytes)
        });
    });
    criterion.bench_function("revision, nothing changed", |bencher| {
        bencher.iter(|| black_box(catalog.revision().expect("the store answers")));
    });
    criterion.bench_function("track", |bencher| {
        bencher.iter(|| black_box(catalog.track(musefs_contracts::ids::TrackId(50_000)).expect("it is there")));
    });
}

fn writing(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder for the store");
    let mut writer = SqliteWriter::open_or_create(&folder.path().join("library.db")).expect("a new store");
    let mut next = 0;
    criterion.bench_function("ingest 1000 new files of ten tags", |bencher| {
        bencher.iter_batched(
            || {
                next += BATCH;
                (next - BATCH..next).map(file).collect::<Vec<Ingest>>()
            },
            |batch| writer.ingest(&batch).expect("the batch fits"),
            BatchSize::LargeInput,
        );
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = reading, writing
}
criterion_main!(benches);
