//! Opening connections: what each kind may do, and how much memory it may take.

use rusqlite::{Connection, OpenFlags, Result, config::DbConfig};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a reader waits for a lock. With a write-ahead log it hardly ever meets one.
const READER_WAITS: Duration = Duration::from_secs(5);
/// How long a command that writes waits for other programs to finish.
const WRITER_WAITS: Duration = Duration::from_secs(60);
/// How long a mount waits when it writes something that it could do without.
const AUXILIARY_WAITS: Duration = Duration::from_secs(1);

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Reads what others commit.
    Reader,
    /// Reads a file that nobody can be writing, without locks or shared memory: for a read-only folder.
    FrozenReader,
    /// The writer of a command.
    Writer {
        /// Whether the file is made where there is none.
        create: bool,
    },
    /// Writes small things on behalf of a mount.
    Auxiliary,
}

/// Opens the store at `path` without looking at what is in it.
pub(crate) fn open(path: &Path, role: Role) -> Result<Connection> {
    let connection = attach(path, role)?;
    prepare(&connection, role)?;
    Ok(connection)
}

/// The first half of [`open`]: opens the file alone, and reads nothing that would open its log.
pub(crate) fn attach(path: &Path, role: Role) -> Result<Connection> {
    let access = match role {
        Role::Reader | Role::FrozenReader => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Role::Writer { create: true } => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        Role::Writer { create: false } | Role::Auxiliary => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    if role == Role::FrozenReader {
        Connection::open_with_flags(immutable_uri(path), flags | OpenFlags::SQLITE_OPEN_URI)
    } else {
        Connection::open_with_flags(path, flags)
    }
}

/// The second half of [`open`].
pub(crate) fn prepare(connection: &Connection, role: Role) -> Result<()> {
    let (waits, cache_kib) = match role {
        Role::Reader | Role::FrozenReader => (READER_WAITS, 1024),
        Role::Writer { .. } => (WRITER_WAITS, 8192),
        Role::Auxiliary => (AUXILIARY_WAITS, 512),
    };
    connection.busy_timeout(waits)?;
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    if matches!(role, Role::Writer { .. } | Role::Auxiliary) {
        prepare_for_writing(connection)?;
    }
    Ok(())
}

/// Our own writers keep every derived row themselves, so neither triggers nor key checks are paid row by row.
fn prepare_for_writing(connection: &Connection) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Checkpoints come every 32 MiB rather than every 4: a bulk load rewrites the same index pages over and over.
    connection.pragma_update(None, "wal_autocheckpoint", 8192)?;
    connection.query_row("PRAGMA journal_size_limit = 67108864", [], |_| Ok(()))
}

/// Sets the write-ahead log, with which readers never wait for writers. Another program that holds the file, or a file
/// system without shared memory, leaves the mode as it is: slower, not wrong.
pub(crate) fn prefer_write_ahead_log(connection: &Connection) {
    let mode = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
    if !matches!(mode.as_deref(), Ok("wal")) {
        tracing::debug!(?mode, "the store stays without a write-ahead log");
    }
}

/// The path of a file that stands beside the database, such as its log.
pub(crate) fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn immutable_uri(path: &Path) -> PathBuf {
    let mut uri = b"file:".to_vec();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => uri.push(*byte),
            other => uri.extend(format!("%{other:02X}").into_bytes()),
        }
    }
    uri.extend(b"?immutable=1");
    OsString::from_vec(uri).into()
}
