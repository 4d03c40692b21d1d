//! How a command ends, and the one line that says why it failed.

use clap::error::ErrorKind;
use musefs_contracts::catalog::CatalogError;
use musefs_fuse_adapter::MountError;
use musefs_scan::ScanError;
use musefs_template::{TemplateError, ViewsError};
use std::fmt::Display;
use std::process::ExitCode;

/// How a command that did its work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All was done.
    Done,
    /// Some file could not be read at all; the rest is in.
    SomeUnreadable,
    /// Something that was asked for is not in the view.
    NotShown,
    /// The user interrupted it.
    Interrupted,
    /// Another process did the work, said how it went, and ended with this code.
    Told(u8),
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Done => ExitCode::SUCCESS,
            Ending::SomeUnreadable => ExitCode::from(2),
            Ending::NotShown => Self::from(1),
            Ending::Interrupted => ExitCode::from(130),
            Ending::Told(code) => ExitCode::from(code),
        }
    }
}

/// Why nothing could be done: what happened, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    /// Whether the store was exchanged, so that the same may work with the one that is there now.
    store_replaced: bool,
}

/// Exit code of a [`Failure`]. 2 would tell the tools that call us that all but some files got in.
pub(crate) const FAILED: u8 = 1;

/// Result of a command.
pub(crate) type CommandResult = Result<Ending, Failure>;

impl Failure {
    /// A failure in words of its own, as one line.
    pub(crate) fn new(what: impl Display) -> Self {
        let what = what.to_string();
        Self::drawn(what.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// A failure whose further lines point at a place in the first, so that its line breaks and blanks matter.
    pub(crate) fn drawn(what: impl Display) -> Self {
        Self { what: what.to_string(), store_replaced: false }
    }

    /// The same about a file, which it names.
    pub(crate) fn about(self, file: impl Display) -> Self {
        Self { what: format!("{file}: {}", self.what), ..self }
    }

    /// What to print.
    pub(crate) fn line(&self) -> String {
        format!("musefs: {}", self.what)
    }

    /// Whether the store was exchanged, so that the same may work with the one that is there now.
    pub(crate) fn is_of_a_replaced_store(&self) -> bool {
        self.store_replaced
    }
}

impl From<CatalogError> for Failure {
    fn from(error: CatalogError) -> Self {
        Self { store_replaced: matches!(error, CatalogError::Replaced(_)), ..Self::new(error) }
    }
}

impl From<ScanError> for Failure {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Catalog(error) => error.into(),
            other => Self::new(other),
        }
    }
}

impl From<MountError> for Failure {
    fn from(error: MountError) -> Self {
        Self::new(error)
    }
}

impl From<TemplateError> for Failure {
    fn from(error: TemplateError) -> Self {
        Self::drawn(error)
    }
}

impl From<ViewsError> for Failure {
    fn from(error: ViewsError) -> Self {
        Self::drawn(error)
    }
}

/// The line for a command line that cannot be understood.
pub(crate) fn usage(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let command = command_of(&text);
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Failure::new(format!("say what to do; {command} --help lists what can be done"));
    }
    let is_end = |line: &&str| !line.starts_with("Usage:") && !line.starts_with("For more information");
    let what: Vec<&str> = text.lines().take_while(is_end).map(str::trim).filter(|line| !line.is_empty()).collect();
    let what = what.join("; ").replace("error: ", "").replace("tip: ", "").replace(":; ", ": ");
    Failure::new(format!("{}; {command} --help tells what can be said", what.trim().trim_end_matches('.')))
}

/// The command that was given, such as `musefs tag set`, by what is said of its usage.
fn command_of(text: &str) -> String {
    let usage = text.lines().find_map(|line| line.strip_prefix("Usage:")).unwrap_or("musefs");
    let is_name = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase());
    usage.split_whitespace().take_while(is_name).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_line() {
        assert_eq!(Failure::new("two\nlines\t here").line(), "musefs: two lines here");
    }
}
