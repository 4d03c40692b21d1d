//! What `musefs doctor` and `musefs status` are told.

use clap::Args;
use std::path::PathBuf;

/// `musefs doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Where something is, or is to be, mounted
    #[arg(value_name = "MOUNTPOINT")]
    pub(crate) mountpoint: Option<PathBuf>,
    /// The store [default: that of musefs up, if there is one]
    #[arg(long, env = "MUSEFS_DB", value_name = "DB")]
    pub(crate) db: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `musefs status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Where the mount is, made with --expose-metrics
    #[arg(value_name = "MOUNTPOINT")]
    pub(crate) mountpoint: PathBuf,
    /// Print JSON: every metric by its name
    #[arg(long)]
    pub(crate) json: bool,
    /// Go on, every so many seconds, until Ctrl-C
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "1",
        value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub(crate) watch: Option<u16>,
}
