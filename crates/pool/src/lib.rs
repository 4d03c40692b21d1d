//! The bounded worker pool of musefs.
