//! `cargo xtask dist`: release binaries of every feature set, named by version, target and features.

use crate::matrix::combinations;
use crate::process::{self, cargo, output, target};
use std::fs;

/// Builds the binaries.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err("usage: cargo xtask dist".into());
    }
    let folder = target().join("dist");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let host = host_triple()?;
    for combination in combinations() {
        let features = combination.join(",");
        process::run(&mut cargo(&["build", "--release", "--package", "musefs", "--features", &features]))?;
        let name = binary_name(env!("CARGO_PKG_VERSION"), &host, &combination);
        let (from, to) = (target().join("release/musefs"), folder.join(name));
        fs::copy(&from, &to).map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))?;
        println!("{}", to.display());
    }
    Ok(())
}

fn host_triple() -> Result<String, String> {
    let version = output(&mut process::command("rustc", &["--version", "--verbose"]))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not name its host".into())
}

fn binary_name(version: &str, host: &str, features: &[&str]) -> String {
    let features = if features.is_empty() { "plain".into() } else { features.join("+") };
    format!("musefs-{version}-{host}-{features}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_is_named_by_version_target_and_features() {
        assert_eq!(
            binary_name("1.2.3", "x86_64-unknown-linux-gnu", &[]),
            "musefs-1.2.3-x86_64-unknown-linux-gnu-plain"
        );
        assert!(binary_name("1.2.3", "h", &["jemalloc", "syscalls"]).ends_with("-jemalloc+syscalls"));
    }
}
