//! A look at a store that changes nothing in it, for someone who asks whether it is well.

use crate::error::explain;
use crate::rows;
use musefs_contracts::catalog::{CatalogError, CatalogResult};
use rusqlite::{Connection, OpenFlags, Result};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreHealth {
    /// The version of its tables.
    pub version: i64,
    /// Whether it keeps a write-ahead log, so that it can be read while it is written.
    pub has_log: bool,
    /// What is wrong with it; nothing in a sound store.
    pub damage: Vec<String>,
    /// How many tracks it knows.
    pub tracks: u64,
    /// In how many folders their files lie.
    pub folders: u64,
    /// Its length in bytes.
    pub bytes: u64,
    /// The folders that were scanned.
    pub roots: Vec<PathBuf>,
}

impl StoreHealth {
    /// The version that this program writes.
    pub const VERSION: i64 = crate::schema::CONTRACT_VERSION;

    /// Looks at a store. It is opened for reading alone.
    pub fn of(path: &Path) -> CatalogResult<Self> {
        let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => CatalogError::Missing(path.into()),
            _ => CatalogError::Other(format!("cannot read {}: {error}", path.display())),
        })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let look = || look(&Connection::open_with_flags(path, flags)?);
        let health = look().map_err(|error| explain(path, &error))?;
        Ok(Self { bytes: metadata.len(), ..health })
    }
}

fn look(store: &Connection) -> Result<StoreHealth> {
    store.busy_timeout(Duration::from_secs(5))?;
    let mode: String = store.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    let mut health = StoreHealth {
        version: store.query_row("PRAGMA user_version", [], |row| row.get(0))?,
        has_log: mode.eq_ignore_ascii_case("wal"),
        ..StoreHealth::default()
    };
    let mut check = store.prepare("PRAGMA quick_check(10)")?;
    let found = check.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>>>()?;
    health.damage = found.into_iter().filter(|line| line != "ok").collect();
    let mut folders = HashSet::new();
    paths(store, "SELECT backing_path FROM tracks", |path| {
        health.tracks += 1;
        folders.insert(path.parent().map(Path::to_path_buf));
    })?;
    health.folders = folders.len() as u64;
    // A store that another program made has no tables of ours yet.
    if store.table_exists(None, "musefs_roots")? {
        paths(store, "SELECT path FROM musefs_roots ORDER BY path", |path| health.roots.push(path))?;
    }
    Ok(health)
}

fn paths(store: &Connection, query: &str, mut visit: impl FnMut(PathBuf)) -> Result<()> {
    let mut statement = store.prepare(query)?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        if let Some(path) = rows::path_bytes(row, 0)?.map(rows::path_buf) {
            visit(path);
        }
    }
    Ok(())
}
