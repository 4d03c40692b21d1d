//! What `musefs why` is told.

use super::ViewArgs;
use clap::Args;
use std::path::PathBuf;

/// `musefs why`.
#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    /// An original, or a path in the view, be it mounted or not
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// The store
    #[arg(long, env = "MUSEFS_DB", value_name = "DB")]
    pub(crate) db: PathBuf,
    #[command(flatten)]
    pub(crate) view: ViewArgs,
}
