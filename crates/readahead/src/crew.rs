//! The threads that fetch: few, started when there is work, ended when the read-ahead is dropped.

use crate::sync::thread::{self, JoinHandle};
use crate::sync::{Arc, Condvar, Mutex, lock, wait};
use std::collections::VecDeque;

/// Reads that may be under way at once for all handles together. Readers fetch for themselves what the crew has not begun.
const MAX_THREADS: usize = 4;
/// Most tasks that wait.
const MAX_QUEUE: usize = 256;

/// Something to fetch.
pub(crate) type Task = Box<dyn FnOnce() + Send>;

/// A bounded queue and the threads that empty it.
#[derive(Default)]
pub(crate) struct Crew {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Task>,
    threads: Vec<JoinHandle<()>>,
    idle: usize,
    closed: bool,
}

impl Crew {
    /// Hands a task over. A task that is not taken is dropped: fetching ahead is never owed.
    pub(crate) fn submit(self: &Arc<Self>, task: Task) {
        let mut state = lock(&self.state);
        if state.closed || state.queue.len() >= MAX_QUEUE {
            return;
        }
        state.queue.push_back(task);
        if state.queue.len() > state.idle && state.threads.len() < MAX_THREADS {
            let crew = Arc::clone(self);
            let name = format!("musefs-ahead-{}", state.threads.len());
            // Without a thread the queue fills up and everything beyond is dropped.
            if let Ok(thread) = thread::Builder::new().name(name).spawn(move || crew.work()) {
                state.threads.push(thread);
            }
        }
        drop(state);
        self.wake.notify_one();
    }

    fn work(&self) {
        let mut state = lock(&self.state);
        while !state.closed {
            if let Some(task) = state.queue.pop_front() {
                drop(state);
                task();
                state = lock(&self.state);
            } else {
                state.idle += 1;
                state = wait(&self.wake, state);
                state.idle -= 1;
            }
        }
    }

    /// Takes no more tasks, drops those that wait, and waits for those under way.
    pub(crate) fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        let (queue, threads) = (std::mem::take(&mut state.queue), std::mem::take(&mut state.threads));
        drop(state);
        self.wake.notify_all();
        drop(queue);
        let here = thread::current().id();
        for thread in threads {
            if thread.thread().id() != here {
                // Tasks contain their panics; a thread that ended otherwise has nothing left to wait for.
                let _ = thread.join();
            }
        }
    }
}
