//! What hostile input is tested with: an allocator that knows the peak, and every promise of a format checked on any bytes.

mod allocator;
mod exercise;
mod pages;
mod served;

pub use allocator::{PeakAllocator, calls_of, held_by, peak_of};
pub use exercise::{MAX_PROBE_HEAP, exercise, exercise_stored, probe};
