//! Translates FUSE requests into calls of the musefs file system.
