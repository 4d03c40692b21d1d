//! Values of a row, whatever type they turn out to have: constraints can be switched off, so a reader trusts nothing.

use musefs_contracts::anatomy::{ByteRange, FormatId};
use musefs_contracts::backing::Stamp;
use musefs_contracts::catalog::TrackRow;
use musefs_contracts::ids::TrackId;
use rusqlite::functions::Context;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Result, Row};
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// One above the largest id whose inode number keeps its meaning; see [`musefs_contracts::ids::Ino`].
const ID_LIMIT: i64 = 1 << 53;

/// Columns that [`read_track`] reads, of `tracks AS t`; the caller adds `pristine_version` behind them.
pub(crate) const TRACK_COLUMNS: &str = "t.id, t.backing_path, t.format, t.audio_offset, t.audio_length, t.backing_size, \
     t.backing_mtime_ns, t.backing_ctime_ns, t.content_version, t.updated_at";

/// Columns of [`TRACK_COLUMNS`].
pub(crate) const TRACK_COLUMN_COUNT: usize = 10;

/// Formats that need no allocation.
static KNOWN_FORMATS: [FormatId; 12] = [
    FormatId::new("flac"),
    FormatId::new("mp3"),
    FormatId::new("m4a"),
    FormatId::new("opus"),
    FormatId::new("vorbis"),
    FormatId::new("oggflac"),
    FormatId::new("wav"),
    FormatId::new("speex"),
    FormatId::new("aac"),
    FormatId::new("aiff"),
    FormatId::new("dsf"),
    FormatId::new("verbatim"),
];

/// An id that may be shown; `None` for one whose inode number would mean something else.
pub(crate) fn track_id(id: i64) -> Option<TrackId> {
    (1..ID_LIMIT).contains(&id).then_some(TrackId(id))
}

/// Something that has columns: a row of an answer, or what a function is given.
pub(crate) trait Columns {
    /// A value.
    fn column(&self, column: usize) -> Result<ValueRef<'_>>;
}

impl Columns for Row<'_> {
    fn column(&self, column: usize) -> Result<ValueRef<'_>> {
        self.get_ref(column)
    }
}

impl Columns for Context<'_> {
    fn column(&self, column: usize) -> Result<ValueRef<'_>> {
        Ok(self.get_raw(column))
    }
}

/// An integer, or `None` if the column holds anything else.
pub(crate) fn integer(row: &impl Columns, column: usize) -> Result<Option<i64>> {
    Ok(match row.column(column)? {
        ValueRef::Integer(value) => Some(value),
        _ => None,
    })
}

/// Text as it stands, numbers as text, and nothing for the rest. Bytes that are not UTF-8 are replaced.
pub(crate) fn text(row: &impl Columns, column: usize) -> Result<Option<Cow<'_, str>>> {
    row.column(column).map(text_of)
}

/// The same of a value.
pub(crate) fn text_of(value: ValueRef<'_>) -> Option<Cow<'_, str>> {
    match value {
        ValueRef::Text(bytes) => Some(match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(bytes),
        }),
        ValueRef::Integer(value) => Some(value.to_string().into()),
        ValueRef::Real(value) => Some(value.to_string().into()),
        ValueRef::Null | ValueRef::Blob(_) => None,
    }
}

/// A path stored as text or, where it is not UTF-8, as a blob.
pub(crate) fn path_bytes(row: &impl Columns, column: usize) -> Result<Option<&[u8]>> {
    Ok(match row.column(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) if !bytes.is_empty() => Some(bytes),
        _ => None,
    })
}

/// The stored form of a path.
pub(crate) fn path_value(path: &Path) -> Value {
    match path.to_str() {
        Some(text) => Value::Text(text.to_owned()),
        None => Value::Blob(path.as_os_str().as_bytes().to_vec()),
    }
}

/// A stored path.
pub(crate) fn path_buf(bytes: &[u8]) -> PathBuf {
    OsString::from_vec(bytes.to_vec()).into()
}

/// A row to read into.
pub(crate) fn blank_track() -> TrackRow {
    TrackRow {
        id: TrackId(0),
        path: PathBuf::new(),
        format: FormatId::new("verbatim"),
        audio: ByteRange::default(),
        stamp: Stamp::default(),
        content_version: 0,
        updated_at: 0,
        pristine_version: None,
    }
}

/// Reads [`TRACK_COLUMNS`] into `into`, whose buffers are used again. Answers `false` if the row cannot be shown at all,
/// because it has no path or no usable id. A row whose numbers are out of contract degrades: its stamp is that of no file,
/// so it is probed again when it is touched.
pub(crate) fn read_track(row: &impl Columns, into: &mut TrackRow) -> Result<bool> {
    let (Some(id), Some(path)) = (integer(row, 0)?.and_then(track_id), path_bytes(row, 1)?) else {
        return Ok(false);
    };
    into.id = id;
    let buffer = into.path.as_mut_os_string();
    buffer.clear();
    buffer.push(OsStr::from_bytes(path));
    read_format(row, &mut into.format)?;
    let size = unsigned(row, 5)?;
    into.audio = audio_range(unsigned(row, 3)?, unsigned(row, 4)?, size);
    into.stamp = Stamp {
        size: size.unwrap_or(0),
        mtime_ns: integer(row, 6)?.unwrap_or(0),
        ctime_ns: integer(row, 7)?.unwrap_or(0),
        file: 0,
    };
    into.content_version = integer(row, 8)?.unwrap_or(0);
    into.updated_at = integer(row, 9)?.unwrap_or(0);
    into.pristine_version = None;
    Ok(true)
}

/// Reads a format's name, without allocating where it is a known one or that of the row before.
pub(crate) fn read_format_at(row: &impl Columns, column: usize, into: &mut FormatId) -> Result<()> {
    let name = match row.column(column)? {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).unwrap_or("verbatim"),
        _ => "verbatim",
    };
    if into.as_str() != name {
        let known = KNOWN_FORMATS.iter().find(|known| known.as_str() == name);
        *into = known.cloned().unwrap_or_else(|| FormatId::from_stored(name.to_owned()));
    }
    Ok(())
}

fn read_format(row: &impl Columns, into: &mut FormatId) -> Result<()> {
    read_format_at(row, 2, into)
}

/// A number that is never negative in a store within contract.
pub(crate) fn unsigned(row: &impl Columns, column: usize) -> Result<Option<u64>> {
    Ok(integer(row, column)?.and_then(|value| u64::try_from(value).ok()))
}

fn audio_range(offset: Option<u64>, len: Option<u64>, size: Option<u64>) -> ByteRange {
    match (offset, len, size) {
        (Some(offset), Some(len), Some(size)) if offset <= size && len <= size - offset => ByteRange::new(offset, len),
        _ => ByteRange::default(),
    }
}
