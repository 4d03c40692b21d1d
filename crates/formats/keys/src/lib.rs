//! Names that taggers use for tag keys: the spellings found in files and the store's canonical key for each.
//!
//! Serves every codec with free-form field names: Vorbis comments, APEv2 items, ID3v2 `TXXX` descriptions and MP4
//! freeform names. The spellings are those of MusicBrainz Picard's tag mapping (its appendix B) and of the taggers that
//! differ from it.
//!
//! **Must never know** any container or encoding: it maps names to names, and keys to keys.
//!
//! Two file fields that share a canonical key are edited together, so only spellings of the same thing are merged.
//! `tracktotal` is not part of `tracknumber` here, and `publisher` is not `label`. Where a container holds number and total
//! in one element, [`with_totals`] brings them together while an edit is written.

use std::borrow::Cow;

mod table;
mod totals;

use table::{ALIASES, FIELDS};
pub use totals::with_totals;

/// The longest squashed name that the tables hold, with room: longer names cannot be known ones.
const LONGEST: usize = 48;

/// The store's key for a free-form field name as a file has it, in any case.
///
/// Blanks, underscores and hyphens are ignored when a name is looked up (`ALBUM ARTIST`, `album_artist` and
/// `AlbumArtist` are one). An unknown name is its own key, in ASCII lower case and otherwise unchanged; whether the store
/// can hold it is for [`musefs_contracts::tags::canonical`] to say.
pub fn canonical_name(name: &str) -> Cow<'_, str> {
    match known(name) {
        Some(key) if key == name => Cow::Borrowed(name),
        Some(key) => Cow::Borrowed(key),
        None if name.bytes().any(|byte| byte.is_ascii_uppercase()) => Cow::Owned(name.to_ascii_lowercase()),
        None => Cow::Borrowed(name),
    }
}

/// The conventional spelling of a canonical key as `TXXX` description and as MP4 freeform name; an unknown key as it is.
pub fn freeform_name(key: &str) -> Cow<'_, str> {
    let field = FIELDS.iter().find(|(_, canonical, _)| *canonical == key);
    field.map_or(Cow::Borrowed(key), |(_, _, spelling)| Cow::Borrowed(spelling))
}

/// The conventional spelling of a canonical key as a Vorbis comment's field name: upper case.
pub fn vorbis_name(key: &str) -> Cow<'_, str> {
    if key.bytes().any(|byte| byte.is_ascii_lowercase()) {
        Cow::Owned(key.to_ascii_uppercase())
    } else {
        Cow::Borrowed(key)
    }
}

/// The canonical key of a known name.
fn known(name: &str) -> Option<&'static str> {
    let mut squashed = [0u8; LONGEST];
    let mut len = 0;
    for byte in name.bytes() {
        if matches!(byte, b' ' | b'_' | b'-') {
            continue;
        }
        *squashed.get_mut(len)? = byte.to_ascii_lowercase();
        len += 1;
    }
    let squashed = &squashed[..len];
    let field = FIELDS.binary_search_by(|(name, _, _)| name.as_bytes().cmp(squashed));
    let alias = || ALIASES.binary_search_by(|(name, _)| name.as_bytes().cmp(squashed));
    field.map(|at| FIELDS[at].1).ok().or_else(|| alias().map(|at| ALIASES[at].1).ok())
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
