//! A query, and which tracks it matches.

use crate::matcher::Matcher;
use crate::parse::Place;
use musefs_contracts::catalog::{Catalog, CatalogResult, TrackFields};
use musefs_contracts::ids::TrackId;

/// Where a word without a key is looked for.
pub const DEFAULT_FIELDS: [&str; 6] = ["title", "artist", "albumartist", "album", "composer", "genre"];

/// Which tracks to choose.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Alternatives, each of terms that hold at once. None at all: everything.
    pub(crate) any: Vec<Vec<Term>>,
    fields: Vec<String>,
}

/// One condition.
#[derive(Clone, Debug)]
pub(crate) struct Term {
    pub(crate) negated: bool,
    pub(crate) test: Test,
}

/// What of a track is looked at.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    /// Where its file lies.
    Place(Place),
    /// Its number in digits.
    Id(Matcher),
    /// The path of its file as text.
    Path(Matcher),
    /// Its format's name.
    Format(Matcher),
    /// Any value of any of these fields.
    Fields(Vec<usize>, Matcher),
}

impl Query {
    /// Whether it was given no term.
    pub fn is_everything(&self) -> bool {
        self.any.is_empty()
    }

    /// The fields it looks at, which [`Self::matches`] is to be given in this order.
    pub fn fields(&self) -> &[String] {
        &self.fields
    }

    /// The place of a field among those looked at.
    pub(crate) fn field(&mut self, key: &str) -> usize {
        self.fields.iter().position(|known| known == key).unwrap_or_else(|| {
            self.fields.push(key.to_owned());
            self.fields.len() - 1
        })
    }

    /// Whether a track is chosen.
    pub fn matches(&self, track: &TrackFields<'_>) -> bool {
        self.any.is_empty() || self.any.iter().any(|terms| terms.iter().all(|term| term.holds(track)))
    }

    /// The tracks of a store that are chosen, in order of their ids.
    pub fn select(&self, catalog: &dyn Catalog) -> CatalogResult<Vec<TrackId>> {
        let mut chosen = Vec::new();
        catalog.for_each_track(&self.fields, &mut |track| {
            if self.matches(&track) {
                chosen.push(track.row.id);
            }
        })?;
        Ok(chosen)
    }
}

impl Term {
    fn holds(&self, track: &TrackFields<'_>) -> bool {
        let row = track.row;
        let passes = match &self.test {
            Test::Place(Place::Under(path)) => row.path.starts_with(path),
            Test::Place(Place::Tracks(tracks)) => tracks.contains(&row.id),
            Test::Id(matcher) => matcher.matches(&row.id.to_string()),
            Test::Path(matcher) => matcher.matches(&row.path.to_string_lossy()),
            Test::Format(matcher) => matcher.matches(row.format.as_str()),
            Test::Fields(fields, matcher) => {
                fields.iter().filter_map(|field| track.values.get(*field)).flatten().any(|value| matcher.matches(value))
            }
        };
        passes != self.negated
    }
}
