//! MPEG audio and ADTS files.
