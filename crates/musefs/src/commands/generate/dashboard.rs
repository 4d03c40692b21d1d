//! The Grafana dashboard: a panel for each metric that is declared, grouped by what it is about.

use musefs_contracts::metric::{ALL, Metric, MetricKind, Unit};
use serde_json::{Value, json};

/// Groups in the order in which someone who looks for trouble reads them: heading, and how the names of its metrics begin
/// behind `musefs_`. The last group takes whatever is left.
const GROUPS: &[(&str, &[&str])] = &[
    ("Reading", &["uptime", "handles", "reads", "read_errors", "passthrough", "reflink", "dir_handles"]),
    ("View and refresh", &["tree", "inode", "refresh", "change", "companion"]),
    ("Workers and caches", &["pool", "cache", "readahead"]),
    ("Memory", &["process", "sqlite", "alloc"]),
    ("Storage", &["backing", "art", "binary", "scan"]),
    ("Requests of the kernel", &["requests"]),
    ("Other", &[""]),
];

/// Width of the dashboard's grid, and the size of a panel in it.
const GRID: usize = 24;
const PANEL: (usize, usize) = (6, 6);

/// The dashboard as Grafana imports it.
pub(super) fn text() -> String {
    let mut panels = Vec::new();
    let mut y = 0;
    for (group, (title, _)) in GROUPS.iter().enumerate() {
        let metrics: Vec<_> = ALL.iter().filter(|metric| group_of(metric) == group).collect();
        if metrics.is_empty() {
            continue;
        }
        let id = panels.len() + 1;
        let position = json!({ "x": 0, "y": y, "w": GRID, "h": 1 });
        panels.push(
            json!({ "id": id, "type": "row", "title": title, "collapsed": false, "gridPos": position, "panels": [] }),
        );
        y += 1;
        let a_row = GRID / PANEL.0;
        for (at, metric) in metrics.iter().enumerate() {
            let position =
                json!({ "x": at % a_row * PANEL.0, "y": y + at / a_row * PANEL.1, "w": PANEL.0, "h": PANEL.1 });
            panels.push(panel(panels.len() + 1, metric, &position));
        }
        y += metrics.len().div_ceil(a_row) * PANEL.1;
    }
    let dashboard = json!({
        "title": "musefs",
        "uid": "musefs",
        "tags": ["musefs"],
        "schemaVersion": 39,
        "editable": true,
        "refresh": "30s",
        "time": { "from": "now-6h", "to": "now" },
        "templating": { "list": [source(), instance()] },
        "panels": panels,
    });
    format!("{dashboard:#}\n")
}

fn group_of(metric: &Metric) -> usize {
    let name = metric.name.strip_prefix("musefs_").unwrap_or(metric.name);
    GROUPS
        .iter()
        .position(|(_, beginnings)| beginnings.iter().any(|beginning| name.starts_with(beginning)))
        .unwrap_or(GROUPS.len() - 1)
}

fn panel(id: usize, metric: &Metric, position: &Value) -> Value {
    let selected = format!("{}{{instance=~\"$instance\"}}", metric.name);
    let (expression, unit) = match (metric.kind, metric.unit) {
        (MetricKind::Counter, Unit::Bytes) => (format!("rate({selected}[$__rate_interval])"), "Bps"),
        (MetricKind::Counter, _) => (format!("rate({selected}[$__rate_interval])"), "cps"),
        (MetricKind::Gauge, Unit::Bytes) => (selected, "bytes"),
        (MetricKind::Gauge, Unit::Seconds) => (selected, "s"),
        (MetricKind::Gauge, Unit::Count) => (selected, "short"),
    };
    let source = json!({ "type": "prometheus", "uid": "${datasource}" });
    let target = json!({ "refId": "A", "expr": expression, "legendFormat": "{{instance}}", "datasource": source });
    json!({
        "id": id,
        "type": "timeseries",
        "title": title(metric),
        "description": metric.help,
        "datasource": source,
        "gridPos": position,
        "fieldConfig": { "defaults": { "unit": unit, "min": 0 }, "overrides": [] },
        "options": { "legend": { "displayMode": "list", "placement": "bottom" } },
        "targets": [target],
    })
}

/// `musefs_cache_header_bytes_max` as `cache header bytes max`.
fn title(metric: &Metric) -> String {
    let name = metric.name.strip_prefix("musefs_").unwrap_or(metric.name);
    let name = name.strip_suffix("_total").unwrap_or(name).replace('_', " ");
    match metric.kind {
        MetricKind::Counter => format!("{name} per second"),
        MetricKind::Gauge => name,
    }
}

fn source() -> Value {
    json!({ "name": "datasource", "label": "Source", "type": "datasource", "query": "prometheus" })
}

fn instance() -> Value {
    json!({
        "name": "instance",
        "label": "Mount",
        "type": "query",
        "datasource": { "type": "prometheus", "uid": "${datasource}" },
        "query": "label_values(musefs_uptime_seconds, instance)",
        "refresh": 2,
        "includeAll": true,
        "multi": true,
        "current": { "text": "All", "value": "$__all" },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_one_panel_and_nothing_else_is_asked_for() {
        let dashboard: Value = serde_json::from_str(&text()).unwrap();
        let panels = dashboard["panels"].as_array().unwrap();
        let asked: Vec<&str> = panels.iter().filter_map(|panel| panel["targets"][0]["expr"].as_str()).collect();
        assert_eq!(asked.len(), ALL.len());
        for metric in ALL {
            let panels = asked.iter().filter(|expression| expression.contains(&format!("{}{{", metric.name)));
            assert_eq!(panels.count(), 1, "{}", metric.name);
        }
    }

    #[test]
    fn panels_do_not_cover_each_other() {
        let dashboard: Value = serde_json::from_str(&text()).unwrap();
        let mut taken = std::collections::HashSet::new();
        for panel in dashboard["panels"].as_array().unwrap() {
            let number = |name: &str| panel["gridPos"][name].as_u64().unwrap();
            for x in number("x")..number("x") + number("w") {
                for y in number("y")..number("y") + number("h") {
                    assert!(x < GRID as u64 && taken.insert((x, y)), "{}", panel["title"]);
                }
            }
        }
    }

    #[test]
    fn what_only_grows_is_shown_as_a_rate() {
        let text = text();
        assert!(text.contains("rate(musefs_read_errors_total{"));
        assert!(!text.contains("rate(musefs_handles_open{"));
    }
}
