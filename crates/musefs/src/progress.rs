//! Showing how far a scan is: a bar on a terminal, a line now and then elsewhere.

use crate::output::{complain, counted, say};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use musefs_scan::{Counts, Progress, Summary};
use std::io::IsTerminal;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a line is printed where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Tells a person, or a log, how far a scan is.
pub(crate) struct Reporter {
    show: Show,
}

enum Show {
    /// Errors only.
    Quiet,
    Bar(ProgressBar),
    Lines(Mutex<Instant>),
}

impl Reporter {
    /// By what standard error is.
    pub(crate) fn new(quiet: bool) -> Self {
        let show = if quiet {
            Show::Quiet
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::no_length();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {wide_bar} {elapsed}") {
                bar.set_style(style);
            }
            Show::Bar(bar)
        } else {
            Show::Lines(Mutex::new(Instant::now()))
        };
        Self { show }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Show::Bar(bar) = &self.show {
            bar.finish_and_clear();
        }
    }

    fn line(&self, line: String) {
        match &self.show {
            Show::Bar(bar) => bar.suspend(|| complain(line)),
            Show::Quiet | Show::Lines(_) => complain(line),
        }
    }
}

impl Progress for Reporter {
    fn update(&self, counts: Counts) {
        match &self.show {
            Show::Quiet => {}
            Show::Bar(bar) => {
                bar.set_length(counts.found);
                bar.set_position(counts.done);
                bar.set_message(format!("{} file{}", HumanCount(counts.done), if counts.done == 1 { "" } else { "s" }));
            }
            Show::Lines(last) => {
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                if !counts.walked && last.elapsed() >= LINE_EVERY {
                    *last = Instant::now();
                    complain(format!("musefs: {} so far", counted(counts.done, "file")));
                }
            }
        }
    }

    fn failed(&self, path: &Path, reason: &str) {
        self.line(format!("skipping {}: {reason}", path.display()));
    }

    fn verbatim(&self, path: &Path, reason: &str) {
        if !matches!(self.show, Show::Quiet) {
            self.line(format!("serving as it is {}: {reason}", path.display()));
        }
    }
}

/// Prints what became of a scan.
pub(crate) fn summarise(summary: &Summary) {
    let mut parts = Vec::new();
    let mut part = |count: u64, what: &str| {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    };
    part(summary.added, "new");
    part(summary.updated, "read again");
    part(summary.moved, "moved");
    part(summary.unchanged, "unchanged");
    part(
        summary.verbatim.len() as u64,
        if summary.verbatim.len() == 1 { "served as it is" } else { "served as they are" },
    );
    part(summary.failed.len() as u64, "could not be read");
    part(summary.gone, "known but not there");
    part(summary.removed, "removed from the store");
    part(
        summary.art_removed,
        if summary.art_removed == 1 { "unused picture removed" } else { "unused pictures removed" },
    );
    let details = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    say(format!("{}{details}", counted(summary.found, "audio file")));
}
