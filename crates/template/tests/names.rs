//! Whatever a value is, the names made of it are ones that the system they are for accepts.

mod common;

use common::Track;
use musefs_contracts::template::PathTemplate;
use musefs_template::{Names, Options, Template};
use proptest::prelude::*;
use unicode_normalization::is_nfc;

const POLICIES: [Names; 3] = [Names::Posix, Names::Windows, Names::Ascii];

/// Text with what makes trouble: forbidden characters, devices, marks to be composed, and lengths about the limit.
fn trouble() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[ .<>:\"/\\\\|?*a_\u{1}\u{7f}\u{85}]{0,4}",
        2 => proptest::sample::select(&["CON", "prn", "Aux", "nul", "com1", "LPT³", "COM¹", "conin$", "com0"][..])
            .prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[e\u{301}\u{338}<>=ﬁ½…\u{a0}\u{3000}東🎵]{0,4}",
        1 => ("[ .x]", 240..260usize).prop_map(|(c, count)| c.repeat(count)),
        1 => (proptest::sample::select(&["é", "🎵", "日"][..]), 60..130usize).prop_map(|(c, count)| c.repeat(count)),
    ];
    proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

/// The components that a value gives as a folder, within text, and as the name of the file.
fn components(names: Names, value: &str) -> Vec<String> {
    let template = Template::parse("$a/x.$a/[$a]/$a", Options { names, ..Options::default() }).unwrap();
    let mut found = Vec::new();
    template.render(&Track::new(&[("a", value)]), &mut |path| found.extend(path.0.split('/').map(str::to_owned)));
    found
}

fn is_device(name: &str) -> bool {
    let base = name.split('.').next().unwrap_or_default().trim_end_matches(' ').to_ascii_uppercase();
    let (letters, rest) = base.split_at_checked(3).unwrap_or((&base, ""));
    match letters {
        "COM" | "LPT" => ["1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³"].contains(&rest),
        "CON" => ["", "IN$", "OUT$"].contains(&rest),
        "PRN" | "AUX" | "NUL" => rest.is_empty(),
        _ => false,
    }
}

fn assert_valid(names: Names, name: &str) {
    assert!(!matches!(name, "" | "." | "..") && !name.contains(['/', '\0']), "{name:?}");
    if names == Names::Posix {
        return;
    }
    assert!(!name.chars().any(|c| c.is_control() || "<>:\"\\|?*".contains(c)), "{name:?}");
    assert!(!name.ends_with(['.', ' ']), "{name:?}");
    assert!(name.len() <= 255 && name.encode_utf16().count() <= 255, "{name:?}");
    assert!(!is_device(name), "{name:?}");
    assert!(is_nfc(name), "{name:?}");
    assert!(names != Names::Ascii || name.is_ascii(), "{name:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_value_gives_a_valid_name(value in trouble()) {
        for names in POLICIES {
            for name in components(names, &value) {
                assert_valid(names, &name);
            }
        }
    }

    #[test]
    fn a_valid_name_stays_as_it_is(value in trouble()) {
        let template = |names| Template::parse("$a", Options { names, ..Options::default() }).unwrap();
        for names in POLICIES {
            let once = template(names).first(&Track::new(&[("a", &value)])).unwrap();
            let twice = template(names).first(&Track::new(&[("a", &once.0)])).unwrap();
            prop_assert_eq!(&once, &twice);
        }
    }

    #[test]
    fn any_extension_stays_one_and_ends_a_valid_name(bytes in prop_oneof![
        trouble().prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..8),
    ], value in trouble()) {
        // A file's extension holds neither `/` nor NUL nor a dot: it is what stands behind the last one of a name.
        let bare: Vec<u8> = bytes.into_iter().filter(|byte| !matches!(byte, b'/' | 0 | b'.')).collect();
        let extension = [b".", bare.as_slice()].concat();
        for names in [Names::Windows, Names::Ascii] {
            let template = Template::parse("$a", Options { names, ..Options::default() }).unwrap();
            let once = template.extension(&extension).into_owned();
            prop_assert_eq!(&*template.extension(&once), &once[..]);
            let stem = template.first(&Track::new(&[("a", &value)])).unwrap().0;
            // Only the tree knows both, and cuts them.
            let short: String = stem.chars().take(10).collect();
            let stem = template.first(&Track::new(&[("a", &short)])).unwrap().0;
            let name = format!("{stem}{}", String::from_utf8(once).unwrap());
            if name.len() <= 255 {
                assert_valid(names, &name);
            }
        }
    }
}
