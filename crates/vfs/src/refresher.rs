//! The thread that follows the store.

use crate::Vfs;
use crate::sync::{AtomicBool, Ordering, thread};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// Refreshes a file system at intervals, and at once when a request found something new. Ends when dropped.
pub struct Refresher {
    vfs: Arc<Vfs>,
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Refresher {
    /// Starts the thread.
    ///
    /// # Panics
    ///
    /// If the system gives no thread.
    pub fn spawn(vfs: Arc<Vfs>, interval: Duration) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let thread = {
            let (vfs, stop) = (Arc::clone(&vfs), Arc::clone(&stop));
            thread::Builder::new().name("musefs-refresh".into()).spawn(move || run(&vfs, &stop, interval))
        };
        let thread = thread.expect("a thread to follow the store can be had when the mount comes up");
        Self { vfs, stop, thread: Some(thread) }
    }

    /// Refreshes now, without waiting for the interval to end.
    pub fn wake(&self) {
        self.vfs.signal.raise();
    }
}

impl Drop for Refresher {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been reported by the thread.
            let _ = thread.join();
        }
    }
}

/// Portions of work between two looks at the store, so that no edit waits long.
const PORTIONS: usize = 16;

/// Whether more is left to do ahead.
fn work_ahead(vfs: &Vfs, stop: &AtomicBool) -> bool {
    (0..PORTIONS).all(|_| !stop.load(Ordering::Relaxed) && !vfs.signal.is_raised() && vfs.work_ahead())
}

fn run(vfs: &Vfs, stop: &AtomicBool, interval: Duration) {
    while !stop.load(Ordering::Relaxed) {
        // Whatever a component does wrong, the mount goes on following the store.
        if catch_unwind(AssertUnwindSafe(|| vfs.refresh())).is_err() {
            tracing::error!("a refresh failed; the next one reads everything again");
            vfs.owe_rebuild();
        }
        vfs.sweep_plain_files();
        let is_more = catch_unwind(AssertUnwindSafe(|| work_ahead(vfs, stop))).unwrap_or(false);
        vfs.signal.wait(if is_more { Duration::ZERO } else { interval });
    }
    vfs.save_sizes(true);
}
