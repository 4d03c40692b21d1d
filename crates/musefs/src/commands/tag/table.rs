//! Tags as rows of a file: CSV, or a JSON object a line.
//!
//! In CSV each value of a key has a column of its own, so that a key with three values heads three columns. An empty cell is
//! no value; a value that is empty, or begins with a backslash, has a backslash put in front.

use crate::errors::Failure;
use musefs_contracts::ids::TrackId;
use musefs_contracts::tags::canonical;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
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

/// Reads a JSON document a line. The error names the line.
pub(super) fn read_jsonl(input: impl BufRead) -> Result<Vec<(u64, Row)>, Failure> {
    let mut rows = Vec::new();
    for (line, number) in input.lines().zip(1..) {
        let failed = |reason: String| Failure::new(format!("line {number}: {reason}; nothing was changed"));
        let line = line.map_err(|error| failed(error.to_string()))?;
        if !line.trim().is_empty() {
            let document: Value = serde_json::from_str(&line).map_err(|error| failed(error.to_string()))?;
            rows.push((number, row_of(&document).map_err(failed)?));
        }
    }
    Ok(rows)
}

fn row_of(document: &Value) -> Result<Row, String> {
    let none = Map::new();
    let tags = match document.get("tags") {
        Some(Value::Object(tags)) => tags,
        Some(Value::Null) | None => &none,
        Some(_) => return Err("\"tags\" must be an object of keys with lists of values".to_owned()),
    };
    let path = document.get("path").and_then(Value::as_str).map(PathBuf::from);
    let id = document.get("id").and_then(Value::as_i64).map(TrackId);
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
        if columns.values().sum::<usize>() > MAX_COLUMNS {
            return Err(Failure::new(format!(
                "these tags need more than {MAX_COLUMNS} columns; name the keys you want behind --, or use --format jsonl"
            )));
        }
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

fn cell_of(value: &str) -> String {
    if value.is_empty() || value.starts_with('\\') { format!("\\{value}") } else { value.to_owned() }
}

/// What a column holds.
enum Column {
    Id,
    Path,
    Key(String),
}

/// Reads CSV. The error names the line.
pub(super) fn read_csv(input: impl BufRead) -> Result<Vec<(u64, Row)>, Failure> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
    let failed = |error: csv::Error| Failure::new(format!("{error}; nothing was changed"));
    let columns = columns_of(reader.headers().map_err(failed)?)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(failed)?;
        let line = record.position().map_or(0, csv::Position::line);
        let mut row = Row { id: None, path: None, tags: Tags::new() };
        for (column, cell) in columns.iter().zip(record.iter()) {
            match column {
                Column::Id if cell.is_empty() => {}
                Column::Id => {
                    let id = cell.trim().parse().map_err(|_| format!("line {line}: {cell:?} is no track's number"));
                    row.id = Some(TrackId(id.map_err(Failure::new)?));
                }
                Column::Path => row.path = Some(cell).filter(|cell| !cell.is_empty()).map(PathBuf::from),
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
        let name = name.trim_start_matches('\u{feff}').trim();
        columns.push(match name.to_ascii_lowercase().as_str() {
            "id" if !id => {
                id = true;
                Column::Id
            }
            "path" if !path => {
                path = true;
                Column::Path
            }
            key => Column::Key(canonical(key).ok_or_else(|| {
                Failure::new(format!(
                    "{name:?} heads a column but cannot be a key; the first line must name the columns"
                ))
            })?),
        });
    }
    if id || path {
        Ok(columns)
    } else {
        Err(Failure::new(
            "no column is named path or id; the first line must name the columns, as musefs tag export does",
        ))
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
