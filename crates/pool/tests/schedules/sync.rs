//! What `src/sync.rs` offers, under the control of the explorer. It has no channel that several threads receive from, so here is
//! one: a queue under a lock, whose receivers park.

pub(crate) use shuttle::sync::atomic::{AtomicUsize, Ordering};
pub(crate) use shuttle::sync::mpsc::{RecvError, TryRecvError};
pub(crate) use shuttle::sync::{Arc, Mutex};
pub(crate) use shuttle::thread;

use shuttle::rand::{Rng, thread_rng};
use std::collections::VecDeque;
use std::fmt;
use std::sync::mpsc::SendError;

struct State<T> {
    queue: VecDeque<T>,
    senders: usize,
    receivers: usize,
    /// Receivers to be woken by whatever happens next.
    parked: Vec<thread::Thread>,
}

impl<T> State<T> {
    fn wake(&mut self) {
        self.parked.drain(..).for_each(|thread| thread.unpark());
    }
}

pub(crate) struct Sender<T>(Arc<Mutex<State<T>>>);

pub(crate) struct Receiver<T>(Arc<Mutex<State<T>>>);

pub(crate) fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    let state = State { queue: VecDeque::new(), senders: 1, receivers: 1, parked: Vec::new() };
    let state = Arc::new(Mutex::new(state));
    (Sender(Arc::clone(&state)), Receiver(state))
}

impl<T> Sender<T> {
    pub(crate) fn send(&self, value: T) -> Result<(), SendError<T>> {
        let mut state = self.0.lock().unwrap();
        if state.receivers == 0 {
            return Err(SendError(value));
        }
        state.queue.push_back(value);
        state.wake();
        Ok(())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock().unwrap();
        state.senders -= 1;
        state.wake();
    }
}

impl<T> Receiver<T> {
    pub(crate) fn try_recv(&self) -> Result<T, TryRecvError> {
        self.take(false)
    }

    pub(crate) fn recv(&self) -> Result<T, RecvError> {
        loop {
            match self.take(true) {
                Err(TryRecvError::Empty) => thread::park(),
                taken => return taken.map_err(|_| RecvError),
            }
        }
    }

    /// What is there. If nothing is, and the thread is going to park, it will be woken.
    fn take(&self, will_park: bool) -> Result<T, TryRecvError> {
        let mut state = self.0.lock().unwrap();
        match state.queue.pop_front() {
            Some(value) => Ok(value),
            None if state.senders == 0 => Err(TryRecvError::Disconnected),
            None => {
                if will_park {
                    state.parked.push(thread::current());
                }
                Err(TryRecvError::Empty)
            }
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receiver")
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.0.lock().unwrap().receivers += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.0.lock().unwrap().receivers -= 1;
    }
}

/// From which of two channels something was received.
pub(crate) enum First<T> {
    One(Result<T, RecvError>),
    Other(Result<T, RecvError>),
}

/// Of two channels that are ready, either is taken by chance, as in the real one.
pub(crate) fn recv_first<T>(one: &Receiver<T>, other: &Receiver<T>) -> First<T> {
    loop {
        let one_first = thread_rng().gen_bool(0.5);
        for is_one in [one_first, !one_first] {
            match (if is_one { one } else { other }).take(true) {
                Err(TryRecvError::Empty) => {}
                taken if is_one => return First::One(taken.map_err(|_| RecvError)),
                taken => return First::Other(taken.map_err(|_| RecvError)),
            }
        }
        thread::park();
    }
}
