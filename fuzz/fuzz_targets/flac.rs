//! FLAC files: probed, edited, served.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musefs_format_flac::Flac;

fuzz_target!(init: musefs_fuzz::seed("flac"), |bytes: &[u8]| musefs_fuzz::container(&Flac::new(), bytes));
