//! What an export wrote: so that another one writes over that, and over nothing else.

use musefs_contracts::filesystem::Attributes;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs::{Metadata, OpenOptions};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The record's name in the folder.
const NAME: &str = ".musefs-export";

/// What tells one content of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    size: u64,
    mtime_ns: i64,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        let mtime_ns = metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec());
        Self { size: metadata.len(), mtime_ns }
    }

    pub(super) fn served(attributes: &Attributes) -> Self {
        Self { size: attributes.size, mtime_ns: attributes.mtime_ns }
    }
}

/// The files written so far, a JSON document a line in the folder itself.
#[derive(Debug, Default)]
pub(super) struct Record {
    written: HashMap<PathBuf, Stamp>,
}

impl Record {
    /// That of an earlier export to this folder. Lines that cannot be read are passed over: their files count as others'.
    pub(super) fn read(folder: &Path) -> Self {
        let text = std::fs::read_to_string(folder.join(NAME)).unwrap_or_default();
        let line = |line: &str| {
            let document: Value = serde_json::from_str(line).ok()?;
            let stamp = Stamp { size: document["size"].as_u64()?, mtime_ns: document["mtime_ns"].as_i64()? };
            Some((PathBuf::from(document["path"].as_str()?), stamp))
        };
        Self { written: text.lines().filter_map(line).collect() }
    }

    /// Whether the file at this path, as it is now, was written by an export.
    pub(super) fn wrote(&self, path: &Path, stamp: Stamp) -> bool {
        self.written.get(path) == Some(&stamp)
    }

    /// Notes that it was. Where that cannot be written down, the next export leaves the file alone, which is safe.
    pub(super) fn note(&mut self, folder: &Path, path: &Path, stamp: Stamp) {
        self.written.insert(path.to_owned(), stamp);
        let Some(text) = path.to_str() else { return };
        let line = json!({ "path": text, "size": stamp.size, "mtime_ns": stamp.mtime_ns });
        let file = OpenOptions::new().append(true).create(true).open(folder.join(NAME));
        if let Err(error) = file.and_then(|mut file| writeln!(file, "{line}")) {
            tracing::warn!(path = %path.display(), %error, "an exported file is not noted down");
        }
    }
}
