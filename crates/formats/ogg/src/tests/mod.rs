//! Tests of the format as a whole, over files built here.

mod edits;
mod hostile;
mod properties;
mod support;
mod traps;
