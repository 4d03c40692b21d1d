//! A static program with what belongs to it, as one archive that runs on any Linux.

use crate::process::{self, cargo, command, is_installed, output, root, target};
use std::fs;
use std::path::{Path, PathBuf};

/// What stands beside the program.
const BESIDE: &[&str] = &[
    "README.md",
    "CHANGELOG.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "packaging/man",
    "packaging/completions",
    "packaging/systemd",
];

/// Builds an archive for this machine's processor, if the compiler can; `None`, said aloud, if it cannot.
pub(super) fn build(folder: &Path, version: &str, host: &str) -> Result<Option<PathBuf>, String> {
    let triple = static_triple(host);
    let installed = output(&mut command("rustup", &["target", "list", "--installed"])).unwrap_or_default();
    if !installed.lines().any(|line| line == triple) || !is_installed("musl-gcc") {
        eprintln!("no static archive: rustup target add {triple}, and apt-get install musl-tools");
        return Ok(None);
    }
    process::run(&mut cargo(&["build", "--release", "--package", "musefs", "--target", &triple]))?;
    let name = format!("musefs-{version}-{triple}");
    let stage = folder.join(&name);
    let failed = |error: std::io::Error| format!("{}: {error}", stage.display());
    if stage.exists() {
        fs::remove_dir_all(&stage).map_err(failed)?;
    }
    fs::create_dir_all(&stage).map_err(failed)?;
    fs::copy(target().join(&triple).join("release/musefs"), stage.join("musefs")).map_err(failed)?;
    for name in BESIDE {
        process::run(command("cp", &["--recursive"]).arg(root().join(name)).arg(&stage))?;
    }
    let archive = folder.join(format!("{name}.tar.gz"));
    process::run(command("tar", &["--create", "--gzip", "--file"]).arg(&archive).arg("-C").arg(folder).arg(&name))?;
    fs::remove_dir_all(&stage).map_err(failed)?;
    Ok(Some(archive))
}

/// The static kin of a target.
fn static_triple(host: &str) -> String {
    host.replace("-linux-gnu", "-linux-musl")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn musl_is_static() {
        assert_eq!(static_triple("x86_64-unknown-linux-gnu"), "x86_64-unknown-linux-musl");
    }

    #[test]
    fn what_stands_beside_the_program_is_there() {
        for name in BESIDE {
            assert!(root().join(name).exists(), "{name}");
        }
    }
}
