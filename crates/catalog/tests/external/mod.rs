//! Another program at the store: a plain connection with foreign keys on, as the plugins open it.

#![allow(dead_code, reason = "each test program uses a part of it")]

use crate::shared::Subject;
use musefs_catalog::{SqliteCatalog, SqliteWriter};
use musefs_contracts::catalog::Catalog;
use musefs_contracts::editing::CatalogEditor;
use musefs_contracts::ids::TrackId;
use musefs_contracts::writer::CatalogWriter;
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A connection as the plugins open it.
pub(crate) fn connect(path: &std::path::Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    connection
}

/// A store in a folder of its own.
pub(crate) struct SqliteSubject {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) path: PathBuf,
    catalog: Arc<SqliteCatalog>,
}

impl SqliteSubject {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/library.db");
        SqliteWriter::open_or_create(&path).unwrap();
        let catalog = SqliteCatalog::open(&path).unwrap();
        Self { folder, path, catalog }
    }

    pub(crate) fn external(&self) -> Connection {
        connect(&self.path)
    }
}

/// Inserts a picture as the plugins do, and answers its id. The hash is only as good as the test needs.
pub(crate) fn insert_art(connection: &Connection, bytes: &[u8]) -> i64 {
    let mut hash = String::new();
    for byte in Sha256::digest(bytes) {
        write!(hash, "{byte:02x}").unwrap();
    }
    connection
        .execute(
            "INSERT OR IGNORE INTO art (sha256, mime, byte_len, data) VALUES (?1, 'image/png', ?2, ?3)",
            params![hash, bytes.len() as i64, bytes],
        )
        .unwrap();
    connection.query_row("SELECT id FROM art WHERE sha256 = ?1", [hash], |row| row.get(0)).unwrap()
}

impl Subject for SqliteSubject {
    fn catalog(&self) -> Arc<dyn Catalog> {
        self.catalog.clone()
    }

    fn editor(&self) -> Box<dyn CatalogEditor> {
        Box::new(SqliteWriter::open(&self.path).unwrap())
    }

    fn writer(&self) -> Box<dyn CatalogWriter> {
        Box::new(SqliteWriter::open(&self.path).unwrap())
    }

    fn set_tags(&self, track: TrackId, rows: &[(&str, &str)]) {
        let mut connection = self.external();
        let transaction = connection.transaction().unwrap();
        // A change is noted also where no row was there and none is put.
        transaction.execute("INSERT OR REPLACE INTO tags VALUES (?1, 'x', '', 0, NULL)", [track.0]).unwrap();
        transaction.execute("DELETE FROM tags WHERE track_id = ?1", [track.0]).unwrap();
        for (key, value) in rows {
            transaction
                .execute(
                    "INSERT INTO tags (track_id, key, value, ordinal) VALUES
                     (?1, ?2, ?3, (SELECT count(*) FROM tags WHERE track_id = ?1 AND key = ?2))",
                    params![track.0, key, value],
                )
                .unwrap();
        }
        transaction.commit().unwrap();
    }

    fn set_binary(&self, track: TrackId, key: &str, bytes: &[u8]) {
        self.external()
            .execute(
                "INSERT OR REPLACE INTO tags (track_id, key, value, value_blob) VALUES (?1, ?2, '', ?3)",
                params![track.0, key, bytes],
            )
            .unwrap();
    }

    fn set_art(&self, track: TrackId, bytes: &[u8], description: &str) {
        let connection = self.external();
        let art = insert_art(&connection, bytes);
        connection
            .execute(
                "INSERT OR REPLACE INTO track_art (track_id, art_id, description, ordinal) VALUES (?1, ?2, ?3, 0)",
                params![track.0, art, description],
            )
            .unwrap();
    }

    fn clear_art(&self, track: TrackId) {
        self.external().execute("DELETE FROM track_art WHERE track_id = ?1", [track.0]).unwrap();
    }
}
