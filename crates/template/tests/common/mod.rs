//! A track's values for tests.

use musefs_contracts::template::Fields;
use std::collections::BTreeMap;

/// Values by key.
#[derive(Debug, Default)]
pub(crate) struct Track(BTreeMap<String, Vec<String>>);

impl Track {
    /// A track with these values; a key may come several times.
    pub(crate) fn new(values: &[(&str, &str)]) -> Self {
        let mut track = Self::default();
        for (key, value) in values {
            track.0.entry((*key).to_owned()).or_default().push((*value).to_owned());
        }
        track
    }
}

impl Fields for Track {
    fn values(&self, key: &str) -> &[String] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }
}
