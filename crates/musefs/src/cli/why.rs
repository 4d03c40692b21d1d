//! What `musefs why` is told.

use super::{SidecarArgs, StoreArgs, ViewArgs};
use clap::Args;
use std::path::PathBuf;

/// `musefs why`.
#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    /// An original, or a path in the view, be it mounted or not
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) view: ViewArgs,
    #[command(flatten)]
    pub(crate) sidecars: SidecarArgs,
}
