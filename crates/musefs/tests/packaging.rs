//! What is packaged with the program speaks of things that the program has.
#![allow(missing_docs)]

use musefs_contracts::metric::ALL;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn packaging() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging")
}

/// Every name of a metric that a text mentions.
fn mentioned(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| word.starts_with("musefs_")).collect()
}

#[test]
fn alert_rules_watch_metrics_that_there_are() {
    let rules = fs::read_to_string(packaging().join("prometheus/musefs.rules.yml")).unwrap();
    let names = mentioned(&rules);
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        assert!(ALL.iter().any(|metric| metric.name == name), "{name} is no metric of musefs");
    }
}

#[test]
fn the_dashboard_shows_every_metric_and_no_other() {
    let dashboard = fs::read_to_string(packaging().join("grafana/musefs.json")).unwrap();
    let declared: BTreeSet<&str> = ALL.iter().map(|metric| metric.name).collect();
    assert_eq!(mentioned(&dashboard), declared, "cargo xtask generate brings the dashboard up to date");
}

#[test]
fn the_telemetry_page_names_every_metric_and_no_other() {
    let page = fs::read_to_string(packaging().join("../docs/telemetry.md")).unwrap();
    let declared: BTreeSet<&str> = ALL.iter().map(|metric| metric.name).collect();
    let named: BTreeSet<&str> = mentioned(&page).into_iter().filter(|name| !name.ends_with('_')).collect();
    assert_eq!(named, declared);
}
