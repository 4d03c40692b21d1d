//! Fixtures, doubles and the reference model for the tests of musefs.
//!
//! **Must never know** any implementation: it depends on the contracts alone, and nothing but tests and `xtask` depends on it. Its
//! fixtures write containers by their specifications, on their own, so that a format's reader is not tested against its
//! own idea of the format.
//!
//! - [`fixtures`] builds real, decodable audio files in code, the same ones for the same seed.
//! - [`splicing`] drives a format as the file system does.
//! - [`loopback`] mounts file systems that the machine does not have at hand.
//! - [`tools`] calls the programs that others read music files with.
//! - [`hostile`] checks every promise of a format on any bytes, and measures the memory that takes.
//! - [`model`] says what a mount must show, from primary state alone.
//! - [`schedules`] runs a piece of concurrent code in many orders.
//! - [`doubles`] counts, fails, slows or records at each border that the contracts draw.

pub mod doubles;
pub mod fixtures;
pub mod hostile;
pub mod loopback;
pub mod model;
pub mod schedules;
pub mod splicing;
pub mod tools;
