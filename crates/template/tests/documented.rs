//! What the documentation says that a template gives, it gives.

mod common;

use common::Track;
use musefs_contracts::template::PathTemplate;
use musefs_template::{Names, Options, Template};

const PAGE: &str = include_str!("../../../docs/templates.md");

/// The tables of the page: each its rows, the header first, each row its cells.
fn tables() -> Vec<Vec<Vec<String>>> {
    let mut tables: Vec<Vec<Vec<String>>> = Vec::new();
    let mut within = false;
    for line in PAGE.lines() {
        let Some(row) = line.strip_prefix("| ").and_then(|row| row.strip_suffix(" |")) else {
            within = false;
            continue;
        };
        if !within {
            tables.push(Vec::new());
        }
        within = true;
        let cells: Vec<String> = row.replace("\\|", "\0").split(" | ").map(|cell| cell.replace('\0', "|")).collect();
        if !cells[0].starts_with("---") {
            tables.last_mut().unwrap().push(cells);
        }
    }
    tables
}

/// What stands between backquotes.
fn code(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The policy that a column is about; `None` if it does not show what a template gives.
fn policy(header: &str) -> Option<Names> {
    match header {
        "gives" => Some(Names::Posix),
        "with `--names windows`" => Some(Names::Windows),
        "with `--names ascii`" => Some(Names::Ascii),
        _ => None,
    }
}

#[test]
fn every_example_of_the_documentation_gives_what_it_says() {
    let tables = tables();
    let of_track = tables.iter().find(|table| table[0] == ["field", "value"]).expect("the track of the examples");
    let mut values: Vec<(String, String)> =
        of_track[1..].iter().map(|row| (code(&row[0]).remove(0), code(&row[1]).remove(0))).collect();
    values.push(("extension".into(), "flac".into()));
    let values: Vec<(&str, &str)> = values.iter().map(|(key, value)| (&**key, &**value)).collect();
    let track = Track::new(&values);
    let mut checked = 0;
    for table in tables.iter().filter(|table| table[0][0] == "write") {
        for row in &table[1..] {
            let written = code(&row[0]).remove(0);
            assert_eq!(row.len(), table[0].len(), "{written}");
            for (names, cell) in table[0].iter().zip(row).filter_map(|(header, cell)| Some((policy(header)?, cell))) {
                let template = Template::parse(&written, Options { names, ..Options::default() });
                let mut paths = Vec::new();
                template.unwrap_or_else(|error| panic!("{error}")).render(&track, &mut |path| paths.push(path.0));
                assert_eq!(paths, code(cell), "{written} with {names:?}");
                checked += 1;
            }
        }
    }
    assert!(checked >= 31, "the tables are not found: {checked} examples");
}

#[test]
fn every_function_is_documented() {
    let error = Template::parse("%nothing{}", Options::default()).unwrap_err();
    let known: Vec<&str> = error.message.split([' ', ',']).filter(|word| word.starts_with('%')).collect();
    assert!(known.len() >= 11, "{error}");
    for function in known {
        assert!(PAGE.contains(&format!("{function}{{")), "{function} is not in docs/templates.md");
    }
}
