//! The command line: what can be said, and what is wrong with what was said.

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Mounts a re-tagged, re-organised view of a music library, leaving the originals untouched.
#[derive(Debug, Parser)]
#[command(name = "musefs", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read new files into the store
    Scan(ScanArgs),
    /// Read changed files again, keeping curated tags and art
    Revalidate(RevalidateArgs),
    /// Show the store as a tree of files
    Mount(MountArgs),
    /// Scan what is new, mount, and keep the view fresh, until Ctrl-C
    Up(UpArgs),
    /// Show what a file is made of
    Inspect(InspectArgs),
    /// Show who changed what in the store
    History(HistoryArgs),
    /// Take back an edit of the store
    Undo(UndoArgs),
    /// Give tracks the tags and art of their files again
    Revert(RevertArgs),
}

/// What every command knows.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct TalkArgs {
    /// Say more in the log; twice for everything
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Say nothing but errors
    #[arg(short, long, env = "MUSEFS_QUIET", num_args = 0..=1, require_equals = true, default_value = "false",
        default_missing_value = "true", value_parser = BoolishValueParser::new(), hide_possible_values = true)]
    pub(crate) quiet: bool,
}

/// `musefs scan`.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// Files or folders to read
    #[arg(required = true, value_name = "TARGET")]
    pub(crate) targets: Vec<PathBuf>,
    /// The store; made if it is not there
    #[arg(long, env = "MUSEFS_DB", value_name = "DB")]
    pub(crate) db: PathBuf,
    /// Read known files again and take their tags from the file
    #[arg(long)]
    pub(crate) force: bool,
    /// Files read at once
    #[arg(long, env = "MUSEFS_JOBS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}

/// `musefs revalidate`.
#[derive(Debug, Args)]
pub(crate) struct RevalidateArgs {
    /// Files or folders to look at
    #[arg(required = true, value_name = "TARGET")]
    pub(crate) targets: Vec<PathBuf>,
    /// The store
    #[arg(long, env = "MUSEFS_DB", value_name = "DB")]
    pub(crate) db: PathBuf,
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

/// `musefs mount`.
#[derive(Debug, Args)]
pub(crate) struct MountArgs {
    /// An empty folder, where the tree will appear
    #[arg(value_name = "MOUNTPOINT", required_unless_present = "dry_run")]
    pub(crate) mountpoint: Option<PathBuf>,
    /// The store
    #[arg(long, env = "MUSEFS_DB", value_name = "DB")]
    pub(crate) db: PathBuf,
    /// Print the paths that would be shown, and mount nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Watch the scanned folders and read what changes in them
    #[arg(long, env = "MUSEFS_WATCH", num_args = 0..=1, require_equals = true, default_value = "false",
        default_missing_value = "true", value_parser = BoolishValueParser::new(), hide_possible_values = true)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) view: ViewArgs,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}

/// `musefs up`.
#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// The music folders, and last an empty folder where the tree will appear
    #[arg(required = true, num_args = 2.., value_names = ["MUSIC", "MOUNTPOINT"])]
    pub(crate) paths: Vec<PathBuf>,
    /// The store; `:memory:` for none that stays [default: musefs/library.db in the user's data folder]
    #[arg(long, env = "MUSEFS_DB", value_name = "DB")]
    pub(crate) db: Option<PathBuf>,
    /// Files read at once
    #[arg(long, env = "MUSEFS_JOBS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    #[command(flatten)]
    pub(crate) view: ViewArgs,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}

/// `musefs inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// An audio file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `musefs history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Tracks by number, or files or folders [default: all]
    #[arg(value_name = "TRACK|PATH")]
    pub(crate) tracks: Vec<PathBuf>,
    /// The store
    #[arg(long, env = "MUSEFS_DB", value_name = "DB")]
    pub(crate) db: PathBuf,
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
    /// The store
    #[arg(long, env = "MUSEFS_DB", value_name = "DB")]
    pub(crate) db: PathBuf,
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
    /// The store
    #[arg(long, env = "MUSEFS_DB", value_name = "DB")]
    pub(crate) db: PathBuf,
    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}

