//! Figures: collected by work and system, answered as a table and as JSON.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What a figure should be, the median of a run.
#[derive(Clone, Copy, Debug)]
enum Budget {
    Unset,
    AtMost(f64),
    AtLeast(f64),
    /// At least this part of the native file system's figure.
    OfNative(f64),
    /// At most so many times the peer's figure.
    OfPeer(f64),
}
use Budget::{AtLeast, AtMost, OfNative, OfPeer, Unset};

impl Budget {
    /// Whether it is met; `None` where there is none, or nothing to compare with.
    fn is_met(self, systems: &BTreeMap<&'static str, Vec<f64>>) -> Option<bool> {
        let ours = median(systems.get("musefs")?);
        Some(match self {
            Unset => return None,
            AtMost(most) => ours <= most,
            AtLeast(least) => ours >= least,
            OfNative(part) => ratio(systems, "native")? >= part,
            OfPeer(times) => ratio(systems, "peer")? <= times,
        })
    }

    fn shown(self) -> String {
        match self {
            Unset => String::new(),
            AtMost(most) => format!("at most {}", number(most)),
            AtLeast(least) => format!("at least {}", number(least)),
            OfNative(part) => format!("at least {part} of native"),
            OfPeer(times) => format!("at most {times} of the peer's"),
        }
    }
}

macro_rules! works {
    ($($name:ident: $title:literal, $unit:literal, $budget:expr;)*) => {
        /// Everything that is measured, in the table's order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Work {
            $(#[doc = $title] $name,)*
        }

        impl Work {
            /// What it is, in what unit, and what it should cost.
            fn describe(self) -> (&'static str, &'static str, Budget) {
                match self {
                    $(Self::$name => ($title, $unit, $budget),)*
                }
            }
        }
    };
}

works! {
    Scan: "scan, store fresh", "files/s", AtLeast(15_000.0);
    ScanCold: "scan, store fresh, cold disk", "files/s", Unset;
    ScanCpu: "scan: processor time", "s", Unset;
    ScanRss: "scan: peak RSS", "MiB", AtMost(64.0);
    ScanBytes: "scan: bytes read a file, store included", "KiB", AtMost(64.0);
    Rescan: "scan again, nothing new", "s", AtMost(0.15);
    Ready: "mount to first listing", "s", AtMost(0.2);
    RssFresh: "RSS of a fresh mount", "MiB", Unset;
    WalkCold: "walk with lstat, cold disk", "s", Unset;
    WalkFirst: "first walk with lstat", "s", AtMost(0.8);
    WalkCpu: "first walk: processor time of the daemon", "s", Unset;
    WalkOneCpu: "first walk, daemon and walker on one processor", "s", Unset;
    WalkLater: "later walk", "s", AtMost(0.4);
    WalkRequests: "later walk: requests to the daemon", "", Unset;
    WalkMetadata: "later walk: look-ups, attributes and listings asked for", "", AtMost(0.0);
    WalkEdited: "first walk ever, every track edited", "s", AtMost(3.0);
    RssWalked: "RSS after the walks", "MiB", AtMost(30.0);
    RssSettled: "RSS a minute later", "MiB", AtMost(30.0);
    RssEdited: "RSS after walking edited tracks", "MiB", Unset;
    RssSecondView: "RSS that a second view of every track adds, both walked", "MiB", AtMost(10.0);
    ReadCold: "open, read 64 KiB, close: cold disk", "µs a file", Unset;
    ReadFirst: "open, read 64 KiB, close: first", "µs a file", AtMost(60.0);
    ReadLater: "open, read 64 KiB, close: later", "µs a file", AtMost(60.0);
    RssRead: "RSS after reading every file", "MiB", Unset;
    EditOne: "one edit until visible", "s", AtMost(0.25);
    EditMany: "10,000 edits, at most half the tracks, until visible", "s", AtMost(1.0);
    SequentialPristine: "sequential, pristine WAV", "GB/s", OfNative(0.9);
    SequentialFlac: "sequential, edited FLAC, first", "GB/s", AtLeast(3.0);
    SequentialFlacLater: "sequential, edited FLAC, again", "GB/s", Unset;
    SequentialOgg: "sequential, edited Ogg, first", "GB/s", AtLeast(3.0);
    SequentialOggLater: "sequential, edited Ogg, again", "GB/s", Unset;
    ReflinkFirst: "sequential, edited FLAC on XFS, cold disk", "GB/s", Unset;
    ReflinkLater: "sequential, edited FLAC on XFS, again", "GB/s", OfNative(0.9);
    ReflinkDisk: "edited FLAC on XFS: disk it takes while open", "KiB", AtMost(64.0);
    SlowStream: "slow backing, 10 ms a read: one stream of 40 MiB", "s", OfPeer(1.2);
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
            "| work | unit | musefs | native | peer | musefs / native | musefs / peer | budget | |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        );
        for (work, systems) in &self.values {
            let (title, unit, budget) = work.describe();
            let cell = |system: &str| systems.get(system).map_or_else(|| "–".into(), |values| shown(values));
            let ratio = |other: &str| ratio(systems, other).map_or_else(|| "–".into(), |ratio| format!("{ratio:.2}"));
            let verdict = budget.is_met(systems).map_or("", |is_met| if is_met { "met" } else { "short" });
            let [native, peer] = OTHERS;
            let _ = writeln!(
                table,
                "| {title} | {unit} | {} | {} | {} | {} | {} | {} | {verdict} |",
                cell("musefs"),
                cell(native),
                cell(peer),
                ratio(native),
                ratio(peer),
                budget.shown(),
            );
        }
        for (system, (files, bytes)) in &self.sums {
            let _ = writeln!(table, "\n{system}: a walk sees {files} files of {bytes} bytes.");
        }
        table
    }

    /// Everything, with each single figure.
    pub(super) fn json(&self, tracks: u64, rounds: u32) -> Value {
        let work = self.values.iter().map(|(work, of_systems)| {
            let (title, unit, budget) = work.describe();
            let of = |values: &Vec<f64>| json!({ "median": median(values), "all": values });
            let systems: serde_json::Map<_, _> =
                of_systems.iter().map(|(name, values)| ((*name).to_owned(), of(values))).collect();
            let is_met = budget.is_met(of_systems);
            json!({ "work": title, "unit": unit, "budget": budget.shown(), "met": is_met, "systems": systems })
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
        assert!(table.contains("| 2.00 (1.00 to 3.00) | 1.00 | – | 2.00 | – | at most 0.800 | short |"), "{table}");
        assert!(table.contains("2 files of 30 bytes"), "{table}");
        let of_walk = &figures.json(5, 3)["figures"][0];
        assert_eq!((&of_walk["systems"]["musefs"]["median"], &of_walk["met"]), (&json!(2.0), &json!(false)));
    }

    #[test]
    fn a_budget_is_met_or_not_and_unknown_without_what_it_is_compared_with() {
        let of = |ours: f64, native: f64| BTreeMap::from([("musefs", vec![ours]), ("native", vec![native])]);
        assert_eq!(AtMost(0.0).is_met(&of(0.0, 1.0)), Some(true));
        assert_eq!(AtLeast(3.0).is_met(&of(2.9, 1.0)), Some(false));
        assert_eq!(OfNative(0.9).is_met(&of(0.95, 1.0)), Some(true));
        assert_eq!(OfNative(0.9).is_met(&of(0.85, 1.0)), Some(false));
        assert_eq!(OfPeer(1.2).is_met(&of(1.0, 1.0)), None);
        assert_eq!(Unset.is_met(&of(1.0, 1.0)), None);
    }
}
