//! What `musefs ls` and `musefs query` are told.

use super::ViewArgs;
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;

/// `musefs ls`.
#[derive(Debug, Args)]
pub(crate) struct LsArgs {
    /// Which tracks: words, key:value, paths [default: all]
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<OsString>,
    /// The store
    #[arg(long, env = "MUSEFS_DB", value_name = "DB")]
    pub(crate) db: PathBuf,
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
    /// The store
    #[arg(long, env = "MUSEFS_DB", value_name = "DB")]
    pub(crate) db: PathBuf,
}
