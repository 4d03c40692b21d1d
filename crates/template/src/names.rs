//! What names may be, where they have to please more than this machine's file system. Rules for Windows are those of
//! "Naming Files, Paths, and Namespaces" in Microsoft's documentation of Win32.

use crate::function::asciified;
use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Which names are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// Anything that a file system of Unix takes.
    #[default]
    Posix,
    /// What Windows takes as well, over Samba for instance: no `<>:"/\|?*`, no dot or blank at the end, none of its
    /// reserved names, composed characters (NFC).
    Windows,
    /// As for Windows, in the letters of ASCII alone.
    Ascii,
}

/// Longest name, in bytes; a name has at most as many units of UTF-16.
const NAME_BYTES: usize = 255;
/// Bytes that are left of a name whatever is put behind it.
const SHORTEST_STEM: usize = 32;
const FORBIDDEN: &[char] = &['<', '>', ':', '"', '/', '\\', '|', '?', '*'];
/// Reserved names, apart from those that a digit follows.
const RESERVED: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
/// Reserved names with a digit behind, a superscript one too.
const PORTS: [&str; 2] = ["COM", "LPT"];

impl Names {
    /// Whether names that differ in case alone would be one.
    pub fn ignore_case(self) -> bool {
        self != Self::Posix
    }

    /// Makes the component that begins at `start` one of these names. May leave it empty. A component that is one already
    /// stays as it is.
    pub(crate) fn settle(self, out: &mut String, start: usize) {
        if self == Self::Posix {
            return;
        }
        let spelt = self.spelt(&out[start..]);
        let mut name = spelt.trim_start_matches(is_blank).to_owned();
        // A cut may come by a dot or a blank, and blanks that it leaves at the end may be all that stood behind a reserved name.
        cut(&mut name);
        settle_end(&mut name);
        if let Some(end) = reserved(&name) {
            name.insert(end, '_');
            cut(&mut name);
            settle_end(&mut name);
        }
        out.replace_range(start.., &name);
    }

    /// A component that was not rendered, as these names have it.
    pub(crate) fn component(self, name: &str) -> Cow<'_, str> {
        if self == Self::Posix {
            let is_odd = |c: char| matches!(c, '/' | '\0');
            return if name.contains(is_odd) { name.replace(is_odd, "_").into() } else { name.into() };
        }
        let mut out = name.to_owned();
        self.settle(&mut out, 0);
        Cow::Owned(out)
    }

    /// An extension with its dot, as these names have it.
    pub(crate) fn extension(self, extension: &[u8]) -> Cow<'_, [u8]> {
        let is_plain = |rest: &[u8]| !rest.is_empty() && rest.iter().all(u8::is_ascii_alphanumeric);
        if self == Self::Posix || extension.strip_prefix(b".").is_some_and(is_plain) {
            return Cow::Borrowed(extension);
        }
        let text = String::from_utf8_lossy(extension);
        let mut name = self.spelt(text.strip_prefix('.').unwrap_or(&text));
        if name.ends_with(['.', ' ']) {
            name.pop();
            name.push('_');
        }
        if name.is_empty() { Cow::Borrowed(b"") } else { Cow::Owned(format!(".{name}").into_bytes()) }
    }

    /// Text in characters that these names may have.
    fn spelt(self, text: &str) -> String {
        let text: Cow<'_, str> = match self {
            Self::Ascii if !text.is_ascii() => asciified(text).into(),
            _ if is_nfc(text) => text.into(),
            _ => text.nfc().collect::<String>().into(),
        };
        text.chars().map(|c| if c.is_control() || FORBIDDEN.contains(&c) { '_' } else { c }).collect()
    }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// Takes blanks off the end of a name, and makes a dot that is left there another character.
fn settle_end(name: &mut String) {
    name.truncate(name.trim_end_matches(is_blank).len());
    if name.ends_with('.') {
        name.pop();
        name.push('_');
    }
}

