use super::*;

fn text(key: &str, ordinal: i64, value: &str) -> TagRow {
    TagRow { key: key.into(), value: TagValue::Text(value.into()), ordinal }
}

fn binary(key: &str, ordinal: i64) -> TagRow {
    TagRow { key: key.into(), value: TagValue::Binary { len: 3 }, ordinal }
}

fn edit(key: &str, values: &[&str]) -> KeyEdit {
    KeyEdit::new(key, values.iter().map(|value| (*value).to_owned()).collect()).unwrap()
}

#[test]
fn a_key_is_replaced_whatever_its_case_and_others_stay() {
    let stored = [text("GENRE", 0, "x"), text("Genre", 1, "y"), text("title", 0, "T")];
    let expected = [text("title", 0, "T"), text("genre", 0, "Jazz"), text("genre", 1, "Bop")];
    assert_eq!(edited_rows(&stored, &[edit("gEnre", &["Jazz", "Bop"])]), expected);
    assert_eq!(edited_rows(&stored, &[edit("genre", &[])]), [text("title", 0, "T")]);
}

#[test]
fn a_key_that_says_so_already_keeps_its_rows() {
    let stored = [text("GENRE", 0, "x"), text("GENRE", 4, "y")];
    assert_eq!(edited_rows(&stored, &[edit("genre", &["x", "y"])]), stored);
}

#[test]
fn binary_values_stay_in_their_place_unless_asked() {
    let stored = [binary("key", 0), text("key", 1, "a")];
    let expected = [binary("key", 0), text("key", 1, "b"), text("key", 2, "c")];
    assert_eq!(edited_rows(&stored, &[edit("key", &["b", "c"])]), expected);
    assert_eq!(edited_rows(&stored, &[edit("key", &[])]), [binary("key", 0)]);
    assert_eq!(edited_rows(&stored, &[edit("key", &[]).without_binary()]), []);
    assert_eq!(edited_rows(&stored, &[edit("key", &["a"]).without_binary()]), [text("key", 1, "a")]);
}

#[test]
fn what_the_store_would_refuse_is_refused_before_in_words() {
    assert_eq!(KeyEdit::new("a\nb", vec![]), Err(Unfit::Key("a\nb".into())));
    let long = "v".repeat(limits::MAX_VALUE_BYTES + 1);
    let error = KeyEdit::new("Lyrics", vec![long]).unwrap_err();
    assert_eq!(error.to_string(), "the value of lyrics has 262145 bytes; shorten it to 262144");
    assert!(KeyEdit::new("k", vec![String::new(); limits::MAX_VALUES + 1]).is_err());
}
