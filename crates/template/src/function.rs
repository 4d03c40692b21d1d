//! The functions of the language: what each is called, takes and gives. They work on text as the tags have it; what may
//! stand in a name is seen to afterwards.

use crate::template::{FieldOp, Op};
use deunicode::deunicode_with_tofu;

/// Where the template, and not a value, parts components within the text of an argument. No value has it: control
/// characters are taken out of values before.
pub(crate) const BREAK: char = '\0';

/// Bytes that one argument may come to, so that nested calls cannot make a text grow without bound. Names end long before.
pub(crate) const TEXT_BYTES: usize = 4096;

/// A call with its arguments.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    /// `%if{condition,then,else}`.
    If {
        /// True where anything but blanks, `0` or `false` comes of it.
        condition: Vec<Op>,
        /// Shown if so.
        then: Vec<Op>,
        /// Shown if not.
        otherwise: Vec<Op>,
    },
    /// `%ifdef{field,then,else}`.
    IfDefined {
        /// True where the track has one of its chain.
        field: FieldOp,
        /// Shown if so; the field itself where nothing is said.
        then: Vec<Op>,
        /// Shown if not.
        otherwise: Vec<Op>,
    },
    /// A function of one text.
    Text(Change, Vec<Op>),
}

/// What a function makes of a text.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// `%lower{text}`.
    Lower,
    /// `%upper{text}`.
    Upper,
    /// `%title{text}`: each word with a capital first letter and small others.
    Title,
    /// `%left{text,n}`: the first characters.
    Left(usize),
    /// `%right{text,n}`: the last characters.
    Right(usize),
    /// `%asciify{text}`.
    Asciify,
    /// `%year{text}`: the first number of four digits.
    Year,
    /// `%first{text,count,skip,separator,joint}`: some items of a list.
    First {
        /// How many.
        count: usize,
        /// How many to leave out before them.
        skip: usize,
        /// What parts the items of the text.
        separator: Box<str>,
        /// What is put between those that are left.
        joint: Box<str>,
    },
}

impl Change {
    /// What it makes of `text`.
    pub(crate) fn of(&self, text: &str) -> String {
        match self {
            Self::Lower => text.to_lowercase(),
            Self::Upper => text.to_uppercase(),
            Self::Title => titled(text),
            Self::Left(count) => text.chars().take(*count).collect(),
            Self::Right(count) => {
                let skipped = text.chars().count().saturating_sub(*count);
                text.chars().skip(skipped).collect()
            }
            Self::Asciify => asciified(text),
            Self::Year => year(text).unwrap_or_default().to_owned(),
            Self::First { count, skip, separator, joint } => {
                let items = text.split(&**separator).map(str::trim).filter(|item| !item.is_empty());
                items.skip(*skip).take(*count).collect::<Vec<_>>().join(joint)
            }
        }
    }
}

/// Whether a condition's text means yes.
pub(crate) fn is_true(text: &str) -> bool {
    let text = text.trim();
    let is_zero = text.parse::<i64>().is_ok_and(|number| number == 0);
    !(text.is_empty() || is_zero || text.eq_ignore_ascii_case("false"))
}

/// Text in the letters of ASCII that sound or look most like it. Breaks stay.
pub(crate) fn asciified(text: &str) -> String {
    let pieces: Vec<_> = text.split(BREAK).map(|piece| deunicode_with_tofu(piece, "_")).collect();
    pieces.join("\0")
}

/// Words are parted by blanks, as beets has them: `rock-n-roll` is one.
fn titled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut within = false;
    for c in text.chars() {
        if within {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        within = !c.is_whitespace();
    }
    out
}

/// The first run of exactly four digits.
fn year(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 4)
}

/// The longest beginning of at most [`TEXT_BYTES`].
pub(crate) fn bounded(mut text: String) -> String {
    if text.len() > TEXT_BYTES {
        let mut end = TEXT_BYTES;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: Change, text: &str, expected: &str) {
        assert_eq!(change.of(text), expected);
    }

    #[test]
    fn words_get_capitals() {
        check(Change::Title, "don't STOP the rock-n-roll", "Don't Stop The Rock-n-roll");
        check(Change::Title, "élan", "Élan");
    }

    #[test]
    fn characters_are_counted_not_bytes() {
        check(Change::Left(2), "日本語", "日本");
        check(Change::Right(2), "日本語", "本語");
        check(Change::Left(9), "ab", "ab");
    }

    #[test]
    fn a_year_is_four_digits_wherever_they_stand() {
        check(Change::Year, "1999-12-31", "1999");
        check(Change::Year, "31.12.1999", "1999");
        check(Change::Year, "19991231", "");
    }

    #[test]
    fn items_of_a_list_are_skipped_and_taken() {
        let first = |count, skip| Change::First { count, skip, separator: "; ".into(), joint: " & ".into() };
        check(first(1, 0), "a; b; c", "a");
        check(first(2, 1), "a; b; c", "b & c");
        check(first(2, 7), "a; b; c", "");
    }

    #[test]
    fn letters_of_other_scripts_become_ascii() {
        check(Change::Asciify, "Björk – Æon 日本", "Bjork - AEon Ri Ben");
        assert!(asciified("½\0x").is_ascii());
        assert_eq!(asciified("a\0b"), "a\0b");
    }

    #[test]
    fn conditions_are_false_where_nothing_is_meant() {
        for no in ["", " ", "0", "00", "False"] {
            assert!(!is_true(no), "{no:?}");
        }
        assert!(is_true("1") && is_true("x"));
    }
}
