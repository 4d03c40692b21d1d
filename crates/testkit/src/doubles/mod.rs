//! Doubles of the contracts' traits: test data is a ramp, so that a wrong offset shows; decorators count, fail or slow
//! what stands behind them.

mod format;
mod meter;
mod notifier;
mod ramp;
mod slow_folder;
mod source;

pub use format::FixedFormat;
pub use meter::RecordingMeter;
pub use notifier::{Forgotten, RecordingNotifier};
pub use ramp::{RampSource, ramp, ramp_byte};
pub use slow_folder::SlowFolder;
pub use source::{CountingSource, FailingSource, MemoryBacking, ThrottledSource};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after a test's thread has panicked while it held the lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
