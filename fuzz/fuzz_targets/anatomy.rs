//! Anatomies as a store has them, and the layouts made of them.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: musefs_fuzz::seed("anatomy"), |bytes: &[u8]| musefs_fuzz::stored(bytes));
