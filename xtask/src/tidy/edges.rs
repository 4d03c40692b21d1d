//! Which crate may depend on which. Crates meet only in `contracts`; the binary alone links implementations together.

use super::metadata::{Package, Workspace};

const CONTRACTS: &str = "musefs-contracts";
const TESTKIT: &str = "musefs-testkit";
const BINARY: &str = "musefs";

/// Tag codecs: what several containers carry. Containers may use them; nothing else of a format is shared.
const CODECS: &[&str] = &[
    "musefs-format-keys",
    "musefs-format-picture",
    "musefs-format-vorbis-comment",
    "musefs-format-id3",
    "musefs-format-ape",
];

/// Outside crates that stand for a technology which only the named crates may know in their product code.
const CONFINED: &[(&str, &[&str])] = &[
    ("fuser", &["musefs-fuse-adapter"]),
    ("rusqlite", &["musefs-catalog"]),
    ("metrics", &["musefs-telemetry"]),
    ("metrics-exporter-prometheus", &["musefs-telemetry"]),
    ("crossbeam-channel", &["musefs-pool", "musefs-scan", "musefs-readahead"]),
    ("clap", &[BINARY]),
    ("indicatif", &[BINARY]),
];

/// Everything that breaks a rule, a sentence each.
pub(crate) fn violations(workspace: &Workspace) -> Vec<String> {
    let ours = |name: &str| workspace.packages.iter().any(|package| package.name == name);
    let mut broken = Vec::new();
    for package in &workspace.packages {
        for edge in &package.edges {
            if let Some(reason) = forbidden(package, &edge.to, edge.is_dev(), ours(&edge.to)) {
                broken.push(format!("{} depends on {}: {reason}", package.name, edge.to));
            }
        }
    }
    broken
}

fn forbidden(package: &Package, to: &str, dev: bool, ours: bool) -> Option<&'static str> {
    let name = package.name.as_str();
    if !ours {
        return forbidden_outside(name, to, dev);
    }
    if to == BINARY || to == "xtask" {
        return Some("nothing depends on a program");
    }
    if name == CONTRACTS {
        return Some("the contracts know no implementation");
    }
    if to == TESTKIT && !dev && name != "xtask" {
        return Some("the testkit never ships in the product");
    }
    if dev || to == CONTRACTS || name == BINARY || name == "xtask" || to == TESTKIT {
        return None;
    }
    if package.folder.starts_with("crates/formats/") && CODECS.contains(&to) {
        return (CODECS.contains(&name) && !may_use(name, to)).then_some("this tag codec stands on its own");
    }
    Some("components meet only in musefs-contracts; the binary links them together")
}

/// Codecs build on each other in one direction only.
fn may_use(codec: &str, other: &str) -> bool {
    let place = |name| CODECS.iter().position(|known| *known == name);
    place(other) < place(codec) && matches!(other, "musefs-format-keys" | "musefs-format-picture")
}

fn forbidden_outside(name: &str, to: &str, dev: bool) -> Option<&'static str> {
    if name == CONTRACTS && !dev && to != "thiserror" {
        return Some("the contracts have thiserror and nothing heavier");
    }
    let confined = CONFINED.iter().find(|(outside, _)| *outside == to);
    match confined {
        Some((_, allowed)) if !dev && !allowed.contains(&name) => Some("this technology is confined to other crates"),
        _ => None,
    }
}

#[cfg(test)]
#[path = "edges_tests.rs"]
mod tests;
