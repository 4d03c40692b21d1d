//! The pool: classes, refusal, panics, draining. Order is forced by gates, never by time.

use super::*;
use musefs_contracts::meter::{Counter, NoMeter};
use musefs_contracts::metric::Metric;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// A job that tells when it runs, and ends when it is let go (or its gate is dropped).
fn gated() -> (Job, Receiver<()>, Sender<()>) {
    let (started, has_started) = channel();
    let (gate, opened) = channel::<()>();
    let job = Box::new(move || {
        started.send(()).unwrap();
        let _ = opened.recv();
    });
    (job, has_started, gate)
}

fn run_to_end(pool: &WorkerPool, class: Class) {
    let (done, is_done) = channel();
    pool.submit(class, Box::new(move || done.send(()).unwrap())).unwrap();
    is_done.recv().unwrap();
}

#[test]
fn metadata_runs_while_every_other_worker_is_held_by_bulk_jobs() {
    let pool = WorkerPool::new(3, 100, &NoMeter);
    let mut gates = Vec::new();
    for index in 0..10 {
        let (job, started, gate) = gated();
        pool.submit(Class::Bulk, job).unwrap();
        if index < 2 {
            started.recv().unwrap();
        }
        gates.push((started, gate));
    }
    run_to_end(&pool, Class::Metadata);
    assert!(gates[2].0.try_recv().is_err(), "the reserved worker takes no bulk job");
}

#[test]
fn a_worker_of_a_single_pool_takes_metadata_before_waiting_bulk_jobs() {
    let pool = WorkerPool::new(1, 100, &NoMeter);
    let (job, started, gate) = gated();
    pool.submit(Class::Bulk, job).unwrap();
    started.recv().unwrap();
    let (order, seen) = channel();
    for (class, name) in [(Class::Bulk, "bulk"), (Class::Bulk, "bulk"), (Class::Metadata, "metadata")] {
        let order = order.clone();
        pool.submit(class, Box::new(move || order.send(name).unwrap())).unwrap();
    }
    drop((order, gate));
    assert_eq!(seen.iter().collect::<Vec<_>>(), ["metadata", "bulk", "bulk"]);
}

#[test]
fn bulk_is_refused_above_the_limit_and_handed_back_unrun() {
    let pool = WorkerPool::new(2, 2, &NoMeter);
    let (first, started, gate) = gated();
    pool.submit(Class::Bulk, first).unwrap();
    started.recv().unwrap();
    let (second, second_started, second_gate) = gated();
    pool.submit(Class::Bulk, second).unwrap();

    let ran = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ran);
    let Overloaded(job) = pool
        .submit(
            Class::Bulk,
            Box::new(move || {
                count.fetch_add(1, Ordering::SeqCst);
            }),
        )
        .unwrap_err();
    assert_eq!(ran.load(Ordering::SeqCst), 0);
    job();
    assert_eq!(ran.load(Ordering::SeqCst), 1);
    for _ in 0..50 {
        run_to_end(&pool, Class::Metadata);
    }

    drop((gate, second_gate));
    second_started.recv().unwrap();
    // The place is free once the job has ended, which is a moment after it says so.
    while pool.submit(Class::Bulk, Box::new(|| {})).is_err() {
        std::thread::yield_now();
    }
}

#[test]
fn a_panicking_job_takes_no_worker_and_no_place_with_it() {
    let pool = WorkerPool::new(1, 1, &NoMeter);
    for class in [Class::Metadata, Class::Bulk, Class::Bulk] {
        let mut job: Job = Box::new(|| panic!("on purpose"));
        while let Err(Overloaded(again)) = pool.submit(class, job) {
            job = again;
            std::thread::yield_now();
        }
    }
    run_to_end(&pool, Class::Metadata);
}

#[test]
fn dropping_runs_every_accepted_job_first() {
    let ran = Arc::new(AtomicUsize::new(0));
    let pool = WorkerPool::new(3, 1_000, &NoMeter);
    for index in 0..600 {
        let ran = Arc::clone(&ran);
        let class = if index % 3 == 0 { Class::Metadata } else { Class::Bulk };
        pool.submit(
            class,
            Box::new(move || {
                ran.fetch_add(1, Ordering::SeqCst);
            }),
        )
        .unwrap();
    }
    drop(pool);
    assert_eq!(ran.load(Ordering::SeqCst), 600);
}

#[test]
fn a_job_may_hold_the_last_handle_on_its_pool() {
    let pool = Arc::new(WorkerPool::new(2, 10, &NoMeter));
    let (held, gate) = (Arc::clone(&pool), channel::<()>());
    let (done, is_done) = channel();
    let opened = gate.1;
    pool.submit(
        Class::Metadata,
        Box::new(move || {
            let _ = opened.recv();
            drop(held);
            done.send(()).unwrap();
        }),
    )
    .unwrap();
    drop(pool);
    drop(gate.0);
    is_done.recv().unwrap();
}

#[test]
fn without_workers_jobs_run_on_the_calling_thread() {
    let pool = WorkerPool::new(0, 0, &NoMeter);
    assert!(pool.is_inline());
    let (here, there) = channel();
    pool.submit(Class::Bulk, Box::new(move || here.send(std::thread::current().id()).unwrap())).unwrap();
    assert_eq!(there.recv().unwrap(), std::thread::current().id());
    assert!(!WorkerPool::new(1, 1, &NoMeter).is_inline());
}

#[derive(Default)]
struct Gauges(Mutex<HashMap<&'static str, Gauge>>);

impl Gauges {
    fn value(&self, metric: &'static Metric) -> u64 {
        self.0.lock().unwrap()[metric.name].get()
    }
}

impl Meter for Gauges {
    fn counter(&self, _: &'static Metric) -> Counter {
        Counter::default()
    }
    fn gauge(&self, metric: &'static Metric) -> Gauge {
        self.0.lock().unwrap().entry(metric.name).or_default().clone()
    }
    fn observe(&self, _: &'static Metric, _: Box<dyn Fn() -> f64 + Send + Sync>) {}
}

#[test]
fn the_gauges_tell_workers_running_and_waiting_jobs() {
    let meter = Gauges::default();
    let pool = WorkerPool::new(2, 3, &meter);
    let (job, started, gate) = gated();
    pool.submit(Class::Bulk, job).unwrap();
    started.recv().unwrap();
    let (job, _waits, second_gate) = gated();
    pool.submit(Class::Bulk, job).unwrap();
    let (job, _waits, third_gate) = gated();
    pool.submit(Class::Bulk, job).unwrap();
    assert!(pool.submit(Class::Bulk, Box::new(|| {})).is_err());
    let read =
        || (meter.value(&metric::POOL_WORKERS), meter.value(&metric::POOL_ACTIVE), meter.value(&metric::POOL_QUEUED));
    assert_eq!(read(), (2, 1, 2));
    drop((gate, second_gate, third_gate));
    drop(pool);
    assert_eq!(read(), (2, 0, 0));
}
