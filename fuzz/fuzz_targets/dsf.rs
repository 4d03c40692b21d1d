//! DSF files: probed, edited, served.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musefs_format_dsf::Dsf;

fuzz_target!(init: musefs_fuzz::seed("dsf"), |bytes: &[u8]| musefs_fuzz::container(&Dsf::new(), bytes));
