//! The musefs binary.
fn main() {}
