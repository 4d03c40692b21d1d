//! [`Catalog`] over an SQLite file that other programs write, replace and delete while it is open.

use crate::hold::Hold;
use crate::reading::Ranged;
use crate::store::{self, FileIdentity, Store, has_log, lock};
use crate::{changes, reading, sidecars, stream, tag_feed};
use musefs_contracts::catalog::{Catalog, CatalogError, CatalogResult, Changes, TrackFields, TrackRecord};
use musefs_contracts::ids::{ArtId, Revision, SidecarId, StoreId, TrackId};
use musefs_contracts::sidecars::Sidecar;
use musefs_contracts::tags::digest_values;
use rusqlite::{Connection, Result};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// A read view of the store at a path.
///
/// Follows the path, not the file: when another store takes its place, [`Catalog::revision`] notices and opens that. Until
/// then, and while there is none, reads go on being answered from the file that was there.
pub struct SqliteCatalog {
    path: PathBuf,
    store: RwLock<Arc<Store>>,
    watch: Mutex<Watch>,
}

/// The connection that watches for commits of others.
struct Watch {
    /// None while another store is to be opened in the place of the one it belonged to.
    connection: Option<(Connection, Hold)>,
    data_version: i64,
    revision: Revision,
}

impl Watch {
    fn of(store: &Store, connection: (Connection, Hold)) -> Result<Self> {
        let data_version = data_version(&connection.0)?;
        let revision = if store.has_feed { changes::revision(&connection.0)? } else { Revision(1) };
        Ok(Self { connection: Some(connection), data_version, revision })
    }
}

/// Changes whenever another connection has committed. Reads no table.
fn data_version(connection: &Connection) -> Result<i64> {
    connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
}

impl SqliteCatalog {
    /// Opens the store at `path` for reading. Adds our own tables if it lacks them and can be written.
    ///
    /// Fails with [`CatalogError::Missing`] if there is no file or an empty one, with [`CatalogError::NotAStore`] if it is
    /// something else, with [`CatalogError::TooNew`] if a newer program made it.
    pub fn open(path: &Path) -> CatalogResult<Arc<Self>> {
        let (store, connection) = Store::open(path)?;
        let watch = Watch::of(&store, connection).map_err(|error| store.explain(&error))?;
        Ok(Arc::new(Self { path: path.into(), store: RwLock::new(Arc::new(store)), watch: Mutex::new(watch) }))
    }

