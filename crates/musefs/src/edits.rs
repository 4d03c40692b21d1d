//! Edits of the history in words, and the tracks that a user names.

use crate::errors::Failure;
use crate::output::counted;
use crate::selection::shown_at;
use musefs_contracts::history::{CatalogHistory, Change, Content, Edit, Place};
use musefs_contracts::ids::TrackId;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Characters of a value that are shown.
const SHOWN: usize = 200;

/// The tracks that the user names, by number, by file or by folder, in the library or in a mount of the store `db`; those that
/// were removed included.
pub(crate) fn tracks(writer: &mut dyn CatalogHistory, db: &Path, names: &[PathBuf]) -> Result<Vec<TrackId>, Failure> {
    let mut tracks = BTreeSet::new();
    for name in names {
        if let Some(shown) = shown_at(db, name)?.filter(|shown| !shown.is_empty()) {
            tracks.extend(shown);
            continue;
        }
        let path = name.canonicalize().or_else(|_| std::path::absolute(name)).unwrap_or_else(|_| name.clone());
        if let Some(track) = writer.find_past_path(&path)? {
            tracks.insert(track);
            continue;
        }
        let before = tracks.len();
        writer.for_each_known(&mut |known| {
            if known.path.starts_with(&path) {
                tracks.insert(known.track);
            }
        })?;
        if tracks.len() > before || tracks_under(&tracks, writer, &path)? {
            continue;
        }
        match name.to_str().and_then(|text| text.parse().ok()) {
            Some(number) => tracks.insert(TrackId(number)),
            None => {
                return Err(Failure::new(format!(
                    "{}: the store knows no such track; name its file as it lies in the library, or its number",
                    name.display()
                )));
            }
        };
    }
    Ok(tracks.into_iter().collect())
}

/// Whether a folder's tracks were named already by another name.
fn tracks_under(tracks: &BTreeSet<TrackId>, writer: &mut dyn CatalogHistory, folder: &Path) -> Result<bool, Failure> {
    let mut found = false;
    writer.for_each_known(&mut |known| found |= tracks.contains(&known.track) && known.path.starts_with(folder))?;
    Ok(found)
}

/// The line that says which edit it is.
pub(crate) fn headline(edit: &Edit) -> String {
    let who = edit.program.as_deref().unwrap_or("external");
    let undoes = edit.undoes.map(|id| format!("  takes back edit {}", id.0)).unwrap_or_default();
    let undone = edit.undone_by.map(|id| format!("  taken back by edit {}", id.0)).unwrap_or_default();
    format!("edit {}  {}  {who}{undoes}{undone}", edit.id.0, utc(edit.at_ms))
}

/// What changed, a line for each track and each of its changes.
pub(crate) fn lines(changes: &[Change]) -> Vec<String> {
    let mut by_track: BTreeMap<TrackId, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        by_track.entry(change.track).or_default().push(change);
    }
    let mut lines = Vec::new();
    for (track, changes) in by_track {
        let path = changes.iter().find_map(|change| change.path.as_ref());
        let path = path.map_or_else(|| "(forgotten)".to_owned(), |path| path.display().to_string());
        lines.push(format!("  track {}  {}", track.0, path.escape_debug()));
        lines.extend(merged(&changes).into_iter().map(|((place, ordinal), (before, after))| {
            let place = if ordinal > 0 { format!("{place} {}", ordinal + 1) } else { place };
            format!("    {place}: {} → {}", words(before), words(after))
        }));
    }
    lines
}

type Sides<'c> = (Option<&'c Content>, Option<&'c Content>);

/// Changes by place; a key that only came to be spelt in another case is one place.
fn merged<'c>(changes: &[&'c Change]) -> BTreeMap<(String, i64), Sides<'c>> {
    let mut merged: BTreeMap<(String, i64), Sides<'c>> = BTreeMap::new();
    for change in changes {
        let place = match &change.place {
            Place::Tag { key, ordinal } => (key.to_ascii_lowercase().escape_debug().to_string(), *ordinal),
            Place::Art { ordinal } => ("picture".to_owned(), *ordinal),
            Place::Track => ("the track".to_owned(), 0),
        };
        let sides = merged.entry(place).or_default();
        sides.0 = sides.0.or(change.before.as_ref());
        sides.1 = change.after.as_ref().or(sides.1);
    }
    merged
}

fn words(content: Option<&Content>) -> String {
    match content {
        None => "(nothing)".to_owned(),
        Some(Content::Text(text)) => {
            let shown: String = text.chars().take(SHOWN).collect();
            let more = if shown.len() < text.len() { "…" } else { "" };
            format!("\"{}{more}\"", shown.escape_debug())
        }
        Some(Content::Binary(len)) => format!("({})", counted(*len, "byte")),
        Some(Content::Art { art, picture_type, description }) => {
            let words = format!("picture {} of type {picture_type} {}", art.0, description.escape_debug());
            words.trim_end().to_owned()
        }
        Some(Content::Track) => "(in the store, with its tags and art)".to_owned(),
    }
}

/// An edit as a JSON document.
pub(crate) fn document(edit: &Edit) -> Value {
    let content = |content: &Option<Content>| match content {
        None => Value::Null,
        Some(Content::Text(text)) => json!(text),
        Some(Content::Binary(len)) => json!({ "bytes": len }),
        Some(Content::Art { art, picture_type, description }) => {
            json!({ "art": art.0, "type": picture_type, "description": description })
        }
        Some(Content::Track) => json!({ "track": true }),
    };
    let change = |change: &Change| {
        let (what, key, ordinal) = match &change.place {
            Place::Tag { key, ordinal } => ("tag", Some(key), Some(ordinal)),
            Place::Art { ordinal } => ("art", None, Some(ordinal)),
            Place::Track => ("track", None, None),
        };
        let path = change.path.as_ref().map(|path| path.display().to_string());
        json!({ "track": change.track.0, "path": path, "what": what, "key": key, "ordinal": ordinal,
            "before": content(&change.before), "after": content(&change.after) })
    };
    json!({ "edit": edit.id.0, "at": utc(edit.at_ms), "program": edit.program.as_deref().unwrap_or("external"),
        "undoes": edit.undoes.map(|id| id.0), "undone_by": edit.undone_by.map(|id| id.0), "total": edit.total,
        "changes": edit.changes.iter().map(change).collect::<Vec<_>>() })
}

/// A time as people and programs read it, in UTC.
fn utc(ms: i64) -> String {
    let seconds = ms.div_euclid(1000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days are counted from the first of March of the year 0, so that leap days come last in a year, and in eras of 400
    // years, which all have the same number of days.
    let day = days.saturating_add(719_468);
    let (era, day) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = (year + era * 400 + i64::from(month >= 10), if month < 10 { month + 3 } else { month - 9 });
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(utc(1_709_251_199_999), "2024-02-29T23:59:59Z");
        assert_eq!(utc(4_107_542_400_000), "2100-03-01T00:00:00Z");
        assert_eq!(utc(-1), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn a_key_in_another_case_is_one_change() {
        let change = |key: &str, before: Option<&str>, after: Option<&str>| Change {
            track: TrackId(7),
            path: Some("/m/a.flac".into()),
            place: Place::Tag { key: key.to_owned(), ordinal: 0 },
            before: before.map(|text| Content::Text(text.to_owned())),
            after: after.map(|text| Content::Text(text.to_owned())),
        };
        let lines = lines(&[change("TITLE", Some("a"), None), change("title", None, Some("b\n"))]);
        assert_eq!(lines, ["  track 7  /m/a.flac", "    title: \"a\" → \"b\\n\""]);
    }
}
