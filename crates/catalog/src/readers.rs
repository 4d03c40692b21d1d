//! The connections that read one store file: a few are kept, more are opened while more threads read at once.
//!
//! A connection is the only hold on a file that was deleted or replaced, so the last one is never let go of while another
//! cannot be opened; who finds none idle then waits for one. Only when another store is to be opened in its place are all of
//! them closed first: two files of one name also share the name of their shared memory, and opening the second would cut it
//! short under the readers of the first.

use crate::hold::Hold;
use crate::store::lock;
use rusqlite::Connection;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Connections kept open while nobody uses them. More are opened when more threads read at once, and closed afterwards.
const IDLE_CONNECTIONS: usize = 3;
/// How long a reader waits for somebody else's connection where none can be opened.
const WAITS: Duration = Duration::from_secs(20);
/// How long connections in use are waited for when all are to be closed. A reader that needs a second one meanwhile gets it
/// afterwards.
const CLOSES_WITHIN: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    Closing,
    Closed,
}

struct Held {
    idle: Vec<Connection>,
    /// None once all are closed.
    hold: Option<Hold>,
    /// How many readers have one, or are about to.
    lent: usize,
    /// How many of those are about to.
    waiting: usize,
    phase: Phase,
}

/// Connections to one file.
pub(crate) struct Readers {
    held: Mutex<Held>,
    changed: Condvar,
}

/// A connection in use; it goes back when dropped, also by a reader that panics.
pub(crate) struct Lent<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl Readers {
    /// Starts with one connection, so that there is a hold on the file from the beginning.
    pub(crate) fn new(first: Connection, hold: Hold) -> Self {
        let held = Held { idle: vec![first], hold: Some(hold), lent: 0, waiting: 0, phase: Phase::Open };
        Self { held: Mutex::new(held), changed: Condvar::new() }
    }

    /// An idle connection, or a new one from `connect`. If that fails, the next one to come back; if there is none to wait
    /// for or it takes too long, what `connect` said. `None` once all are closed.
    pub(crate) fn lend<E>(&self, connect: impl FnOnce() -> Result<Connection, E>) -> Result<Option<Lent<'_>>, E> {
        let mut held = lock(&self.held);
        while held.phase == Phase::Closing {
            held = self.changed.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        if held.phase == Phase::Closed {
            return Ok(None);
        }
        held.lent += 1;
        let idle = held.idle.pop();
        drop(held);
        let mut lent = Lent { readers: self, connection: idle };
        if lent.connection.is_none() {
            match connect() {
                Ok(connection) => lent.connection = Some(connection),
                Err(error) => match self.wait() {
                    Some(connection) => lent.connection = Some(connection),
                    None => return Err(error),
                },
            }
        }
        Ok(Some(lent))
    }

    fn wait(&self) -> Option<Connection> {
        let until = Instant::now() + WAITS;
        let mut held = lock(&self.held);
        // As one of the lent ones, the caller keeps them all from being closed.
        held.waiting += 1;
        while held.idle.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if held.lent == held.waiting || left.is_zero() {
                break;
            }
            held = self.changed.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        held.waiting -= 1;
        held.idle.pop()
    }

    /// Closes them all, for good; `false` and nothing changed if a reader kept one for too long.
    pub(crate) fn close(&self) -> bool {
        let until = Instant::now() + CLOSES_WITHIN;
        let mut held = lock(&self.held);
        held.phase = Phase::Closing;
        while held.lent > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            held = self.changed.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let closes = held.lent == 0;
        held.phase = if closes { Phase::Closed } else { Phase::Open };
        // In the order in which they are let go of.
        let closing = closes.then(|| (std::mem::take(&mut held.idle), held.hold.take()));
        drop(held);
        drop(closing);
        self.changed.notify_all();
        closes
    }

    fn take_back(&self, connection: Option<Connection>) {
        let surplus = {
            let mut held = lock(&self.held);
            held.lent -= 1;
            match connection {
                Some(connection) if held.idle.len() < IDLE_CONNECTIONS => {
                    held.idle.push(connection);
                    None
                }
                other => other,
            }
        };
        // Those who wait also want to know that nobody is left to wait for.
        self.changed.notify_all();
        drop(surplus);
    }
}

impl Lent<'_> {
    /// Closes the connection instead of giving it back.
    pub(crate) fn discard(mut self) {
        self.connection = None;
    }
}

impl std::ops::Deref for Lent<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("only `discard`, which consumes it, takes the connection away")
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.readers.take_back(self.connection.take());
    }
}
