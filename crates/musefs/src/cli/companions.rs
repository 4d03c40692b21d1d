//! What is said of the files beside the music.

use clap::Args;
use clap::builder::BoolishValueParser;

/// What a scan records beside the music.
#[derive(Clone, Debug, Args)]
pub(crate) struct RecordArgs {
    /// Also record files beside the music whose names are like this, such as '*.ass'; may be repeated
    #[arg(long, env = "MUSEFS_SIDECAR_INCLUDE", value_name = "GLOB")]
    pub(crate) sidecar_include: Vec<String>,
}

/// What a tree shows beside the music.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Files beside the music")]
pub(crate) struct SidecarArgs {
    /// Show lyrics, cue sheets, logs, booklets and covers that lie beside the music next to its tracks [default: true for up
    /// and why, false for mount and export]
    #[arg(long, env = "MUSEFS_SIDECARS", num_args = 0..=1, require_equals = true, default_missing_value = "true",
        value_parser = BoolishValueParser::new(), hide_possible_values = true)]
    pub(crate) sidecars: Option<bool>,
    /// Also show files whose names are like this, such as '*.txt'; may be repeated
    #[arg(long, env = "MUSEFS_SIDECAR_INCLUDE", value_name = "GLOB")]
    pub(crate) sidecar_include: Vec<String>,
    /// Show no files whose names are like this, such as '*.log' or 'Scans/*'; may be repeated
    #[arg(long, env = "MUSEFS_SIDECAR_EXCLUDE", value_name = "GLOB")]
    pub(crate) sidecar_exclude: Vec<String>,
}
