//! Printing that survives a reader that went away.

use std::fmt::Display;
use std::io::Write;

/// Prints a line to standard output; `false` once nobody reads it any more.
pub(crate) fn say(line: impl Display) -> bool {
    writeln!(std::io::stdout().lock(), "{line}").is_ok()
}

/// Text that leaves a terminal as it is: control characters are written out.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { plain.extend(c.escape_debug()) } else { plain.push(c) }
    }
    plain
}

/// Prints bytes as they are, and what ends them; `false` once nobody reads them any more.
pub(crate) fn say_bytes(bytes: &[u8], end: u8) -> bool {
    let mut output = std::io::stdout().lock();
    output.write_all(bytes).and_then(|()| output.write_all(&[end])).is_ok()
}

/// Prints a line to standard error.
pub(crate) fn complain(line: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
