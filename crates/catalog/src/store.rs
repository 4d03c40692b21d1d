//! One store file as it was opened: who it is, and a small set of connections that read it.

use crate::connection::{self, Role, sibling};
use crate::error::{explain, is_suspect};
use crate::hold::{Hold, Use};
use crate::readers::{Lent, Readers};
use crate::schema::{self, Found};
use musefs_contracts::catalog::{CatalogError, CatalogResult};
use musefs_contracts::ids::StoreId;
use rusqlite::{Connection, Result};
use std::hash::{BuildHasher, RandomState};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A lock that a panicking visitor cannot poison for the others: what it guards is valid at every step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Which file stands at a path. While a connection is open, its inode number is not given to another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FileIdentity {
    device: u64,
    inode: u64,
    /// Size and time of the last change, for a frozen store only: nothing else tells that it changed.
    written: Option<(u64, i64, i64)>,
}

impl FileIdentity {
    /// Whether it is the same file, whatever was written to it.
    pub(crate) fn is_file(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }

    pub(crate) fn of(path: &Path, frozen: bool) -> CatalogResult<Self> {
        let meta = std::fs::metadata(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => CatalogError::Missing(path.into()),
            _ => CatalogError::Other(format!("cannot read {}: {error}", path.display())),
        })?;
        let written = frozen.then(|| (meta.size(), meta.mtime(), meta.mtime_nsec()));
        Ok(Self { device: meta.dev(), inode: meta.ino(), written })
    }
}

/// An open store.
pub(crate) struct Store {
    path: PathBuf,
    /// The file the connections belong to.
    pub(crate) identity: FileIdentity,
    /// What revisions of this store are comparable within.
    pub(crate) id: StoreId,
    /// Whether it has our tables and triggers, change log included.
    pub(crate) has_feed: bool,
    /// Whether it is read without locks, since it lies where nothing can be written.
    pub(crate) frozen: bool,
    /// Set when a connection failed in a way that opening the file anew may mend.
    suspect: AtomicBool,
    readers: Readers,
}

impl Store {
    /// Opens what is at `path` now, and one connection beside the idle ones for the caller to keep, with its hold on the file.
    pub(crate) fn open(path: &Path) -> CatalogResult<(Self, (Connection, Hold))> {
        let hold = hold_store(path)?;
        let (connection, frozen) = open_reader(path).map_err(|error| explain(path, &error))?;
        if !schema::check(&connection, path)? {
            return Err(CatalogError::Missing(path.into()));
        }
        let has_feed = ensure_side_tables(&connection, path);
        let role = if frozen { Role::FrozenReader } else { Role::Reader };
        let first = connect_and_read(path, role).map_err(|error| explain(path, &error))?;
        let identity = FileIdentity::of(path, frozen)?;
        if !hold.is_of(&identity) {
            return Err(CatalogError::Replaced(path.into()));
        }
        let id = store_id(&connection, identity, has_feed).map_err(|error| explain(path, &error))?;
        let store = Self {
            path: path.into(),
            identity,
            id,
            has_feed,
            frozen,
            suspect: AtomicBool::new(false),
            readers: Readers::new(first, hold.clone()),
        };
        Ok((store, (connection, hold)))
    }

    /// Whether the file should be opened anew.
    pub(crate) fn is_suspect(&self) -> bool {
        self.suspect.load(Relaxed)
    }

    /// The contract's error for what a connection to this store said.
    pub(crate) fn explain(&self, error: &rusqlite::Error) -> CatalogError {
        if is_suspect(error) {
            self.suspect.store(true, Relaxed);
        }
        explain(&self.path, error)
    }

