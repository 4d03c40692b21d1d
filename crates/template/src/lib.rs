//! Path templates of musefs: parsed once, rendered for every track.
//!
//! **Must never know** the tree that the paths end up in (it cuts names and resolves collisions) and the store that the
//! values come from. A template is pure: the same values give the same path.
//!
//! # Syntax
//!
//! | written | meaning |
//! | --- | --- |
//! | `$field`, `${field}` | the values of a tag, several joined with `; ` |
//! | `${a\|b\|c}` | the first of these that the track has |
//! | `${field:02}` | a number, padded with zeros to this many digits |
//! | `[…]` | a section: vanishes when the track has none of the fields in it; sections nest |
//! | `$!{field}`, `$!{a\|b}` | a path field: its value is a relative path, whose `/` part components |
//! | `/` | parts the components of the path |
//! | `%name{…,…}` | a function; see below |
//! | `$$`, `$[`, `$]`, `$}`, `$,`, `$%` | the character itself |
//!
//! `tracknumber` and `discnumber` show what stands before a `/`: `3/12` is `3`. `albumartist` falls back to `artist`, and
//! `title` to [`FILENAME`], so that a file without tags stands under its own name.
//!
//! # Functions
//!
//! They see values as the tags have them; what comes of them is then made fit for a name. `/` in an argument parts components
//! if the template has it, and is a character like any other if a value has it. Functions stand in each other up to 16 deep.
//!
//! | written | gives |
//! | --- | --- |
//! | `%if{condition,then,else}` | `then` where anything but blanks, `0` or `false` comes of the condition; a field that the track lacks is nothing in it |
//! | `%ifdef{field,then,else}` | `then`, or the field itself if that is all that is said, where the track has the field |
//! | `%lower{text}`, `%upper{text}`, `%title{text}` | the text in other letters |
//! | `%left{text,n}`, `%right{text,n}` | its first or last characters |
//! | `%asciify{text}` | it in letters of ASCII |
//! | `%year{text}` | its first number of four digits |
//! | `%first{text,count,skip,separator,joint}` | some items of a list: one, the first, parted and joined by `; ` unless said otherwise |
//! | `%each{field}` | a path for each value of the field; several fields give each combination, the same field twice is one |
//!
//! # What a component may be
//!
//! Each component is free of `/` and control characters (both become `_`), has no blanks at its ends, and is never empty,
//! `.` or `..` (dots become `_`). A `/` parts components only where the template or a path field has it. Empty pieces of a
//! path field and `.` in it are left out, so that an absolute path becomes a relative one; a backslash stays as it is.

mod calls;
mod error;
mod expand;
mod function;
mod names;
mod parse;
mod render;
mod template;
mod views;

pub use error::TemplateError;
pub use names::Names;
pub use template::{Options, Template};
pub use views::{Views, ViewsError};

/// The default template of `mount`.
pub const DEFAULT_MOUNT: &str = "$albumartist/$album/$title";

/// The default template of `up`: albums sort in playing order.
pub const DEFAULT_UP: &str = "${albumartist|artist}/$album/[${discnumber}-][${tracknumber:02}. ]$title";

/// The synthetic field that holds the stem of the backing file's name. The caller of a template provides its value; the
/// catalog is never asked for it.
pub const FILENAME: &str = "filename";

/// The synthetic field that holds the backing file's extension without its dot. The caller of a template provides its
/// value; the catalog is never asked for it. Templates with path fields look at it: a path whose end repeats the
/// extension, in any case, loses it, since the tree adds the file's own.
pub const EXTENSION: &str = "extension";
