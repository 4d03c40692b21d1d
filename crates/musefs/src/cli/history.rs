//! What the commands of the history are told.

use super::{StoreArgs, TalkArgs};
use clap::Args;
use std::path::PathBuf;

/// `musefs history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Tracks by number, or files or folders [default: all]
    #[arg(value_name = "TRACK|PATH")]
    pub(crate) tracks: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// At most so many edits, the latest
    #[arg(long, env = "MUSEFS_LIMIT", value_name = "N", default_value_t = 20)]
    pub(crate) limit: usize,
    /// Print JSON, one edit a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// `musefs undo`.
#[derive(Debug, Args)]
pub(crate) struct UndoArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// The edit, as musefs history numbers it [default: the latest that was not taken back]
    #[arg(long, value_name = "ID")]
    pub(crate) edit: Option<i64>,
    /// Also where something was changed again since
    #[arg(long)]
    pub(crate) yes: bool,
}

/// `musefs revert`.
#[derive(Debug, Args)]
pub(crate) struct RevertArgs {
    /// Tracks by number, or files or folders
    #[arg(required = true, value_name = "TRACK|PATH")]
    pub(crate) tracks: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}
