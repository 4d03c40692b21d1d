//! The system's allocator, with the most that was held at once.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    // Neither needs a destructor or an allocation of its own, so that the allocator may use them at any time.
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

/// Counts what each thread allocates less what it frees. Make it a program's `#[global_allocator]` and ask [`peak_of`],
/// [`held_by`] or [`calls_of`].
#[derive(Clone, Copy, Debug, Default)]
pub struct PeakAllocator;

/// Runs something on this thread and answers the most bytes it held at once, beyond what was held before. 0 in a program
/// whose allocator is another one.
pub fn peak_of<T>(run: impl FnOnce() -> T) -> (T, usize) {
    let before = LIVE.get();
    let outer = PEAK.replace(before);
    let result = run();
    let peak = PEAK.get();
    PEAK.set(outer.max(peak));
    (result, (peak - before).max(0) as usize)
}

/// Runs something on this thread and answers the bytes that it left allocated, which are those of what it answers. 0 in a
/// program whose allocator is another one.
pub fn held_by<T>(run: impl FnOnce() -> T) -> (T, usize) {
    let before = LIVE.get();
    let result = run();
    (result, (LIVE.get() - before).max(0) as usize)
}

/// Runs something on this thread and answers how often it asked for memory. 0 in a program whose allocator is another one.
pub fn calls_of<T>(run: impl FnOnce() -> T) -> (T, u64) {
    let before = CALLS.get();
    let result = run();
    (result, CALLS.get() - before)
}

fn add(bytes: isize) {
    // A thread that is ending has no counters left; nothing is measured there.
    let _ = LIVE.try_with(|live| {
        if bytes > 0 {
            let _ = CALLS.try_with(|calls| calls.set(calls.get() + 1));
        }
        live.set(live.get() + bytes);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(live.get())));
    });
}

#[allow(unsafe_code, reason = "the trait of allocators is unsafe; each call goes to the system's allocator as it came")]
// SAFETY: every method hands its arguments to `System` unchanged and answers what that answers, so that the promises of the
// trait are those of `System`. The counters are plain numbers of the calling thread and never allocate.
unsafe impl GlobalAlloc for PeakAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size() as isize);
        // SAFETY: the caller keeps the promises of `GlobalAlloc::alloc`, which are those of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size() as isize);
        // SAFETY: as for `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        add(-(layout.size() as isize));
        // SAFETY: the pointer came from `System` with this layout, since every allocation of this type does.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Old and new may both be held while the bytes are copied.
        add(size as isize);
        add(-(layout.size() as isize));
        // SAFETY: the pointer came from `System` with this layout, and the caller vouches for the size.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
