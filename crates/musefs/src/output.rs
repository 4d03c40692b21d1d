//! Printing that survives a reader that went away.

use std::fmt::Display;
use std::io::Write;

/// Prints a line to standard output; `false` once nobody reads it any more.
pub(crate) fn say(line: impl Display) -> bool {
    writeln!(std::io::stdout().lock(), "{line}").is_ok()
}

/// Prints a line to standard error.
pub(crate) fn complain(line: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
