//! What `musefs tag` is told.

use super::{StoreArgs, TalkArgs};
use clap::{Args, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// `musefs tag`.
#[derive(Debug, Args)]
pub(crate) struct TagArgs {
    /// What to do with tags.
    #[command(subcommand)]
    pub(crate) command: TagCommand,
}

/// What can be done with tags.
#[derive(Debug, Subcommand)]
pub(crate) enum TagCommand {
    /// Show tags
    Get(TagGetArgs),
    /// Give keys these values and no others
    Set(TagChangeArgs),
    /// Give keys further values
    Add(TagChangeArgs),
    /// Take keys, or some of their values, away
    Remove(TagRemoveArgs),
    /// Write tags to a CSV or JSON lines file
    Export(TagExportArgs),
    /// Take tags from such a file
    Import(TagImportArgs),
}

/// `musefs tag get`.
#[derive(Debug, Args)]
pub(crate) struct TagGetArgs {
    /// Which tracks: words, key:value, paths [default: all]
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<OsString>,
    /// Behind --: only these keys
    #[arg(last = true, value_name = "KEY")]
    pub(crate) keys: Vec<String>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// `musefs tag set` and `musefs tag add`.
#[derive(Debug, Args)]
pub(crate) struct TagChangeArgs {
    /// Which tracks: words, key:value, paths
    #[arg(value_name = "QUERY", required = true)]
    pub(crate) query: Vec<OsString>,
    /// Behind --, or among the words of the query: what to change; repeat a key to give it several values
    #[arg(last = true, value_name = "KEY=VALUE")]
    pub(crate) changes: Vec<String>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}

/// `musefs tag remove`.
#[derive(Debug, Args)]
pub(crate) struct TagRemoveArgs {
    /// Which tracks: words, key:value, paths
    #[arg(value_name = "QUERY", required = true)]
    pub(crate) query: Vec<OsString>,
    /// Behind --: what to take away
    #[arg(last = true, value_name = "KEY[=VALUE]")]
    pub(crate) changes: Vec<String>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Also the binary values of the keys
    #[arg(long)]
    pub(crate) binary: bool,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}

/// `musefs tag export`.
#[derive(Debug, Args)]
pub(crate) struct TagExportArgs {
    /// Which tracks: words, key:value, paths [default: all]
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<OsString>,
    /// Behind --: only these keys
    #[arg(last = true, value_name = "KEY")]
    pub(crate) keys: Vec<String>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// How to write them [default: by the file's name, else jsonl]
    #[arg(long, env = "MUSEFS_FORMAT", value_name = "FORMAT")]
    pub(crate) format: Option<TableFormat>,
    /// Where to [default: standard output]
    #[arg(short, long, env = "MUSEFS_OUTPUT", value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// `musefs tag import`.
#[derive(Debug, Args)]
pub(crate) struct TagImportArgs {
    /// A file that musefs tag export wrote, or one like it
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// What it is [default: by its name, else jsonl]
    #[arg(long, env = "MUSEFS_FORMAT", value_name = "FORMAT")]
    pub(crate) format: Option<TableFormat>,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}

/// How tags stand in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    /// A track a line, separated by commas, with a head.
    Csv,
    /// A track a line, as JSON.
    Jsonl,
}
