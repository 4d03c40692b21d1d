//! What is made for the view.

use clap::Args;
use clap::builder::BoolishValueParser;

/// What is made of the tracks of a folder.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Made for the view")]
pub(crate) struct MadeArgs {
    /// Show the front picture of its tracks as cover.jpg or cover.png in each folder that shows no such picture [default: true for
    /// up, false for mount]
    #[arg(long, env = "MUSEFS_COVERS", num_args = 0..=1, require_equals = true, default_missing_value = "true",
        value_parser = BoolishValueParser::new(), hide_possible_values = true)]
    pub(crate) covers: Option<bool>,
    /// Show a playlist in each folder of tracks, and one of all tracks in the root and in each view's folder
    #[arg(long, env = "MUSEFS_PLAYLISTS", num_args = 0..=1, require_equals = true, default_value = "false",
        default_missing_value = "true", value_parser = BoolishValueParser::new(), hide_possible_values = true)]
    pub(crate) playlists: bool,
}
