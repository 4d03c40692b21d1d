//! One screen that says how a mount is doing.

use crate::output::counted;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The numbers of a mount, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Metrics(BTreeMap<String, f64>);

impl Metrics {
    /// Reads a Prometheus document. Several values of one name are added up.
    pub(crate) fn parse(text: &str) -> Self {
        let mut metrics = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((name, value)) = line.rsplit_once(' ') else { continue };
            let name = name.split('{').next().unwrap_or(name);
            if let Ok(value) = value.parse::<f64>() {
                *metrics.entry(name.to_owned()).or_insert(0.0) += value;
            }
        }
        Self(metrics)
    }

    /// As an object.
    pub(crate) fn json(&self) -> Value {
        let number = |value: f64| {
            let whole = value.fract() == 0.0 && value.abs() < 9e15;
            if whole { Value::from(value as i64) } else { Value::from(value) }
        };
        Value::Object(self.0.iter().map(|(name, value)| (name.clone(), number(*value))).collect::<Map<_, _>>())
    }

    /// A number by its name behind `musefs_`; nothing where this build or mount does not report it.
    fn get(&self, name: &str) -> Option<f64> {
        self.0.get(&format!("musefs_{name}")).copied()
    }

    fn count(&self, name: &str) -> u64 {
        self.get(name).unwrap_or_default() as u64
    }

    fn mib(&self, name: &str) -> String {
        format!("{:.1} MiB", self.get(name).unwrap_or_default() / f64::from(1 << 20))
    }
}

/// What is shown of them. Trouble stands last, where the eye is.
pub(crate) fn screen(mountpoint: &Path, m: &Metrics) -> String {
    let mut text = String::new();
    let mut row = |name: &str, what: String| {
        let _ = writeln!(text, "{name:<12}{what}");
    };
    row("mount", format!("{}, up {}", mountpoint.display(), duration(m.count("uptime_seconds"))));
    row(
        "view",
        format!(
            "{} files and folders, refreshed {}",
            m.count("tree_nodes"),
            counted(m.count("refresh_generation"), "time")
        ),
    );
    row(
        "open",
        format!(
            "{}, {}; {} of {} reads under way, {} failed",
            counted(m.count("handles_open"), "file"),
            counted(m.count("dir_handles"), "listing"),
            m.count("reads_inflight"),
            m.count("reads_inflight_max"),
            m.count("read_errors_total")
        ),
    );
    row("kernel", kernel(m));
    let (hits, misses) = (m.count("cache_header_hits_total"), m.count("cache_header_misses_total"));
    let rate = (hits * 100).checked_div(hits + misses).map_or(String::new(), |rate| format!(", {rate} % found"));
    row(
        "layouts",
        format!(
            "{} cached, {} of {}{rate}; {}",
            m.count("cache_header_entries"),
            m.mib("cache_header_bytes"),
            m.mib("cache_header_bytes_max"),
            counted(m.count("cache_size_entries"), "size")
        ),
    );
    row("read-ahead", format!("{} of {}", m.mib("readahead_charged_bytes"), m.mib("readahead_budget_bytes")));
    let (active, workers, queued) = (m.count("pool_active"), m.count("pool_workers"), m.count("pool_queued"));
    row("workers", format!("{active} of {workers} busy, {} waiting", counted(queued, "job")));
    row("memory", format!("{} resident, {} SQLite", m.mib("process_resident_bytes"), m.mib("sqlite_memory_bytes")));
    row("hooks", format!("{} run, {} failed", m.count("change_hooks_total"), m.count("change_hook_failures_total")));
    for trouble in troubles(m) {
        row("trouble", trouble);
    }
    text.truncate(text.trim_end().len());
    text
}

fn kernel(m: &Metrics) -> String {
    match (m.get("passthrough_disabled"), m.get("passthrough_active")) {
        (Some(disabled), _) if disabled > 0.0 => "passthrough was refused; reads go through the daemon".to_owned(),
        (Some(_), active) => {
            let clones = m.count("reflink_files");
            format!("reads {} by itself, {clones} edited", counted(active.unwrap_or_default() as u64, "file"))
        }
        _ => "no passthrough; reads go through the daemon".to_owned(),
    }
}

fn troubles(m: &Metrics) -> Vec<String> {
    let mut troubles = Vec::new();
    if m.count("refresh_needs_rebuild") > 0 {
        troubles.push("the store cannot be read; this is its last good state".to_owned());
    }
    if m.count("read_errors_total") > 0 {
        troubles.push("reads failed; the log names the files".to_owned());
    }
    if m.count("change_hook_failures_total") > 0 {
        troubles.push("what runs after a change failed; the log says how".to_owned());
    }
    troubles
}

fn duration(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP musefs_uptime_seconds x\nmusefs_uptime_seconds 7384.5\nmusefs_tree_nodes 12\n\
        musefs_refresh_needs_rebuild 1\nmusefs_process_resident_bytes 10485760\nmusefs_requests_total{op=\"a\"} 2\n\
        musefs_requests_total{op=\"b\"} 3\n";

    #[test]
    fn a_document_is_read() {
        let metrics = Metrics::parse(TEXT);
        assert_eq!(metrics.get("tree_nodes"), Some(12.0));
        assert_eq!(metrics.json()["musefs_requests_total"], 5);
        assert_eq!(metrics.json()["musefs_uptime_seconds"], 7384.5);
        assert_eq!(metrics.get("absent"), None);
    }

    #[test]
    fn the_screen_says_what_matters() {
        let text = screen(Path::new("/mnt/music"), &Metrics::parse(TEXT));
        for part in ["/mnt/music, up 2 h 3 min", "12 files", "10.0 MiB resident", "no passthrough", "cannot be read"] {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
        assert!(text.lines().count() < 24 && text.lines().all(|line| line.len() < 80), "{text}");
    }
}
