//! The channels, atomics and threads of this crate, in one place, so that an explorer of schedules can stand in for them.

pub(crate) use crossbeam_channel::{Receiver, RecvError, Sender, TryRecvError, unbounded};
pub(crate) use std::sync::Arc;
pub(crate) use std::sync::atomic::{AtomicUsize, Ordering};
pub(crate) use std::thread;

use crossbeam_channel::select;

/// Waits for what comes first of two channels: a closed one counts as what comes.
pub(crate) fn recv_first<T>(one: &Receiver<T>, other: &Receiver<T>) -> First<T> {
    select! {
        recv(one) -> received => First::One(received),
        recv(other) -> received => First::Other(received),
    }
}

/// From which of two channels something was received.
pub(crate) enum First<T> {
    One(Result<T, RecvError>),
    Other(Result<T, RecvError>),
}
