//! Names that taggers use for tag keys.
