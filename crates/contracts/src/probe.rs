//! What probing a backing file gives.

use crate::anatomy::Anatomy;
use crate::tags::TagSet;
use std::io;

/// The anatomy of a file and the tags it states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Where everything lies. Its `keys` are the digests of `tags`, index by index.
    pub anatomy: Anatomy,
    /// The file's own tags, canonical.
    pub tags: TagSet,
}

impl Probe {
    /// Joins an anatomy with the tags its elements refer to, and records their digests.
    pub fn new(mut anatomy: Anatomy, tags: TagSet) -> Self {
        anatomy.keys = tags.digests();
        Self { anatomy, tags }
    }
}

/// Why a file could not be probed.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The file could not be read.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// The bytes are not of this format, for the reason given. The file is shown and served as it is.
    #[error("{0}")]
    NotUnderstood(String),
}
