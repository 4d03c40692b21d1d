//! What the fuzz targets run, and the seeds they begin with.
//!
//! **Must never know** what a format looks like inside: a target hands bytes to a format and checks what the contract promises
//! of any bytes. A seed is a plain file, and so is whatever is found: it can be inspected, mounted and kept as a test.

mod formats;
#[cfg(feature = "planted")]
mod planted;
mod seeds;
mod template;

pub use formats::{container, stored};
#[cfg(feature = "planted")]
pub use planted::Planted;
pub use template::template;

use musefs_testkit::hostile::PeakAllocator;
use std::path::Path;

#[global_allocator]
static ALLOCATOR: PeakAllocator = PeakAllocator;

/// Names the folder that a target writes its seeds into before it begins.
const SEEDS: &str = "MUSEFS_FUZZ_SEEDS";

/// Writes the seeds of a target, if the environment names a folder for them.
pub fn seed(target: &str) {
    let Some(folder) = std::env::var_os(SEEDS) else { return };
    for (name, bytes) in seeds::of(target) {
        let path = Path::new(&folder).join(name);
        std::fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}
