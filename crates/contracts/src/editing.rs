//! Editing the store for a user: tags and pictures of chosen tracks.

use crate::catalog::{CatalogResult, TrackRecord};
use crate::ids::{ArtId, TrackId};
use crate::limits;
use crate::tags::{TagRow, TagValue, canonical};
use crate::writer::CatalogWriter;
use std::collections::HashSet;

/// Why the store cannot hold what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// No key of the store.
    #[error(
        "{0:?} cannot be a key: it must have 1 to {max} characters and no control character in it",
        max = limits::MAX_KEY_CHARS
    )]
    Key(String),
    /// Too long a value.
    #[error("the value of {key} has {bytes} bytes; shorten it to {max}", max = limits::MAX_VALUE_BYTES)]
    Value {
        /// The key.
        key: String,
        /// Length of the value.
        bytes: usize,
    },
    /// Too many values.
    #[error("{key} would have {count} values; the limit is {max}", max = limits::MAX_VALUES)]
    Values {
        /// The key.
        key: String,
        /// How many.
        count: usize,
    },
}

/// What one key of a track is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEdit {
    key: String,
    values: Vec<String>,
    binary: bool,
}

impl KeyEdit {
    /// The key, in whatever case, holds these text values in this order, and no others; without any it goes. Its binary
    /// values stay.
    pub fn new(key: &str, values: Vec<String>) -> Result<Self, Unfit> {
        let key = canonical(key).ok_or_else(|| Unfit::Key(key.to_owned()))?;
        if let Some(value) = values.iter().find(|value| value.len() > limits::MAX_VALUE_BYTES) {
            return Err(Unfit::Value { key, bytes: value.len() });
        }
        if values.len() > limits::MAX_VALUES {
            return Err(Unfit::Values { key, count: values.len() });
        }
        Ok(Self { key, values, binary: false })
    }

    /// The same, its binary values going as well.
    #[must_use]
    pub fn without_binary(self) -> Self {
        Self { binary: true, ..self }
    }

    /// The canonical key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Its values.
    pub fn values(&self) -> &[String] {
        &self.values
    }
}

/// A picture at a place among those of a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The picture.
    pub art: ArtId,
    /// Picture type, 0 to 20.
    pub picture_type: u8,
    /// Its description, at most [`limits::MAX_ART_DESCRIPTION_CHARS`] long.
    pub description: String,
}

/// What one track is to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrackEdit {
    /// Keys that change; all others stay.
    pub keys: Vec<KeyEdit>,
    /// The pictures, in order; `None` leaves them. An empty list shows the file's own again.
    pub art: Option<Vec<Placement>>,
}

/// An image on its way into the store.
#[derive(Clone, Copy, Debug)]
pub struct NewPicture<'a> {
    /// MIME type, such as `image/jpeg`.
    pub mime: &'a str,
    /// Width and height in pixels, if known.
    pub pixels: Option<(u32, u32)>,
    /// The image, at most [`limits::MAX_ART_BYTES`] long.
    pub data: &'a [u8],
}

/// A writer that edits tags and pictures as a user asks. Each call is one transaction, as with every [`CatalogWriter`].
pub trait CatalogEditor: CatalogWriter {
    /// Puts an image into the store and answers its id; equal bytes are one picture. One that nothing links to may be
    /// collected by [`CatalogWriter::collect_unlinked_art`].
    fn store_picture(&mut self, picture: NewPicture<'_>) -> CatalogResult<ArtId>;

    /// Asks `plan` what each of `tracks` (none of them twice) is to hold and makes it so; answers how many tracks changed. Tracks that are not
    /// there are passed over. Nobody can write between what `plan` is shown and what is made of it.
    ///
    /// Fails with [`crate::catalog::CatalogError::NotFound`] if a placement names no picture of the store.
    fn edit(&mut self, tracks: &[TrackId], plan: &mut dyn FnMut(&TrackRecord) -> TrackEdit) -> CatalogResult<u64>;
}

/// The text values of a key, whatever case its rows are in, by ordinal. `key` is canonical.
pub fn texts_of<'t>(tags: &'t [TagRow], key: &str) -> Vec<&'t str> {
    let mut rows: Vec<&TagRow> = tags.iter().filter(|row| is_of(row, key)).collect();
    rows.sort_by_key(|row| row.ordinal);
    rows.iter()
        .filter_map(|row| match &row.value {
            TagValue::Text(text) => Some(text.as_str()),
            TagValue::Binary { .. } => None,
        })
        .collect()
}

/// The rows of a track after an edit of its keys. Rows of a key that says what it is to say already stay as they are.
pub fn edited_rows(stored: &[TagRow], keys: &[KeyEdit]) -> Vec<TagRow> {
    let mut rows = stored.to_vec();
    for edit in keys {
        let is_binary = |row: &TagRow| matches!(row.value, TagValue::Binary { .. });
        if edit.binary {
            rows.retain(|row| !(is_of(row, &edit.key) && is_binary(row)));
        }
        if texts_of(&rows, &edit.key) == edit.values {
            continue;
        }
        rows.retain(|row| !is_of(row, &edit.key) || is_binary(row));
        // A binary value keeps its place, so the texts take those that are free.
        let taken: HashSet<i64> = rows.iter().filter(|row| is_of(row, &edit.key)).map(|row| row.ordinal).collect();
        let free = (0..).filter(|ordinal| !taken.contains(ordinal));
        rows.extend(free.zip(&edit.values).map(|(ordinal, value)| TagRow {
            key: edit.key.clone(),
            value: TagValue::Text(value.clone()),
            ordinal,
        }));
    }
    rows
}

fn is_of(row: &TagRow, key: &str) -> bool {
    row.key.trim().eq_ignore_ascii_case(key)
}

#[cfg(test)]
#[path = "editing_tests.rs"]
mod tests;
