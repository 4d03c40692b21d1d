//! The exploration of schedules: a property is run again and again, each time with its threads interleaved otherwise.
//!
//! The code under test takes its locks, atomics and threads through the `sync` module of its crate. A test that explores it
//! includes its files by path beside a `sync` module of its own, which offers the explorer's types under the same names; the
//! files are those that ship. Such a test has no test harness, because the unit tests inside these files need real threads.
//!
//! The schedules follow from fixed seeds, so that a run finds what the last one found. Memory is sequentially consistent:
//! what only a weaker ordering of atomics can bring about is not found.

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, Runner};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What must hold in every schedule, by name. It panics where it does not hold; a deadlock counts as a panic.
pub type Property = (&'static str, fn());

const SEED: u64 = 0x6d75_7365;
/// Preemptions at chosen points, as few as most races need.
const PREEMPTIONS: usize = 3;

/// Runs the properties whose names contain one of the filters on the command line, each in `2 * schedules` orders. Those in
/// `planted` have a race that must be found.
pub fn main(schedules: usize, properties: &[Property], planted: &[Property]) {
    let filters: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |name: &str| filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()));
    for (name, property) in properties.iter().filter(|(name, _)| wanted(name)) {
        println!("exploring {name} ...");
        explore(schedules, *property);
        println!("test {name} ... ok");
    }
    for (name, property) in planted.iter().filter(|(name, _)| wanted(name)) {
        println!("looking for what is planted in {name} (a panic follows) ...");
        assert!(finds_a_fault(schedules, *property), "the race planted in {name} was not found");
        println!("test {name} ... found");
    }
}

/// Runs a property in schedules chosen at random, and in as many that preempt at few points.
fn explore(schedules: usize, property: fn()) {
    run(RandomScheduler::new_from_seed(SEED, schedules), FailurePersistence::Print, property);
    run(PctScheduler::new_from_seed(SEED, PREEMPTIONS, schedules), FailurePersistence::Print, property);
}

/// Whether an exploration finds a schedule in which the property does not hold: the proof that it could.
fn finds_a_fault(schedules: usize, property: fn()) -> bool {
    catch_unwind(AssertUnwindSafe(|| {
        run(RandomScheduler::new_from_seed(SEED, schedules), FailurePersistence::None, property);
    }))
    .is_err()
}

fn run(scheduler: impl Scheduler + 'static, persistence: FailurePersistence, property: fn()) {
    let mut config = Config::new();
    config.stack_size = 256 << 10;
    config.failure_persistence = persistence;
    config.silence_warnings = true;
    Runner::new(scheduler, config).run(property);
}
