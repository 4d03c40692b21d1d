//! What `musefs ls` and `musefs query` are told.

use super::{StoreArgs, ViewArgs};
use clap::Args;
use std::ffi::OsString;

/// `musefs ls`.
#[derive(Debug, Args)]
pub(crate) struct LsArgs {
    /// Which tracks: words, key:value, paths [default: all]
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<OsString>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Print the files themselves, not where a mount shows them
    #[arg(long)]
    pub(crate) files: bool,
    /// End each path with a NUL instead of a line break, as xargs -0 reads it
    #[arg(short = '0', long)]
    pub(crate) null: bool,
    #[command(flatten)]
    pub(crate) view: ViewArgs,
}

/// `musefs query`.
#[derive(Debug, Args)]
pub(crate) struct QueryArgs {
    /// Which tracks: words, key:value, paths [default: all]
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<OsString>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}
