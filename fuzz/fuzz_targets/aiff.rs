//! AIFF files: probed, edited, served.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musefs_format_riff::Aiff;

fuzz_target!(init: musefs_fuzz::seed("aiff"), |bytes: &[u8]| musefs_fuzz::container(&Aiff::new(), bytes));