    fn store(&self) -> Arc<Store> {
        Arc::clone(&self.store.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Opens what is at the path now. While that cannot be opened, the former store goes on being read.
    fn reopen(&self, watch: &mut Watch) -> CatalogResult<()> {
        let former = self.store();
        if !former.identity.is_file(&FileIdentity::of(&self.path, false)?) {
            // Held on to, so that nobody begins to write the former again before this one is open.
            let _next = store::peek(&self.path)?;
            if !former.retire() {
                return Err(CatalogError::Busy);
            }
            watch.connection = None;
        }
        let (store, connection) = Store::open(&self.path)?;
        *watch = Watch::of(&store, connection).map_err(|error| store.explain(&error))?;
        tracing::info!(store = %self.path.display(), "opened the store anew");
        *self.store.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(store);
        Ok(())
    }

    fn is_outdated(&self, store: &Store) -> CatalogResult<bool> {
        let there = FileIdentity::of(&self.path, store.frozen)?;
        Ok(there != store.identity || store.is_suspect() || (store.frozen && has_log(&self.path)))
    }

    /// Takes in what others committed since the last look.
    fn follow(&self, store: &Store, watch: &mut Watch) -> CatalogResult<()> {
        let Some((connection, _)) = &watch.connection else { return self.reopen(watch) };
        let now = data_version(connection).map_err(|error| store.explain(&error))?;
        if now == watch.data_version {
            return Ok(());
        }
        if store.has_feed {
            watch.revision = changes::revision(connection).map_err(|error| store.explain(&error))?;
        } else if crate::schema::has_side_tables(connection).map_err(|error| store.explain(&error))? {
            return self.reopen(watch);
        } else {
            watch.revision = Revision(watch.revision.0 + 1);
        }
        watch.data_version = now;
        Ok(())
    }

    /// Runs `read` in one read transaction of the present store.
    fn read<T>(&self, read: impl FnOnce(&Arc<Store>, &Connection) -> Result<T>) -> CatalogResult<T> {
        let mut store = self.store();
        loop {
            if let Some(connection) = store.lend()? {
                return store.read_with(connection, |connection| read(&store, connection));
            }
            // Whoever closed it is opening its successor, and holds the watch until that is there.
            drop(lock(&self.watch));
            let next = self.store();
            if Arc::ptr_eq(&store, &next) {
                return Err(CatalogError::Busy);
            }
            store = next;
        }
    }

    /// The store with its revision, as of now.
    fn current(&self) -> CatalogResult<(Arc<Store>, Revision)> {
        let mut watch = lock(&self.watch);
        let store = self.store();
        if self.is_outdated(&store)? {
            self.reopen(&mut watch)?;
        } else {
            self.follow(&store, &mut watch)?;
        }
        Ok((self.store(), watch.revision))
    }

    fn ranged(&self, what: &str, read: impl FnOnce(&Connection) -> Result<Ranged>) -> CatalogResult<()> {
        match self.read(|_, connection| read(connection))? {
            Ranged::Filled => Ok(()),
            Ranged::Absent => Err(CatalogError::NotFound),
            Ranged::TooShort => Err(CatalogError::Other(format!("{what} is shorter than the range asked for"))),
        }
    }

    fn try_remember(mut connection: Connection, omitted: i64, sizes: &[(TrackId, i64, u64)]) -> Result<()> {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        {
            let mut statement = transaction.prepare(
                "INSERT OR REPLACE INTO musefs_sizes (track_id, omitted, content_version, size)
                 SELECT id, ?2, ?3, ?4 FROM tracks WHERE id = ?1",
            )?;
            for (track, version, size) in sizes {
                statement.execute((track.0, omitted, version, *size as i64))?;
            }
        }
        transaction.commit()
    }
}

impl Catalog for SqliteCatalog {
    fn revision(&self) -> CatalogResult<(StoreId, Revision)> {
        let (store, revision) = self.current()?;
        Ok((store.id, revision))
    }

    fn changes_since(&self, store: StoreId, since: Revision) -> CatalogResult<Changes> {
        let (current, revision) = self.current()?;
        if current.id != store {
            return Ok(Changes::TooFarBack);
        }
        if current.has_feed {
            return self.read(|now, connection| {
                if now.id == store { changes::since(connection, since) } else { Ok(Changes::TooFarBack) }
            });
        }
        Ok(if since == revision { Changes::Tracks { tracks: Vec::new(), revision } } else { Changes::TooFarBack })
    }

    fn for_each_track(
        &self,
        fields: &[String],
        visit: &mut dyn FnMut(TrackFields<'_>),
    ) -> CatalogResult<(StoreId, Revision)> {
        // Without a change log the revision is taken first: a commit in between is then found by the next look.
        let (_, earlier) = self.current()?;
        let (id, revision, complete) = self.read(|store, connection| {
            if store.has_feed {
                let revision = changes::revision(connection)?;
                Ok((store.id, revision, tag_feed::every_track(store, connection, revision, fields, visit)?))
            } else {
                stream::every_track(connection, false, fields, visit)?;
                Ok((store.id, earlier, Ok(())))
            }
        })?;
        complete.map(|()| (id, revision))
    }

    fn for_tracks(
        &self,
        tracks: &[TrackId],
        fields: &[String],
        visit: &mut dyn FnMut(TrackFields<'_>),
    ) -> CatalogResult<()> {
        self.read(|store, connection| stream::some_tracks(connection, store.has_feed, tracks, fields, visit))
    }

    fn track(&self, track: TrackId) -> CatalogResult<TrackRecord> {
        self.read(|store, connection| reading::record(connection, store.has_feed, track))?.ok_or(CatalogError::NotFound)
    }

    fn records(&self, tracks: &[TrackId], visit: &mut dyn FnMut(TrackRecord)) -> CatalogResult<()> {
        self.read(|store, connection| {
            for track in tracks {
                if let Some(record) = reading::record(connection, store.has_feed, *track)? {
                    visit(record);
                }
            }
            Ok(())
        })
    }

    fn find_path(&self, path: &Path) -> CatalogResult<Option<TrackId>> {
        self.read(|_, connection| reading::find_path(connection, path))
    }

    fn read_art(&self, art: ArtId, offset: u64, buf: &mut [u8]) -> CatalogResult<()> {
        self.ranged("the picture", |connection| reading::read_art(connection, art, offset, buf))
    }

    fn read_tag_value(
        &self,
        track: TrackId,
        key: &str,
        ordinal: i64,
        offset: u64,
        buf: &mut [u8],
    ) -> CatalogResult<()> {
        self.ranged("the value", |connection| reading::read_value(connection, (track, key, ordinal), offset, buf))
    }

    fn sidecars_changed(&self) -> CatalogResult<Revision> {
        self.read(|store, connection| if store.has_feed { sidecars::changed(connection) } else { Ok(Revision(0)) })
    }

    fn for_each_sidecar(&self, visit: &mut dyn FnMut(Sidecar)) -> CatalogResult<Revision> {
        self.read(|store, connection| {
            if !store.has_feed {
                return Ok(Revision(0));
            }
            let revision = sidecars::changed(connection)?;
            sidecars::every(connection, visit)?;
            Ok(revision)
        })
    }

    fn sidecar(&self, sidecar: SidecarId) -> CatalogResult<Sidecar> {
        self.read(|_, connection| sidecars::find(connection, sidecar))?.ok_or(CatalogError::NotFound)
    }

    fn for_each_served_size(&self, omitted: &[String], visit: &mut dyn FnMut(TrackId, i64, u64)) -> CatalogResult<()> {
        self.read(|store, connection| {
            if !store.has_feed {
                return Ok(());
            }
            let mut statement =
                connection.prepare("SELECT track_id, content_version, size FROM musefs_sizes WHERE omitted = ?1")?;
            let mut rows = statement.query([digest_of(omitted)])?;
            while let Some(row) = rows.next()? {
                visit(TrackId(row.get(0)?), row.get(1)?, row.get::<_, i64>(2)? as u64);
            }
            Ok(())
        })
    }

    fn remember_served_sizes(&self, omitted: &[String], sizes: &[(TrackId, i64, u64)]) -> CatalogResult<()> {
        let store = self.store();
        if !store.has_feed || store.frozen || sizes.is_empty() {
            return Ok(());
        }
        // While one connection is in use, no other store is opened in the place of this one.
        let Some(_hold) = store.lend()? else { return Ok(()) };
        let remembered = store.connect_auxiliary().and_then(|connection| {
            Self::try_remember(connection, digest_of(omitted), sizes).map_err(|error| store.explain(&error))
        });
        if let Err(error) = remembered {
            tracing::debug!(%error, "served sizes are forgotten");
        }
        Ok(())
    }

    fn memory_bytes(&self) -> u64 {
        #[allow(unsafe_code, reason = "the binding has no safe form of this counter")]
        // SAFETY: the function takes no argument, may be called from any thread at any time, and only reads a counter.
        let used = unsafe { rusqlite::ffi::sqlite3_memory_used() };
        u64::try_from(used).unwrap_or(0)
    }
}

/// One number for a set of keys, in whatever order they were given.
fn digest_of(omitted: &[String]) -> i64 {
    let mut keys: Vec<&str> = omitted.iter().map(String::as_str).collect();
    keys.sort_unstable();
    keys.dedup();
    digest_values(keys) as i64
}
