//! Handing out counters and gauges. Components own their numbers; the registry reads them when someone looks.

use crate::metric::Metric;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows. Cloning gives another handle on the same number.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Adds one.
    pub fn increment(&self) {
        self.add(1);
    }

    /// Adds `n`.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// The number now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that rises and falls. Cloning gives another handle on the same number.
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<AtomicU64>);

impl Gauge {
    /// Sets the number.
    pub fn set(&self, n: u64) {
        self.0.store(n, Ordering::Relaxed);
    }

    /// Adds `n`.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// Takes `n` away.
    pub fn sub(&self, n: u64) {
        self.0.fetch_sub(n, Ordering::Relaxed);
    }

    /// The number now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Adds one until the guard is dropped.
    pub fn hold(&self) -> GaugeGuard {
        self.add(1);
        GaugeGuard(self.clone())
    }
}

/// Takes one away when dropped.
#[derive(Debug)]
pub struct GaugeGuard(Gauge);

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        self.0.sub(1);
    }
}

/// The registry as components see it. Each metric of [`crate::metric`] is handed out at most once a mount; a metric that no
/// component asked for is not reported at all.
pub trait Meter: Send + Sync {
    /// A counter to be reported under this metric.
    fn counter(&self, metric: &'static Metric) -> Counter;

    /// A gauge to be reported under this metric.
    fn gauge(&self, metric: &'static Metric) -> Gauge;

    /// A gauge whose value is asked for when someone looks.
    fn observe(&self, metric: &'static Metric, read: Box<dyn Fn() -> f64 + Send + Sync>);
}

/// Numbers that nobody reports.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoMeter;

impl Meter for NoMeter {
    fn counter(&self, _: &'static Metric) -> Counter {
        Counter::default()
    }
    fn gauge(&self, _: &'static Metric) -> Gauge {
        Gauge::default()
    }
    fn observe(&self, _: &'static Metric, _: Box<dyn Fn() -> f64 + Send + Sync>) {}
}
