use super::*;

#[test]
fn frames_are_understood_by_their_id() {
    assert_eq!(kind_of(*b"TIT2"), Kind::Text("title", Rank::Native));
    assert_eq!(kind_of(*b"\0TT2"), Kind::Text("title", Rank::Native));
    assert_eq!(kind_of(*b"TT2\0"), Kind::Text("title", Rank::Native));
    assert_eq!(kind_of(*b"XSOP"), Kind::Text("artistsort", Rank::Older));
    assert_eq!(kind_of(*b"\0PIC"), Kind::Picture);
    for id in [*b"PRIV", *b"TIPL", *b"\0\0\0\0", *b"\xff\xfe\0\x01", *b"\0XYZ", *b"TT2 "] {
        assert_eq!(kind_of(id), Kind::Opaque);
    }
}

#[test]
fn an_identifier_of_another_owner_is_opaque() {
    assert_eq!(statement(Kind::Ufid, b"other\0abc"), None);
    let known = statement(Kind::Ufid, b"http://musicbrainz.org\0abc\0").expect("an identifier");
    assert_eq!((known.key.as_str(), known.values), ("musicbrainz_trackid", vec!["abc".to_owned()]));
}

#[test]
fn content_that_ends_early_says_nothing() {
    for kind in [Kind::Comment, Kind::Lyrics, Kind::Freeform, Kind::Ufid, Kind::Genre] {
        assert_eq!(statement(kind, b""), None);
    }
    assert_eq!(statement(Kind::Comment, b"\0en"), None);
    assert_eq!(statement(Kind::Freeform, b"\x07x"), None);
    assert_eq!(picture_head(false, b"\0image/png\0\x03no end"), None);
    assert_eq!(picture_head(false, b"\0no end of mime"), None);
}
