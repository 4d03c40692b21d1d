//! Rendering the place of one track by the templates that come with the program.

#![allow(missing_docs, reason = "criterion's macros define what they need")]

#[path = "../tests/common/mod.rs"]
mod common;

use common::Track;
use criterion::{Criterion, criterion_group, criterion_main};
use musefs_contracts::template::PathTemplate;
use musefs_template::{DEFAULT_MOUNT, DEFAULT_UP, Options, Template};
use std::hint::black_box;

fn render(c: &mut Criterion) {
    let track = Track::new(&[
        ("albumartist", "The Artist of the Year"),
        ("artist", "The Artist"),
        ("artist", "Another / Artist"),
        ("album", "An Album: With a Longer Name"),
        ("title", "Some Title"),
        ("tracknumber", "3/12"),
        ("discnumber", "1"),
    ]);
    for (name, text) in [("render mount", DEFAULT_MOUNT), ("render up", DEFAULT_UP)] {
        let template = Template::parse(text, Options::default()).expect("it comes with the program");
        c.bench_function(name, |b| b.iter(|| template.first(black_box(&track))));
    }
    let unfit = Track::new(&[("title", "a/b\u{1}c\u{7f}")]);
    let template = Template::parse("$artist/$album/$title", Options::default()).expect("a template");
    c.bench_function("render with fallbacks and what no name may hold", |b| {
        b.iter(|| template.first(black_box(&unfit)));
    });
}

criterion_group!(benches, render);
criterion_main!(benches);
