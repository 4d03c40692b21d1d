//! Read-ahead over sources that are slow by a clock that they move themselves: no test measures time.

use super::*;
use musefs_contracts::backing::Stamp;
use musefs_contracts::clock::ManualClock;
use musefs_contracts::meter::NoMeter;
use pattern::MIN_WINDOW;
use proptest::prelude::*;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
/// A read of a sleepy disk.
const SLOW: i64 = 10_000_000;

fn byte(at: u64) -> u8 {
    (at ^ (at >> 8) ^ (at >> 16)) as u8
}

/// A ramp that takes `cost_ns` a read by `clock`, and answers without waiting up to `cached_to`.
struct Disk {
    len: u64,
    cost_ns: i64,
    cached_to: u64,
    /// Reads that touch bytes from here on fail.
    broken_from: u64,
    clock: Arc<ManualClock>,
    reads: Mutex<Vec<(u64, usize)>>,
    /// While closed, reads as long as a window wait.
    closed: Mutex<bool>,
    opened: Condvar,
    waiting: AtomicUsize,
    panics: AtomicBool,
}

impl Disk {
    fn new(len: usize, cost_ns: i64) -> Self {
        Self {
            len: len as u64,
            cost_ns,
            cached_to: 0,
            broken_from: u64::MAX,
            clock: Arc::default(),
            reads: Mutex::default(),
            closed: Mutex::new(false),
            opened: Condvar::new(),
            waiting: AtomicUsize::new(0),
            panics: AtomicBool::new(false),
        }
    }

    fn fill(&self, offset: u64, buf: &mut [u8], limit: u64) -> usize {
        let n = limit.min(self.len).saturating_sub(offset).min(buf.len() as u64) as usize;
        for (at, slot) in buf[..n].iter_mut().enumerate() {
            *slot = byte(offset + at as u64);
        }
        n
    }

    fn reads(&self) -> usize {
        self.reads.lock().unwrap().len()
    }

    fn gate(&self, closed: bool) {
        *self.closed.lock().unwrap() = closed;
        self.opened.notify_all();
    }
}

impl Source for Disk {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.reads.lock().unwrap().push((offset, buf.len()));
        if buf.len() as u64 >= MIN_WINDOW {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            drop(self.opened.wait_while(self.closed.lock().unwrap(), |closed| *closed).unwrap());
            assert!(!self.panics.load(Ordering::SeqCst), "on purpose");
        }
        self.clock.0.fetch_add(self.cost_ns, Ordering::SeqCst);
        if offset + buf.len() as u64 > self.broken_from {
            return Err(io::Error::from_raw_os_error(5));
        }
        Ok(self.fill(offset, buf, u64::MAX))
    }

    fn read_at_nowait(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        match self.fill(offset, buf, self.cached_to) {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            n => Ok(n),
        }
    }

    fn stamp(&self) -> io::Result<Stamp> {
        Ok(Stamp { size: self.len, ..Stamp::default() })
    }
}

/// A disk, the read-ahead over it, and one handle on it.
struct Rig {
    disk: Arc<Disk>,
    ahead: AdaptiveReadAhead,
    handle: Arc<dyn Source>,
}

impl Rig {
    fn new(budget: u64, disk: Disk) -> Self {
        let disk = Arc::new(disk);
        let ahead = AdaptiveReadAhead::with_clock(budget, &NoMeter, Arc::clone(&disk.clock) as Arc<dyn Clock>);
        let handle = ahead.decorate(Arc::clone(&disk) as Arc<dyn Source>);
        Self { disk, ahead, handle }
    }

    fn shared(&self) -> &Arc<Shared> {
        self.ahead.shared.as_ref().unwrap()
    }

    fn another(&self) -> Arc<dyn Source> {
        self.ahead.decorate(Arc::clone(&self.disk) as Arc<dyn Source>)
    }
}

