//! Tags as rows of a file: CSV, or a JSON object a line.
//!
//! In CSV each value of a key has a column of its own, so that a key with three values heads three columns. An empty cell is
//! no value; a value that is empty, or begins with a backslash, has a backslash put in front.

use crate::errors::Failure;
use musefs_contracts::ids::TrackId;
use musefs_contracts::tags::canonical;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, ErrorKind, Write};
use std::path::PathBuf;

/// Columns that spreadsheets still open.
const MAX_COLUMNS: usize = 1_000;

/// Values by canonical key. A key without any is to go.
pub(super) type Tags = BTreeMap<String, Vec<String>>;

/// A track in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Its number.
    pub(super) id: Option<TrackId>,
    /// Its file; `None` if that is no text.
    pub(super) path: Option<PathBuf>,
    /// Its tags.
    pub(super) tags: Tags,
}

/// A track as a JSON document.
pub(super) fn document(row: &Row) -> Value {
    json!({ "id": row.id.map(|id| id.0), "path": row.path.as_ref().and_then(|path| path.to_str()), "tags": row.tags })
}

/// What editors and spreadsheets of some systems put in front of a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// What to do about bytes that are no text.
const NOT_UTF8: &str = "it is not UTF-8 text; save the file in UTF-8";

/// Reads a JSON document a line. The error names the line.
pub(super) fn read_jsonl(input: impl BufRead) -> Result<Vec<(u64, Row)>, Failure> {
    let mut rows = Vec::new();
    for (line, number) in input.lines().zip(1..) {
        let failed = |reason: String| Failure::new(format!("line {number}: {reason}; nothing was changed"));
        let line = line.map_err(|error| match error.kind() {
            ErrorKind::InvalidData => failed(NOT_UTF8.to_owned()),
            _ => failed(error.to_string()),
        })?;
        let line = line.trim_start_matches(BYTE_ORDER_MARK).trim();
        if !line.is_empty() {
            rows.push((number, row_of(line).map_err(failed)?));
        }
    }
    Ok(rows)
}

fn row_of(line: &str) -> Result<Row, String> {
    if !line.starts_with('{') {
        return Err("it must be one JSON object, as musefs tag export writes a line".to_owned());
    }
    // The error's own line is always the first.
    let cause = |error: serde_json::Error| error.to_string().replace(" at line 1 column ", ", at its character ");
    let document: Value = serde_json::from_str(line).map_err(|error| format!("it is no JSON: {}", cause(error)))?;
    let tags = match document.get("tags") {
        Some(Value::Object(tags)) => tags,
        Some(_) => return Err("\"tags\" must be an object of keys with lists of values".to_owned()),
        None => return Err("it has no \"tags\", an object of keys with lists of values".to_owned()),
    };
    let path = match document.get("path") {
        Some(Value::String(path)) => Some(PathBuf::from(path)),
        Some(Value::Null) | None => None,
        Some(_) => return Err("\"path\" must be a text".to_owned()),
    };
    let id = match document.get("id") {
        Some(Value::Null) | None => None,
        Some(id) => Some(number_of(id).ok_or_else(|| format!("\"id\" must be a track's number, and not {id}"))?),
    };
    let mut row = Row { id, path, tags: Tags::new() };
    for (key, values) in tags {
        let key = canonical(key).ok_or_else(|| format!("{key:?} cannot be a key"))?;
        let values = match values {
            Value::Array(values) => values.iter().map(text_of).collect(),
            Value::Null => Some(Vec::new()),
            value => text_of(value).map(|value| vec![value]),
        };
        let values = values.ok_or_else(|| format!("the values of {key} must be texts"))?;
        row.tags.entry(key).or_default().extend(values);
    }
    Ok(row)
}

