//! Tags as the store knows them: canonical lower-case keys, each with an ordered list of values.

use crate::codec::fold64;
use crate::limits;
use std::collections::HashMap;
use std::sync::Arc;

/// Numbers, and the keys under which some taggers keep the total that others write behind a slash.
pub const NUMBERS_AND_TOTALS: [(&str, &str); 2] = [("tracknumber", "tracktotal"), ("discnumber", "disctotal")];

/// The value of one row of `tags`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagValue {
    /// Text, at most [`limits::MAX_VALUE_BYTES`] long. May contain any character, NUL and line breaks included.
    Text(String),
    /// A binary value that stays in the catalog and is read from there in ranges; its length in bytes.
    Binary {
        /// Length in bytes.
        len: u64,
    },
}

/// One row of `tags`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagRow {
    /// As the row has it; compare with [`canonical`].
    pub key: String,
    /// The value.
    pub value: TagValue,
    /// Place among the values of this key, from 0.
    pub ordinal: i64,
}

/// A picture linked to a track, with what a container's picture header needs to be written without reading the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtLink {
    /// The image in the catalog.
    pub art: crate::ids::ArtId,
    /// MIME type, such as `image/jpeg`; may be empty.
    pub mime: String,
    /// Width in pixels, if known.
    pub width: Option<u32>,
    /// Height in pixels, if known.
    pub height: Option<u32>,
    /// Length of the image in bytes.
    pub byte_len: u64,
    /// Picture type of ID3v2 and FLAC, 0 to 20; 3 is the front cover.
    pub picture_type: u8,
    /// Description; often empty.
    pub description: String,
}

/// The form of a key under which values are compared and stored: ASCII lower case, no blanks around it.
///
/// `None` if it cannot be a key of the store: empty, longer than [`limits::MAX_KEY_CHARS`], or with an ASCII control
/// character in it.
pub fn canonical(key: &str) -> Option<String> {
    let key = key.trim();
    let fits =
        !key.is_empty() && key.chars().count() <= limits::MAX_KEY_CHARS && !key.chars().any(|c| c.is_ascii_control());
    fits.then(|| key.to_ascii_lowercase())
}

/// Digest of the ordered text values of one key. Equal lists have equal digests; the empty list's is that of a key which
/// is not there at all.
pub fn digest_values<'a>(values: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut state = FNV_OFFSET;
    for value in values {
        state = fnv(state, &(value.len() as u64).to_le_bytes());
        state = fnv(state, value.as_bytes());
    }
    fold64(state)
}

const FNV_OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const FNV_PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

// FNV-1a with 128 bits: no dependency, the same on every machine and in every release, and these are digests of a few
// short strings, compared with those of the same file only.
fn fnv(mut state: u128, bytes: &[u8]) -> u128 {
    for byte in bytes {
        state = (state ^ u128::from(*byte)).wrapping_mul(FNV_PRIME);
    }
    state
}

/// What a file says of itself, gathered while it is probed: keys in order of first appearance, values in file order.
///
/// Enforces the store's limits, so that whatever a file holds can be ingested.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagSet {
    entries: Vec<(Arc<str>, Vec<String>)>,
    // A hostile file has as many keys as values are allowed, so finding a key must not pass over all of them.
    index: HashMap<Arc<str>, u32>,
    values: usize,
    text_bytes: usize,
}

impl TagSet {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers `key` without a value and returns its index, by which elements of the anatomy refer to it.
    ///
    /// `None` if it cannot be a key of the store; the element that carries it is then opaque: kept, never edited.
    pub fn key(&mut self, key: &str) -> Option<u32> {
        let key = canonical(key)?;
        if let Some(index) = self.index.get(key.as_str()) {
            return Some(*index);
        }
        if self.entries.len() >= limits::MAX_VALUES || self.text_bytes + key.len() > limits::MAX_PROBE_TEXT_BYTES {
            return None;
        }
        self.text_bytes += key.len();
        let index = self.entries.len() as u32;
        let key: Arc<str> = key.into();
        self.entries.push((key.clone(), Vec::new()));
        self.index.insert(key, index);
        Some(index)
    }

