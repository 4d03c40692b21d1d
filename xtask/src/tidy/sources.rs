//! What must hold of each source file: a module says what it is for, nothing is left open, nothing grows too long.

use super::metadata::Workspace;
use std::fs;
use std::path::Path;

/// Product files may not be longer than this many lines.
const MOST_LINES: usize = 600;

/// A source file.
#[derive(Debug)]
pub(crate) struct Source {
    /// Path relative to the root.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

/// Every Rust source of the workspace.
pub(crate) fn load(root: &Path) -> Result<Vec<Source>, String> {
    let mut sources = Vec::new();
    for folder in ["crates", "xtask"] {
        collect(root, &root.join(folder), &mut sources)?;
    }
    Ok(sources)
}

/// The text of the architecture's description.
pub(crate) fn architecture(root: &Path) -> Result<String, String> {
    let path = root.join("docs/architecture.md");
    fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
}

fn collect(root: &Path, folder: &Path, sources: &mut Vec<Source>) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.is_dir() {
            collect(root, &path, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let path = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            sources.push(Source { path, text });
        }
    }
    Ok(())
}

/// Everything that breaks a rule, a sentence each.
pub(crate) fn violations(sources: &[Source]) -> Vec<String> {
    let mut broken = Vec::new();
    for source in sources {
        let mut add = |what: &str| broken.push(format!("{}: {what}", source.path));
        if is_test(&source.path) {
            if ignores_a_test(&source.text) {
                add("a test is ignored; mend it or take it out");
            }
            continue;
        }
        if !source.text.starts_with("//!") {
            add("the module does not say what it is for (//! on the first line)");
        }
        if source.path.ends_with("/src/lib.rs") && !says_what_it_must_never_know(&source.text) {
            add("the crate does not say what it must never know");
        }
        if source.text.lines().count() > MOST_LINES {
            add("the file is too long; divide it");
        }
        if ignores_a_test(&source.text) {
            add("a test is ignored; mend it or take it out");
        }
        for open in OPEN {
            let left: String = open.concat();
            if source.text.contains(&left) {
                add(&format!("{left} is left open"));
            }
        }
    }
    broken
}

/// Marks of unfinished work, in halves so that this file does not contain them.
const OPEN: [[&str; 2]; 4] = [["todo", "!("], ["unimplemented", "!("], ["TO", "DO"], ["FIX", "ME"]];

fn ignores_a_test(text: &str) -> bool {
    text.contains(&["#[ig", "nore"].concat())
}

fn says_what_it_must_never_know(text: &str) -> bool {
    let head: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
    head.to_lowercase().contains("must never know")
}

fn is_test(path: &str) -> bool {
    ["/tests/", "/benches/", "/examples/", "/testkit/"].iter().any(|folder| path.contains(folder))
        || path.ends_with("tests.rs")
        || path.ends_with("_test.rs")
}

/// Crates that the architecture's description does not mention.
pub(crate) fn undocumented_crates(workspace: &Workspace, architecture: &str) -> Vec<String> {
    let named = |folder: &str| {
        let short = folder.trim_start_matches("crates/");
        architecture.contains(&format!("`{short}`"))
    };
    workspace
        .packages
        .iter()
        .filter(|package| !named(&package.folder))
        .map(|package| format!("docs/architecture.md does not name `{}`", package.folder.trim_start_matches("crates/")))
        .collect()
}

#[cfg(test)]
#[path = "sources_tests.rs"]
mod tests;
