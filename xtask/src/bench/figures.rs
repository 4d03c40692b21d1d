//! Figures: collected by work and system, answered as a table and as JSON.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

macro_rules! works {
    ($($name:ident: $title:literal, $unit:literal, $budget:literal;)*) => {
        /// Everything that is measured, in the table's order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Work {
            $(#[doc = $title] $name,)*
        }

        impl Work {
            /// What it is, in what unit, and what it should cost.
            fn describe(self) -> (&'static str, &'static str, &'static str) {
                match self {
                    $(Self::$name => ($title, $unit, $budget),)*
                }
            }
        }
    };
}

works! {
    Scan: "scan, store fresh", "files/s", "15,000";
    ScanCold: "scan, store fresh, cold disk", "files/s", "";
    ScanCpu: "scan: processor time", "s", "";
    ScanRss: "scan: peak RSS", "MiB", "64";
    ScanBytes: "scan: bytes read a file, store included", "KiB", "64";
    Rescan: "scan again, nothing new", "s", "0.15";
    Ready: "mount to first listing", "s", "0.2";
    RssFresh: "RSS of a fresh mount", "MiB", "";
    WalkCold: "walk with lstat, cold disk", "s", "";
    WalkFirst: "first walk with lstat", "s", "0.8";
    WalkCpu: "first walk: processor time of the daemon", "s", "";
    WalkLater: "later walk", "s", "0.4";
    WalkRequests: "later walk: requests to the daemon", "", "0 but listings";
    WalkMetadata: "later walk: look-ups, attributes and listings asked for", "", "0";
    WalkEdited: "first walk ever, every track edited", "s", "3";
    RssWalked: "RSS after the walks", "MiB", "30";
    RssSettled: "RSS a minute later", "MiB", "30";
    RssEdited: "RSS after walking edited tracks", "MiB", "";
    ReadCold: "open, read 64 KiB, close: cold disk", "µs a file", "";
    ReadFirst: "open, read 64 KiB, close: first", "µs a file", "60 by passthrough";
    ReadLater: "open, read 64 KiB, close: later", "µs a file", "60 by passthrough";
    RssRead: "RSS after reading every file", "MiB", "";
    EditOne: "one edit until visible", "s", "0.25";
    EditMany: "10,000 edits, at most half the tracks, until visible", "s", "1";
    SequentialPristine: "sequential, pristine WAV", "GB/s", "0.9 of native";
    SequentialFlac: "sequential, edited FLAC, first", "GB/s", "3";
    SequentialFlacLater: "sequential, edited FLAC, again", "GB/s", "";
    SequentialOgg: "sequential, edited Ogg, first", "GB/s", "3";
    SequentialOggLater: "sequential, edited Ogg, again", "GB/s", "";
    ReflinkFirst: "sequential, edited FLAC on XFS, cold disk", "GB/s", "";
    ReflinkLater: "sequential, edited FLAC on XFS, again", "GB/s", "0.9 of native";
    ReflinkDisk: "edited FLAC on XFS: disk it takes while open", "KiB", "64";
    SlowStream: "slow backing, 10 ms a read: one stream of 40 MiB", "s", "1.2 of the peer's";
}

/// The systems that ours is compared with.
const OTHERS: [&str; 2] = ["native", "peer"];

/// All figures of a run.
#[derive(Default)]
pub(super) struct Figures {
    values: BTreeMap<Work, BTreeMap<&'static str, Vec<f64>>>,
    sums: BTreeMap<&'static str, (u64, u64)>,
}

impl Figures {
    /// Adds a figure.
    pub(super) fn note(&mut self, work: Work, system: &'static str, value: f64) {
        self.values.entry(work).or_default().entry(system).or_default().push(value);
    }

    /// Adds what a walk saw: files and the sum of their sizes.
    pub(super) fn note_sum(&mut self, system: &'static str, sizes: (u64, u64)) {
        self.sums.insert(system, sizes);
    }

