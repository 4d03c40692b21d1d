//! Brings a music library into the store: walks folders, probes files in parallel, ingests in batches, finds moved files,
//! prunes rows whose file is gone, and watches folders for changes.
//!
//! **Must never know** FUSE or SQL: it reads files through [`musefs_contracts::backing::Backing`] and writes through
//! [`musefs_contracts::writer::CatalogWriter`]. It knows no audio format either, only the set of them that it is given.
//!
//! One file never ends a scan: what cannot be understood is stored to be served as it is, what cannot be read is named in
//! the [`Summary`], and a panic in a prober counts as "not understood".

mod beside;
mod examine;
mod fingerprint;
mod folders;
mod gone;
mod known;
mod notifications;
mod pipeline;
mod places;
mod report;
mod scanner;
mod target;
mod ties;
mod walk;
mod watch;
mod window;

pub use examine::{Examined, examine};
pub use report::{Counts, NoProgress, Problem, Progress, ScanError, Summary};
pub use scanner::{Devices, Scanner, Task};
pub use watch::{WatchOptions, Watcher};