    /// Adds `value` to `key` and returns the key's index, or `None` as [`Self::key`] does.
    ///
    /// A value beyond the limits is left out of the set, not of the file: its element keeps the key and is replaced only
    /// when the key is edited. An empty value counts as a value.
    pub fn push(&mut self, key: &str, value: impl Into<String>) -> Option<u32> {
        let index = self.key(key)?;
        let value = value.into();
        let fits = value.len() <= limits::MAX_VALUE_BYTES
            && self.values < limits::MAX_VALUES
            && self.text_bytes + value.len() <= limits::MAX_PROBE_TEXT_BYTES;
        if fits {
            self.values += 1;
            self.text_bytes += value.len();
            self.entries[index as usize].1.push(value);
        }
        Some(index)
    }

    /// The values of a canonical key; empty if it is not there.
    pub fn get(&self, key: &str) -> &[String] {
        let index = self.index.get(key).map(|index| *index as usize);
        index.and_then(|index| self.entries.get(index)).map_or(&[], |(_, values)| values)
    }

    /// Whether the key has at least one value.
    pub fn has(&self, key: &str) -> bool {
        !self.get(key).is_empty()
    }

    /// Keys with their values, in index order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.entries.iter().map(|(key, values)| (&**key, values.as_slice()))
    }

    /// Keys with the digest of their values, in index order, as an anatomy records them.
    pub fn digests(&self) -> Vec<crate::anatomy::KeyDigest> {
        self.iter()
            .map(|(key, values)| crate::anatomy::KeyDigest {
                key: key.to_owned(),
                digest: digest_values(values.iter().map(String::as_str)),
            })
            .collect()
    }

    /// The rows to ingest.
    pub fn rows(&self) -> Vec<TagRow> {
        self.iter()
            .flat_map(|(key, values)| {
                values.iter().enumerate().map(move |(ordinal, value)| TagRow {
                    key: key.to_owned(),
                    value: TagValue::Text(value.clone()),
                    ordinal: ordinal as i64,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_canonical_and_values_keep_their_order() {
        let mut set = TagSet::new();
        assert_eq!(set.push("ARTIST", "one"), Some(0));
        assert_eq!(set.push("title", "x"), Some(1));
        assert_eq!(set.push("Artist", "two"), Some(0));
        assert_eq!(set.get("artist"), ["one", "two"]);
        assert_eq!(set.rows()[1].ordinal, 1);
    }

    #[test]
    fn what_the_store_would_refuse_is_left_out() {
        let mut set = TagSet::new();
        assert_eq!(set.push("", "x"), None);
        assert_eq!(set.push("a\nb", "x"), None);
        assert_eq!(set.push(&"k".repeat(257), "x"), None);
        let index = set.push("lyrics", "y".repeat(limits::MAX_VALUE_BYTES + 1));
        assert_eq!(index, Some(0), "the key is known although the value is too long for the store");
        assert!(!set.has("lyrics"));
        assert_eq!(set.digests()[0].digest, digest_values([]));
    }

    #[test]
    fn keys_count_towards_the_text_that_a_probe_holds() {
        let mut set = TagSet::new();
        let indices = (0..limits::MAX_VALUES).map(|n| set.key(&format!("{n:0>250}"))).collect::<Vec<_>>();
        let last = limits::MAX_PROBE_TEXT_BYTES / 250;
        assert_eq!(indices[last - 1], Some(last as u32 - 1));
        assert_eq!(indices[last], None);
        assert_eq!(set.key(&"0".repeat(250)), Some(0), "a known key costs nothing");
    }

    #[test]
    fn digests_tell_where_one_value_ends() {
        assert_ne!(digest_values(["ab", "c"]), digest_values(["a", "bc"]));
        assert_ne!(digest_values([""]), digest_values([]));
    }
}
