//! What a tree looks like.

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};

/// What the tree looks like.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "The tree")]
pub(crate) struct ViewArgs {
    /// Where a track goes, such as '$albumartist/$album/$title'
    #[arg(long, env = "MUSEFS_TEMPLATE", value_name = "TEMPLATE")]
    pub(crate) template: Option<String>,
    /// A folder at the root with a template of its own, such as 'by-genre=%each{genre}/$artist/$title'; may be repeated.
    /// Without --template there are these alone
    #[arg(long = "view", env = "MUSEFS_VIEW", value_name = "NAME=TEMPLATE", value_parser = name_and_template)]
    pub(crate) views: Vec<(String, String)>,
    /// Which names are made: any, those that Windows takes as well, or those of them in ASCII
    #[arg(long, env = "MUSEFS_NAMES", value_name = "RULE", default_value = "posix")]
    pub(crate) names: Names,
    /// What stands for a field that is empty
    #[arg(long, env = "MUSEFS_DEFAULT_FALLBACK", value_name = "TEXT")]
    pub(crate) default_fallback: Option<String>,
    /// What stands for this field when it is empty; may be repeated
    #[arg(long, env = "MUSEFS_FALLBACK", value_name = "FIELD=VALUE", value_parser = field_and_value)]
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

/// What names may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Names {
    /// Anything but `/`.
    Posix,
    /// What Windows takes, over Samba for instance.
    Windows,
    /// What Windows takes, in ASCII.
    Ascii,
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

fn name_and_template(text: &str) -> Result<(String, String), String> {
    let (name, template) =
        text.split_once('=').ok_or("it must be NAME=TEMPLATE, such as by-year=%year{$date}/$title")?;
    Ok((name.to_owned(), template.to_owned()))
}

fn octal(text: &str) -> Result<u16, String> {
    let mode = u16::from_str_radix(text.trim_start_matches("0o"), 8).ok().filter(|mode| *mode <= 0o777);
    mode.ok_or_else(|| "it must be an octal number up to 777, such as 444".to_owned())
}
