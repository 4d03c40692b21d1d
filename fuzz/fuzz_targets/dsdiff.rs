//! DSDIFF files: probed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musefs_format_verbatim::Dsdiff;

fuzz_target!(init: musefs_fuzz::seed("dsdiff"), |bytes: &[u8]| musefs_fuzz::container(&Dsdiff, bytes));
