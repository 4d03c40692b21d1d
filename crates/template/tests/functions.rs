//! Functions of the template language, several paths a track, and views.

mod common;

use common::Track;
use musefs_contracts::template::{MAX_PATHS, PathTemplate};
use musefs_template::{Names, Options, Template, Views};

const SONG: &[(&str, &str)] = &[
    ("artist", "AC/DC"),
    ("album", "high voltage"),
    ("title", "T.N.T."),
    ("tracknumber", "3/9"),
    ("discnumber", "1"),
    ("date", "1975-12-01"),
    ("genre", "Hard Rock"),
    ("genre", "Blues"),
    ("composer", "Ann; Bob; Cy"),
    ("filename", "03"),
];

fn paths_with(template: &str, options: Options, values: &[(&str, &str)]) -> Vec<String> {
    let template = Template::parse(template, options).unwrap_or_else(|error| panic!("{error}"));
    let mut paths = Vec::new();
    template.render(&Track::new(values), &mut |path| paths.push(path.0));
    paths
}

#[track_caller]
fn check(template: &str, expected: &str) {
    assert_eq!(paths_with(template, Options::default(), SONG), [expected], "{template}");
}

#[track_caller]
fn check_all(template: &str, expected: &[&str]) {
    assert_eq!(paths_with(template, Options::default(), SONG), expected, "{template}");
}

#[track_caller]
fn refuse(template: &str, column: usize, message: &str) {
    let error = Template::parse(template, Options::default()).expect_err(template);
    assert!(error.message.contains(message), "{error}");
    assert_eq!(error.column, column, "{error}");
}

#[test]
fn conditions_choose() {
    check("%if{$genre,$genre,none}", "Hard Rock; Blues");
    check("%if{$mood,$mood,none}", "none");
    check("%if{$mood,x}$title", "T.N.T.");
    check("%ifdef{mood,a,b}%ifdef{genre,a,b}%ifdef{$genre,a,b}", "baa");
    check("%if{%ifdef{mood,1,0},yes,no}", "no");
    check("%ifdef{discnumber}-%ifdef{mood}-%ifdef{mood|date}", "1--1975-12-01");
}

#[test]
fn a_slash_of_the_template_parts_folders_and_one_of_a_value_does_not() {
    check("%upper{$artist}/$title", "AC_DC/T.N.T.");
    check("$album/%if{$discnumber,CD $discnumber/}$title", "high voltage/CD 1/T.N.T.");
    check("$album/%if{$mood,CD $mood/}$title", "high voltage/T.N.T.");
    check("%if{$mood,$mood}/$title", "T.N.T.");
    check("%left{$artist,3}/$title", "AC_/T.N.T.");
    check("%upper{a/b}/$title", "A/B/T.N.T.");
}

#[test]
fn texts_are_changed() {
    check("%title{$album} (%year{$date})", "High Voltage (1975)");
    check("%upper{%left{$title,1}}/%lower{$title}", "T/t.n.t.");
    check("%right{${tracknumber:02},1}", "3");
    check("%first{$composer}", "Ann");
    check("%first{$composer,2,1}", "Bob; Cy");
    check("%first{$composer,2,0,; ,$, }", "Ann, Bob");
    check("%asciify{Ænima}", "AEnima");
}

#[test]
fn a_missing_field_in_a_function_is_what_it_is_elsewhere() {
    check("%upper{$mood}/$title", "UNKNOWN/T.N.T.");
    check("[%upper{$mood} - ]$title", "T.N.T.");
    check("[%upper{$genre} - ]$title", "HARD ROCK; BLUES - T.N.T.");
    let skip = Options { skip_on_missing: true, ..Options::default() };
    assert!(paths_with("%upper{$mood}", skip.clone(), SONG).is_empty());
    assert_eq!(paths_with("%if{$mood,$mood,x}", skip, SONG), ["x"]);
    let own = Options { fallbacks: vec![("mood".into(), "calm".into())], ..Options::default() };
    assert_eq!(paths_with("%upper{$mood}", own, SONG), ["CALM"]);
}

#[test]
fn characters_of_the_language_can_be_written() {
    check("100% $title", "100% T.N.T.");
    check("%x $%if{a}", "%x %if{a}");
    check("%if{1,a$,b$}c$%d}", "a,b}c%d");
    check("%lower{{A}}", "{a}");
    check("[$title, really]", "T.N.T., really");
    check("%lower{[$title, Really]}", "t.n.t., really");
}