/// Reads and compares with the ramp.
fn check(source: &dyn Source, disk: &Disk, offset: u64, len: usize) {
    let mut buf = vec![0xee; len];
    let n = source.read_at(offset, &mut buf).unwrap();
    assert_eq!(n as u64, disk.len.saturating_sub(offset).min(len as u64), "length at {offset}+{len}");
    for (at, got) in buf[..n].iter().enumerate() {
        assert_eq!(*got, byte(offset + at as u64), "byte {at} of {offset}+{len}");
    }
}

fn stream(source: &dyn Source, disk: &Disk, from: usize, to: usize, step: usize) {
    for offset in (from..to).step_by(step) {
        check(source, disk, offset as u64, step);
    }
}

#[test]
fn a_sequential_reader_of_slow_storage_needs_few_reads() {
    let rig = Rig::new(64 << 20, Disk::new(40 * MIB, SLOW));
    stream(&*rig.handle, &rig.disk, 0, 40 * MIB, 128 * KIB);
    // Two plain reads, windows of ¼, ½, 1, 2 and then 4 MiB, and one that finds the end.
    assert!(rig.disk.reads() <= 20, "{:?}", rig.disk.reads.lock().unwrap());
    assert!(rig.shared().hits.get() >= 316, "{}", rig.shared().hits.get());
    assert_eq!(rig.shared().hits.get() + rig.shared().misses.get(), 320);
}

#[test]
fn every_byte_is_fetched_once() {
    let rig = Rig::new(64 << 20, Disk::new(9 * MIB, SLOW));
    stream(&*rig.handle, &rig.disk, 0, 9 * MIB, 64 * KIB);
    let mut reads = rig.disk.reads.lock().unwrap().clone();
    reads.sort_unstable();
    for pair in reads.windows(2) {
        assert!(pair[0].0 + pair[0].1 as u64 <= pair[1].0, "{pair:?}");
    }
}

#[test]
fn cached_bytes_are_served_without_buffers_and_fast_storage_is_left_alone() {
    let cached = Rig::new(64 << 20, Disk { cached_to: u64::MAX, ..Disk::new(4 * MIB, SLOW) });
    stream(&*cached.handle, &cached.disk, 0, 4 * MIB, 128 * KIB);
    assert_eq!((cached.disk.reads(), cached.shared().hits.get()), (0, 0));
    assert_eq!(cached.shared().misses.get(), 32);

    let fast = Rig::new(64 << 20, Disk::new(4 * MIB, 1_000));
    stream(&*fast.handle, &fast.disk, 0, 4 * MIB, 128 * KIB);
    assert_eq!((fast.disk.reads(), fast.shared().hits.get()), (32, 0));
    assert_eq!(fast.shared().budget.charged(), 0);
}

#[test]
fn random_readers_cost_nothing_extra() {
    let rig = Rig::new(64 << 20, Disk::new(64 * MIB, SLOW));
    let mut at = 1u64;
    let mut expected = Vec::new();
    for _ in 0..200 {
        at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let offset = (at >> 40) % 63 * MIB as u64;
        if expected.last() == Some(&(offset, 4_096)) {
            continue;
        }
        check(&*rig.handle, &rig.disk, offset, 4_096);
        expected.push((offset, 4_096));
    }
    assert_eq!(*rig.disk.reads.lock().unwrap(), expected);
    assert_eq!(rig.shared().budget.streams(), 0);
}

#[test]
fn a_jump_gives_the_windows_back() {
    let rig = Rig::new(64 << 20, Disk::new(64 * MIB, SLOW));
    stream(&*rig.handle, &rig.disk, 0, 2 * MIB, 64 * KIB);
    assert_eq!(rig.shared().budget.streams(), 1);
    check(&*rig.handle, &rig.disk, 50 * MIB as u64, 4_096);
    assert_eq!(rig.shared().budget.streams(), 0);
    // The fetch that was under way ends when its thread is given time: until then no other begins.
    while rig.shared().budget.charged() > 0 {
        std::thread::yield_now();
    }
    stream(&*rig.handle, &rig.disk, 10 * MIB, 12 * MIB, 64 * KIB);
    assert_eq!(rig.shared().budget.streams(), 1);
}

