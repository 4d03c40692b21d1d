use super::*;
use crate::tidy::metadata::{Edge, EdgeKind};

/// The violations in a workspace where `from` depends on `to` and every crate named exists.
fn with_edge(from: &str, to: &str, kind: EdgeKind) -> Vec<String> {
    let names = [
        "musefs",
        "xtask",
        "musefs-contracts",
        "musefs-testkit",
        "musefs-vfs",
        "musefs-catalog",
        "musefs-tree",
        "musefs-format-flac",
        "musefs-format-mpeg",
        "musefs-format-id3",
        "musefs-format-ape",
        "musefs-format-keys",
    ];
    let packages = names.iter().map(|name| Package {
        name: (*name).into(),
        folder: name
            .strip_prefix("musefs-format-")
            .map_or(format!("crates/{name}"), |name| format!("crates/formats/{name}")),
        features: [].into(),
        edges: if *name == from { vec![Edge { to: to.into(), kind }] } else { Vec::new() },
    });
    violations(&Workspace { packages: packages.collect() })
}

fn refused(from: &str, to: &str) {
    assert_eq!(with_edge(from, to, EdgeKind::Normal).len(), 1, "{from} must not depend on {to}");
}

fn allowed(from: &str, to: &str, kind: EdgeKind) {
    assert_eq!(with_edge(from, to, kind), [""; 0], "{from} may depend on {to}");
}

#[test]
fn components_meet_only_in_the_contracts() {
    refused("musefs-vfs", "musefs-catalog");
    refused("musefs-vfs", "musefs-format-flac");
    refused("musefs-catalog", "musefs-tree");
    allowed("musefs-vfs", "musefs-contracts", EdgeKind::Normal);
    allowed("musefs-vfs", "musefs-catalog", EdgeKind::Dev);
    allowed("musefs", "musefs-catalog", EdgeKind::Normal);
}

#[test]
fn the_contracts_know_no_implementation_and_no_heavy_crate() {
    refused("musefs-contracts", "musefs-vfs");
    refused("musefs-contracts", "serde");
    assert_eq!(with_edge("musefs-contracts", "musefs-testkit", EdgeKind::Dev).len(), 1);
    allowed("musefs-contracts", "thiserror", EdgeKind::Normal);
}

#[test]
fn the_testkit_never_ships() {
    refused("musefs-vfs", "musefs-testkit");
    refused("musefs", "musefs-testkit");
    allowed("musefs", "musefs-testkit", EdgeKind::Dev);
    allowed("xtask", "musefs-testkit", EdgeKind::Normal);
}

#[test]
fn containers_share_tag_codecs_and_nothing_else() {
    allowed("musefs-format-flac", "musefs-format-id3", EdgeKind::Normal);
    refused("musefs-format-flac", "musefs-format-mpeg");
    refused("musefs-format-id3", "musefs-format-ape");
    allowed("musefs-format-id3", "musefs-format-keys", EdgeKind::Normal);
}

#[test]
fn a_technology_stays_where_it_belongs() {
    refused("musefs-vfs", "fuser");
    refused("musefs-vfs", "rusqlite");
    refused("musefs-tree", "metrics");
    allowed("musefs-catalog", "rusqlite", EdgeKind::Normal);
    allowed("musefs-vfs", "rusqlite", EdgeKind::Dev);
}

#[test]
fn nothing_depends_on_a_program() {
    refused("musefs-vfs", "musefs");
    refused("musefs-vfs", "xtask");
}
