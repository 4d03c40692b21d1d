//! What `musefs art` is told.

use super::{StoreArgs, TalkArgs};
use clap::{Args, Subcommand};
use std::ffi::OsString;

/// `musefs art`.
#[derive(Debug, Args)]
pub(crate) struct ArtArgs {
    /// What to do with pictures.
    #[command(subcommand)]
    pub(crate) command: ArtCommand,
}

/// What can be done with pictures.
#[derive(Debug, Subcommand)]
pub(crate) enum ArtCommand {
    /// Give tracks a picture, in place of theirs of the same type
    Set(ArtSetArgs),
    /// Take pictures away
    Remove(ArtRemoveArgs),
    /// Write the pictures of tracks into a folder
    Extract(ArtExtractArgs),
}

/// `musefs art set`.
#[derive(Debug, Args)]
pub(crate) struct ArtSetArgs {
    /// Which tracks (words, key:value, paths), and last an image
    #[arg(required = true, value_names = ["QUERY", "IMAGE"], num_args = 2..)]
    pub(crate) words: Vec<OsString>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// What it shows: front, back, artist and so on, or a number from 0 to 20
    #[arg(long = "type", env = "MUSEFS_TYPE", value_name = "TYPE", default_value = "front", value_parser = picture_type)]
    pub(crate) picture_type: u8,
    /// Its description
    #[arg(long, env = "MUSEFS_DESCRIPTION", value_name = "TEXT", default_value = "")]
    pub(crate) description: String,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}

/// `musefs art remove`.
#[derive(Debug, Args)]
pub(crate) struct ArtRemoveArgs {
    /// Which tracks: words, key:value, paths
    #[arg(required = true, value_name = "QUERY")]
    pub(crate) query: Vec<OsString>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Only those of this type [default: all, so that the files' own show again]
    #[arg(long = "type", env = "MUSEFS_TYPE", value_name = "TYPE", value_parser = picture_type)]
    pub(crate) picture_type: Option<u8>,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}

/// `musefs art extract`.
#[derive(Debug, Args)]
pub(crate) struct ArtExtractArgs {
    /// Which tracks (words, key:value, paths), and last a folder
    #[arg(required = true, value_names = ["QUERY", "DIR"], num_args = 2..)]
    pub(crate) words: Vec<OsString>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}

/// Names of the picture types of ID3v2 and FLAC, by number.
pub(crate) const PICTURE_TYPES: [&str; 21] = [
    "other",
    "icon",
    "other-icon",
    "front",
    "back",
    "leaflet",
    "media",
    "lead-artist",
    "artist",
    "conductor",
    "band",
    "composer",
    "lyricist",
    "location",
    "recording",
    "performance",
    "screen",
    "fish",
    "illustration",
    "band-logo",
    "publisher-logo",
];

fn picture_type(text: &str) -> Result<u8, String> {
    let named = PICTURE_TYPES.iter().position(|name| name.eq_ignore_ascii_case(text)).map(|number| number as u8);
    let number = named.or_else(|| text.parse().ok().filter(|number| usize::from(*number) < PICTURE_TYPES.len()));
    number.ok_or_else(|| format!("it must be a number from 0 to 20 or one of {}", PICTURE_TYPES.join(", ")))
}