#[test]
fn all_tokens_are_back_once_handle_and_read_ahead_are_gone() {
    for handle_first in [false, true] {
        let Rig { disk, ahead, handle } = Rig::new(64 << 20, Disk::new(8 * MIB, SLOW));
        stream(&*handle, &disk, 0, 5 * MIB, 100 * KIB);
        let budget = Arc::clone(&ahead.shared.as_ref().unwrap().budget);
        assert!(budget.charged() > 0);
        if handle_first {
            drop(handle);
            drop(ahead);
        } else {
            drop(ahead);
            stream(&*handle, &disk, 5 * MIB, 8 * MIB, 100 * KIB);
            drop(handle);
        }
        assert_eq!((budget.charged(), budget.streams()), (0, 0));
    }
}

#[test]
fn a_fetch_that_hangs_holds_up_no_reader_of_other_bytes() {
    let rig = Rig::new(64 << 20, Disk::new(8 * MIB, SLOW));
    rig.disk.gate(true);
    stream(&*rig.handle, &rig.disk, 0, 8 * KIB, 4 * KIB);
    while rig.disk.waiting.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    check(&*rig.handle, &rig.disk, 7 * MIB as u64, 4 * KIB);
    check(&*rig.another(), &rig.disk, 8 * KIB as u64, 4 * KIB);
    rig.disk.gate(false);
    stream(&*rig.handle, &rig.disk, 0, 8 * MIB, 4 * KIB);
}

#[test]
fn more_streams_than_threads_all_come_to_their_end() {
    let rig = Rig::new(2 << 20, Disk::new(2 * MIB, SLOW));
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                let handle = rig.another();
                stream(&*handle, &rig.disk, 0, 2 * MIB, 32 * KIB);
                assert!(rig.shared().budget.charged() <= 2 << 20);
            });
        }
    });
    drop(rig.handle);
    let budget = Arc::clone(&rig.ahead.shared.as_ref().unwrap().budget);
    drop(rig.ahead);
    assert_eq!((budget.charged(), budget.streams()), (0, 0));
}

#[test]
fn several_threads_may_read_one_handle_in_any_order() {
    let rig = Rig::new(16 << 20, Disk::new(16 * MIB, SLOW));
    let turn = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let offset = turn.fetch_add(128 * KIB, Ordering::SeqCst);
                    if offset >= 16 * MIB {
                        break;
                    }
                    check(&*rig.handle, &rig.disk, offset as u64, 128 * KIB);
                }
            });
        }
    });
}

#[test]
fn errors_show_only_where_they_are_read() {
    let broken = 3 * MIB;
    let rig = Rig::new(64 << 20, Disk { broken_from: broken as u64, ..Disk::new(8 * MIB, SLOW) });
    stream(&*rig.handle, &rig.disk, 0, broken, 64 * KIB);
    let error = rig.handle.read_at(broken as u64, &mut [0; 4_096]).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(5));
    stream(&*rig.handle, &rig.disk, 0, broken, 64 * KIB);
}

#[test]
fn a_source_that_panics_in_a_fetch_leaves_no_reader_waiting() {
    let rig = Rig::new(64 << 20, Disk::new(8 * MIB, SLOW));
    rig.disk.panics.store(true, Ordering::SeqCst);
    stream(&*rig.handle, &rig.disk, 0, MIB, 64 * KIB);
    rig.disk.panics.store(false, Ordering::SeqCst);
    stream(&*rig.handle, &rig.disk, 0, 8 * MIB, 64 * KIB);
}

#[test]
fn an_idle_stream_makes_room_for_a_busy_one() {
    // Room for one smallest window.
    let rig = Rig::new(MIN_WINDOW, Disk::new(8 * MIB, SLOW));
    let idle = rig.another();
    stream(&*idle, &rig.disk, 0, 48 * KIB, 16 * KIB);
    stream(&*rig.handle, &rig.disk, 0, 64 * KIB, 16 * KIB);
    let before = rig.shared().hits.get();
    rig.disk.clock.0.fetch_add(5_000_000_000, Ordering::SeqCst);
    stream(&*rig.handle, &rig.disk, 64 * KIB, 160 * KIB, 16 * KIB);
    assert!(rig.shared().hits.get() > before);
    stream(&*idle, &rig.disk, 48 * KIB, MIB, 16 * KIB);
}

