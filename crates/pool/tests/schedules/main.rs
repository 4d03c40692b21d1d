//! The pool in many schedules.

#[allow(dead_code, unused_imports, reason = "the unit tests inside are left out without a harness")]
#[path = "../../src/lanes.rs"]
mod lanes;
#[allow(
    dead_code,
    unused_imports,
    missing_docs,
    unreachable_pub,
    reason = "the unit tests inside are left out without a harness"
)]
#[path = "../../src/pool.rs"]
mod pool;
mod sync;
#[path = "../../src/worker.rs"]
mod worker;

use musefs_contracts::executor::{Class, Executor, Job};
use musefs_contracts::meter::NoMeter;
use musefs_testkit::schedules;
use pool::WorkerPool;
use shuttle::sync::atomic::{AtomicIsize, AtomicUsize, Ordering::SeqCst};
use shuttle::sync::{Arc, Mutex, mpsc};
use shuttle::thread;

const LIMIT: usize = 2;

fn main() {
    schedules::main(
        2_000,
        &[
            ("each_accepted_job_runs_exactly_once", each_accepted_job_runs_exactly_once),
            ("bulk_jobs_never_pass_the_limit", bulk_jobs_never_pass_the_limit),
            ("metadata_never_waits_for_bulk_jobs_alone", metadata_never_waits_for_bulk_jobs_alone),
            ("dropping_waits_for_every_job", dropping_waits_for_every_job),
            ("the_last_handle_may_go_in_a_job", the_last_handle_may_go_in_a_job),
        ],
        &[("a_limit_that_is_checked_before_it_is_taken", a_limit_that_is_checked_before_it_is_taken)],
    );
}

/// Two threads that submit bulk jobs and a metadata job each. Gives back which jobs were accepted, by number.
fn submit_from_two_threads(pool: &Arc<WorkerPool>, job: impl Fn(usize) + Send + Sync + 'static) -> Vec<usize> {
    let job = Arc::new(job);
    let submitters: Vec<_> = (0..2)
        .map(|thread| {
            let (pool, job) = (Arc::clone(pool), Arc::clone(&job));
            thread::spawn(move || {
                let classes = [Class::Bulk, Class::Bulk, Class::Metadata, Class::Bulk];
                let numbered = classes.into_iter().enumerate().map(|(index, class)| (thread * 4 + index, class));
                let accepted = numbered.filter(|(number, class)| {
                    let (job, number) = (Arc::clone(&job), *number);
                    let accepted = pool.submit(*class, Box::new(move || job(number))).is_ok();
                    assert!(accepted || *class == Class::Bulk, "metadata is never refused");
                    accepted
                });
                accepted.map(|(number, _)| number).collect::<Vec<_>>()
            })
        })
        .collect();
    submitters.into_iter().flat_map(|submitter| submitter.join().unwrap()).collect()
}

/// Drops the last handle, which the submitting threads have let go of.
fn end(pool: Arc<WorkerPool>) {
    drop(Arc::into_inner(pool).expect("nobody else holds the pool"));
}

fn each_accepted_job_runs_exactly_once() {
    let pool = Arc::new(WorkerPool::new(2, LIMIT, &NoMeter));
    let ran = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&ran);
    let mut accepted = submit_from_two_threads(&pool, move |number| seen.lock().unwrap().push(number));
    end(pool);
    let mut ran = std::mem::take(&mut *ran.lock().unwrap());
    ran.sort_unstable();
    accepted.sort_unstable();
    assert_eq!(ran, accepted);
}

/// Three threads that submit two bulk jobs each, and count those that are in.
fn count_bulk_jobs(submit: impl Fn(Job) -> bool + Send + Sync + 'static) {
    let submit = Arc::new(submit);
    // Counted after a job was accepted and before it gives its place back, so never more than are really in.
    let inside = Arc::new(AtomicIsize::new(0));
    let submitters: Vec<_> = (0..3)
        .map(|_| {
            let (submit, inside) = (Arc::clone(&submit), Arc::clone(&inside));
            thread::spawn(move || {
                for _ in 0..2 {
                    let ending = Arc::clone(&inside);
                    let job = move || {
                        ending.fetch_sub(1, SeqCst);
                    };
                    if submit(Box::new(job)) {
                        assert!(inside.fetch_add(1, SeqCst) < LIMIT as isize, "more bulk jobs than the limit");
                    }
                }
            })
        })
        .collect();
    for submitter in submitters {
        submitter.join().unwrap();
    }
}

fn bulk_jobs_never_pass_the_limit() {
    let pool = WorkerPool::new(2, LIMIT, &NoMeter);
    count_bulk_jobs(move |job| pool.submit(Class::Bulk, job).is_ok());
}

fn metadata_never_waits_for_bulk_jobs_alone() {
    let pool = WorkerPool::new(2, LIMIT, &NoMeter);
    let mut gates = Vec::new();
    for _ in 0..LIMIT {
        let (gate, opened) = mpsc::channel::<()>();
        let job = move || {
            let _ = opened.recv();
        };
        assert!(pool.submit(Class::Bulk, Box::new(job)).is_ok());
        gates.push(gate);
    }
    let (done, is_done) = mpsc::channel();
    for _ in 0..2 {
        let done = done.clone();
        pool.submit(Class::Metadata, Box::new(move || done.send(()).unwrap())).unwrap();
    }
    // The bulk jobs end only after both metadata jobs: were these to wait for those, nothing could go on.
    is_done.recv().unwrap();
    is_done.recv().unwrap();
    drop(gates);
}

fn dropping_waits_for_every_job() {
    let pool = WorkerPool::new(2, LIMIT, &NoMeter);
    let ended = Arc::new(AtomicUsize::new(0));
    for class in [Class::Bulk, Class::Metadata, Class::Bulk] {
        let ended = Arc::clone(&ended);
        let job = move || {
            thread::yield_now();
            ended.fetch_add(1, SeqCst);
        };
        assert!(pool.submit(class, Box::new(job)).is_ok());
    }
    drop(pool);
    assert_eq!(ended.load(SeqCst), 3);
}

fn the_last_handle_may_go_in_a_job() {
    let pool = Arc::new(WorkerPool::new(2, LIMIT, &NoMeter));
    let (done, is_done) = mpsc::channel();
    for class in [Class::Bulk, Class::Metadata] {
        let (held, done) = (Arc::clone(&pool), done.clone());
        let job = move || {
            drop(held);
            done.send(()).unwrap();
        };
        assert!(pool.submit(class, Box::new(job)).is_ok());
    }
    drop((pool, done));
    assert_eq!(is_done.iter().count(), 2);
}

/// An admission with the race that the pool's must not have.
fn a_limit_that_is_checked_before_it_is_taken() {
    let accepted = Arc::new(AtomicUsize::new(0));
    count_bulk_jobs(move |job| {
        let free = accepted.load(SeqCst) < LIMIT;
        if free {
            accepted.fetch_add(1, SeqCst);
            let accepted = Arc::clone(&accepted);
            thread::spawn(move || {
                job();
                accepted.fetch_sub(1, SeqCst);
            });
        }
        free
    });
}
