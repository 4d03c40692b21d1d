//! Names: from a placement's path to the name a file wants, cutting, and comparison without case.

use musefs_contracts::limits::MAX_NAME_BYTES;
use musefs_contracts::tree::Placement;
use std::borrow::Cow;
use std::cmp::Ordering;

/// Longest extension that is kept whole. It leaves room for a stem and a suffix in any name.
const MAX_EXTENSION_BYTES: usize = 200;

/// Where a file wants to stand.
pub(crate) struct Wanted<'a> {
    directories: &'a str,
    /// The name it has if no other wants it: the stem, cut, and the extension.
    pub(crate) base: Cow<'a, [u8]>,
    /// Bytes of the extension in `base`, its dot included.
    pub(crate) extension: u8,
}

impl<'a> Wanted<'a> {
    /// Everywhere that a file wants to stand, once each.
    pub(crate) fn all(placement: &'a Placement, fold: bool) -> impl Iterator<Item = Self> {
        let new = |path: &'a String| Self::new(path, &placement.extension);
        let (one, several) = match placement.paths.as_slice() {
            [] => (None, Vec::new()),
            [one] => (Some(new(one)), Vec::new()),
            several => {
                let mut several: Vec<&String> = several.iter().collect();
                several.sort_unstable();
                several.dedup();
                let mut met: Vec<Self> = Vec::with_capacity(several.len());
                for wanted in several.into_iter().map(new) {
                    if !met.iter().any(|other| other.is_same(&wanted, fold)) {
                        met.push(wanted);
                    }
                }
                (None, met)
            }
        };
        one.into_iter().chain(several)
    }

    /// Takes a path apart.
    fn new(path: &'a str, extension: &[u8]) -> Self {
        let (directories, stem) = path.rsplit_once('/').unwrap_or(("", path));
        let extension = cut(extension, MAX_EXTENSION_BYTES);
        let stem = cut(component(stem), MAX_NAME_BYTES - extension.len());
        let base = if extension.is_empty() {
            Cow::Borrowed(stem)
        } else {
            // A name on disk holds neither `/` nor NUL; should the extension come from elsewhere, this keeps it a name.
            let clean = |byte: &u8| if matches!(byte, b'/' | 0) { b'_' } else { *byte };
            let mut base = Vec::with_capacity(stem.len() + extension.len());
            base.extend_from_slice(stem);
            base.extend(extension.iter().map(clean));
            Cow::Owned(base)
        };
        Self { directories, base, extension: extension.len() as u8 }
    }

    /// Whether both come to one name.
    fn is_same(&self, other: &Self, fold: bool) -> bool {
        let is_same = |a: &[u8], b: &[u8]| compare(a, b, fold).is_eq();
        let mut ours = self.directories();
        let mut others = other.directories();
        is_same(&self.base, &other.base)
            && loop {
                match (ours.next(), others.next()) {
                    (None, None) => break true,
                    (Some(a), Some(b)) if is_same(a, b) => {}
                    _ => break false,
                }
            }
    }

    /// The names of the directories on the way, from the root on.
    pub(crate) fn directories(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        components(self.directories)
    }

    /// The directories as the placement has them. Equal texts lead to the same directory.
    pub(crate) fn directory_path(&self) -> &'a str {
        self.directories
    }
}

/// The names of directories in a path.
pub(crate) fn components(path: &str) -> impl Iterator<Item = &[u8]> {
    path.split('/').filter(|name| !name.is_empty()).map(|name| cut(component(name), MAX_NAME_BYTES))
}

/// A component's bytes. Paths come without `.`, `..` and empty components; a tree with one would be unusable, so this is
/// made sure of here.
fn component(name: &str) -> &[u8] {
    match name {
        "" | "." => b"_",
        ".." => b"__",
        name => name.as_bytes(),
    }
}

/// The longest beginning of `text` of at most `max` bytes that does not end within a UTF-8 character.
pub(crate) fn cut(text: &[u8], max: usize) -> &[u8] {
    if text.len() <= max {
        return text;
    }
    let is_within = |at: usize| text.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    // Bytes that are not UTF-8 may be continuation bytes all along; a character has three of them at most.
    let border = (max.saturating_sub(3)..=max).rev().find(|at| !is_within(*at)).unwrap_or(max);
    text.get(..border).unwrap_or_default()
}

/// A base name with the suffix of its `n`th bearer.
pub(crate) struct Suffixed<'a> {
    /// The whole name.
    pub(crate) name: Vec<u8>,
    /// Bytes of the suffix in it, before the extension.
    pub(crate) suffix: u8,
    /// What had to be cut off the base's stem.
    pub(crate) hidden: &'a [u8],
}

/// Puts ` (n)` before the extension of a base name.
pub(crate) fn suffixed(base: &[u8], extension: u8, n: u32) -> Suffixed<'_> {
    let (stem, extension) = base.split_at(base.len().saturating_sub(usize::from(extension)));
    let suffix = format!(" ({n})");
    let kept = cut(stem, MAX_NAME_BYTES.saturating_sub(suffix.len() + extension.len()));
    let name = [kept, suffix.as_bytes(), extension].concat();
    Suffixed { name, suffix: suffix.len() as u8, hidden: stem.get(kept.len()..).unwrap_or_default() }
}

/// Order of names in a directory; `fold`: without case.
pub(crate) fn compare(a: &[u8], b: &[u8], fold: bool) -> Ordering {
    if !fold {
        a.cmp(b)
    } else if a.is_ascii() && b.is_ascii() {
        a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase))
    } else {
        folded(a).cmp(folded(b))
    }
}

/// The bytes of a name with each character in the lower case of its capital: `σ` and `ς` are one letter, since file systems that
/// know no case compare capitals. What is not UTF-8 stays as it is.
pub(crate) fn folded(name: &[u8]) -> impl Iterator<Item = u8> {
    name.utf8_chunks().flat_map(|chunk| {
        let lower = chunk.valid().chars().flat_map(|c| capital(c).to_lowercase()).flat_map(|c| {
            let mut bytes = [0; 4];
            let len = c.encode_utf8(&mut bytes).len();
            bytes.into_iter().take(len)
        });
        lower.chain(chunk.invalid().iter().copied())
    })
}

/// A character's capital, if that is one character.
fn capital(c: char) -> char {
    let mut capitals = c.to_uppercase();
    match (capitals.next(), capitals.next()) {
        (Some(capital), None) => capital,
        _ => c,
    }
}

/// The name as the bytes by which it is told from others.
pub(crate) fn key(name: &[u8], fold: bool) -> Cow<'_, [u8]> {
    if !fold {
        Cow::Borrowed(name)
    } else if name.is_ascii() {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Owned(folded(name).collect())
    }
}

#[cfg(test)]
#[path = "name_tests.rs"]
mod tests;