fn number_of(id: &Value) -> Option<TrackId> {
    let text = || id.as_str()?.trim().parse().ok();
    id.as_i64().or_else(text).map(TrackId)
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Writes rows as CSV.
pub(super) struct CsvTable<W: Write> {
    writer: csv::Writer<W>,
    /// Keys with the number of their columns.
    columns: BTreeMap<String, usize>,
}

impl<W: Write> CsvTable<W> {
    /// Writes the head.
    pub(super) fn begin(output: W, columns: BTreeMap<String, usize>) -> Result<Self, Failure> {
        let mut writer = csv::Writer::from_writer(output);
        let keys = columns.iter().flat_map(|(key, count)| std::iter::repeat_n(key.as_str(), *count));
        writer.write_record(["id", "path"].into_iter().chain(keys)).map_err(Failure::new)?;
        Ok(Self { writer, columns })
    }

    /// Writes a row, whose keys all have enough columns.
    pub(super) fn write(&mut self, row: &Row) -> csv::Result<()> {
        let path = row.path.as_ref().and_then(|path| path.to_str()).unwrap_or_default();
        let mut cells = vec![row.id.map(|id| id.to_string()).unwrap_or_default(), path.to_owned()];
        for (key, count) in &self.columns {
            let values = row.tags.get(key).map_or(&[][..], Vec::as_slice);
            cells.extend(values.iter().map(|value| cell_of(value)));
            cells.extend(std::iter::repeat_n(String::new(), count.saturating_sub(values.len())));
        }
        self.writer.write_record(&cells)
    }

    /// Writes what is held back.
    pub(super) fn finish(mut self) -> csv::Result<()> {
        Ok(self.writer.flush()?)
    }
}

/// Fails where these keys, with the number of their columns, are too many for a table.
pub(super) fn refuse_too_wide(columns: &BTreeMap<String, usize>) -> Result<(), Failure> {
    if columns.values().sum::<usize>() > MAX_COLUMNS {
        return Err(Failure::new(format!(
            "these tags need more than {MAX_COLUMNS} columns; name the keys you want behind --, or use --format jsonl"
        )));
    }
    Ok(())
}

fn cell_of(value: &str) -> String {
    if value.is_empty() || value.starts_with('\\') { format!("\\{value}") } else { value.to_owned() }
}

/// What a column holds.
enum Column {
    Id,
    Path,
    Key(String),
    /// Nothing: spreadsheets write columns that are empty throughout.
    Nameless,
}

/// Reads CSV. The error names the line.
pub(super) fn read_csv(input: impl BufRead) -> Result<Vec<(u64, Row)>, Failure> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
    let failed = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        let reason = match error.kind() {
            csv::ErrorKind::Utf8 { .. } => NOT_UTF8.to_owned(),
            _ => error.to_string(),
        };
        Failure::new(format!("line {line}: {reason}; nothing was changed"))
    };
    let columns = columns_of(reader.headers().map_err(failed)?)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(failed)?;
        let line = record.position().map_or(0, csv::Position::line);
        let failed = |reason: String| Failure::new(format!("line {line}: {reason}; nothing was changed"));
        if record.iter().all(str::is_empty) {
            continue;
        }
        if let Some(cell) = record.iter().skip(columns.len()).find(|cell| !cell.is_empty()) {
            return Err(failed(format!(
                "{cell:?} stands in no column of the first line; put a value with a comma in it between double quotes"
            )));
        }
        let mut row = Row { id: None, path: None, tags: Tags::new() };
        for (column, cell) in columns.iter().zip(record.iter()) {
            match column {
                Column::Id | Column::Nameless if cell.is_empty() => {}
                Column::Id => {
                    let id = cell.trim().parse().map_err(|_| failed(format!("{cell:?} is no track's number")));
                    row.id = Some(TrackId(id?));
                }
                Column::Path => row.path = Some(cell).filter(|cell| !cell.is_empty()).map(PathBuf::from),
                Column::Nameless => return Err(failed(format!("{cell:?} stands in a column without a name"))),
                Column::Key(key) => {
                    let values = row.tags.entry(key.clone()).or_default();
                    values.extend(Some(cell).filter(|cell| !cell.is_empty()).map(value_of));
                }
            }
        }
        rows.push((line, row));
    }
    Ok(rows)
}

fn value_of(cell: &str) -> String {
    cell.strip_prefix('\\').unwrap_or(cell).to_owned()
}

/// The first columns named `id` and `path` tell which track it is; further ones are keys of that name.
fn columns_of(head: &csv::StringRecord) -> Result<Vec<Column>, Failure> {
    let (mut id, mut path) = (false, false);
    let mut columns = Vec::new();
    for name in head {
        // Spreadsheets put a byte order mark in front.
        let name = name.trim_start_matches(BYTE_ORDER_MARK).trim();
        columns.push(match name.to_ascii_lowercase().as_str() {
            "id" if !id => {
                id = true;
                Column::Id
            }
            "path" if !path => {
                path = true;
                Column::Path
            }
            "" => Column::Nameless,
            key => Column::Key(canonical(key).ok_or_else(|| {
                Failure::new(format!(
                    "{name:?} heads a column but cannot be a key; the first line must name the columns"
                ))
            })?),
        });
    }
    if id || path {
        Ok(columns)
    } else if head.len() == 1 && head.iter().any(|name| name.contains([';', '\t'])) {
        Err(Failure::new("its columns are not parted by commas; save it as CSV with commas"))
    } else {
        Err(Failure::new(
            "no column is named path or id; the first line must name the columns, as musefs tag export does",
        ))
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
