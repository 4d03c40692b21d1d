//! FLAC files.
