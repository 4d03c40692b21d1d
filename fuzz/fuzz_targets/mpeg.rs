//! MPEG audio and ADTS, with their ID3, APEv2 and Lyrics3 tags: probed, edited, served.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musefs_format_mpeg::Mpeg;

fuzz_target!(init: musefs_fuzz::seed("mpeg"), |bytes: &[u8]| musefs_fuzz::container(&Mpeg::new(), bytes));
