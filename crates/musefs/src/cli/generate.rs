//! The arguments of `generate`.

use clap::Args;
use std::path::PathBuf;

/// `musefs generate`.
#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// The folder that man pages, completions and the dashboard are written into
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}
