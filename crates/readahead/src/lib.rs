//! Adaptive read-ahead over backing sources.
