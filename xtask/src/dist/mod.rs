//! `cargo xtask dist`: release binaries of every feature set, named by version, target and features; a static archive; a Debian
//! package, which `--check` installs, tries and removes.

mod archive;
mod deb;

use crate::matrix::combinations;
use crate::process::{self, cargo, output, target};
use std::fs;
use std::path::{Path, PathBuf};

/// What `dist` is told.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    /// Only the Debian package.
    deb: bool,
    /// Try the package on this machine.
    check: bool,
    /// The package to try, if it is not to be built first.
    package: Option<PathBuf>,
    /// The profile that the package is built in.
    profile: String,
}

/// Builds what is handed out.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let options = parse(arguments)?;
    if let Some(package) = &options.package {
        return deb::check(package);
    }
    let folder = target().join("dist");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    if !options.deb {
        let host = host_triple()?;
        binaries(&folder, &host)?;
        if let Some(archive) = archive::build(&folder, env!("CARGO_PKG_VERSION"), &host)? {
            println!("{}", archive.display());
        }
    }
    let package = deb::build(&folder, &options.profile)?;
    println!("{}", package.display());
    if options.check { deb::check(&package) } else { Ok(()) }
}

fn parse(arguments: &[String]) -> Result<Options, String> {
    const USAGE: &str = "usage: cargo xtask dist [--deb] [--check [PACKAGE.deb]] [--profile PROFILE]";
    let mut options = Options { deb: false, check: false, package: None, profile: "release".into() };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--deb" => options.deb = true,
            "--check" => (options.deb, options.check) = (true, true),
            file if options.check && !file.starts_with('-') => options.package = Some(file.into()),
            "--profile" => options.profile.clone_from(arguments.next().ok_or(USAGE)?),
            _ => return Err(USAGE.into()),
        }
    }
    Ok(options)
}

/// A program of each feature set.
fn binaries(folder: &Path, host: &str) -> Result<(), String> {
    for combination in combinations() {
        let features = combination.join(",");
        process::run(&mut cargo(&["build", "--release", "--package", "musefs", "--features", &features]))?;
        let name = binary_name(env!("CARGO_PKG_VERSION"), host, &combination);
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
    fn a_check_is_of_the_package_alone() {
        let said = |words: &[&str]| parse(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        let wanted = Options { deb: true, check: true, package: None, profile: "dev".into() };
        assert_eq!(said(&["--check", "--profile", "dev"]), Ok(wanted));
        assert_eq!(said(&["--check", "a.deb"]).unwrap().package, Some("a.deb".into()));
        assert!(said(&["a.deb"]).is_err());
        assert!(said(&["--profile"]).is_err() && said(&["--other"]).is_err());
    }

    #[test]
    fn a_binary_is_named_by_version_target_and_features() {
        assert_eq!(
            binary_name("1.2.3", "x86_64-unknown-linux-gnu", &[]),
            "musefs-1.2.3-x86_64-unknown-linux-gnu-plain"
        );
        assert!(binary_name("1.2.3", "h", &["jemalloc", "syscalls"]).ends_with("-jemalloc+syscalls"));
    }
}
