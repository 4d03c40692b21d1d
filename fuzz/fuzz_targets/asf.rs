//! ASF files: probed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musefs_format_verbatim::Asf;

fuzz_target!(init: musefs_fuzz::seed("asf"), |bytes: &[u8]| musefs_fuzz::container(&Asf, bytes));