    /// The table, in Markdown.
    pub(super) fn table(&self) -> String {
        let mut table = String::from(
            "| work | unit | musefs | native | peer | musefs / native | musefs / peer | budget |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        );
        for (work, systems) in &self.values {
            let (title, unit, budget) = work.describe();
            let cell = |system: &str| systems.get(system).map_or_else(|| "–".into(), |values| shown(values));
            let ratio = |other: &str| ratio(systems, other).map_or_else(|| "–".into(), |ratio| format!("{ratio:.2}"));
            let [native, peer] = OTHERS;
            let _ = writeln!(
                table,
                "| {title} | {unit} | {} | {} | {} | {} | {} | {budget} |",
                cell("musefs"),
                cell(native),
                cell(peer),
                ratio(native),
                ratio(peer),
            );
        }
        for (system, (files, bytes)) in &self.sums {
            let _ = writeln!(table, "\n{system}: a walk sees {files} files of {bytes} bytes.");
        }
        table
    }

    /// Everything, with each single figure.
    pub(super) fn json(&self, tracks: u64, rounds: u32) -> Value {
        let work = self.values.iter().map(|(work, systems)| {
            let (title, unit, budget) = work.describe();
            let of = |values: &Vec<f64>| json!({ "median": median(values), "all": values });
            let systems: serde_json::Map<_, _> =
                systems.iter().map(|(name, values)| ((*name).to_owned(), of(values))).collect();
            json!({ "work": title, "unit": unit, "budget": budget, "systems": systems })
        });
        let sums: serde_json::Map<_, _> = self
            .sums
            .iter()
            .map(|(name, (files, bytes))| ((*name).to_owned(), json!({ "files": files, "bytes": bytes })))
            .collect();
        json!({ "tracks": tracks, "rounds": rounds, "walked": sums, "figures": work.collect::<Vec<_>>() })
    }
}

fn ratio(systems: &BTreeMap<&'static str, Vec<f64>>, other: &str) -> Option<f64> {
    let (ours, theirs) = (median(systems.get("musefs")?), median(systems.get(other)?));
    (theirs > 0.0).then(|| ours / theirs)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        len if len % 2 == 1 => sorted[len / 2],
        len => f64::midpoint(sorted[len / 2 - 1], sorted[len / 2]),
    }
}

/// The median, and lowest and highest where they differ.
fn shown(values: &[f64]) -> String {
    let lowest = number(values.iter().copied().fold(f64::INFINITY, f64::min));
    let highest = number(values.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    let median = number(median(values));
    if lowest == highest { median } else { format!("{median} ({lowest} to {highest})") }
}

/// Three digits that mean something, thousands parted.
fn number(value: f64) -> String {
    match value {
        value if value >= 1000.0 => {
            let whole = value.round() as u64;
            let (millions, thousands, ones) = (whole / 1_000_000, whole / 1000 % 1000, whole % 1000);
            if millions > 0 { format!("{millions},{thousands:03},{ones:03}") } else { format!("{thousands},{ones:03}") }
        }
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value if value >= 1.0 => format!("{value:.2}"),
        value => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(&[4.0, 1.0]) - 2.5).abs() < 1e-9);
    }

    #[test]
    fn numbers_have_three_digits_that_mean_something() {
        let shown = [0.1234, 1.234, 12.34, 123.4, 1234.4, 1_234_567.0].map(number);
        assert_eq!(shown, ["0.123", "1.23", "12.3", "123", "1,234", "1,234,567"]);
    }

    #[test]
    fn a_row_has_medians_spreads_and_ratios() {
        let mut figures = Figures::default();
        for (system, values) in [("musefs", [1.0, 3.0, 2.0]), ("native", [1.0, 1.0, 1.0])] {
            for value in values {
                figures.note(Work::WalkFirst, system, value);
            }
        }
        figures.note_sum("musefs", (2, 30));
        let table = figures.table();
        assert!(table.contains("| 2.00 (1.00 to 3.00) | 1.00 | – | 2.00 | – | 0.8 |"), "{table}");
        assert!(table.contains("2 files of 30 bytes"), "{table}");
        assert_eq!(figures.json(5, 3)["figures"][0]["systems"]["musefs"]["median"], 2.0);
    }
}
