//! Templates that cannot be understood, and where the message points.

use musefs_template::{Options, Template};

/// The caret stands beneath the first `^` of `marked`'s second line.
#[track_caller]
fn check(template: &str, caret: &str, message: &str) {
    let error = Template::parse(template, Options::default()).expect_err(template);
    let text = error.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].contains(message), "{text}");
    assert_eq!(lines[2], format!("  {caret}"), "{text}");
}

#[test]
fn unbalanced_templates_are_refused_where_they_begin() {
    check("$artist/${abc", "        ^", "never closed by a `}`");
    check("${a/${b}", "^", "never closed by a `}`");
    check("ü/${a", "  ^", "never closed");
    check("$!{a", "^", "never closed");
    check("a[x$b", " ^", "never closed by a `]`");
    check("[$a[$b]", "^", "never closed by a `]`");
    check("$a]", "  ^", "closes no section");
    check("$a}/$b", "  ^", "closes nothing");
    check("{$a", "^", "this `{` is never closed");
}

#[test]
fn names_and_dollars_must_mean_something() {
    check("x$", " ^", "`$$`");
    check("$ a", "^", "`$$`");
    check("$!a", "^", "`$!{field}`");
    check("${}", "  ^", "missing here");
    check("${a|}", "    ^", "missing here");
    check("${|a}", "  ^", "missing here");
    check("${a| |b}", "    ^", "missing here");
    check("$!{}", "   ^", "missing here");
    check("${a\u{1}}", "^", "name of a field");
    check("${tracknumber:02d}", "             ^", "`:02`");
    check("${tracknumber:0}", "             ^", "`:02`");
    check("$!{a:02}", "    ^", "padded");
}

#[test]
fn templates_that_give_no_name_are_refused() {
    check("", "^", "empty");
    check("$a/", "  ^", "ends in a name");
    check("[$a/]", "   ^", "ends in a name");
    check("$a\n$b", "  ^", "control character");
    check("$a [2020]", "   ^", "holds no field");
}

#[test]
fn columns_count_characters() {
    let error = Template::parse("日本/${x", Options::default()).expect_err("unbalanced");
    assert_eq!(error.column, 3);
    assert_eq!(error.to_string().lines().nth(2), Some("     ^"));
}
