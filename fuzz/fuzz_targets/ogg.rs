//! Ogg files: probed, edited, served.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musefs_format_ogg::Ogg;

fuzz_target!(init: musefs_fuzz::seed("ogg"), |bytes: &[u8]| musefs_fuzz::container(&Ogg::new(), bytes));