    /// Runs `read` in one read transaction: everything it sees is one committed state.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> CatalogResult<T> {
        let connection = self.lend()?.ok_or(CatalogError::Busy)?;
        self.read_with(connection, read)
    }

    /// A connection to read with; `None` if another store took the place of this one.
    pub(crate) fn lend(&self) -> CatalogResult<Option<Lent<'_>>> {
        self.readers.lend(|| self.connect())
    }

    /// As [`Self::read`], with a connection that was lent before.
    pub(crate) fn read_with<T>(
        &self,
        connection: Lent<'_>,
        read: impl FnOnce(&Connection) -> Result<T>,
    ) -> CatalogResult<T> {
        in_transaction(&connection, read).map_err(|error| {
            // What cannot be opened again is kept: a damaged page of a deleted file says nothing of its other pages.
            if is_suspect(&error) && self.is_in_place() {
                connection.discard();
            }
            self.explain(&error)
        })
    }

    /// Lets go of the file, so that what took its place can be opened; `false` if a reader needs it yet.
    pub(crate) fn retire(&self) -> bool {
        self.readers.close()
    }

    /// Whether the path still leads to the file that the connections belong to.
    fn is_in_place(&self) -> bool {
        FileIdentity::of(&self.path, self.frozen).is_ok_and(|identity| identity == self.identity)
    }

    fn connect(&self) -> CatalogResult<Connection> {
        let role = if self.frozen { Role::FrozenReader } else { Role::Reader };
        let connection = connection::attach(&self.path, role).map_err(|error| self.explain(&error))?;
        // Before anything is read, which opens the log and the shared memory that stand beside the name; and after it, since
        // these are found by name and have to be this file's.
        self.expect_in_place()?;
        connection::prepare(&connection, role)
            .and_then(|()| read_once(&connection))
            .map_err(|error| self.explain(&error))?;
        self.expect_in_place()?;
        Ok(connection)
    }

    /// A connection that writes small things, if the file is the one at the path.
    pub(crate) fn connect_auxiliary(&self) -> CatalogResult<Connection> {
        let connection = connection::attach(&self.path, Role::Auxiliary).map_err(|error| self.explain(&error))?;
        self.expect_in_place()?;
        connection::prepare(&connection, Role::Auxiliary).map_err(|error| self.explain(&error))?;
        Ok(connection)
    }

    fn expect_in_place(&self) -> CatalogResult<()> {
        if FileIdentity::of(&self.path, self.frozen)? == self.identity {
            return Ok(());
        }
        self.suspect.store(true, Relaxed);
        Err(CatalogError::Replaced(self.path.clone()))
    }
}

/// Holds what is at `path`, if it reads as a database. Touches nothing that belongs to what stood there before.
pub(crate) fn peek(path: &Path) -> CatalogResult<Hold> {
    let hold = hold_store(path)?;
    connect_and_read(path, Role::FrozenReader).map(|_| hold).map_err(|error| explain(path, &error))
}

fn hold_store(path: &Path) -> CatalogResult<Hold> {
    match Hold::take(path, Use::Reads)? {
        (hold, Found::Database) => Ok(hold),
        (_, Found::Nothing) => Err(CatalogError::Missing(path.into())),
    }
}

/// A read transaction ends with a rollback: there is nothing to commit, and it also ends when `read` panics.
fn in_transaction<T>(connection: &Connection, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    let transaction = connection.unchecked_transaction()?;
    read(&transaction)
}

/// Opens a connection that has read once, so that a log that belongs to the file is open too.
fn connect_and_read(path: &Path, role: Role) -> Result<Connection> {
    let connection = connection::open(path, role)?;
    read_once(&connection)?;
    Ok(connection)
}

fn read_once(connection: &Connection) -> Result<()> {
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))
}

/// Opens a reader, and says whether it reads without locks.
fn open_reader(path: &Path) -> Result<(Connection, bool)> {
    match connect_and_read(path, Role::Reader) {
        Ok(connection) => Ok((connection, false)),
        // A log needs shared memory beside the file; in a folder that cannot be written there is none, and no writer.
        Err(error) if is_suspect(&error) && !has_log(path) => {
            connect_and_read(path, Role::FrozenReader).map(|connection| (connection, true)).map_err(|_| error)
        }
        Err(error) => Err(error),
    }
}

/// Whether a write-ahead log with something in it stands beside the file.
pub(crate) fn has_log(path: &Path) -> bool {
    std::fs::metadata(sibling(path, "-wal")).is_ok_and(|meta| meta.len() > 0)
}

/// Whether the store has our tables, after trying to make them. One that cannot be written is served without them.
fn ensure_side_tables(reader: &Connection, path: &Path) -> bool {
    if schema::has_side_tables(reader).unwrap_or(false) {
        return true;
    }
    let made = connection::open(path, Role::Auxiliary).and_then(|mut connection| {
        connection::prefer_write_ahead_log(&connection);
        schema::bring_up_to_date(&mut connection)
    });
    if let Err(error) = made {
        tracing::warn!(store = %path.display(), %error, "the store has no change log and none can be added; every change reads it all again");
        return false;
    }
    true
}

/// Two files never share an id: not a copy of the same store, nor one without a stored id and itself at another time.
fn store_id(connection: &Connection, identity: FileIdentity, has_feed: bool) -> Result<StoreId> {
    if !has_feed {
        return Ok(StoreId(RandomState::new().hash_one(identity)));
    }
    let stored: i64 =
        connection.query_row("SELECT value FROM musefs_meta WHERE key = 'store_id'", [], |row| row.get(0))?;
    let mut id = stored as u64;
    for part in [identity.device, identity.inode] {
        id = (id ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }
    Ok(StoreId(id))
}
