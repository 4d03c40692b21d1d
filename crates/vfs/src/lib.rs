//! The file system of musefs, without FUSE.
