//! What the database engine says, in the words of the contract.

use musefs_contracts::catalog::CatalogError;
use rusqlite::{Error, ErrorCode, ffi};
use std::path::Path;

/// A disk with less than this is full for our purposes: SQLite extends its files in steps of up to 32 KiB.
const FULL_BELOW_BYTES: u64 = 256 << 10;

/// The contract's error for what the engine said of the store at `path`.
pub(crate) fn explain(path: &Path, error: &Error) -> CatalogError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => CatalogError::Busy,
        Some(ErrorCode::DiskFull) => CatalogError::DiskFull,
        Some(ErrorCode::SystemIoFailure) if disk_is_full(path) => CatalogError::DiskFull,
        Some(ErrorCode::NotADatabase) => {
            CatalogError::NotAStore { path: path.into(), reason: "it is no SQLite database".into() }
        }
        Some(ErrorCode::DatabaseCorrupt) => CatalogError::Other(format!(
            "{} is damaged ({}); restore it from a backup, or move it away and scan again",
            path.display(),
            message(error)
        )),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            CatalogError::Other(format!(
                "{} cannot be opened for this ({}); check the permissions of the file and of its folder",
                path.display(),
                message(error)
            ))
        }
        _ => CatalogError::Other(message(error)),
    }
}

/// Whether the connection that said this may be of no use any more, so that the file has to be opened again.
pub(crate) fn is_suspect(error: &Error) -> bool {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::ReadOnly
            // The generic code is that of statements that no longer fit the schema.
            | ErrorCode::Unknown,
        ) => true,
        _ => matches!(error, Error::SqlInputError { .. }),
    }
}

fn message(error: &Error) -> String {
    // One line, whatever the engine put into it.
    let text = match error {
        Error::SqliteFailure(code, None) => ffi::code_to_str(code.extended_code).to_owned(),
        other => other.to_string(),
    };
    text.replace('\n', " ")
}

/// A full disk shows as an I/O error where the engine was growing its shared memory or writing past a quota.
fn disk_is_full(path: &Path) -> bool {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    rustix::fs::statvfs(folder).is_ok_and(|disk| {
        disk.f_bavail.saturating_mul(disk.f_frsize) < FULL_BELOW_BYTES || disk.f_favail == 0 && disk.f_files != 0
    })
}
