//! Path templates of musefs.
