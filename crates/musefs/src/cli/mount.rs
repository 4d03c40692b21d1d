//! What `musefs mount` and `musefs up` are told.

use super::{ServeArgs, SidecarArgs, StoreArgs, TalkArgs, ViewArgs};
use clap::Args;
use clap::builder::BoolishValueParser;
use std::path::PathBuf;

/// `musefs mount`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, set by name")]
pub(crate) struct MountArgs {
    /// An empty folder, where the tree will appear
    #[arg(value_name = "MOUNTPOINT", required_unless_present = "dry_run")]
    pub(crate) mountpoint: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Print the paths that would be shown, and mount nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Return once it is mounted, and go on in the background; the log goes to the system's log
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) daemon: bool,
    /// This is the process in the background
    #[arg(long, hide = true)]
    pub(crate) detached: bool,
    /// What /proc/mounts shows as the source
    #[arg(long, hide = true, value_name = "NAME")]
    pub(crate) source: Option<PathBuf>,
    /// Watch the scanned folders and read what changes in them
    #[arg(long, env = "MUSEFS_WATCH", num_args = 0..=1, require_equals = true, default_value = "false",
        default_missing_value = "true", value_parser = BoolishValueParser::new(), hide_possible_values = true)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) view: ViewArgs,
    #[command(flatten)]
    pub(crate) sidecars: SidecarArgs,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}

impl MountArgs {
    /// Whether this process only starts the one that mounts.
    pub(crate) fn goes_on_alone(&self) -> bool {
        self.daemon && !self.detached
    }
}

/// `musefs up`.
#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// The music folders, and last an empty folder where the tree will appear
    #[arg(required = true, num_args = 2.., value_names = ["MUSIC", "MOUNTPOINT"])]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Files read at once
    #[arg(long, env = "MUSEFS_JOBS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    #[command(flatten)]
    pub(crate) view: ViewArgs,
    #[command(flatten)]
    pub(crate) sidecars: SidecarArgs,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}
