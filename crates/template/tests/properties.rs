//! Whatever a track's values are, a path is one that may stand in a tree.

mod common;

use common::Track;
use musefs_contracts::template::PathTemplate;
use musefs_template::{DEFAULT_UP, Names, Options, Template};
use proptest::prelude::*;

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ ./a]{0,8}",
        "[\u{0}-\u{20}/.]{0,6}",
        Just("..".to_owned()),
        Just("é".repeat(600)),
        Just(".flac".to_owned()),
    ]
}

fn options() -> impl Strategy<Value = Options> {
    (proptest::option::of(value()), proptest::option::of(value()), any::<bool>()).prop_map(|(default, own, skip)| {
        Options {
            default_fallback: default,
            fallbacks: own.into_iter().map(|text| ("genre".to_owned(), text)).collect(),
            skip_on_missing: skip,
            names: Names::Posix,
        }
    })
}

proptest! {
    #[test]
    fn components_are_always_valid(
        template in prop_oneof![
            Just(DEFAULT_UP),
            Just("$!{path}"),
            Just("$genre/$!{path|genre}$title"),
            Just("[$path/$genre[/$title]]/./[$title]"),
            Just("/ ../$title . [$genre/$path]"),
            Just("[[$genre/]$path]"),
        ],
        options in options(),
        values in proptest::collection::vec((prop_oneof![
            Just("path"), Just("genre"), Just("title"), Just("artist"), Just("tracknumber"), Just("filename"),
            Just("extension"),
        ], value()), 0..10),
    ) {
        let skip = options.skip_on_missing;
        let template = Template::parse(template, options).unwrap();
        let values: Vec<(&str, &str)> = values.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let Some(path) = template.first(&Track::new(&values)) else {
            prop_assert!(skip);
            return Ok(());
        };
        for component in path.0.split('/') {
            prop_assert!(!matches!(component, "" | "." | ".."), "{:?}", path);
            prop_assert!(!component.chars().any(char::is_control), "{:?}", path);
            prop_assert_eq!(component.trim(), component);
            prop_assert!(component.len() <= 1024);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in prop_oneof![any::<String>(), "[$\\[\\]{}!|:0a/ ]{0,12}"]) {
        if let Ok(template) = Template::parse(&text, Options::default()) {
            let path = template.first(&Track::new(&[("a", "x/y")])).unwrap();
            prop_assert!(path.0.split('/').all(|component| !matches!(component, "" | "." | "..")), "{:?}", path);
        } else {
            let error = Template::parse(&text, Options::default()).expect_err("refused before");
            prop_assert!(error.column <= text.chars().count());
        }
    }
}
