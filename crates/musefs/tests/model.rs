//! Random operations on a library, its store and its mount, compared with the reference model after every one of them.
//!
//! `MUSEFS_TEST_SOAK=1` runs two thousand sequences of fifty operations; a number in it is the first seed.
#![allow(unreachable_pub, missing_docs)]

#[path = "model/client.rs"]
mod client;
mod common;
#[path = "model/compare.rs"]
mod compare;
#[path = "model/machine.rs"]
mod machine;
#[path = "model/operations.rs"]
mod operations;
#[path = "model/shown.rs"]
mod shown;
#[path = "model/shrink.rs"]
mod shrink;

use machine::Shape;
use operations::{Operation, sequence};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

#[test]
fn random_operations_agree_with_the_reference_model() {
    let (first, sequences, length) = match std::env::var("MUSEFS_TEST_SOAK") {
        Ok(first) => (first.parse().unwrap_or(1), 2000, 50),
        Err(_) => (1, 100, 50),
    };
    let next = AtomicU64::new(first);
    let failure = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + sequences || failure.lock().unwrap().is_some() {
                        return;
                    }
                    let operations = sequence(seed, length);
                    let shape = if seed.is_multiple_of(2) { Shape::Template } else { Shape::Views };
                    if let Err(error) = machine::run(shape, &operations) {
                        failure.lock().unwrap().get_or_insert((seed, shape, operations, error));
                    }
                }
            });
        }
    });
    if let Some((seed, shape, operations, error)) = failure.into_inner().unwrap() {
        let (operations, error) = shrink::shrink(shape, operations, error);
        panic!("sequence {seed}: {error}\nkeep it as a test:\n    check(Shape::{shape:?}, &{operations:#?});");
    }
}

/// A sequence that once failed.
fn check(shape: Shape, operations: &[Operation]) {
    if let Err(error) = machine::run(shape, operations) {
        panic!("{error}");
    }
}

#[test]
fn a_library_that_is_left_alone() {
    check(Shape::Template, &[]);
    check(Shape::Views, &[]);
}

/// The store knows edits by the second, and the file was written in that second.
#[test]
fn an_edit_in_the_second_of_the_files_own_time_moves_mtime() {
    let edit = |value| Operation::Edit { tracks: vec![0, 1], key: 2, values: vec![value], commit: true };
    check(Shape::Template, &[edit(0), edit(1), edit(0)]);
}