/// What the tree looks like.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "The tree")]
pub(crate) struct ViewArgs {
    /// Where a track goes, such as '$albumartist/$album/$title'
    #[arg(long, env = "MUSEFS_TEMPLATE", value_name = "TEMPLATE")]
    pub(crate) template: Option<String>,
    /// What stands for a field that is empty
    #[arg(long, env = "MUSEFS_DEFAULT_FALLBACK", value_name = "TEXT")]
    pub(crate) default_fallback: Option<String>,
    /// What stands for this field when it is empty; may be repeated
    #[arg(long, value_name = "FIELD=VALUE", value_parser = field_and_value)]
    pub(crate) fallback: Vec<(String, String)>,
    /// Leave out tracks that lack a field of the template
    #[arg(long, env = "MUSEFS_SKIP_ON_MISSING", num_args = 0..=1, require_equals = true, default_value = "false",
        default_missing_value = "true", value_parser = BoolishValueParser::new(), hide_possible_values = true)]
    pub(crate) skip_on_missing: bool,
    /// Whether files show the store's tags, or are just arranged by them
    #[arg(long, env = "MUSEFS_MODE", value_name = "MODE", default_value = "synthesis")]
    pub(crate) mode: Mode,
    /// Find names whatever their case
    #[arg(long, env = "MUSEFS_CASE_INSENSITIVE", num_args = 0..=1, require_equals = true, default_value = "false",
        default_missing_value = "true", value_parser = BoolishValueParser::new(), hide_possible_values = true)]
    pub(crate) case_insensitive: bool,
    /// User id that owns everything [default: yours]
    #[arg(long, env = "MUSEFS_OWNER", value_name = "UID")]
    pub(crate) owner: Option<u32>,
    /// Group id that owns everything [default: yours]
    #[arg(long, env = "MUSEFS_GROUP", value_name = "GID")]
    pub(crate) group: Option<u32>,
    /// Permissions of files, in octal
    #[arg(long, env = "MUSEFS_FILE_MODE", value_name = "MODE", default_value = "444", value_parser = octal)]
    pub(crate) file_mode: u16,
    /// Permissions of folders, in octal
    #[arg(long, env = "MUSEFS_DIR_MODE", value_name = "MODE", default_value = "555", value_parser = octal)]
    pub(crate) dir_mode: u16,
}

/// How it is served.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Serving")]
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
    /// Let other users see the mount
    #[arg(long, env = "MUSEFS_ALLOW_OTHER", num_args = 0..=1, require_equals = true, default_value = "false",
        default_missing_value = "true", value_parser = BoolishValueParser::new(), hide_possible_values = true)]
    pub(crate) allow_other: bool,
    /// Show metrics in .musefs-metrics/metrics
    #[arg(long, env = "MUSEFS_EXPOSE_METRICS", num_args = 0..=1, require_equals = true, default_value = "false",
        default_missing_value = "true", value_parser = BoolishValueParser::new(), hide_possible_values = true)]
    pub(crate) expose_metrics: bool,
    /// Answer HTTP requests for metrics at this address, such as 127.0.0.1:9184
    #[cfg(feature = "http")]
    #[arg(long, env = "MUSEFS_METRICS_LISTEN", value_name = "ADDRESS")]
    pub(crate) metrics_listen: Option<SocketAddr>,
}

/// What reading a file gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// The original with the store's tags and art.
    Synthesis,
    /// The original.
    StructureOnly,
}

fn field_and_value(text: &str) -> Result<(String, String), String> {
    let (field, value) = text.split_once('=').ok_or("it must be FIELD=VALUE, such as genre=Unsorted")?;
    if field.trim().is_empty() {
        return Err("the field's name is missing before the =".to_owned());
    }
    Ok((field.trim().to_ascii_lowercase(), value.to_owned()))
}

fn octal(text: &str) -> Result<u16, String> {
    let mode = u16::from_str_radix(text.trim_start_matches("0o"), 8).ok().filter(|mode| *mode <= 0o777);
    mode.ok_or_else(|| "it must be an octal number up to 777, such as 444".to_owned())
}

#[cfg(test)]
#[path = "cli_tests.rs"]
mod tests;
