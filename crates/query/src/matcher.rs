//! What a value is compared with.

use regex::{Regex, RegexBuilder};

/// A test of one value.
#[derive(Clone, Debug)]
pub(crate) enum Matcher {
    /// Any value.
    Present,
    /// Holds this text; lower case.
    Holds(String),
    /// Is this text, case and all.
    Is(String),
    /// Is this text in whatever case; lower case.
    IsLike(String),
    /// A regular expression finds something in it.
    Finds(Regex),
    /// Begins with a number between these, both included.
    Within(Option<f64>, Option<f64>),
}

impl Matcher {
    /// The matcher of what stands behind a key's colon.
    pub(crate) fn of_pattern(pattern: &str) -> Result<Self, regex::Error> {
        if pattern.is_empty() {
            return Ok(Self::Present);
        }
        if let Some(regex) = pattern.strip_prefix(':') {
            return Regex::new(regex).map(Self::Finds);
        }
        if let Some(text) = pattern.strip_prefix("=~") {
            return Ok(Self::IsLike(text.to_lowercase()));
        }
        if let Some(text) = pattern.strip_prefix('=') {
            return Ok(Self::Is(text.to_owned()));
        }
        if let Some(glob) = pattern.strip_prefix('~') {
            return Self::of_glob(glob);
        }
        Ok(range(pattern).unwrap_or_else(|| Self::holding(pattern)))
    }

    /// The matcher of a text that may stand anywhere in the value.
    pub(crate) fn holding(text: &str) -> Self {
        Self::Holds(text.to_lowercase())
    }

    /// `*`, `?` and `[…]` in whatever case, over the whole value. Without any of them the text may stand anywhere.
    fn of_glob(glob: &str) -> Result<Self, regex::Error> {
        if !glob.contains(['*', '?', '[']) {
            return Ok(Self::holding(glob));
        }
        let expression = format!("^{}$", expression_of(glob));
        let regex = RegexBuilder::new(&expression).case_insensitive(true).dot_matches_new_line(true).build()?;
        Ok(Self::Finds(regex))
    }

    /// Whether the value passes.
    pub(crate) fn matches(&self, value: &str) -> bool {
        match self {
            Self::Present => true,
            Self::Holds(text) => value.to_lowercase().contains(text),
            Self::Is(text) => value == text,
            Self::IsLike(text) => value.to_lowercase() == *text,
            Self::Finds(regex) => regex.is_match(value),
            Self::Within(from, to) => number(value)
                .is_some_and(|number| from.is_none_or(|from| number >= from) && to.is_none_or(|to| number <= to)),
        }
    }
}

/// `A..B`, `A..` or `..B` with numbers.
fn range(pattern: &str) -> Option<Matcher> {
    let (from, to) = pattern.split_once("..")?;
    let side = |text: &str| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
    let (from, to): (Option<f64>, Option<f64>) = (side(from)?, side(to)?);
    (from.is_some() || to.is_some()).then_some(Matcher::Within(from, to))
}

/// The number that a value begins with: `3/12` gives 3, `1994-05-01` gives 1994, `-7.5 dB` gives -7.5.
fn number(value: &str) -> Option<f64> {
    let value = value.trim_start();
    let sign = usize::from(value.starts_with(['-', '+']));
    let end = value[sign..].find(|c: char| !c.is_ascii_digit() && c != '.').map_or(value.len(), |end| sign + end);
    value[..end].trim_end_matches('.').parse().ok()
}

/// A glob as a regular expression. A bracket that is not closed stands for itself.
fn expression_of(glob: &str) -> String {
    let mut expression = String::new();
    let mut rest = glob.chars();
    while let Some(c) = rest.next() {
        match c {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            '[' => {
                let (class, behind) = class_of(rest.as_str());
                expression.push_str(&class);
                rest = behind.chars();
            }
            c => expression.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    expression
}

/// The class that begins behind a bracket, and what follows it.
fn class_of(text: &str) -> (String, &str) {
    let negated = text.strip_prefix(['!', '^']);
    let inside = negated.unwrap_or(text);
    // A bracket right at the beginning is one of the class.
    let first = inside.chars().next().map_or(0, char::len_utf8);
    match inside[first..].find(']') {
        Some(end) if first > 0 => {
            let (class, behind) = (&inside[..first + end], &inside[first + end + 1..]);
            let class: String = class
                .chars()
                .map(|c| if c == '-' { "-".to_owned() } else { regex::escape(c.encode_utf8(&mut [0; 4])) })
                .collect();
            (format!("[{}{}]", if negated.is_some() { "^" } else { "" }, guarded(&class)), behind)
        }
        _ => (r"\[".to_owned(), text),
    }
}

/// A class in which `&&`, `--` and `~~` have no meaning of their own, nor has a hyphen at its edge.
fn guarded(class: &str) -> String {
    let class = class.replace("&&", r"\&\&").replace("~~", r"\~\~").replace("--", r"\-\-");
    let class = class.strip_prefix('-').map_or(class.clone(), |rest| format!(r"\-{rest}"));
    class.strip_suffix('-').filter(|rest| !rest.ends_with('\\')).map_or(class.clone(), |rest| format!(r"{rest}\-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, passing: &[&str], failing: &[&str]) {
        let matcher = Matcher::of_pattern(pattern).unwrap();
        for value in passing {
            assert!(matcher.matches(value), "{pattern:?} should match {value:?}");
        }
        for value in failing {
            assert!(!matcher.matches(value), "{pattern:?} should not match {value:?}");
        }
    }

    #[test]
    fn plain_text_may_stand_anywhere_in_whatever_case() {
        check("great", &["The GREATest Hits", "great"], &["grea", ""]);
        check("ÄR", &["bär"], &["bar"]);
        check("", &["", "x"], &[]);
    }

    #[test]
    fn exact_text_is_all_of_the_value() {
        check("=Jazz", &["Jazz"], &["jazz", "Acid Jazz"]);
        check("=~JAZZ", &["Jazz", "jazz"], &["Acid Jazz"]);
        check("=", &[""], &["x"]);
    }

    #[test]
    fn globs_cover_the_whole_value_unless_they_hold_no_wildcard() {
        check("~greatest", &["The Greatest Hits"], &["great"]);
        check("~the *", &["The Greatest", "the x\ny"], &["Not The Greatest"]);
        check("~a?c", &["abc", "AXC"], &["ac", "abbc"]);
        check("~[a-c]x", &["ax", "Cx"], &["dx", "-x"]);
        check("~[!a-c]x", &["dx"], &["ax"]);
        check("~[]x]", &["]", "x"], &["y"]);
        check("~[-a]", &["-", "a"], &["b"]);
        check("~[a-]", &["-", "a"], &["b"]);
        check("~*[", &["a["], &["a"]);
        check("~1.*", &["1.5"], &["115"]);
        check("~[a&&b]", &["&", "a", "b"], &["c"]);
    }

    #[test]
    fn regular_expressions_find() {
        check(":^T.*s$", &["The Greatest Hits"], &["the hits"]);
        assert!(Matcher::of_pattern(":(").is_err());
    }

    #[test]
    fn ranges_compare_the_number_a_value_begins_with() {
        check("1990..1999", &["1990", "1994-05-01", "1999"], &["1989", "2000", "x"]);
        check("..3", &["3/12", "-1"], &["4"]);
        check("120..", &["120", "121.5"], &["119.9", ""]);
        check("-8.5..-7", &["-7.5 dB"], &["7.5 dB", "-9 dB"]);
        check("a..b", &["xa..b"], &["a"]);
        check("..", &["wait..."], &["1"]);
    }
}
