//! Templates and the values they render.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: musefs_fuzz::seed("template"), |bytes: &[u8]| musefs_fuzz::template(bytes));
