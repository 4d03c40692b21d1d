use super::*;

#[test]
fn numbers_names_and_refinements() {
    let cases: [(&str, &[&str]); 10] = [
        ("17", &["Rock"]),
        ("(17)", &["Rock"]),
        ("(4)Eurodisco", &["Disco", "Eurodisco"]),
        ("(4)Disco", &["Disco"]),
        ("(17)(13)", &["Rock", "Pop"]),
        ("RX", &["Remix"]),
        ("(999)", &["(999)"]),
        ("()", &["()"]),
        ("((Foo)", &["(Foo)"]),
        ("R&B/Soul", &["R&B/Soul"]),
    ];
    for (value, expected) in cases {
        assert_eq!(parse_genre(value), expected, "{value}");
    }
}

#[test]
fn escaped_names_read_back() {
    for name in ["(17) live", "((x)", "(foo)", "Rock", "(RX)", "( 1)"] {
        assert_eq!(parse_genre(&escape_genre(name)), [name]);
    }
}

#[test]
fn names_and_numbers_agree() {
    for index in 0..=255u8 {
        if let Some(name) = genre_name(index) {
            assert_eq!(genre_index(&name.to_uppercase()), Some(index));
        }
    }
    assert_eq!((genre_name(191), genre_name(192)), (Some("Psybient"), None));
}
