//! What an edit exchanges: the difference between what the store says of a track and what its file says.

use crate::anatomy::Anatomy;
use crate::ids::TrackId;
use crate::layout::TagValueRef;
use crate::tags::{ArtLink, NUMBERS_AND_TOTALS, TagRow, TagValue, canonical, digest_values};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A value to be written into the served file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditValue {
    /// Text.
    Text(String),
    /// A binary value that is streamed from the catalog.
    Binary(TagValueRef, u64),
}

impl EditValue {
    /// The text, if it is text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Binary(..) => None,
        }
    }
}

/// A key whose values differ from the file's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// Canonical key.
    pub key: String,
    /// All values that the served file is to have under this key, in order. Empty: the key is removed.
    pub values: Vec<EditValue>,
}

/// The difference between a track's rows in the store and its file. Empty for a pristine track.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// Changed, added and removed keys, sorted by key.
    pub changes: Vec<KeyChange>,
    /// The pictures that replace the file's, in order; `None` keeps the file's own.
    pub art: Option<Vec<ArtLink>>,
}

impl Edit {
    /// Whether there is nothing to exchange.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.art.is_none()
    }

    /// The change of a canonical key, if it is among the changed ones.
    pub fn change(&self, key: &str) -> Option<&KeyChange> {
        self.changes.binary_search_by(|change| change.key.as_str().cmp(key)).ok().map(|at| &self.changes[at])
    }

    /// Whether this key's elements in the file are to be left out (and its values, if any, written anew).
    pub fn touches(&self, key: &str) -> bool {
        self.change(key).is_some()
    }

    /// The difference for one track. `omitted` are the canonical keys that a mount's template uses as path fields: they
    /// steer paths, are not written into files and do not make a track edited.
    ///
    /// Keys are compared without case; rows of one key are taken in order of their ordinal. A changed total brings its number
    /// along, changed or not, since some containers hold both in one element ([`NUMBERS_AND_TOTALS`]).
    pub fn between(track: TrackId, anatomy: &Anatomy, tags: &[TagRow], art: &[ArtLink], omitted: &[String]) -> Self {
        let mut stored: BTreeMap<String, Vec<&TagRow>> = BTreeMap::new();
        for row in tags {
            if let Some(key) = canonical(&row.key) {
                stored.entry(key).or_default().push(row);
            }
        }
        // Both sides may hold as many keys as the limits allow, so neither is searched once for each key of the other.
        let in_file: HashMap<&str, u64> = anatomy.keys.iter().map(|known| (known.key.as_str(), known.digest)).collect();
        let omitted: HashSet<&String> = omitted.iter().collect();
        let mut changes = Vec::new();
        for (key, rows) in &mut stored {
            rows.sort_by_key(|row| row.ordinal);
            let in_file = in_file.get(key.as_str()).copied().unwrap_or_else(|| digest_values([]));
            if !omitted.contains(key) && digest_of(rows) != Some(in_file) {
                changes.push(KeyChange { key: key.clone(), values: values_of(track, rows) });
            }
        }
        for known in &anatomy.keys {
            let removed = !stored.contains_key(&known.key) && known.digest != digest_values([]);
            if removed && !omitted.contains(&known.key) {
                changes.push(KeyChange { key: known.key.clone(), values: Vec::new() });
            }
        }
        for (number, total) in NUMBERS_AND_TOTALS {
            let is_changed = |key: &str| changes.iter().any(|change| change.key == key);
            if is_changed(total)
                && !is_changed(number)
                && let Some(rows) = stored.get(number).filter(|_| !omitted.iter().any(|key| *key == number))
            {
                changes.push(KeyChange { key: number.to_owned(), values: values_of(track, rows) });
            }
        }
        changes.sort_by(|a, b| a.key.cmp(&b.key));
        Self { changes, art: (!art.is_empty()).then(|| art.to_vec()) }
    }
}

/// `None` where a value is binary: a file's own values are text, so that differs from every digest.
fn digest_of(rows: &[&TagRow]) -> Option<u64> {
    let texts: Option<Vec<&str>> = rows
        .iter()
        .map(|row| match &row.value {
            TagValue::Text(text) => Some(text.as_str()),
            TagValue::Binary { .. } => None,
        })
        .collect();
    texts.map(digest_values)
}

fn values_of(track: TrackId, rows: &[&TagRow]) -> Vec<EditValue> {
    rows.iter()
        .map(|row| match &row.value {
            TagValue::Text(text) => EditValue::Text(text.clone()),
            TagValue::Binary { len } => {
                let value = TagValueRef { track, key: row.key.as_str().into(), ordinal: row.ordinal };
                EditValue::Binary(value, *len)
            }
        })
        .collect()
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
