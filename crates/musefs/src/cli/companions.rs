//! What is said of the files beside the music.

use clap::Args;

/// What a scan records beside the music.
#[derive(Clone, Debug, Args)]
pub(crate) struct RecordArgs {
    /// Also record files beside the music whose names are like this, such as '*.ass'; may be repeated
    #[arg(long, env = "MUSEFS_SIDECAR_INCLUDE", value_name = "GLOB")]
    pub(crate) sidecar_include: Vec<String>,
}
