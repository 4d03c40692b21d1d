//! A template that gives a track several paths: one by artist, one for each genre.

use musefs_contracts::template::{Fields, PathTemplate, RenderedPath};
use std::collections::BTreeSet;
use std::sync::LazyLock;

static FIELDS: LazyLock<Vec<String>> = LazyLock::new(|| ["artist", "title", "genre"].map(String::from).into());

#[derive(Clone, Copy)]
pub struct Views;

impl PathTemplate for Views {
    fn fields(&self) -> &[String] {
        &FIELDS
    }
    fn path_fields(&self) -> &[String] {
        &[]
    }
    /// A track without a title is left out.
    fn render(&self, fields: &dyn Fields, visit: &mut dyn FnMut(RenderedPath)) {
        let first = |key| fields.values(key).first().cloned();
        let Some(title) = first("title") else { return };
        let artist = first("artist").unwrap_or_else(|| "Unknown".into());
        visit(RenderedPath(format!("by-artist/{artist}/{title}")));
        let genres: BTreeSet<&String> = fields.values("genre").iter().collect();
        for genre in genres {
            visit(RenderedPath(format!("by-genre/{genre}/{title}")));
        }
    }
}