#[test]
fn each_value_gives_a_path() {
    check_all("%each{genre}/$title", &["Hard Rock/T.N.T.", "Blues/T.N.T."]);
    check_all("%each{genre}/%lower{%each{genre}}", &["Hard Rock/hard rock", "Blues/blues"]);
    check_all("%each{mood}/$title", &["Unknown/T.N.T."]);
    check_all("[%each{mood}/]$title", &["T.N.T."]);
    check_all("[%each{mood}/]$title %each{mood}", &["T.N.T. Unknown"]);
    let two = [("genre", "A"), ("genre", "B"), ("artist", "x"), ("artist", "y")];
    let paths = paths_with("%each{genre}-%each{artist}", Options::default(), &two);
    assert_eq!(paths, ["A-x", "A-y", "B-x", "B-y"]);
    let same = [("genre", "A"), ("genre", " A "), ("genre", "a/b"), ("genre", "a_b")];
    assert_eq!(paths_with("%each{genre}", Options::default(), &same), ["A", "a_b"]);
}

#[test]
fn paths_of_a_track_are_bounded() {
    let many: Vec<String> = (0..500).map(|number| number.to_string()).collect();
    let values: Vec<_> = many.iter().flat_map(|value| [("genre", &**value), ("artist", &**value)]).collect();
    let paths = paths_with("%each{genre}/%each{artist}", Options::default(), &values);
    assert_eq!(paths.len(), MAX_PATHS);
    assert_eq!(paths[0], "0/0");
}

#[test]
fn mistakes_are_pointed_at() {
    refuse("$a/%nope{x}", 3, "%asciify");
    refuse("a %if{$b,c", 2, "never closed");
    refuse("%if{$b}", 0, "second argument");
    refuse("%left{$a}", 0, "how many");
    refuse("%left{$a,x}", 9, "whole number");
    refuse("%left{$a,1,2}", 0, "two arguments");
    refuse("%upper{a,b}", 0, "fewer arguments");
    refuse("%if{a,b,c,d}", 0, "fewer arguments");
    refuse("%upper{$!{p}}", 7, "path field");
    refuse("%each{a,b}", 0, "one argument");
    refuse("%each{}", 6, "missing here");
    refuse("%first{$a,1,0,}", 0, "empty");
    refuse(&format!("{}x{}", "%lower{".repeat(17), "}".repeat(17)), 112, "too deeply");
}

fn views(root: Option<&str>, views: &[(&str, &str)]) -> Result<Vec<String>, String> {
    let options = Options::default();
    let root = root.map(|text| Template::parse(text, options.clone()).unwrap());
    let views: Vec<_> = views.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let views = Views::new(root, &views, &options).map_err(|error| error.to_string())?;
    let mut paths = Vec::new();
    views.render(&Track::new(SONG), &mut |path| paths.push(path.0));
    Ok(paths)
}

#[test]
fn views_stand_side_by_side() {
    let found = views(None, &[("by-genre", "%each{genre}/$title"), ("by-year", "%year{$date}/$title")]).unwrap();
    assert_eq!(found, ["by-genre/Hard Rock/T.N.T.", "by-genre/Blues/T.N.T.", "by-year/1975/T.N.T."]);
    let found = views(Some("$artist/$title"), &[("all", "$title")]).unwrap();
    assert_eq!(found, ["AC_DC/T.N.T.", "all/T.N.T."]);
    let found = views(Some("all/%each{genre}"), &[("all", "$title"), ("all ", "x")]).unwrap_err();
    assert!(found.contains("folder"), "{found}");
    let found = views(Some("genres/%each{genre}"), &[("genres", "Blues"), ("other", "Blues")]).unwrap();
    assert_eq!(found, ["genres/Hard Rock", "genres/Blues", "other/Blues"], "no path twice");
}

#[test]
fn views_have_names_of_folders_and_their_own() {
    for name in ["", "a/b", "..", " x", ".musefs-metrics"] {
        assert!(views(None, &[(name, "$title")]).unwrap_err().contains("folder"), "{name:?}");
    }
    assert!(views(None, &[("a", "$title"), ("A", "$title")]).unwrap_err().contains("two views"));
    assert!(views(None, &[("a", "${title")]).unwrap_err().contains("view a"));
}

#[test]
fn names_please_other_systems() {
    let windows =
        |template: &str| paths_with(template, Options { names: Names::Windows, ..Options::default() }, SONG).concat();
    assert_eq!(windows("$title/a?/con"), "T.N.T_/a_/con_");
    let ascii = Options { names: Names::Ascii, default_fallback: Some("Ünbekannt?".into()), ..Options::default() };
    assert_eq!(paths_with("$mood/é", ascii, SONG), ["Unbekannt_/e"]);
}
