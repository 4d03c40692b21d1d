//! The decorated source of one handle.

use crate::budget::{Budget, Charge, Stream};
use crate::buffers::{Buffer, Buffers};
use crate::crew::Crew;
use crate::pattern::{Pattern, is_slow, slack};
use crate::sync::{Arc, Condvar, Mutex, MutexGuard, Weak, lock, try_lock, wait};
use musefs_contracts::backing::{Source, Stamp};
use musefs_contracts::clock::Clock;
use musefs_contracts::meter::{Counter, Meter};
use musefs_contracts::metric;
use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A handle that was not read for this long gives its buffers to others when the budget is short: a player that stands on pause.
const IDLE_NS: i64 = 1_000_000_000;

/// What all handles share.
pub(crate) struct Shared {
    pub(crate) budget: Arc<Budget>,
    pub(crate) crew: Arc<Crew>,
    clock: Arc<dyn Clock>,
    /// Handles that have windows, or had.
    streams: Mutex<Vec<Weak<Handle>>>,
    pub(crate) hits: Counter,
    pub(crate) misses: Counter,
}

impl Shared {
    pub(crate) fn new(budget_bytes: u64, meter: &dyn Meter, clock: Arc<dyn Clock>) -> Self {
        let (hits, misses) = if cfg!(feature = "syscalls") {
            (meter.counter(&metric::READAHEAD_HITS_TOTAL), meter.counter(&metric::READAHEAD_MISSES_TOTAL))
        } else {
            (Counter::default(), Counter::default())
        };
        let budget = Budget::new(budget_bytes, meter);
        Self { budget, crew: Arc::default(), clock, streams: Mutex::default(), hits, misses }
    }

    /// A share for a window, taken from idle handles if need be.
    fn charge(&self, wanted: u64) -> Option<Charge> {
        self.budget.charge_up_to(wanted).or_else(|| {
            self.reclaim();
            self.budget.charge_up_to(wanted)
        })
    }

    /// Lets the buffers of idle handles go. Called with the caller's own handle locked, so others are tried, never waited for.
    fn reclaim(&self) {
        let now = self.clock.now_ns();
        let handles = lock(&self.streams).clone();
        for handle in handles.iter().filter_map(Weak::upgrade) {
            if let Some(mut state) = try_lock(&handle.state)
                && now.saturating_sub(state.used_ns) > IDLE_NS
            {
                state.let_go();
            }
        }
    }

    fn register(&self, handle: Weak<Handle>) {
        let mut streams = lock(&self.streams);
        streams.retain(|known| known.strong_count() > 0);
        streams.push(handle);
    }
}

/// A source with windows in front of its reader.
pub(crate) struct Handle {
    source: Arc<dyn Source>,
    shared: Arc<Shared>,
    state: Mutex<State>,
    /// Notified whenever a fetch has ended.
    fetched: Condvar,
    me: Weak<Self>,
}

#[derive(Default)]
struct State {
    pattern: Pattern,
    buffers: Buffers,
    planned: Option<Planned>,
    /// Whether a fetch is under way, be it still wanted or not: there is one at a time.
    fetching: bool,
    /// Whether the last read of the source waited for storage.
    slow: bool,
    /// Where the source ended when a fetch reached its end: nothing is to be fetched from there on.
    end: Option<u64>,
    /// Counted among the streams from the first window of a run on.
    stream: Option<Stream>,
    registered: bool,
    /// When a window last helped or was opened.
    used_ns: i64,
    /// Number of the next plan, by which a fetch knows whether it is still wanted.
    plans: u64,
}

/// A window that is to be fetched, or is being fetched.
struct Planned {
    number: u64,
    start: u64,
    len: u64,
    /// Taken out by whoever fetches, the crew or a reader that needs the bytes now.
    charge: Option<Charge>,
}

impl State {
    /// Ends the windows: what was planned is forgotten, and what is being fetched will be dropped.
    fn let_go(&mut self) {
        self.buffers.clear();
        self.planned = None;
        self.stream = None;
    }

    /// Takes note of a read of the source.
    fn note(&mut self, offset: u64, len: u64) {
        if !self.pattern.note(offset, len) {
            self.let_go();
        }
    }

    /// Takes note of a read that the buffers answered.
    fn note_inside(&mut self, offset: u64, len: u64, now: i64) {
        self.pattern.note_inside(offset, len);
        self.buffers.let_go_before(offset.saturating_sub(slack(len)));
        self.used_ns = now;
    }

    /// Plans the next window if the reader is sequential, storage is slow, and less than a window lies in front.
    fn plan(&mut self, len: u64, shared: &Shared) -> Option<u64> {
        let next = self.pattern.next();
        let start = self.buffers.end().unwrap_or(next).max(next);
        let busy = self.planned.is_some() || self.fetching;
        let at_end = self.end.is_some_and(|end| start >= end);
        if busy || at_end || !self.slow || !self.pattern.is_sequential() {
            return None;
        }
        if self.pattern.window() > 0 && start - next >= self.pattern.window() {
            return None;
        }
        if self.stream.is_none() {
            self.stream = Some(shared.budget.stream());
        }
        let charge = shared.charge(self.pattern.wider(len, shared.budget.fair_window()))?;
        self.pattern.opened(charge.bytes());
        self.used_ns = shared.clock.now_ns();
        self.plans += 1;
        self.planned = Some(Planned { number: self.plans, start, len: charge.bytes(), charge: Some(charge) });
        Some(self.plans)
    }

