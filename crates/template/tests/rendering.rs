//! What templates make of values.

mod common;

use common::Track;
use musefs_contracts::template::PathTemplate;
use musefs_template::{DEFAULT_MOUNT, DEFAULT_UP, Options, Template};

/// What `template` gives for these values.
fn render_with(template: &str, options: Options, values: &[(&str, &str)]) -> Option<String> {
    let template = Template::parse(template, options).unwrap_or_else(|error| panic!("{error}"));
    template.first(&Track::new(values)).map(|path| path.0)
}

const SONG: &[(&str, &str)] = &[
    ("artist", "Ann"),
    ("album", "First"),
    ("title", "Go"),
    ("tracknumber", "3/12"),
    ("discnumber", "1/2"),
    ("filename", "03 go"),
    ("extension", "flac"),
];

#[track_caller]
fn check(template: &str, values: &[(&str, &str)], expected: &str) {
    assert_eq!(render_with(template, Options::default(), values).as_deref(), Some(expected), "{template}");
}

fn without(key: &str) -> Vec<(&'static str, &'static str)> {
    SONG.iter().copied().filter(|(name, _)| *name != key).collect()
}

#[test]
fn fields_chains_and_literals() {
    check("$artist/$album/$title", SONG, "Ann/First/Go");
    check("${artist} - ${title}", SONG, "Ann - Go");
    check("${ ARTIST }", SONG, "Ann");
    check("${composer|artist}", SONG, "Ann");
    check("${composer|lyricist}", SONG, "Unknown");
    check("$$ $[x$] {y} $}", SONG, "$ [x] {y} }");
}

#[test]
fn default_templates() {
    check(DEFAULT_MOUNT, SONG, "Ann/First/Go");
    check(DEFAULT_UP, SONG, "Ann/First/1-03. Go");
    check(DEFAULT_UP, &without("discnumber"), "Ann/First/03. Go");
    check(DEFAULT_UP, &without("tracknumber"), "Ann/First/1-Go");
    check(DEFAULT_UP, &[("filename", "noise")], "Unknown/Unknown/noise");
    check(
        DEFAULT_MOUNT,
        &[("albumartist", "Various"), ("artist", "Ann"), ("album", "Mix"), ("title", "T")],
        "Various/Mix/T",
    );
}

#[test]
fn several_values_are_joined_and_blank_ones_left_out() {
    check("$genre", &[("genre", "Rock"), ("genre", " "), ("genre", " Pop ")], "Rock; Pop");
    check("$genre", &[("genre", " \n ")], "Unknown");
}

#[test]
fn numbers_show_what_stands_before_the_slash() {
    check("$tracknumber", SONG, "3");
    check("${tracknumber:02}-${discnumber:3}", SONG, "03-001");
    check("${tracknumber:02}", &[("tracknumber", "003")], "03");
    check("${tracknumber:02}", &[("tracknumber", "123")], "123");
    check("${tracknumber:02}", &[("tracknumber", "0")], "00");
    check("${tracknumber:02}", &[("tracknumber", "A1")], "A1");
    check("[${tracknumber:02}. ]x", &[("tracknumber", "/12")], "x");
    check("${year|date:04}", &[("date", "99")], "0099");
}

#[test]
fn sections_vanish_when_all_their_fields_are_empty() {
    check("[$composer - ]$title", SONG, "Go");
    check("[$composer - $artist - ]$title", SONG, "- Ann - Go");
    check("$album[ ($date[, $label])]/$title", SONG, "First/Go");
    check("$album[ ($date[, $label])]/$title", &[("album", "A"), ("label", "L"), ("title", "T")], "A (, L)/T");
    check("$album[ ($date[, $label])]/$title", &[("album", "A"), ("date", "D"), ("title", "T")], "A (D)/T");
    check("$artist/[CD $discnumber/]$title", SONG, "Ann/CD 1/Go");
    check("$artist/[CD $discnumber/]$title", &without("discnumber"), "Ann/Go");
    check("$artist/[CD $discnumber]/$title", &without("discnumber"), "Ann/Go");
    check("$artist/[$composer]", SONG, "Ann/Unknown");
}

#[test]
fn components_are_sanitised() {
    let check_value = |value, expected| check("$artist/x", &[("artist", value)], &format!("{expected}/x"));
    check_value("AC/DC", "AC_DC");
    check_value(".", "_");
    check_value("..", "__");
    check_value(" .. ", "__");
    check_value("...", "...");
    check_value("a\0b\nc\u{85}d\u{7f}", "a_b_c_d");
    check_value("\u{a0} wide \u{3000}", "wide");
    check_value("back\\slash", "back\\slash");
    check_value("é/\u{c2}", "é_\u{c2}");
    check("./$title/../x", SONG, "_/Go/__/x");
    check("/$artist//$title", SONG, "Ann/Go");
    check("$artist /  $title ", SONG, "Ann/Go");
}

