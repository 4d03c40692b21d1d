//! The allocator jemalloc, told to give memory back.

use std::ffi::c_char;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// A pointer to a C string with static lifetime, which is how jemalloc takes its options.
#[repr(transparent)]
struct Options(*const c_char);

#[allow(unsafe_code, reason = "a raw pointer in a static has to be declared shareable")]
// SAFETY: it points to an immutable string literal.
unsafe impl Sync for Options {}

/// A mount lives for months and its peaks are short: what a scan or a walk freed goes back to the kernel within a second,
/// by a thread of jemalloc's own, and few arenas keep little each.
#[allow(unsafe_code, reason = "jemalloc finds its options under this very symbol")]
// SAFETY: the symbol is jemalloc's documented `malloc_conf` of type `const char *`, and nothing else defines it.
#[unsafe(export_name = "_rjem_malloc_conf")]
static OPTIONS: Options =
    Options(c"background_thread:true,dirty_decay_ms:500,muzzy_decay_ms:0,narenas:4,metadata_thp:disabled".as_ptr());
