//! MPEG-4 files: probed, edited, served.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musefs_format_mp4::Mp4;

fuzz_target!(init: musefs_fuzz::seed("mp4"), |bytes: &[u8]| musefs_fuzz::container(&Mp4::new(), bytes));