    /// The plan that will bring the byte at `offset`.
    fn plan_for(&self, offset: u64) -> Option<&Planned> {
        self.planned.as_ref().filter(|plan| (plan.start..plan.start.saturating_add(plan.len)).contains(&offset))
    }
}

impl Handle {
    pub(crate) fn new(source: Arc<dyn Source>, shared: Arc<Shared>) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            source,
            shared,
            state: Mutex::default(),
            fetched: Condvar::new(),
            me: Weak::clone(me),
        })
    }

    /// Answers from the buffers. Gives the locked state back if they do not hold all of it.
    fn read_buffered(&self, offset: u64, buf: &mut [u8]) -> Result<(), MutexGuard<'_, State>> {
        let mut state = lock(&self.state);
        if !state.buffers.copy(offset, buf) {
            return Err(state);
        }
        let len = buf.len() as u64;
        state.note_inside(offset, len, self.shared.clock.now_ns());
        self.plan_and_submit(state, len);
        self.shared.hits.increment();
        Ok(())
    }

    /// Plans the next window, if there is to be one, and hands it to the crew.
    fn plan_and_submit(&self, mut state: MutexGuard<'_, State>, len: u64) {
        let Some(number) = state.plan(len, &self.shared) else { return };
        let first = !std::mem::replace(&mut state.registered, true);
        drop(state);
        if first {
            self.shared.register(Weak::clone(&self.me));
        }
        let me = Weak::clone(&self.me);
        self.shared.crew.submit(Box::new(move || {
            if let Some(handle) = me.upgrade() {
                handle.fetch(number);
            }
        }));
    }

    /// Fetches the window planned under this number, unless it is no longer wanted or someone else has begun.
    fn fetch(&self, number: u64) {
        let mut state = lock(&self.state);
        let Some(plan) = state.planned.as_mut().filter(|plan| plan.number == number) else { return };
        let (start, len) = (plan.start, plan.len as usize);
        let Some(charge) = plan.charge.take() else { return };
        state.fetching = true;
        drop(state);

        let began = self.shared.clock.now_ns();
        // A reader may be waiting for the end of this fetch, so a source that panics must not end it early.
        let read = catch_unwind(AssertUnwindSafe(|| {
            let mut bytes = vec![0; len];
            self.source.read_at(start, &mut bytes).map(|n| {
                bytes.truncate(n);
                bytes
            })
        }));
        let elapsed = self.shared.clock.now_ns().saturating_sub(began).max(0) as u64;

        let mut state = lock(&self.state);
        state.fetching = false;
        if state.planned.as_ref().is_some_and(|plan| plan.number == number) {
            state.planned = None;
            if let Ok(Ok(bytes)) = read {
                state.slow = is_slow(elapsed, bytes.len());
                state.end = (bytes.len() < len).then_some(start + bytes.len() as u64);
                if !bytes.is_empty() {
                    state.buffers.push(Buffer { start, bytes, _charge: charge });
                }
            } else {
                // Whoever reads there for real gets the error; until then nothing more is fetched in front of it.
                state.pattern.forget();
            }
        }
        drop(state);
        self.fetched.notify_all();
    }

    /// Reads the source on this thread, without waiting if that is possible.
    fn read_source(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        match self.source.read_at_nowait(offset, buf) {
            Ok(n) if n == buf.len() => {
                lock(&self.state).note(offset, n as u64);
                return Ok(n);
            }
            // The rest waits for storage, or there is none: the read below tells.
            Ok(n) => done = n,
            // An error that is not about waiting comes again, and for good, if it is one.
            Err(_) => {}
        }
        let len = buf.len() as u64;
        let mut state = lock(&self.state);
        state.note(offset, len);
        // Planned before the read and fetched during it.
        self.plan_and_submit(state, len);

        let began = self.shared.clock.now_ns();
        let n = self.source.read_at(offset + done as u64, &mut buf[done..])?;
        let elapsed = self.shared.clock.now_ns().saturating_sub(began).max(0) as u64;
        if n > 0 {
            lock(&self.state).slow = is_slow(elapsed, n);
        }
        Ok(done + n)
    }
}

impl Source for Handle {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            let Err(state) = self.read_buffered(offset, buf) else { return Ok(buf.len()) };
            let missing = state.buffers.covered_to(offset);
            match state.plan_for(missing) {
                Some(Planned { number, charge: Some(_), .. }) => {
                    // The crew is busy elsewhere: waiting for it could take long, so this thread fetches.
                    let number = *number;
                    drop(state);
                    self.fetch(number);
                }
                Some(_) => drop(wait(&self.fetched, state)),
                None => break,
            }
        }
        self.shared.misses.increment();
        self.read_source(offset, buf)
    }

    fn read_at_nowait(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        if let Ok(()) = self.read_buffered(offset, buf) {
            return Ok(buf.len());
        }
        let n = self.source.read_at_nowait(offset, buf)?;
        self.shared.misses.increment();
        if n > 0 {
            lock(&self.state).note(offset, n as u64);
        }
        Ok(n)
    }

    fn stamp(&self) -> io::Result<Stamp> {
        self.source.stamp()
    }

    fn file(&self) -> Option<&File> {
        self.source.file()
    }
}
