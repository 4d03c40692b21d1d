//! Vorbis comment headers.
