//! The connections that read one store file: a few are kept, more are opened while more threads read at once.
//!
//! A connection is the only hold on a file that was deleted or replaced, so the last one is never let go of while another
//! cannot be opened; who finds none idle then waits for one.

use crate::store::lock;
use rusqlite::Connection;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Connections kept open while nobody uses them. More are opened when more threads read at once, and closed afterwards.
const IDLE_CONNECTIONS: usize = 3;
/// How long a reader waits for somebody else's connection where none can be opened.
const WAITS: Duration = Duration::from_secs(20);

#[derive(Default)]
struct Held {
    idle: Vec<Connection>,
    /// How many are in use.
    lent: usize,
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
    pub(crate) fn new(first: Connection) -> Self {
        Self { held: Mutex::new(Held { idle: vec![first], lent: 0 }), changed: Condvar::new() }
    }

    /// An idle connection, or a new one from `connect`. If that fails, the next one to come back; if there is none to wait
    /// for or it takes too long, what `connect` said.
    pub(crate) fn lend<E>(&self, connect: impl FnOnce() -> Result<Connection, E>) -> Result<Lent<'_>, E> {
        if let Some(lent) = self.idle() {
            return Ok(lent);
        }
        match connect() {
            Ok(connection) => {
                lock(&self.held).lent += 1;
                Ok(self.lent(connection))
            }
            Err(error) => self.wait().ok_or(error),
        }
    }

    fn lent(&self, connection: Connection) -> Lent<'_> {
        Lent { readers: self, connection: Some(connection) }
    }

    fn idle(&self) -> Option<Lent<'_>> {
        let mut held = lock(&self.held);
        let connection = held.idle.pop()?;
        held.lent += 1;
        Some(self.lent(connection))
    }

    fn wait(&self) -> Option<Lent<'_>> {
        let until = Instant::now() + WAITS;
        let mut held = lock(&self.held);
        loop {
            if let Some(connection) = held.idle.pop() {
                held.lent += 1;
                return Some(self.lent(connection));
            }
            let left = until.saturating_duration_since(Instant::now());
            if held.lent == 0 || left.is_zero() {
                return None;
            }
            held = self.changed.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner).0;
        }
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
