//! From words to a query.

use crate::matcher::Matcher;
use crate::query::{DEFAULT_FIELDS, Query, Term, Test};
use musefs_contracts::ids::TrackId;
use musefs_contracts::tags::canonical;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Why a query cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A regular expression or a glob does not parse.
    #[error("{term}: {reason}")]
    Pattern {
        /// The term.
        term: String,
        /// What is wrong, in one line.
        reason: String,
    },
    /// What stands before the colon is no key.
    #[error("{0}: there must be a key before the colon, such as album:greatest")]
    Key(String),
    /// Neither text nor a path that is there.
    #[error("{0:?} is neither text nor a path in the library")]
    NoText(OsString),
    /// `id:` wants numbers.
    #[error("{0}: give a track's number, such as id:7, or a range, such as id:7..20")]
    Id(String),
    /// A term is missing beside a comma or behind a `^`.
    #[error("a term is missing {0}")]
    Missing(&'static str),
    /// A word of no characters, which would match nearly all: most likely a variable of a script that is not set.
    #[error("a word is empty; leave it out, or quote a variable that is set")]
    Empty,
    /// A path leads nowhere.
    #[error("{0}")]
    Path(String),
}

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// To this file of the library, or to all below this folder.
    Under(PathBuf),
    /// To these tracks.
    Tracks(HashSet<TrackId>),
}

/// Tells where paths lead.
pub trait Places {
    /// Where `term` leads if it is a path; `None` if it is just a word. A term that begins with `/`, `./` or `../` (or is
    /// `.` or `..`) is always a path. The error is a line that names it.
    fn find(&self, term: &OsStr) -> Result<Option<Place>, String>;
}

/// Takes paths as they are written, and words for words.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPlaces;

impl Places for NoPlaces {
    fn find(&self, term: &OsStr) -> Result<Option<Place>, String> {
        Ok(is_path(term).then(|| Place::Under(term.into())))
    }
}

/// Whether a term can only be a path.
pub fn is_path(term: &OsStr) -> bool {
    let term = term.as_bytes();
    matches!(term, b"." | b"..") || [&b"/"[..], b"./", b"../"].iter().any(|start| term.starts_with(start))
}

impl Query {
    /// Parses a query, one term a word. Without any it matches everything.
    pub fn parse<T: AsRef<OsStr>>(terms: &[T], places: &dyn Places) -> Result<Self, QueryError> {
        let mut query = Self::default();
        if terms.is_empty() {
            return Ok(query);
        }
        for alternative in terms.split(|term| term.as_ref() == ",") {
            if alternative.is_empty() {
                return Err(QueryError::Missing("beside a comma"));
            }
            let mut all = Vec::new();
            for term in alternative {
                all.push(parse_term(term.as_ref(), places, &mut query)?);
            }
            query.any.push(all);
        }
        Ok(query)
    }
}

fn parse_term(term: &OsStr, places: &dyn Places, query: &mut Query) -> Result<Term, QueryError> {
    let (negated, rest) = match term.as_bytes().strip_prefix(b"^") {
        Some(b"") => return Err(QueryError::Missing("behind ^")),
        Some(rest) => (true, OsStr::from_bytes(rest)),
        None => (false, term),
    };
    let key_and_pattern = rest.to_str().and_then(|text| text.split_once(':')).filter(|(key, _)| !key.contains('/'));
    let test = match key_and_pattern {
        Some((key, pattern)) if !is_path(rest) => parse_key(key, pattern, query)?,
        _ => parse_word(rest, places, query)?,
    };
    Ok(Term { negated, test })
}

/// A path, or a word.
fn parse_word(word: &OsStr, places: &dyn Places, query: &mut Query) -> Result<Test, QueryError> {
    if let Some(place) = places.find(word).map_err(QueryError::Path)? {
        return Ok(Test::Place(place));
    }
    let text = word.to_str().ok_or_else(|| QueryError::NoText(word.to_owned()))?;
    if text.trim().is_empty() {
        return Err(QueryError::Empty);
    }
    Ok(Test::Fields(default_fields(query), Matcher::holding(text)))
}

fn parse_key(key: &str, pattern: &str, query: &mut Query) -> Result<Test, QueryError> {
    let term = || format!("{key}:{pattern}");
    let matcher = Matcher::of_pattern(pattern)
        .map_err(|error| QueryError::Pattern { term: term(), reason: last_line(&error.to_string()) })?;
    if key.is_empty() {
        return if pattern.is_empty() {
            Err(QueryError::Key(term()))
        } else {
            Ok(Test::Fields(default_fields(query), matcher))
        };
    }
    let key = canonical(key).ok_or_else(|| QueryError::Key(term()))?;
    Ok(match key.as_str() {
        "id" => match (pattern.parse::<i64>(), matcher) {
            (Ok(id), _) => Test::Id(Matcher::Is(id.to_string())),
            (_, matcher @ Matcher::Within(..)) => Test::Id(matcher),
            _ => return Err(QueryError::Id(term())),
        },
        "path" => Test::Path(matcher),
        "format" => Test::Format(matcher),
        // People say year, the store says date.
        "year" => Test::Fields(vec![query.field("year"), query.field("date")], matcher),
        key => Test::Fields(vec![query.field(key)], matcher),
    })
}

fn default_fields(query: &mut Query) -> Vec<usize> {
    DEFAULT_FIELDS.iter().map(|field| query.field(field)).collect()
}

/// An expression's error draws where it is wrong in several lines; the last says what it is.
fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned()
}
