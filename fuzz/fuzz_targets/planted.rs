//! A format with a fault in it: the fuzzer must find it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: musefs_fuzz::seed("planted"), |bytes: &[u8]| musefs_fuzz::container(&musefs_fuzz::Planted::default(), bytes));
