//! The read-ahead and its budget in many schedules.

#[allow(dead_code, unused_imports, reason = "the unit tests inside are left out without a harness")]
#[path = "../../src/budget.rs"]
mod budget;
#[allow(dead_code, unused_imports, reason = "the unit tests inside are left out without a harness")]
#[path = "../../src/buffers.rs"]
mod buffers;
#[path = "../../src/crew.rs"]
mod crew;
#[path = "../../src/handle.rs"]
mod handle;
#[allow(dead_code, unused_imports, reason = "the unit tests inside are left out without a harness")]
#[path = "../../src/pattern.rs"]
mod pattern;
mod sync;

use budget::Budget;
use handle::{Handle, Shared};
use musefs_contracts::backing::{Source, Stamp};
use musefs_contracts::clock::{Clock, ManualClock};
use musefs_contracts::meter::NoMeter;
use musefs_testkit::schedules;
use pattern::MIN_WINDOW;
use shuttle::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::io;
use std::sync::Arc;
use sync::thread;

fn main() {
    schedules::main(
        2_000,
        &[
            ("shares_never_pass_the_budget_and_come_back", shares_never_pass_the_budget_and_come_back),
            ("readers_get_their_bytes_within_the_budget", readers_get_their_bytes_within_the_budget),
            ("two_readers_of_one_handle_and_a_closing_crew", two_readers_of_one_handle_and_a_closing_crew),
        ],
        &[("a_budget_that_is_checked_before_it_is_charged", a_budget_that_is_checked_before_it_is_charged)],
    );
}

/// Three threads that hold shares of 2 of 5 twice each, and count what all hold.
fn hold_shares<T>(charge: impl Fn(u64) -> Option<T> + Send + Sync + 'static) {
    let charge = Arc::new(charge);
    // Counted while the share is held, so never more than is charged.
    let held = Arc::new(AtomicU64::new(0));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let (charge, held) = (Arc::clone(&charge), Arc::clone(&held));
            thread::spawn(move || {
                for _ in 0..2 {
                    if let Some(share) = charge(2) {
                        assert!(held.fetch_add(2, SeqCst) + 2 <= 5, "more is held than the budget");
                        held.fetch_sub(2, SeqCst);
                        drop(share);
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

fn shares_never_pass_the_budget_and_come_back() {
    let budget = Budget::new(5, &NoMeter);
    let charged = Arc::clone(&budget);
    hold_shares(move |bytes| charged.charge(bytes));
    assert_eq!(budget.charged(), 0);
}

/// A budget with the race that the real one must not have.
fn a_budget_that_is_checked_before_it_is_charged() {
    struct Share(Arc<AtomicU64>);
    impl Drop for Share {
        fn drop(&mut self) {
            self.0.fetch_sub(2, SeqCst);
        }
    }
    let charged = Arc::new(AtomicU64::new(0));
    hold_shares(move |bytes| {
        (charged.load(SeqCst) + bytes <= 5).then(|| {
            charged.fetch_add(bytes, SeqCst);
            Share(Arc::clone(&charged))
        })
    });
}

const BLOCK: u64 = 16 << 10;
const LEN: u64 = 6 * MIN_WINDOW + 100;

/// A slow source whose bytes tell in which block they lie.
struct Disk(Arc<ManualClock>);

impl Source for Disk {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        thread::yield_now();
        self.0.0.fetch_add(10_000_000, SeqCst);
        let n = LEN.saturating_sub(offset).min(buf.len() as u64) as usize;
        let mut at = 0;
        while at < n {
            let block = (offset + at as u64) / BLOCK;
            let to = (((block + 1) * BLOCK - offset) as usize).min(n);
            buf[at..to].fill(block as u8);
            at = to;
        }
        Ok(n)
    }

    fn read_at_nowait(&self, _: u64, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn stamp(&self) -> io::Result<Stamp> {
        Ok(Stamp { size: LEN, ..Stamp::default() })
    }
}

fn shared(budget: u64) -> (Arc<Shared>, Arc<Disk>) {
    let clock = Arc::new(ManualClock::default());
    let shared = Shared::new(budget, &NoMeter, Arc::clone(&clock) as Arc<dyn Clock>);
    (Arc::new(shared), Arc::new(Disk(clock)))
}

/// Reads on in steps of two blocks, and looks at each block and the budget.
fn read_on(handle: &Handle, shared: &Shared, budget: u64) {
    let mut buf = vec![0; 2 * BLOCK as usize];
    let step = buf.len() as u64;
    for offset in (0..4 * MIN_WINDOW).step_by(buf.len()).chain([LEN / step * step]) {
        let n = handle.read_at(offset, &mut buf).unwrap();
        assert_eq!(n as u64, step.min(LEN - offset));
        for at in (0..n).step_by(BLOCK as usize) {
            assert_eq!(u64::from(buf[at]), (offset + at as u64) / BLOCK, "the block at {offset}+{at}");
        }
        assert!(shared.budget.charged() <= budget, "more is charged than the budget");
    }
}

/// What a read-ahead does when it is dropped; then nothing may be held.
fn end(shared: &Shared) {
    shared.crew.close();
    assert_eq!((shared.budget.charged(), shared.budget.streams()), (0, 0));
}

fn readers_get_their_bytes_within_the_budget() {
    const BUDGET: u64 = 3 * MIN_WINDOW;
    let (shared, disk) = shared(BUDGET);
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (shared, disk) = (Arc::clone(&shared), Arc::clone(&disk) as Arc<dyn Source>);
            thread::spawn(move || read_on(&Handle::new(disk, Arc::clone(&shared)), &shared, BUDGET))
        })
        .collect();
    for reader in readers {
        reader.join().unwrap();
    }
    end(&shared);
}

fn two_readers_of_one_handle_and_a_closing_crew() {
    const BUDGET: u64 = 12 * MIN_WINDOW;
    let (shared, disk) = shared(BUDGET);
    let handle = Handle::new(disk, Arc::clone(&shared));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (shared, handle) = (Arc::clone(&shared), Arc::clone(&handle));
            thread::spawn(move || read_on(&handle, &shared, BUDGET))
        })
        .collect();
    shared.crew.close();
    for reader in readers {
        reader.join().unwrap();
    }
    drop(handle);
    end(&shared);
}
