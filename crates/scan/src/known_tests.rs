use super::*;
use musefs_catalog_memory::MemoryCatalog;
use musefs_contracts::anatomy::{Anatomy, FormatId};
use musefs_contracts::probe::Probe;
use musefs_contracts::tags::TagSet;
use musefs_contracts::writer::{Ingest, IngestMode};

fn ingest(path: &[u8], fingerprint: &str) -> Ingest {
    let anatomy = Anatomy::verbatim(FormatId::new("mp3"), 1, 10, "a test");
    Ingest {
        path: Path::new(OsStr::from_bytes(path)).to_owned(),
        stamp: Stamp { size: 10, mtime_ns: 1, ctime_ns: 2, file: 3 },
        probe: Probe::new(anatomy, TagSet::new()),
        fingerprint: Some(fingerprint.repeat(64)),
        mode: IngestMode::Add,
    }
}

#[test]
fn files_are_found_by_path_root_and_fingerprint() {
    let mut writer = MemoryCatalog::new().writer();
    let files = [ingest(b"/m/a.mp3", "a"), ingest(b"/m/\xff.mp3", "b"), ingest(b"/mm/c.mp3", "a")];
    writer.ingest(&files).unwrap();
    let known = Known::load(&mut writer, &Formats::default()).unwrap();

    let (index, entry) = known.find(&files[1].path).unwrap();
    assert_eq!(known.path(known.entry(index)), files[1].path);
    assert!(entry.is_up_to_date(&Stamp { file: 99, ..files[1].stamp }));
    assert!(!entry.is_up_to_date(&Stamp { mtime_ns: 9, ..files[1].stamp }));
    assert!(known.find(Path::new("/m/b.mp3")).is_none());

    assert_eq!(known.under(Path::new("/m")).count(), 2);
    assert_eq!(known.under(Path::new("/m/a.mp3")).count(), 1);
    assert_eq!(known.with_fingerprint(&"a".repeat(64)).count(), 2);
    assert_eq!(known.with_fingerprint(&"c".repeat(64)).count(), 0);
    assert_eq!(known.with_fingerprint("no digest").count(), 0);
}
