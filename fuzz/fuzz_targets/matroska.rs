//! Matroska files: probed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musefs_format_verbatim::Matroska;

fuzz_target!(init: musefs_fuzz::seed("matroska"), |bytes: &[u8]| musefs_fuzz::container(&Matroska, bytes));
