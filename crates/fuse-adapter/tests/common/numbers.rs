//! A meter whose numbers can be looked at.

use std::collections::HashMap;
use std::sync::Mutex;

use musefs_contracts::meter::{Counter, Gauge, Meter};
use musefs_contracts::metric::Metric;

type Observer = Box<dyn Fn() -> f64 + Send + Sync>;

#[derive(Default)]
pub(crate) struct Numbers {
    counters: Mutex<HashMap<&'static str, Counter>>,
    gauges: Mutex<HashMap<&'static str, Gauge>>,
    observed: Mutex<HashMap<&'static str, Observer>>,
}

impl Numbers {
    /// The number now; `None` if nobody asked for the metric.
    pub(crate) fn get(&self, metric: &Metric) -> Option<u64> {
        let counted = self.counters.lock().unwrap().get(metric.name).map(Counter::get);
        let gauged = || self.gauges.lock().unwrap().get(metric.name).map(Gauge::get);
        let observed = || self.observed.lock().unwrap().get(metric.name).map(|read| read() as u64);
        counted.or_else(gauged).or_else(observed)
    }
}

impl Meter for Numbers {
    fn counter(&self, metric: &'static Metric) -> Counter {
        let counter = Counter::default();
        let before = self.counters.lock().unwrap().insert(metric.name, counter.clone());
        assert!(before.is_none(), "{} was asked for twice", metric.name);
        counter
    }
    fn gauge(&self, metric: &'static Metric) -> Gauge {
        let gauge = Gauge::default();
        let before = self.gauges.lock().unwrap().insert(metric.name, gauge.clone());
        assert!(before.is_none(), "{} was asked for twice", metric.name);
        gauge
    }
    fn observe(&self, metric: &'static Metric, read: Observer) {
        let before = self.observed.lock().unwrap().insert(metric.name, read);
        assert!(before.is_none(), "{} was asked for twice", metric.name);
    }
}
