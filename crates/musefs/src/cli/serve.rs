//! How a tree is served.

use super::MadeArgs;
use clap::builder::BoolishValueParser;
use clap::{Args, FromArgMatches};
#[cfg(feature = "http")]
use std::net::SocketAddr;
use std::path::PathBuf;

/// How it is served.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Serving")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, set by name")]
pub(crate) struct ServeArgs {
    /// How often the store is asked for changes
    #[arg(long, env = "MUSEFS_POLL_INTERVAL_MS", value_name = "MS", default_value_t = 50,
        value_parser = clap::value_parser!(u64).range(1..=3_600_000))]
    pub(crate) poll_interval_ms: u64,
    /// How long the kernel may keep names and attributes; changes are pushed to it at once all the same
    #[arg(long, env = "MUSEFS_ATTR_TTL_MS", value_name = "MS", default_value_t = 3_600_000)]
    pub(crate) attr_ttl_ms: u64,
    /// Memory for reading ahead of slow disks; 0 turns it off
    #[arg(long, env = "MUSEFS_READ_AHEAD_BUDGET_MIB", value_name = "MIB", default_value_t = 64,
        value_parser = clap::value_parser!(u64).range(0..=65_536))]
    pub(crate) read_ahead_budget_mib: u64,
    /// How far the kernel itself reads ahead
    #[arg(long, env = "MUSEFS_MAX_READAHEAD_KIB", value_name = "KIB", default_value_t = 1024)]
    pub(crate) max_readahead_kib: u32,
    /// Requests the kernel may have in flight in the background
    #[arg(long, env = "MUSEFS_MAX_BACKGROUND", value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) max_background: Option<u16>,
    /// Threads that wait for storage; 0 for none [default: by the machine]
    #[arg(long, env = "MUSEFS_WORKERS", value_name = "N", value_parser = clap::value_parser!(u16).range(0..=1024))]
    pub(crate) workers: Option<u16>,
    /// Keep file contents in the kernel's cache from one open to the next
    #[arg(long, env = "MUSEFS_KEEP_CACHE", num_args = 0..=1, require_equals = true, default_value = "true",
        default_missing_value = "true", value_parser = BoolishValueParser::new(), hide_possible_values = true)]
    pub(crate) keep_cache: bool,
    /// Let edited files share the extents of the originals (XFS, btrfs), so that the kernel reads them by itself
    #[arg(long, env = "MUSEFS_REFLINK", num_args = 0..=1, require_equals = true, default_value = "true",
        default_missing_value = "true", value_parser = BoolishValueParser::new(), hide_possible_values = true)]
    pub(crate) reflink: bool,
    /// Where the unnamed files for that are made [default: the original's own folder]
    #[arg(long, env = "MUSEFS_SPLICE_DIR", value_name = "DIR")]
    pub(crate) splice_dir: Option<PathBuf>,
    /// Let other users see the mount
    #[arg(long, env = "MUSEFS_ALLOW_OTHER", num_args = 0..=1, require_equals = true, default_value = "false",
        default_missing_value = "true", value_parser = BoolishValueParser::new(), hide_possible_values = true)]
    pub(crate) allow_other: bool,
    /// Run this in a shell after the view changed
    #[arg(long, env = "MUSEFS_ON_CHANGE", value_name = "COMMAND")]
    pub(crate) on_change: Option<String>,
    /// Post to this address after the view changed
    #[arg(long, env = "MUSEFS_NOTIFY_URL", value_name = "URL")]
    pub(crate) notify_url: Option<musefs_hooks::Url>,
    /// How long it must be quiet before that
    #[arg(long, env = "MUSEFS_ON_CHANGE_DELAY_MS", value_name = "MS", default_value_t = 1000,
        value_parser = clap::value_parser!(u64).range(0..=3_600_000))]
    pub(crate) on_change_delay_ms: u64,
    /// Show metrics in .musefs-metrics/metrics
    #[arg(long, env = "MUSEFS_EXPOSE_METRICS", num_args = 0..=1, require_equals = true, default_value = "false",
        default_missing_value = "true", value_parser = BoolishValueParser::new(), hide_possible_values = true)]
    pub(crate) expose_metrics: bool,
    /// Answer HTTP requests for metrics at this address, such as 127.0.0.1:9184
    #[cfg(feature = "http")]
    #[arg(long, env = "MUSEFS_METRICS_LISTEN", value_name = "ADDRESS")]
    pub(crate) metrics_listen: Option<SocketAddr>,
    #[command(flatten)]
    pub(crate) made: MadeArgs,
}

impl ServeArgs {
    /// The defaults, for a file system that is read without being mounted, so that no setting of a mount matters.
    pub(crate) fn unserved() -> Result<Self, clap::Error> {
        let command = Self::augment_args(clap::Command::new("musefs")).mut_args(|arg| arg.env(None::<&'static str>));
        Self::from_arg_matches(&command.try_get_matches_from(["musefs"])?)
    }
}
