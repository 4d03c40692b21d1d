//! One path for each value of the fields that a template expands.

use crate::render::{Renderer, find, usable};
use crate::template::Template;
use musefs_contracts::template::{Fields, MAX_PATHS, RenderedPath};

/// Combinations that are tried: several of them may give one path.
const MAX_COMBINATIONS: usize = 4 * MAX_PATHS;

/// Renders a template once for each combination of values, the last field's values changing fastest. A field that the track
/// lacks counts as one that is missing, once.
pub(crate) fn each(template: &Template, fields: &dyn Fields, visit: &mut dyn FnMut(RenderedPath)) {
    let values: Vec<Vec<Option<&str>>> = template
        .each
        .iter()
        .map(|field| {
            let mut values = Vec::new();
            if let Some((candidate, found)) = find(template, fields, field) {
                for value in found.iter().map(|value| usable(value, candidate.number)) {
                    if !value.is_empty() && !values.contains(&Some(value)) && values.len() < MAX_PATHS {
                        values.push(Some(value));
                    }
                }
            }
            if values.is_empty() { vec![None] } else { values }
        })
        .collect();
    let mut paths: Vec<String> = Vec::new();
    let mut chosen = vec![0; values.len()];
    for _ in 0..MAX_COMBINATIONS {
        let selection: Vec<_> = values.iter().zip(&chosen).map(|(values, at)| values[*at]).collect();
        if let Some(path) = Renderer::new(template, fields, &selection).render()
            && !paths.contains(&path)
        {
            visit(RenderedPath(path.clone()));
            paths.push(path);
            if paths.len() == MAX_PATHS {
                return;
            }
        }
        if !advance(&mut chosen, &values) {
            return;
        }
    }
}

/// Goes on to the next combination; `false` behind the last one.
fn advance(chosen: &mut [usize], values: &[Vec<Option<&str>>]) -> bool {
    for (at, values) in chosen.iter_mut().zip(values).rev() {
        *at += 1;
        if *at < values.len() {
            return true;
        }
        *at = 0;
    }
    false
}
