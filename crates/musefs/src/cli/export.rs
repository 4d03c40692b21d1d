//! What `musefs export` is told.

use super::{SidecarArgs, StoreArgs, TalkArgs, ViewArgs};
use clap::Args;
use std::ffi::OsString;

/// `musefs export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Which tracks (words, key:value, paths; none for all), and last the folder to write to
    #[arg(required = true, value_names = ["QUERY", "DIR"], num_args = 1..)]
    pub(crate) words: Vec<OsString>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Print what would be written, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Also write over files that an export did not write
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) view: ViewArgs,
    #[command(flatten)]
    pub(crate) sidecars: SidecarArgs,
    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}