#[test]
fn without_budget_the_source_itself_is_answered() {
    let disk: Arc<dyn Source> = Arc::new(Disk::new(100, 0));
    let ahead = AdaptiveReadAhead::new(0, &NoMeter);
    assert!(Arc::ptr_eq(&ahead.decorate(Arc::clone(&disk)), &disk));
}

#[test]
fn a_read_that_must_not_wait_is_answered_from_a_window() {
    let rig = Rig::new(64 << 20, Disk::new(8 * MIB, SLOW));
    let mut buf = [0; 4_096];
    let kind = rig.handle.read_at_nowait(0, &mut buf).unwrap_err().kind();
    assert_eq!(kind, io::ErrorKind::WouldBlock);
    stream(&*rig.handle, &rig.disk, 0, 64 * KIB, 16 * KIB);
    let reads = rig.disk.reads();
    assert_eq!(rig.handle.read_at_nowait(64 * KIB as u64, &mut buf).unwrap(), 4_096);
    assert_eq!((buf[7], rig.disk.reads()), (byte(64 * KIB as u64 + 7), reads));
    assert_eq!(rig.handle.read_at_nowait(0, &mut []).unwrap(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_sequence_of_reads_gives_the_bytes_of_the_plain_source(
        len in 0..3 * MIB,
        cost in prop_oneof![Just(0), Just(SLOW)],
        cached in prop_oneof![Just(0), 0..2 * MIB as u64, Just(u64::MAX)],
        budget in prop_oneof![Just(1u64), Just(MIN_WINDOW), Just(1 << 20), Just(64 << 20)],
        runs in prop::collection::vec((0..4 * MIB as u64, 1..200 * KIB, 1..12usize), 1..8),
    ) {
        let rig = Rig::new(budget, Disk { cached_to: cached, ..Disk::new(len, cost) });
        for (start, step, count) in runs {
            for at in 0..count as u64 {
                let offset = start + at * step as u64;
                check(&*rig.handle, &rig.disk, offset, step);
                let mut buf = vec![0; step];
                if let Ok(n) = rig.handle.read_at_nowait(offset, &mut buf) {
                    prop_assert!(buf[..n].iter().enumerate().all(|(i, got)| *got == byte(offset + i as u64)));
                }
                prop_assert!(rig.shared().budget.charged() <= budget);
            }
        }
        let budget = Arc::clone(&rig.shared().budget);
        drop((rig.handle, rig.ahead));
        prop_assert_eq!(budget.charged(), 0);
    }
}

#[test]
fn the_metrics_tell_budget_and_charge_and_in_their_build_hits_and_misses() {
    let meter = musefs_testkit::doubles::RecordingMeter::new();
    let disk = Arc::new(Disk::new(2 * MIB, SLOW));
    let clock = Arc::clone(&disk.clock) as Arc<dyn Clock>;
    let ahead = AdaptiveReadAhead::with_clock(8 << 20, &meter, clock);
    let handle = ahead.decorate(Arc::clone(&disk) as Arc<dyn Source>);
    stream(&*handle, &disk, 0, MIB, 64 * KIB);
    assert_eq!(meter.value("musefs_readahead_budget_bytes"), Some(f64::from(8 << 20)));
    assert!(meter.value("musefs_readahead_charged_bytes") >= Some(MIN_WINDOW as f64));
    drop((ahead, handle));
    assert_eq!(meter.value("musefs_readahead_charged_bytes"), Some(0.0));
    let counted = (meter.value("musefs_readahead_hits_total"), meter.value("musefs_readahead_misses_total"));
    let expected = if cfg!(feature = "syscalls") { (Some(14.0), Some(2.0)) } else { (None, None) };
    assert_eq!(counted, expected);
}
