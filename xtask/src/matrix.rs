//! `cargo xtask matrix`: every combination of the features that change what is compiled.
//!
//! The crates a combination can reach are derived from `cargo metadata`: those that declare one of the features, and all
//! that depend on them. Only these are tested anew; the others are the same code as in `cargo xtask test`.

use crate::process::{self, cargo};
use crate::setup;
use crate::test::with_environment;
use crate::tidy::metadata::Workspace;
use std::collections::BTreeSet;

/// The features of the matrix; each subset is built, linted and tested.
pub(crate) const FEATURES: [&str; 2] = ["jemalloc", "syscalls"];

/// Every subset of [`FEATURES`], the empty one first.
pub(crate) fn combinations() -> Vec<Vec<&'static str>> {
    (0..1 << FEATURES.len())
        .map(|set: usize| {
            FEATURES.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1).map(|(_, name)| *name).collect()
        })
        .collect()
}

/// Builds, lints and tests each combination.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err("usage: cargo xtask matrix".into());
    }
    setup::for_tests()?;
    let reached = reached(&Workspace::load()?);
    for combination in combinations() {
        eprintln!("\n== features: {} ==", if combination.is_empty() { "none".into() } else { combination.join(" + ") });
        let features: Vec<String> = combination.iter().map(|name| format!("musefs/{name}")).collect();
        let features = features.join(",");
        let lint = ["clippy", "--workspace", "--all-targets", "--features", &features, "--", "--deny", "warnings"];
        process::run(&mut cargo(&lint))?;
        let mut tests = cargo(&["test", "--no-fail-fast", "--features", &features]);
        for package in &reached {
            tests.args(["--package", package]);
        }
        process::run(with_environment(&mut tests, false))?;
    }
    process::run(&mut cargo(&["check", "--package", "musefs", "--no-default-features"]))
}

/// The packages whose code a feature of the matrix can change.
fn reached(workspace: &Workspace) -> BTreeSet<String> {
    let mut reached: BTreeSet<String> = workspace
        .packages
        .iter()
        .filter(|package| FEATURES.iter().any(|feature| package.features.contains(*feature)))
        .map(|package| package.name.clone())
        .collect();
    loop {
        let before = reached.len();
        for package in &workspace.packages {
            if package.edges.iter().any(|edge| !edge.is_dev() && reached.contains(&edge.to)) {
                reached.insert(package.name.clone());
            }
        }
        if reached.len() == before {
            return reached;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::metadata::{Edge, EdgeKind, Package};

    #[test]
    fn there_are_four_combinations() {
        assert_eq!(combinations(), [vec![], vec!["jemalloc"], vec!["syscalls"], vec!["jemalloc", "syscalls"]]);
    }

    #[test]
    fn what_depends_on_a_crate_with_a_feature_is_reached() {
        let package = |name: &str, feature: Option<&str>, to: Option<&str>, kind| Package {
            name: name.into(),
            folder: name.into(),
            features: feature.into_iter().map(str::to_owned).collect(),
            edges: to.into_iter().map(|to| Edge { to: to.into(), kind }).collect(),
        };
        let workspace = Workspace {
            packages: vec![
                package("backing", Some("syscalls"), None, EdgeKind::Normal),
                package("binary", None, Some("backing"), EdgeKind::Normal),
                package("tests-only", None, Some("backing"), EdgeKind::Dev),
                package("tree", None, None, EdgeKind::Normal),
            ],
        };
        assert_eq!(reached(&workspace), BTreeSet::from(["backing".to_owned(), "binary".to_owned()]));
    }
}
