//! The command line: what can be said, and what is wrong with what was said. The arguments of commands that belong
//! together stand in a module of their own.

mod art;
mod companions;
mod doctor;
mod export;
mod find;
mod generate;
mod history;
mod inspect;
mod made;
mod mount;
mod scan;
mod serve;
mod store;
mod tag;
mod view;
mod why;

pub(crate) use art::{ArtArgs, ArtCommand, ArtExtractArgs, ArtRemoveArgs, ArtSetArgs, PICTURE_TYPES};
pub(crate) use companions::{RecordArgs, SidecarArgs};
pub(crate) use doctor::{DoctorArgs, StatusArgs};
pub(crate) use export::ExportArgs;
pub(crate) use find::{LsArgs, QueryArgs};
pub(crate) use generate::GenerateArgs;
pub(crate) use history::{HistoryArgs, RevertArgs, UndoArgs};
pub(crate) use inspect::InspectArgs;
pub(crate) use made::MadeArgs;
pub(crate) use mount::{MountArgs, UpArgs};
pub(crate) use scan::{RevalidateArgs, ScanArgs};
pub(crate) use serve::ServeArgs;
pub(crate) use store::StoreArgs;
pub(crate) use tag::{
    TableFormat, TagArgs, TagChangeArgs, TagCommand, TagExportArgs, TagGetArgs, TagImportArgs, TagRemoveArgs,
};
pub(crate) use view::{Mode, Names, ViewArgs};
pub(crate) use why::WhyArgs;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand};

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
    /// Show, change, export or import tags
    Tag(TagArgs),
    /// Set, remove or extract pictures
    Art(ArtArgs),
    /// List the files of tracks
    Ls(LsArgs),
    /// Show all that the store knows of tracks, as JSON lines
    Query(QueryArgs),
    /// Tell where a file is in the view, or why it is not
    Why(WhyArgs),
    /// Write the files of a view as real files
    Export(ExportArgs),
    /// Show what a file is made of
    Inspect(InspectArgs),
    /// Show who changed what in the store
    History(HistoryArgs),
    /// Take back an edit of the store
    Undo(UndoArgs),
    /// Give tracks the tags and art of their files again
    Revert(RevertArgs),
    /// Say what is wrong with this machine, a store or a mount, and what to do
    Doctor(DoctorArgs),
    /// Show how a mount is doing
    Status(StatusArgs),
    /// Write man pages, shell completions and the dashboard into a folder
    #[command(hide = true)]
    Generate(GenerateArgs),
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

#[cfg(test)]
mod tests;