/// Cuts a name to its longest, at a character's border.
fn cut(name: &mut String) {
    name.truncate(border(name, NAME_BYTES));
}

/// The last border of characters within the first `max` bytes.
fn border(text: &str, max: usize) -> usize {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

/// Where the reserved name ends that stands before the first dot, if there is one. Blanks behind it do not count, and neither
/// does what stands behind so many of them that it may be cut off when an extension or a number is put to the name.
fn reserved(name: &str) -> Option<usize> {
    let end = name.find('.').unwrap_or(name.len());
    let end = border(name, end.min(SHORTEST_STEM));
    let base = name[..end].trim_end_matches(' ');
    let digit =
        |rest: &str| matches!(rest.chars().next(), Some('0'..='9' | '¹' | '²' | '³')) && rest.chars().count() == 1;
    let port = |port: &&str| base.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(port)) && digit(&base[3..]);
    let is_reserved = RESERVED.iter().any(|name| base.eq_ignore_ascii_case(name)) || PORTS.iter().any(port);
    is_reserved.then_some(base.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: Names, text: &str, expected: &str) {
        let mut out = format!("a/{text}");
        names.settle(&mut out, 2);
        assert_eq!(&out[2..], expected);
        names.settle(&mut out, 2);
        assert_eq!(&out[2..], expected, "a name that is right stays as it is");
    }

    #[test]
    fn windows_refuses_characters_ends_and_names() {
        check(Names::Windows, "What? <Live>: \"AC\\DC\"*|", "What_ _Live__ _AC_DC___");
        check(Names::Windows, "R.E.M.", "R.E.M_");
        check(Names::Windows, "...", ".._");
        check(Names::Windows, "con.", "con_");
        check(Names::Windows, &format!("CON{}x", " ".repeat(300)), "CON_");
        check(Names::Windows, "con", "con_");
        check(Names::Windows, "Aux.live", "Aux_.live");
        check(Names::Windows, "lpt¹", "lpt¹_");
        check(Names::Windows, "COM10", "COM10");
        check(Names::Windows, "Console", "Console");
        check(Names::Windows, "nul .x", "nul_ .x");
    }

    #[test]
    fn characters_are_composed() {
        check(Names::Windows, "e\u{301}", "é");
        check(Names::Posix, "e\u{301}?", "e\u{301}?");
    }

    #[test]
    fn ascii_is_ascii() {
        check(Names::Ascii, "Sigur Rós — ½", "Sigur Ros -- 1_2");
        check(Names::Ascii, "日本", "Ri Ben");
    }

    #[test]
    fn a_cut_leaves_no_dot_at_the_end() {
        let mut out = format!("{}. tail", "a".repeat(254));
        Names::Windows.settle(&mut out, 0);
        assert_eq!(out.len(), 255);
        assert!(out.ends_with("a_"));
    }

    #[test]
    fn what_was_not_rendered_is_settled_alike() {
        assert_eq!(Names::Posix.component("con: a?"), "con: a?");
        assert_eq!(Names::Posix.component("a\0/b"), "a__b");
        assert_eq!(Names::Windows.component("aux"), "aux_");
        assert_eq!(Names::Windows.component("What? "), "What_");
    }

    #[test]
    fn extensions_are_names_too() {
        assert_eq!(&*Names::Windows.extension(b".flac"), b".flac");
        assert_eq!(&*Names::Windows.extension(b".m?3"), b".m_3");
        assert_eq!(&*Names::Windows.extension(b".mp3 "), b".mp3_");
        assert_eq!(&*Names::Windows.extension(b"."), b"");
        assert_eq!(&*Names::Posix.extension(b".m?3"), b".m?3");
        assert_eq!(Names::Ascii.extension(b".\xff"), Names::Ascii.extension(b".\xff"));
        assert!(Names::Ascii.extension(b".\xff").is_ascii());
    }
}
