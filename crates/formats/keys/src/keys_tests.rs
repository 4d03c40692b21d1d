use super::*;

#[test]
fn spellings_of_the_common_taggers_have_one_canonical_key() {
    for (name, key) in [
        ("TITLE", "title"),
        ("ALBUM ARTIST", "albumartist"),
        ("album_artist", "albumartist"),
        ("AlbumArtist", "albumartist"),
        ("MusicBrainz Album Id", "musicbrainz_albumid"),
        ("MUSICBRAINZ_ALBUMID", "musicbrainz_albumid"),
        ("MusicBrainz Album Type", "releasetype"),
        ("Acoustid Id", "acoustid_id"),
        ("UNSYNCEDLYRICS", "lyrics"),
        ("Unsynced Lyrics", "lyrics"),
        ("disc", "discnumber"),
        ("Track", "tracknumber"),
        ("YEAR", "date"),
        ("replaygain_track_gain", "replaygain_track_gain"),
        ("TotalTracks", "tracktotal"),
        ("ORGANIZATION", "label"),
        ("encoded-by", "encodedby"),
    ] {
        assert_eq!(canonical_name(name), key, "{name}");
    }
}

#[test]
fn different_fields_stay_apart() {
    assert_ne!(canonical_name("TRACKTOTAL"), canonical_name("TRACKNUMBER"));
    assert_ne!(canonical_name("DESCRIPTION"), canonical_name("COMMENT"));
    assert_ne!(canonical_name("PUBLISHER"), canonical_name("LABEL"));
    assert_ne!(canonical_name("ORIGINALYEAR"), canonical_name("ORIGINALDATE"));
}

#[test]
fn unknown_names_are_their_own_keys_in_ascii_lower_case() {
    assert_eq!(canonical_name("My Own-Field"), "my own-field");
    assert_eq!(canonical_name("ÄRGER"), "Ärger");
    assert_eq!(canonical_name(""), "");
    let long = "X".repeat(100_000);
    assert_eq!(canonical_name(&long), "x".repeat(100_000));
}

#[test]
fn freeform_spellings_follow_picard_and_lead_back() {
    assert_eq!(freeform_name("musicbrainz_albumid"), "MusicBrainz Album Id");
    assert_eq!(freeform_name("acoustid_id"), "Acoustid Id");
    assert_eq!(freeform_name("replaygain_track_gain"), "REPLAYGAIN_TRACK_GAIN");
    assert_eq!(freeform_name("my field"), "my field");
    for (_, key, spelling) in FIELDS {
        assert_eq!(canonical_name(spelling), *key);
        assert_eq!(canonical_name(&vorbis_name(key)), *key);
        assert_eq!(musefs_contracts::tags::canonical(key).as_deref(), Some(*key));
    }
}

#[test]
fn tables_are_sorted_and_disjoint_and_short_enough() {
    assert!(FIELDS.is_sorted_by(|a, b| a.0 < b.0));
    assert!(ALIASES.is_sorted_by(|a, b| a.0 < b.0));
    for (alias, key) in ALIASES {
        assert!(FIELDS.iter().all(|(name, _, _)| name != alias), "{alias}");
        assert!(FIELDS.iter().any(|(_, canonical, _)| canonical == key), "{key}");
    }
    assert!(FIELDS.iter().all(|(name, _, _)| name.len() < LONGEST));
}
