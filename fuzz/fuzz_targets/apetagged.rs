//! WavPack, Monkey's Audio, Musepack, TAK and OptimFROG files: probed, edited, served.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musefs_format_apetagged::ApeTagged;

fuzz_target!(init: musefs_fuzz::seed("apetagged"), |bytes: &[u8]| musefs_fuzz::container(&ApeTagged::new(), bytes));
