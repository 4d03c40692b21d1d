//! The registry: hands out numbers, reads them when someone looks.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use metrics::{Key, KeyName, Level, Metadata, Recorder, SharedString};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use musefs_contracts::filesystem::Document;
use musefs_contracts::meter::{Counter, Gauge, Meter};
use musefs_contracts::metric::{Metric, MetricKind, PROCESS_RESIDENT_BYTES, Presence, UPTIME_SECONDS, Unit};

/// The registry of one mount. Several may live in one process: nothing is global.
pub struct Registry {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    reported: Mutex<Vec<Reported>>,
    started: Instant,
    #[cfg(feature = "jemalloc")]
    allocator: Option<(crate::allocator::Allocator, [metrics::Gauge; 4])>,
}

/// A metric of the document, and where its number comes from.
struct Reported {
    metric: &'static Metric,
    source: Source,
}

enum Source {
    Counter(Counter, metrics::Counter),
    Gauge(Gauge, metrics::Gauge),
    Observed(Box<dyn Fn() -> f64 + Send + Sync>, metrics::Gauge),
}

impl Registry {
    /// A registry that reports its own metrics alone: the time since now, the process's resident memory, and with feature
    /// `jemalloc` the allocator's statistics.
    pub fn new() -> Arc<Self> {
        let recorder = PrometheusBuilder::new().build_recorder();
        let registry = Self {
            handle: recorder.handle(),
            #[cfg(feature = "jemalloc")]
            allocator: crate::allocator::Allocator::find()
                .map(|allocator| (allocator, crate::allocator::Allocator::METRICS.map(|m| gauge_in(&recorder, m)))),
            recorder,
            reported: Mutex::default(),
            started: Instant::now(),
        };
        let started = registry.started;
        registry.observe(&UPTIME_SECONDS, Box::new(move || started.elapsed().as_secs_f64()));
        if crate::process::resident_bytes().is_some() {
            let resident = || crate::process::resident_bytes().unwrap_or(0) as f64;
            registry.observe(&PROCESS_RESIDENT_BYTES, Box::new(resident));
        }
        Arc::new(registry)
    }

    /// The Prometheus text of this moment: for each reported metric its `# HELP`, its `# TYPE` and its number, in the order
    /// of their names.
    ///
    /// Observers are called on this thread; they must not ask this registry for further metrics.
    pub fn render(&self) -> String {
        self.collect();
        let text = self.handle.render();
        let mut blocks: Vec<&str> = text.split("\n\n").map(str::trim).filter(|block| !block.is_empty()).collect();
        blocks.sort_unstable();
        let mut document = blocks.join("\n");
        document.push('\n');
        document
    }

    /// The text as a file of the mount, rendered afresh for each open.
    pub fn document(self: &Arc<Self>) -> Arc<dyn Document> {
        Arc::new(Text(Arc::clone(self)))
    }

    /// Copies every number from its owner.
    fn collect(&self) {
        for reported in &*self.reported() {
            match &reported.source {
                Source::Counter(owned, shown) => shown.absolute(owned.get()),
                Source::Gauge(owned, shown) => shown.set(level(owned.get())),
                Source::Observed(read, shown) => shown.set(read()),
            }
        }
        #[cfg(feature = "jemalloc")]
        if let Some((allocator, gauges)) = &self.allocator
            && let Some(numbers) = allocator.read()
        {
            for (gauge, number) in gauges.iter().zip(numbers) {
                gauge.set(number as f64);
            }
        }
    }

    /// A panicking observer leaves the list whole, so a poisoned lock is as good as any.
    fn reported(&self) -> MutexGuard<'_, Vec<Reported>> {
        self.reported.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Meter for Registry {
    fn counter(&self, metric: &'static Metric) -> Counter {
        debug_assert_eq!(metric.kind, MetricKind::Counter, "{} is no counter", metric.name);
        let mut reported = self.reported();
        let known = reported.iter().find(|r| r.metric.name == metric.name);
        if let Some(Reported { source: Source::Counter(owned, _), .. }) = known {
            return owned.clone();
        }
        let owned = Counter::default();
        if is_reported(metric) {
            let source = Source::Counter(owned.clone(), counter_in(&self.recorder, metric));
            reported.push(Reported { metric, source });
        }
        owned
    }

    fn gauge(&self, metric: &'static Metric) -> Gauge {
        debug_assert_eq!(metric.kind, MetricKind::Gauge, "{} is no gauge", metric.name);
        let mut reported = self.reported();
        let known = reported.iter().find(|r| r.metric.name == metric.name);
        if let Some(Reported { source: Source::Gauge(owned, _), .. }) = known {
            return owned.clone();
        }
        let owned = Gauge::default();
        if is_reported(metric) {
            let source = Source::Gauge(owned.clone(), gauge_in(&self.recorder, metric));
            reported.push(Reported { metric, source });
        }
        owned
    }

    fn observe(&self, metric: &'static Metric, read: Box<dyn Fn() -> f64 + Send + Sync>) {
        debug_assert_eq!(metric.kind, MetricKind::Gauge, "{} is no gauge", metric.name);
        if !is_reported(metric) {
            return;
        }
        let mut reported = self.reported();
        reported.retain(|r| r.metric.name != metric.name);
        let source = Source::Observed(read, gauge_in(&self.recorder, metric));
        reported.push(Reported { metric, source });
    }
}

/// Whether this build reports the metric, if someone asks for it.
fn is_reported(metric: &Metric) -> bool {
    match metric.presence {
        Presence::Always | Presence::Passthrough => true,
        // The allocator's numbers are the registry's own: it alone reads them.
        Presence::Jemalloc => false,
        Presence::Syscalls => cfg!(feature = "syscalls"),
    }
}

/// A gauge's number. Its owner adds and takes away without a lock, so a reader may see a take before its add: a number
/// below zero, which as an unsigned one is near 2⁶⁴, stands for none.
fn level(number: u64) -> f64 {
    if number > i64::MAX as u64 { 0.0 } else { number as f64 }
}

fn counter_in(recorder: &PrometheusRecorder, metric: &'static Metric) -> metrics::Counter {
    recorder.describe_counter(KeyName::from_const_str(metric.name), Some(unit(metric)), help(metric));
    recorder.register_counter(&Key::from_static_name(metric.name), &METADATA)
}

fn gauge_in(recorder: &PrometheusRecorder, metric: &'static Metric) -> metrics::Gauge {
    recorder.describe_gauge(KeyName::from_const_str(metric.name), Some(unit(metric)), help(metric));
    recorder.register_gauge(&Key::from_static_name(metric.name), &METADATA)
}

static METADATA: Metadata<'static> = Metadata::new("musefs", Level::INFO, None);

fn help(metric: &'static Metric) -> SharedString {
    SharedString::const_str(metric.help)
}

fn unit(metric: &Metric) -> metrics::Unit {
    match metric.unit {
        Unit::Count => metrics::Unit::Count,
        Unit::Bytes => metrics::Unit::Bytes,
        Unit::Seconds => metrics::Unit::Seconds,
    }
}

struct Text(Arc<Registry>);

impl Document for Text {
    fn render(&self) -> io::Result<Vec<u8>> {
        Ok(self.0.render().into_bytes())
    }
}

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;
