//! RIFF/WAVE files: probed, edited, served.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musefs_format_riff::Wave;

fuzz_target!(init: musefs_fuzz::seed("wave"), |bytes: &[u8]| musefs_fuzz::container(&Wave::new(), bytes));
