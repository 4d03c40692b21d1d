//! `cargo xtask tidy`: what must hold of the sources as such. Each rule has a test that breaks it.

mod edges;
pub(crate) mod metadata;
mod sources;

use crate::generate;
use crate::process::{self, cargo, is_installed, root};
use metadata::Workspace;

/// Runs every rule and names everything that breaks one.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err("usage: cargo xtask tidy".into());
    }
    let workspace = Workspace::load()?;
    let mut broken = edges::violations(&workspace);
    broken.extend(sources::violations(&sources::load(&root())?));
    broken.extend(sources::undocumented_crates(&workspace, &sources::architecture(&root())?));
    broken.extend(generate::violations()?);
    if let Err(error) = process::run(&mut cargo(&["fmt", "--all", "--check"])) {
        broken.push(format!("formatting: {error}; run cargo fmt --all"));
    }
    if is_installed("cargo-deny") {
        if let Err(error) = process::run(&mut cargo(&["deny", "--all-features", "check"])) {
            broken.push(format!("dependencies: {error}"));
        }
    } else {
        eprintln!("cargo-deny is not installed: licences and advisories were not checked (cargo install cargo-deny)");
    }
    if broken.is_empty() {
        eprintln!("tidy: all {} crates are in order", workspace.packages.len());
        return Ok(());
    }
    Err(format!("{} things to mend:\n  {}", broken.len(), broken.join("\n  ")))
}
