//! What is to be measured.

use std::path::PathBuf;

const USAGE: &str = "\
usage: cargo xtask bench [--tracks N] [--rounds R] [--only NAME,...] [--install-peer] [--json FILE] [--binary MUSEFS]
names: scan mount walk edited read edit sequential reflink slow curves dashboard parts (the last three only when named)";

/// What can be measured, and whether it is unless something is named.
const WORK: [(&str, bool); 12] = [
    ("scan", true),
    ("mount", true),
    ("walk", true),
    ("edited", true),
    ("read", true),
    ("edit", true),
    ("sequential", true),
    ("reflink", true),
    ("slow", true),
    ("curves", false),
    ("dashboard", false),
    ("parts", false),
];

/// The command line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) tracks: u64,
    pub(super) rounds: u32,
    pub(super) install_peer: bool,
    pub(super) json: Option<PathBuf>,
    /// A build to measure, instead of the release build of the sources as they are.
    pub(super) binary: Option<PathBuf>,
    only: Vec<String>,
}

impl Options {
    pub(super) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options =
            Self { tracks: 100_000, rounds: 3, install_peer: false, json: None, binary: None, only: Vec::new() };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value\n{USAGE}"));
            match word.as_str() {
                "--tracks" => options.tracks = number(value()?)?,
                "--rounds" => options.rounds = number(value()?)?,
                "--json" => options.json = Some(value()?.into()),
                "--binary" => options.binary = Some(value()?.into()),
                "--only" => options.only = value()?.split(',').map(str::to_owned).collect(),
                "--install-peer" => options.install_peer = true,
                _ => return Err(format!("unknown option {word}\n{USAGE}")),
            }
        }
        match options.only.iter().find(|name| !WORK.iter().any(|(known, _)| known == name)) {
            Some(unknown) => Err(format!("nothing is called {unknown:?}\n{USAGE}")),
            None => Ok(options),
        }
    }

    /// Whether this is to be measured.
    pub(super) fn wants(&self, name: &str) -> bool {
        if self.only.is_empty() {
            WORK.iter().any(|(known, by_default)| *known == name && *by_default)
        } else {
            self.only.iter().any(|wanted| wanted == name)
        }
    }

    /// Whether anything needs the program, and not parts of it alone.
    pub(super) fn wants_the_program(&self) -> bool {
        WORK.iter().any(|(name, _)| *name != "parts" && self.wants(name))
    }

    /// Whether anything needs the library.
    pub(super) fn wants_library(&self) -> bool {
        ["scan", "mount", "walk", "edited", "read", "edit"].iter().any(|name| self.wants(name))
    }
}

fn number<T: std::str::FromStr + PartialOrd + From<u8>>(text: &str) -> Result<T, String> {
    text.parse().ok().filter(|number| *number >= T::from(1)).ok_or_else(|| format!("{text}: not a number\n{USAGE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn all_but_what_takes_long_is_measured_unless_something_is_named() {
        let all = parse("").unwrap();
        assert!(all.wants("scan") && all.wants("sequential") && all.wants_library() && !all.wants("curves"));
        let some = parse("--only curves,sequential --tracks 10 --rounds 1").unwrap();
        assert!(some.wants("curves") && !some.wants("scan") && !some.wants_library());
        assert_eq!((some.tracks, some.rounds), (10, 1));
        let parts = parse("--only parts").unwrap();
        assert!(parts.wants("parts") && !parts.wants_the_program() && some.wants_the_program());
    }

    #[test]
    fn what_is_unknown_is_refused() {
        for line in ["--only scna", "--tracks", "--tracks 0", "--fast"] {
            assert!(parse(line).unwrap_err().contains("usage"), "{line}");
        }
    }
}
