//! What `musefs scan` and `musefs revalidate` are told.

use super::{RecordArgs, StoreArgs, TalkArgs};
use clap::Args;
use std::path::PathBuf;

/// `musefs scan`.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// Files or folders to read
    #[arg(required = true, value_name = "TARGET")]
    pub(crate) targets: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Read known files again and take their tags from the file
    #[arg(long)]
    pub(crate) force: bool,
    /// Files read at once
    #[arg(long, env = "MUSEFS_JOBS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    #[command(flatten)]
    pub(crate) record: RecordArgs,
    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}

/// `musefs revalidate`.
#[derive(Debug, Args)]
pub(crate) struct RevalidateArgs {
    /// Files or folders to look at
    #[arg(required = true, value_name = "TARGET")]
    pub(crate) targets: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Also remove what is known of files that are gone, and pictures that nothing uses
    #[arg(long)]
    pub(crate) prune: bool,
    /// Remove it even if very much is gone
    #[arg(long, requires = "prune")]
    pub(crate) yes: bool,
    /// Files read at once
    #[arg(long, env = "MUSEFS_JOBS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}
