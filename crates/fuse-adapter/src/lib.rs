//! Translates FUSE requests into calls of `musefs_contracts::filesystem::FileSystem`, its errors into errno, and the file
//! system's news into notifications of the kernel's caches; registers backing files for passthrough.
//!
//! **Must never know** formats, SQL, templates, or how the file system comes by its answers. No type of `fuser` leaves this
//! crate.
//!
//! The way of a request: it is received by one of a few session threads, which answers it itself as long as another thread
//! is left to receive. A read whose bytes are not at hand, and whatever comes when all other threads are taken, goes to the
//! executor, so that nobody waits behind another's storage. A request whose handler panics is answered EIO and the session
//! goes on.
//!
//! What the kernel may remember is decided here: entries and attributes for [`FileSystem::lifetime`], pages and listings
//! from open to open. [`Mounted::notifier`] takes them back.
//!
//! [`FileSystem::lifetime`]: musefs_contracts::filesystem::FileSystem::lifetime

mod adapter;
mod checks;
mod convert;
mod core;
mod error;
mod flights;
mod mounted;
mod mountinfo;
mod mounting;
mod notifier;
mod open_table;
mod options;
mod passthrough;
mod reads;
mod requests;
mod session;

pub use checks::{check_mountpoint, check_options};
pub use error::MountError;
pub use mounted::{Mounted, Unmounted, mount};
pub use options::MountOptions;