#[test]
fn path_fields_hold_components_and_lose_a_repeated_extension() {
    let check_path = |value, expected| check("$!{where}", &[("where", value), ("extension", "flac")], expected);
    check_path("a/b/c.FLAC", "a/b/c");
    check_path("a/b/c.flac", "a/b/c");
    check_path("a/b/c.mp3", "a/b/c.mp3");
    check_path("/etc//passwd", "etc/passwd");
    check_path("../../x/./y/", "__/__/x/y");
    check_path("a/.flac", "a/.flac");
    check_path("a\0/b\nc", "a/b_c");
    check_path("//", "Unknown");
    check_path("é.flac", "é");
    check("$!{where}", SONG, "Unknown");
    check("$!{where|other}", &[("other", "a/b")], "a/b");
    check("pre $!{where} post", &[("where", "a/b")], "pre a/b post");
    check("$title", &[("title", "x.flac"), ("extension", "flac")], "x.flac");
}

#[test]
fn a_path_has_a_bounded_number_of_components_of_bounded_length() {
    let path = render_with("$!{where}", Options::default(), &[("where", &"a/".repeat(100_000))]).unwrap();
    assert!(path.split('/').count() <= 64 && path.len() < 1024, "{}", path.len());
    let path = render_with("$title", Options::default(), &[("title", &"é".repeat(100_000))]).unwrap();
    assert_eq!(path, "é".repeat(256));
}

#[test]
fn missing_fields_fall_back() {
    let with = |default: Option<&str>, own: &[(&str, &str)]| Options {
        default_fallback: default.map(str::to_owned),
        fallbacks: own.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
        skip_on_missing: false,
        ..Options::default()
    };
    let check = |options, template, values: &[(&str, &str)], expected: &str| {
        assert_eq!(render_with(template, options, values).as_deref(), Some(expected), "{template}");
    };
    check(with(Some("n/a"), &[]), "$artist/$title", &[("title", "T")], "n_a/T");
    check(with(Some(".."), &[]), "$artist/$title", &[("title", "T")], "__/T");
    check(with(Some(" "), &[]), "$artist/$title", &[("title", "T")], "Unknown/T");
    check(with(None, &[]), "x$artist/$title", &[("title", "T")], "xUnknown/T");
    check(with(Some(""), &[]), "x$artist/$genre/$title", &[("title", "T")], "x/Unknown/T");
    check(with(None, &[("Genre", "G"), ("genre", "H")]), "$genre/$title", &[("title", "T")], "H/T");
    check(with(None, &[("albumartist", "Various")]), "$albumartist", &[("artist", "Ann")], "Various");
    check(with(None, &[("artist", "Nobody")]), "$albumartist", &[], "Nobody");
    check(with(None, &[("title", "Untitled")]), "$title", &[("filename", "f")], "Untitled");
    check(with(None, &[("where", "lost/../found")]), "$!{where}", &[], "lost/__/found");
    check(with(None, &[("genre", "G")]), "[$genre: ]$title", &[("title", "T")], "T");
    check(with(None, &[("genre", "G")]), "[$genre: $artist ]$title", &[("title", "T"), ("artist", "A")], "G: A T");
}

#[test]
fn skip_on_missing_leaves_tracks_out() {
    let skip = |template, own: &[(&str, &str)], values: &[(&str, &str)]| {
        let fallbacks = own.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        render_with(template, Options { fallbacks, skip_on_missing: true, ..Options::default() }, values)
    };
    assert_eq!(skip("$albumartist/$title", &[], SONG).as_deref(), Some("Ann/Go"));
    assert_eq!(skip("$genre/$title", &[], SONG), None);
    assert_eq!(skip("$genre/$title", &[("genre", "G")], SONG).as_deref(), Some("G/Go"));
    assert_eq!(skip("[$genre]$title", &[], SONG).as_deref(), Some("Go"));
    assert_eq!(skip("$title", &[], &without("title")), None);
    assert_eq!(skip("${title|filename}", &[], &without("title")).as_deref(), Some("03 go"));
    assert_eq!(skip("$!{where}", &[], SONG), None);
}

#[test]
fn a_template_tells_what_it_looks_at() {
    let fields = |text: &str| {
        let template = Template::parse(text, Options::default()).unwrap();
        (template.fields().to_vec(), template.path_fields().to_vec())
    };
    assert_eq!(fields("$albumartist/$artist/[$Date]").0, ["albumartist", "artist", "date"]);
    assert_eq!(fields("$title"), (vec!["title".into(), "filename".into()], vec![]));
    let (all, paths) = fields("$!{beets_path|lidarr_path}");
    assert_eq!(all, ["beets_path", "lidarr_path", "extension"]);
    assert_eq!(paths, ["beets_path", "lidarr_path"]);
}
