//! The reference model: what a mount must show, worked out from primary state alone.
//!
//! Primary state is the bytes of the backing files, the rows of the store, and what a file said when it was scanned last. The
//! model has its own idea of names ([`names`]) and its own readers of FLAC and MP3 ([`audio`]), both as plain as they can be,
//! so that the one definition of what is right shares nothing with what is tested against it. It knows the templates
//! [`TEMPLATE`] and [`VIEWS`], and the keys that the fixtures use.

pub mod audio;
pub mod names;
mod served;

pub use served::{Content, expected};

use std::collections::BTreeMap;
use std::path::PathBuf;

/// The template that the model renders.
pub const TEMPLATE: &str = "$albumartist/$album/$title";

/// Two views that the model renders, in one of which a track may stand several times.
pub const VIEWS: [&str; 2] = ["by-album=$albumartist/$album/$title", "by-genre=%each{genre}/$title"];

/// Canonical keys with their values in order. A key without values is not there.
pub type Tags = BTreeMap<String, Vec<String>>;

/// A track as the store has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Track {
    /// Id of its row.
    pub id: i64,
    /// The backing file.
    pub file: PathBuf,
    /// Its rows of `tags`.
    pub tags: Tags,
    /// The images linked to it, in order.
    pub art: Vec<Vec<u8>>,
    /// Raised by every edit.
    pub content_version: i64,
    /// Unix seconds of the last edit.
    pub updated_at: i64,
}

/// Without empty values, which a container may hold or leave out, and keys that then have none.
pub fn without_empty(tags: &Tags) -> Tags {
    let values = |values: &Vec<String>| values.iter().filter(|value| !value.is_empty()).cloned().collect::<Vec<_>>();
    tags.iter().map(|(key, all)| (key.clone(), values(all))).filter(|(_, values)| !values.is_empty()).collect()
}
