//! Tests that a page names, as `crate::file::test`.

use std::fs;
use std::path::{Path, PathBuf};

/// Rows of the page's tables that name no test, and tests it names that are not there.
pub(crate) fn complaints(page: &str, repository: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    for row in
        page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---") && !line.ends_with("| tests |"))
    {
        if named(row).next().is_none() {
            wrong.push(format!("no test: {row}"));
        }
    }
    wrong.extend(named(page).filter(|name| !exists(name, repository)).map(|name| format!("there is no {name}")));
    wrong
}

/// Rows of the page's tables that name no test as `file::test`, nor a file of tests, and what they name that is not there. The
/// files are the binary's, and those of each "(crate `name`)" in the row.
pub(crate) fn complaints_by_file(page: &str, repository: &Path) -> Vec<String> {
    let is_row = |line: &&str| line.starts_with("| ") && !line.starts_with("| ---") && !line.ends_with("| test |");
    let mut wrong = Vec::new();
    for row in page.lines().filter(is_row) {
        let crates: Vec<&str> =
            row.split("(crate `").skip(1).filter_map(|rest| rest.split('`').next()).chain(["musefs"]).collect();
        let mut names_any = false;
        for span in row.split('`').skip(1).step_by(2) {
            if let [file, test] = span.split("::").collect::<Vec<_>>()[..] {
                names_any = true;
                if !crates.iter().any(|krate| exists(&format!("{krate}::{file}::{test}"), repository)) {
                    wrong.push(format!("there is no {span}"));
                }
            }
            let file =
                |krate: &&str| repository.join("crates").join(krate).join("tests").join(span).with_extension("rs");
            names_any |= crates.iter().any(|krate| file(krate).is_file());
        }
        if !names_any {
            wrong.push(format!("no test: {row}"));
        }
    }
    wrong
}

/// Everything in back quotes that has the shape of such a name.
pub(crate) fn named(text: &str) -> impl Iterator<Item = &str> {
    let is_name = |part: &&str| {
        let words: Vec<&str> = part.split("::").collect();
        let is_word =
            |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        words.len() == 3 && words.iter().all(is_word)
    };
    text.split('`').skip(1).step_by(2).filter(is_name)
}

fn exists(name: &str, repository: &Path) -> bool {
    let [krate, module, test] = name.split("::").collect::<Vec<_>>()[..] else { return false };
    let crates = repository.join("crates");
    [crates.join(krate), crates.join("formats").join(krate)]
        .iter()
        .flat_map(|root| sources(root))
        .filter(|path| module_of(path) == module)
        .any(|path| has_test(&fs::read_to_string(path).unwrap_or_default(), test))
}

/// The file's own name; that of its folder where that says nothing.
fn module_of(path: &Path) -> &str {
    let stem = |path: &Path| path.file_stem().map(std::ffi::OsStr::to_owned);
    let named = if stem(path).is_some_and(|stem| stem == "main" || stem == "mod") {
        path.parent().unwrap_or(path)
    } else {
        path
    };
    named.file_stem().and_then(std::ffi::OsStr::to_str).unwrap_or_default()
}

/// Whether a function of this name is marked as a test.
fn has_test(source: &str, test: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let head = format!("fn {test}(");
    let at = lines.iter().position(|line| line.starts_with(&head));
    at.is_some_and(|at| lines[..at].last() == Some(&"#[test]"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_test_that_is_not_there_or_not_marked_is_noticed() {
    let repository = super::repository();
    let row =
        |name: &str| complaints(&format!("| what | tests |\n| --- | --- |\n| a trap | `{name}` |\n"), &repository);
    let here = "musefs::named::a_test_that_is_not_there_or_not_marked_is_noticed";
    assert_eq!(row(here), [""; 0]);
    for wrong in [
        "musefs::named::complaints",
        "musefs::named::no_such_test",
        "musefs::nowhere::exists",
        "nothing::named::exists",
    ] {
        assert_eq!(row(wrong), [format!("there is no {wrong}")]);
    }
    assert_eq!(row("moov"), ["no test: | a trap | `moov` |"]);
}

#[test]
fn a_fault_whose_test_is_not_there_is_noticed() {
    let repository = super::repository();
    let row = |cell: &str| {
        complaints_by_file(&format!("| fault | test |\n| --- | --- |\n| a fault | {cell} |\n"), &repository)
    };
    for right in [
        "`named::a_fault_whose_test_is_not_there_is_noticed`",
        "`refreshing::the_work_of_a_refresh_is_that_of_what_changed_however_large_the_library_is` (crate `vfs`)",
        "`refusals`",
    ] {
        assert_eq!(row(right), [""; 0]);
    }
    assert_eq!(row("`named::no_such_test`"), ["there is no named::no_such_test"]);
    assert_eq!(row("`refreshing::library` (crate `vfs`)"), ["there is no refreshing::library"], "no test");
    assert_eq!(row("`EIO`"), ["no test: | a fault | `EIO` |"]);
}
