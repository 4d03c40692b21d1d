//! `cargo xtask mount`: the main job with the embedded store.

use crate::process::{self, cargo, target};
use crate::setup;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Builds musefs and becomes `musefs up`.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let request = Request::parse(arguments)?;
    setup::for_mount()?;
    let features = request.features.join(",");
    process::run(&mut cargo(&["build", "--release", "--package", "musefs", "--features", &features]))?;
    let current = std::env::current_dir().map_err(|error| error.to_string())?;
    // Taking this process's place lets Ctrl-C, the exit code and the terminal reach musefs itself.
    let mut musefs = Command::new(target().join("release/musefs"));
    musefs.current_dir(current).arg("up").args(&request.paths);
    if request.in_memory {
        musefs.args(["--db", ":memory:"]);
    }
    Err(musefs.args(&request.rest).exec().to_string())
}

#[derive(Debug, PartialEq, Eq)]
struct Request {
    paths: Vec<String>,
    features: Vec<String>,
    in_memory: bool,
    rest: Vec<String>,
}

const USAGE: &str =
    "usage: cargo xtask mount MUSIC... MOUNTPOINT [--catalog sqlite|memory] [--features LIST] [-- FLAGS FOR musefs up]";

impl Request {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut request =
            Self { paths: Vec::new(), features: vec!["jemalloc".into()], in_memory: false, rest: Vec::new() };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--catalog" => match words.next().map(String::as_str) {
                    Some("sqlite") => request.in_memory = false,
                    Some("memory") => request.in_memory = true,
                    _ => return Err(format!("--catalog takes sqlite or memory\n{USAGE}")),
                },
                "--features" => {
                    let list = words.next().ok_or_else(|| format!("--features takes a list\n{USAGE}"))?;
                    request.features.extend(list.split([',', ' ']).filter(|name| !name.is_empty()).map(str::to_owned));
                }
                "--no-jemalloc" => request.features.retain(|feature| feature != "jemalloc"),
                "--" => request.rest = words.by_ref().cloned().collect(),
                flag if flag.starts_with('-') => {
                    return Err(format!("unknown flag {flag}; flags for musefs go behind --\n{USAGE}"));
                }
                _ => request.paths.push(word.clone()),
            }
        }
        if request.paths.len() < 2 {
            return Err(USAGE.into());
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Request, String> {
        Request::parse(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn paths_features_and_the_rest_are_told_apart() {
        let request = parse("music mnt --catalog memory --features syscalls -- --template $title").unwrap();
        assert_eq!(request.paths, ["music", "mnt"]);
        assert_eq!(request.features, ["jemalloc", "syscalls"]);
        assert!(request.in_memory);
        assert_eq!(request.rest, ["--template", "$title"]);
    }

    #[test]
    fn a_mountpoint_is_needed_and_unknown_flags_are_refused() {
        assert!(parse("music").is_err());
        assert!(parse("music mnt --template x").unwrap_err().contains("behind --"));
        assert!(parse("music mnt --catalog paper").is_err());
    }
}
