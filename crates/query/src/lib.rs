//! Queries over a music library, as people type them: `album:~greatest year:1990..1999 ^genre:live`.
//!
//! **Must never know** SQL, the tree, or how a path is found on a disk: whoever parses a query says where its paths lead.
//!
//! Terms hold all at once; a `,` that stands alone parts alternatives.

mod matcher;
mod parse;
mod query;

pub use parse::{NoPlaces, Place, Places, QueryError, is_path};
pub use query::{DEFAULT_FIELDS, Query};
