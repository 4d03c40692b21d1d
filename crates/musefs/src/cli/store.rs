//! Which store a command works on.

use clap::Args;
use std::path::PathBuf;

/// The store of a command.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct StoreArgs {
    /// The store [default: musefs/library.db in the user's data folder]
    #[arg(long, env = "MUSEFS_DB", value_name = "DB")]
    pub(crate) db: Option<PathBuf>,
}
