//! Printing that survives a reader that went away.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;

/// Why standard output could not be written, where its reader did not just go away.
static LOST: OnceLock<String> = OnceLock::new();

/// Prints a line to standard output; `false` once it leads nowhere any more.
pub(crate) fn say(line: impl Display) -> bool {
    went(writeln!(io::stdout().lock(), "{line}"))
}

/// Whether it was written. A reader that went away has what it wanted; a full disk has not.
fn went(written: io::Result<()>) -> bool {
    if let Err(error) = &written
        && error.kind() != ErrorKind::BrokenPipe
    {
        LOST.get_or_init(|| error.to_string());
    }
    written.is_ok()
}

/// Why something that was to be printed is lost, if it is. To be asked last: what was held back is written first.
pub(crate) fn finish() -> Option<&'static String> {
    went(io::stdout().lock().flush());
    LOST.get()
}

/// Text that leaves a terminal as it is: control characters are written out.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { plain.extend(c.escape_debug()) } else { plain.push(c) }
    }
    plain
}

/// Prints bytes as they are, and what ends them; `false` once they lead nowhere any more.
pub(crate) fn say_bytes(bytes: &[u8], end: u8) -> bool {
    let mut output = io::stdout().lock();
    went(output.write_all(bytes).and_then(|()| output.write_all(&[end])))
}

/// Prints a line to standard error.
pub(crate) fn complain(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// `1 track`, `2 tracks`.
pub(crate) fn counted(count: impl TryInto<u64>, what: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
