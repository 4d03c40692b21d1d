//! A registry that tests read back.

use super::lock;
use musefs_contracts::meter::{Counter, Gauge, Meter};
use musefs_contracts::metric::Metric;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Hands out real counters and gauges, and tells their values by name.
///
/// Panics where a metric is handed out twice, or as the wrong kind: that is how a mount would report wrong numbers.
#[derive(Default)]
pub struct RecordingMeter(Mutex<BTreeMap<&'static str, Recorded>>);

enum Recorded {
    Counter(Counter),
    Gauge(Gauge),
    Observed(Box<dyn Fn() -> f64 + Send + Sync>),
}

impl RecordingMeter {
    /// A meter that nobody has asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value now; `None` if no component asked for this metric.
    pub fn value(&self, name: &str) -> Option<f64> {
        Some(match lock(&self.0).get(name)? {
            Recorded::Counter(counter) => counter.get() as f64,
            Recorded::Gauge(gauge) => gauge.get() as f64,
            Recorded::Observed(read) => read(),
        })
    }

    /// The names asked for so far, in alphabetical order.
    pub fn names(&self) -> Vec<&'static str> {
        lock(&self.0).keys().copied().collect()
    }

    fn record(&self, metric: &'static Metric, recorded: Recorded) {
        let twice = lock(&self.0).insert(metric.name, recorded).is_some();
        assert!(!twice, "{} is handed out twice", metric.name);
    }
}

impl Meter for RecordingMeter {
    fn counter(&self, metric: &'static Metric) -> Counter {
        assert_eq!(metric.kind, musefs_contracts::metric::MetricKind::Counter, "{}", metric.name);
        let counter = Counter::default();
        self.record(metric, Recorded::Counter(counter.clone()));
        counter
    }

    fn gauge(&self, metric: &'static Metric) -> Gauge {
        assert_eq!(metric.kind, musefs_contracts::metric::MetricKind::Gauge, "{}", metric.name);
        let gauge = Gauge::default();
        self.record(metric, Recorded::Gauge(gauge.clone()));
        gauge
    }

    fn observe(&self, metric: &'static Metric, read: Box<dyn Fn() -> f64 + Send + Sync>) {
        self.record(metric, Recorded::Observed(read));
    }
}

impl std::fmt::Debug for RecordingMeter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use musefs_contracts::metric;

    #[test]
    fn values_are_read_back_by_name() {
        let meter = RecordingMeter::new();
        meter.counter(&metric::READ_ERRORS_TOTAL).add(3);
        meter.gauge(&metric::HANDLES_OPEN).set(2);
        meter.observe(&metric::UPTIME_SECONDS, Box::new(|| 1.5));
        assert_eq!(meter.value("musefs_read_errors_total"), Some(3.0));
        assert_eq!(meter.value("musefs_handles_open"), Some(2.0));
        assert_eq!(meter.value("musefs_uptime_seconds"), Some(1.5));
        assert_eq!(meter.value("musefs_tree_nodes"), None);
        assert_eq!(meter.names().len(), 3);
    }

    #[test]
    #[should_panic(expected = "handed out twice")]
    fn a_metric_handed_out_twice_is_noticed() {
        let meter = RecordingMeter::new();
        meter.gauge(&metric::HANDLES_OPEN);
        meter.gauge(&metric::HANDLES_OPEN);
    }
}
