use super::*;

#[test]
fn every_encoding_is_read_and_written() {
    for (encoding, text) in [
        (Encoding::Latin1, "äÿ"),
        (Encoding::Utf16, "日本 🎵"),
        (Encoding::Utf16Be, "日本 🎵"),
        (Encoding::Utf8, "日本 🎵"),
    ] {
        let mut bytes = Vec::new();
        push_values(&mut bytes, encoding, &[text, "", "b"]);
        assert_eq!(decode_values(encoding, &bytes), [text, "", "b"]);
        assert_eq!(Encoding::from_byte(encoding.byte()), Some(encoding));
    }
    assert_eq!(Encoding::from_byte(4), None);
}

#[test]
fn old_versions_get_latin1_where_it_fits_and_2_4_gets_utf_8() {
    assert_eq!(encoding_for(4, ["a"]), Encoding::Utf8);
    assert_eq!(encoding_for(3, ["a", "ÿ\u{a0}"]), Encoding::Latin1);
    assert_eq!(encoding_for(3, ["a", "–"]), Encoding::Utf16);
    assert_eq!(encoding_for(2, ["\u{80}"]), Encoding::Utf16, "many readers take byte 80 for the euro sign");
}

#[test]
fn broken_text_is_read_as_far_as_it_goes() {
    assert_eq!(decode_values(Encoding::Utf8, b"a\xffb"), ["a\u{fffd}b"]);
    assert_eq!(decode_values(Encoding::Utf16, b"\xff\xfe\x00\xd8"), ["\u{fffd}"]);
    assert_eq!(decode_values(Encoding::Utf16, b"\xff\xfea\0b"), ["ab"]);
    assert_eq!(decode_values(Encoding::Utf16, b"\xff\xfe"), Vec::<String>::new());
    assert_eq!(decode_values(Encoding::Latin1, b"\0\0"), Vec::<String>::new());
    assert_eq!(decode_first(Encoding::Latin1, b"a\0b"), "a");
}
