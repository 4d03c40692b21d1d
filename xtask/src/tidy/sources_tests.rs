use super::*;
use crate::tidy::metadata::Package;

fn broken(path: &str, text: &str) -> Vec<String> {
    violations(&[Source { path: path.into(), text: text.into() }])
}

#[test]
fn a_module_says_what_it_is_for() {
    assert_eq!(broken("crates/a/src/b.rs", "//! Does b.\n"), [""; 0]);
    assert_eq!(broken("crates/a/src/b.rs", "fn b() {}\n").len(), 1);
    assert_eq!(broken("crates/a/tests/b.rs", "fn b() {}\n"), [""; 0]);
}

#[test]
fn a_crate_says_what_it_must_never_know() {
    assert_eq!(broken("crates/a/src/lib.rs", "//! Does a.\n//!\n//! **Must never know** b.\n"), [""; 0]);
    assert_eq!(broken("crates/a/src/lib.rs", "//! Does a.\n").len(), 1);
}

#[test]
fn a_file_grows_no_longer_than_the_limit() {
    let lines = |n: usize| format!("//! Long.\n{}", "\n".repeat(n - 1));
    assert_eq!(broken("crates/a/src/b.rs", &lines(MOST_LINES)), [""; 0]);
    assert_eq!(broken("crates/a/src/b.rs", &lines(MOST_LINES + 1)).len(), 1);
    assert_eq!(broken("crates/a/src/b_tests.rs", &lines(MOST_LINES + 1)), [""; 0]);
}

#[test]
fn nothing_is_left_open_and_no_test_ignored() {
    for open in OPEN {
        let text = format!("//! B.\n// {}\n", open.concat());
        assert_eq!(broken("crates/a/src/b.rs", &text).len(), 1, "{open:?}");
    }
    let ignored = ["#[ig", "nore]"].concat();
    assert_eq!(broken("crates/a/tests/b.rs", &ignored).len(), 1);
    assert_eq!(broken("crates/a/src/b.rs", &format!("//! B.\n{ignored}")).len(), 1);
}

#[test]
fn every_crate_is_described() {
    let package =
        |folder: &str| Package { name: "x".into(), folder: folder.into(), features: [].into(), edges: Vec::new() };
    let workspace =
        Workspace { packages: vec![package("crates/vfs"), package("crates/formats/flac"), package("xtask")] };
    assert_eq!(undocumented_crates(&workspace, "`vfs`, `formats/flac` and `xtask`"), [""; 0]);
    assert_eq!(undocumented_crates(&workspace, "`vfs` and `xtask`").len(), 1);
}
