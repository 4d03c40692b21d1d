//! A look at a store says what is in it and what is wrong with it, and leaves it alone.

use musefs_catalog::{SqliteWriter, StoreHealth};
use musefs_contracts::catalog::CatalogError;
use musefs_contracts::writer::CatalogWriter;
use std::path::Path;

#[test]
fn a_sound_store_is_described() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    assert!(matches!(StoreHealth::of(&path), Err(CatalogError::Missing(_))));
    let mut writer = SqliteWriter::open_or_create(&path).unwrap();
    writer.remember_root(Path::new("/music")).unwrap();
    drop(writer);
    let health = StoreHealth::of(&path).unwrap();
    assert_eq!((health.version, health.has_log, health.tracks), (StoreHealth::VERSION, true, 0));
    assert!(health.damage.is_empty() && health.bytes > 0);
    assert_eq!(health.roots, [Path::new("/music")]);
}

#[test]
fn what_is_no_store_or_damaged_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    std::fs::write(&path, "no database, but long enough to be taken for one by its length alone ".repeat(20)).unwrap();
    assert!(StoreHealth::of(&path).is_err());

    let damaged = folder.path().join("damaged.db");
    drop(SqliteWriter::open_or_create(&damaged).unwrap());
    let mut bytes = std::fs::read(&damaged).unwrap();
    let page = 4096.min(bytes.len() / 2);
    bytes[page..].fill(0xa5);
    std::fs::write(&damaged, bytes).unwrap();
    let found = StoreHealth::of(&damaged);
    assert!(found.as_ref().is_err() || found.is_ok_and(|health| !health.damage.is_empty()));
}
