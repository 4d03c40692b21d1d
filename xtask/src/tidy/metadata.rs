//! The crates of the workspace and what they depend on, as `cargo metadata` tells.

use crate::process::{cargo, output};
use serde_json::Value;
use std::collections::BTreeSet;

/// When a dependency is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EdgeKind {
    /// In the product.
    Normal,
    /// In tests, examples and benches.
    Dev,
    /// In build scripts.
    Build,
}

/// A dependency.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    /// The package depended on.
    pub(crate) to: String,
    /// When.
    pub(crate) kind: EdgeKind,
}

impl Edge {
    /// Whether only tests, examples and benches have it.
    pub(crate) fn is_dev(&self) -> bool {
        self.kind == EdgeKind::Dev
    }
}

/// A crate of the workspace.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    /// Package name.
    pub(crate) name: String,
    /// Folder, relative to the root.
    pub(crate) folder: String,
    /// Features it declares.
    pub(crate) features: BTreeSet<String>,
    /// What it depends on, inside and outside the workspace.
    pub(crate) edges: Vec<Edge>,
}

/// The workspace.
#[derive(Clone, Debug)]
pub(crate) struct Workspace {
    /// Its crates.
    pub(crate) packages: Vec<Package>,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn load() -> Result<Self, String> {
        let text = output(&mut cargo(&["metadata", "--format-version", "1", "--no-deps"]))?;
        let value: Value = serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
        Ok(Self::parse(&value))
    }

    fn parse(value: &Value) -> Self {
        let root = value["workspace_root"].as_str().unwrap_or_default();
        let packages = array(&value["packages"]).map(|package| Package {
            name: text(&package["name"]),
            folder: text(&package["manifest_path"])
                .trim_start_matches(root)
                .trim_start_matches('/')
                .trim_end_matches("/Cargo.toml")
                .to_owned(),
            features: package["features"].as_object().into_iter().flat_map(|map| map.keys().cloned()).collect(),
            edges: array(&package["dependencies"]).map(edge).collect(),
        });
        Self { packages: packages.collect() }
    }
}

fn edge(value: &Value) -> Edge {
    let kind = match value["kind"].as_str() {
        Some("dev") => EdgeKind::Dev,
        Some("build") => EdgeKind::Build,
        _ => EdgeKind::Normal,
    };
    Edge { to: text(&value["name"]), kind }
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_says_is_understood() {
        let workspace = Workspace::parse(
            &serde_json::from_str(
                r#"{"workspace_root":"/w","packages":[{"name":"a","manifest_path":"/w/crates/a/Cargo.toml",
                    "features":{"x":[]},"dependencies":[{"name":"b","kind":null,"optional":true},{"name":"c","kind":"dev"}]}]}"#,
            )
            .unwrap(),
        );
        let package = &workspace.packages[0];
        assert_eq!((package.name.as_str(), package.folder.as_str()), ("a", "crates/a"));
        assert!(package.features.contains("x"));
        assert_eq!(package.edges[0].kind, EdgeKind::Normal);
        assert!(package.edges[1].is_dev());
    }
}
