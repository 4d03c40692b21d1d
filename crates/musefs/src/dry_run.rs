//! `musefs mount --dry-run`: the paths that a mount would show.

use crate::cli::{ServeArgs, ViewArgs};
use crate::errors::{CommandResult, Ending, Failure};
use crate::output::{complain, say};
use crate::serve::Prepared;
use crate::tree_walk::walk;
use musefs_contracts::catalog::Catalog;
use musefs_contracts::sidecars::SidecarRules;
use musefs_contracts::template::PathTemplate;
use musefs_template::{EXTENSION, FILENAME};
use std::sync::Arc;

/// Prints every path, and names fields of the template that no track has.
pub(crate) fn print(
    catalog: Arc<dyn Catalog>,
    template: Arc<dyn PathTemplate>,
    view: &ViewArgs,
    serve: &ServeArgs,
    sidecars: Option<Arc<dyn SidecarRules>>,
) -> CommandResult {
    let texts = view.template.iter().chain(view.views.iter().map(|(_, text)| text));
    let text = texts.cloned().collect::<Vec<_>>().join(" ");
    for field in unknown_fields(catalog.as_ref(), template.as_ref(), &text)? {
        complain(format!("musefs: no track has a value for ${field}; is the field's name spelled as in the store?"));
    }
    // Nothing of the mount's own is part of the tree that the template makes.
    let serve = ServeArgs { expose_metrics: false, ..serve.clone() };
    let prepared = Prepared::new(catalog, template, view, &serve, sidecars)?;
    walk(prepared.vfs.as_ref(), &mut |step| say(step.path.display())).map_err(Failure::new)?;
    Ok(Ending::Done)
}

/// The fields that the user wrote into the template and of which no track has a value. Those that a template looks at by
/// itself, as fallbacks, may well be missing.
fn unknown_fields(catalog: &dyn Catalog, template: &dyn PathTemplate, text: &str) -> Result<Vec<String>, Failure> {
    let text = text.to_ascii_lowercase();
    let asked = |field: &str| !matches!(field, FILENAME | EXTENSION) && text.contains(field);
    let fields: Vec<String> = template.fields().iter().filter(|field| asked(field)).cloned().collect();
    let mut known = vec![false; fields.len()];
    let mut tracks = 0u64;
    catalog.for_each_track(&fields, &mut |track| {
        tracks += 1;
        for (known, values) in known.iter_mut().zip(track.values) {
            *known |= !values.is_empty();
        }
    })?;
    if tracks == 0 {
        return Ok(Vec::new());
    }
    Ok(fields.into_iter().zip(known).filter(|(_, known)| !known).map(|(field, _)| field).collect())
}
