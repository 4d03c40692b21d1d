//! The FLAC picture structure and image sniffing.
