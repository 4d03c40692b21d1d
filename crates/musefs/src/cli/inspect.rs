//! What `musefs inspect` is told.

use clap::Args;
use std::path::PathBuf;

/// `musefs inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// An audio file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
