//! What an edit changes, for people.

use crate::output::{counted, plain, say};
use musefs_contracts::catalog::TrackRecord;
use musefs_contracts::editing::{TrackEdit, edited_rows, texts_of};
use musefs_contracts::tags::{TagRow, TagValue, canonical};
use std::io::IsTerminal;

/// Characters of a value that are shown.
const SHOWN: usize = 200;

/// What a key has before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyDiff {
    key: String,
    before: Vec<String>,
    after: Vec<String>,
}

/// The keys that an edit changes.
pub(crate) fn changes(record: &TrackRecord, edit: &TrackEdit) -> Vec<KeyDiff> {
    let rows = edited_rows(&record.tags, &edit.keys);
    let mut keys: Vec<&str> = edit.keys.iter().map(musefs_contracts::editing::KeyEdit::key).collect();
    keys.sort_unstable();
    keys.dedup();
    let diff = |key: &str| KeyDiff { key: key.to_owned(), before: words(&record.tags, key), after: words(&rows, key) };
    keys.into_iter().map(diff).filter(|diff| diff.before != diff.after).collect()
}

/// The values of a key, binary ones by their length.
fn words(rows: &[TagRow], key: &str) -> Vec<String> {
    let mut words: Vec<String> = texts_of(rows, key).into_iter().map(shortened).collect();
    for row in rows.iter().filter(|row| canonical(&row.key).as_deref() == Some(key)) {
        if let TagValue::Binary { len } = row.value {
            words.push(format!("({})", counted(len, "byte")));
        }
    }
    words
}

fn shortened(text: &str) -> String {
    let shown: String = text.chars().take(SHOWN).collect();
    let more = text.len() - shown.len();
    let rest = if more > 0 { format!("… ({} more)", counted(more, "byte")) } else { String::new() };
    format!("{}{rest}", plain(&shown))
}

/// Prints what changes of a track; `false` once nobody reads it any more.
pub(crate) fn print(record: &TrackRecord, changes: &[KeyDiff]) -> bool {
    let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let head = format!("track {}  {}", record.row.id, plain(&record.row.path.display().to_string()));
    std::iter::once(head).chain(changes.iter().flat_map(|diff| lines(diff, colours))).all(say)
}

fn lines(diff: &KeyDiff, colours: bool) -> Vec<String> {
    let only = |these: &[String], others: &[String]| -> Vec<String> {
        these.iter().filter(|value| !others.contains(value)).cloned().collect()
    };
    let (mut gone, mut new) = (only(&diff.before, &diff.after), only(&diff.after, &diff.before));
    if gone.is_empty() && new.is_empty() {
        // Only their order or number changes.
        (gone, new) = (diff.before.clone(), diff.after.clone());
    }
    let key = plain(&diff.key);
    let line = |sign: char, colour: u8, value: &String| {
        let text = format!("  {sign} {key} = {value}");
        if colours { format!("\x1b[{colour}m{text}\x1b[0m") } else { text }
    };
    let gone = gone.iter().map(|value| line('-', 31, value));
    gone.chain(new.iter().map(|value| line('+', 32, value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(before: &[&str], after: &[&str]) -> Vec<String> {
        let own = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        lines(&KeyDiff { key: "genre".into(), before: own(before), after: own(after) }, false)
    }

    #[test]
    fn what_stays_is_not_shown() {
        assert_eq!(diff(&["Jazz", "Bop"], &["Jazz", "Cool"]), ["  - genre = Bop", "  + genre = Cool"]);
        assert_eq!(diff(&["a", "b"], &["b", "a"]).len(), 4, "but for a new order");
    }

    #[test]
    fn a_long_value_and_control_characters_leave_the_terminal_alone() {
        assert_eq!(shortened("a\x1b[31m"), "a\\u{1b}[31m");
        assert!(shortened(&"x".repeat(1_000)).ends_with("… (800 bytes more)"));
    }
}
