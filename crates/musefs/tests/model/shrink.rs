//! A shorter sequence that fails as well.

use crate::machine::{self, Shape};
use crate::operations::Operation;
use std::time::{Duration, Instant};

/// Leaves out ever smaller parts as long as the rest fails.
pub fn shrink(shape: Shape, mut operations: Vec<Operation>, mut error: String) -> (Vec<Operation>, String) {
    let since = Instant::now();
    let mut part = operations.len().div_ceil(2);
    while part > 0 && since.elapsed() < Duration::from_secs(600) {
        let (mut at, mut shorter) = (0, false);
        while at < operations.len() {
            let mut without = operations.clone();
            without.drain(at..(at + part).min(operations.len()));
            match machine::run(shape, &without) {
                Err(of_it) => (operations, error, shorter) = (without, of_it, true),
                Ok(()) => at += part,
            }
        }
        if !shorter || part > 1 {
            part = if part == 1 { 0 } else { part / 2 };
        }
    }
    (operations, error)
}
