//! Names of ASF attributes (Windows Media Format SDK, and MusicBrainz Picard's tag mapping) and the keys they carry.

use musefs_format_keys::canonical_name;
use std::borrow::Cow;

/// Names in lower case, sorted.
const NAMES: &[(&str, &str)] = &[
    ("author", "artist"),
    ("description", "comment"),
    ("wm/albumartist", "albumartist"),
    ("wm/albumartistsortorder", "albumartistsort"),
    ("wm/albumsortorder", "albumsort"),
    ("wm/albumtitle", "album"),
    ("wm/artistsortorder", "artistsort"),
    ("wm/barcode", "barcode"),
    ("wm/beatsperminute", "bpm"),
    ("wm/catalogno", "catalognumber"),
    ("wm/comments", "comment"),
    ("wm/composer", "composer"),
    ("wm/composersortorder", "composersort"),
    ("wm/conductor", "conductor"),
    ("wm/contentgroupdescription", "grouping"),
    ("wm/djmixer", "djmixer"),
    ("wm/encodedby", "encodedby"),
    ("wm/encodingsettings", "encodersettings"),
    ("wm/engineer", "engineer"),
    ("wm/genre", "genre"),
    ("wm/initialkey", "key"),
    ("wm/iscompilation", "compilation"),
    ("wm/isrc", "isrc"),
    ("wm/language", "language"),
    ("wm/lyrics", "lyrics"),
    ("wm/media", "media"),
    ("wm/mixer", "mixer"),
    ("wm/modifiedby", "remixer"),
    ("wm/mood", "mood"),
    ("wm/originalalbumtitle", "originalalbum"),
    ("wm/originalartist", "originalartist"),
    ("wm/originalfilename", "originalfilename"),
    ("wm/originalreleasetime", "originaldate"),
    ("wm/originalreleaseyear", "originalyear"),
    ("wm/partofset", "discnumber"),
    ("wm/producer", "producer"),
    ("wm/publisher", "label"),
    ("wm/script", "script"),
    ("wm/setsubtitle", "discsubtitle"),
    ("wm/subtitle", "subtitle"),
    ("wm/titlesortorder", "titlesort"),
    ("wm/tracknumber", "tracknumber"),
    ("wm/writer", "lyricist"),
    ("wm/year", "date"),
];

/// The key of an attribute. Names of others than Microsoft are parted by slashes: `MusicBrainz/Album Id`.
pub(crate) fn key_of(name: &str) -> Cow<'_, str> {
    let lower = name.to_ascii_lowercase();
    if let Ok(at) = NAMES.binary_search_by(|(known, _)| (*known).cmp(lower.as_str())) {
        return Cow::Borrowed(NAMES[at].1);
    }
    if ["musicbrainz/", "acoustid/", "musicip/"].iter().any(|start| lower.starts_with(start)) {
        return Cow::Owned(canonical_name(&lower.replace('/', " ")).into_owned());
    }
    canonical_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_keys() {
        assert!(NAMES.is_sorted());
        for (name, key) in [
            ("WM/AlbumTitle", "album"),
            ("Author", "artist"),
            ("Title", "title"),
            ("MusicBrainz/Album Artist Id", "musicbrainz_albumartistid"),
            ("Acoustid/Id", "acoustid_id"),
            ("WM/Unheard", "wm/unheard"),
            ("replaygain_track_gain", "replaygain_track_gain"),
        ] {
            assert_eq!(key_of(name), key);
        }
    }
}
