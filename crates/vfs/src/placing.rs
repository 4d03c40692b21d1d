//! From a row of the store to a place in the tree.

use musefs_contracts::ids::TrackId;
use musefs_contracts::template::{Fields, PathTemplate};
use musefs_contracts::tree::{Placement, PlacementChange};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Fields that are taken from the backing file's name instead of its tags.
const FILENAME: &str = "filename";
const EXTENSION: &str = "extension";

/// The fields of a template that the store has to stream.
pub(crate) fn stored_fields(template: &dyn PathTemplate) -> Vec<String> {
    template.fields().iter().filter(|field| *field != FILENAME && *field != EXTENSION).cloned().collect()
}

struct TrackFields<'a> {
    names: &'a [String],
    values: &'a [Vec<String>],
    filename: [String; 1],
    extension: [String; 1],
}

impl Fields for TrackFields<'_> {
    fn values(&self, key: &str) -> &[String] {
        match key {
            FILENAME => present(&self.filename),
            EXTENSION => present(&self.extension),
            _ => {
                let at = self.names.iter().position(|name| name == key);
                at.and_then(|at| self.values.get(at)).map_or(&[], Vec::as_slice)
            }
        }
    }
}

fn present(value: &[String; 1]) -> &[String] {
    if value[0].is_empty() { &[] } else { value }
}

/// Where a track stands, or [`PlacementChange::Remove`] if the template leaves it out.
///
/// `names` are the fields that were streamed, `values` theirs.
pub(crate) fn place(
    template: &dyn PathTemplate,
    track: TrackId,
    backing: &Path,
    names: &[String],
    values: &[Vec<String>],
) -> PlacementChange {
    let bare = backing.extension().unwrap_or_default();
    let fields = TrackFields {
        names,
        values,
        filename: [backing.file_stem().unwrap_or_default().to_string_lossy().into_owned()],
        extension: [bare.to_string_lossy().into_owned()],
    };
    let mut paths = Vec::new();
    template.render(&fields, &mut |path| paths.push(path.0));
    if paths.is_empty() {
        return PlacementChange::Remove(track.into());
    }
    let mut extension = Vec::new();
    if !bare.is_empty() {
        extension.push(b'.');
        extension.extend_from_slice(bare.as_bytes());
    }
    let extension = template.extension(&extension).into_owned();
    PlacementChange::Place(Placement { file: track.into(), paths, extension })
}

#[cfg(test)]
mod tests {
    use super::*;
    use musefs_contracts::template::RenderedPath;

    /// Renders the values of its one field, joined by `/`.
    struct Only(Vec<String>, bool);

    impl PathTemplate for Only {
        fn fields(&self) -> &[String] {
            &self.0
        }
        fn path_fields(&self) -> &[String] {
            if self.1 { &self.0 } else { &[] }
        }
        fn render(&self, fields: &dyn Fields, visit: &mut dyn FnMut(RenderedPath)) {
            let values = fields.values(&self.0[0]);
            if !values.is_empty() {
                visit(RenderedPath(values.join("/")));
            }
        }
    }

    fn placed(field: &str, is_path: bool, backing: &str, value: &str) -> Option<(String, String)> {
        let template = Only(vec![field.into()], is_path);
        let (names, values) = (stored_fields(&template), [vec![value.to_owned()]]);
        match place(&template, TrackId(1), Path::new(backing), &names, &values[..names.len()]) {
            PlacementChange::Place(mut at) => Some((at.paths.pop().unwrap(), String::from_utf8(at.extension).unwrap())),
            PlacementChange::Remove(_) => None,
        }
    }

    #[track_caller]
    fn check(field: &str, is_path: bool, backing: &str, value: &str, path: &str, extension: &str) {
        assert_eq!(placed(field, is_path, backing, value), Some((path.into(), extension.into())));
    }

    #[test]
    fn a_file_keeps_its_own_extension() {
        check("title", false, "/m/a.FLAC", "x", "x", ".FLAC");
        check("title", false, "/m/noext", "x", "x", "");
    }

    #[test]
    fn what_the_template_rendered_is_taken_as_it_is() {
        check("title", false, "/m/a.flac", "x.flac", "x.flac", ".flac");
        check("beets_path", true, "/m/a.flac", "A/01 x", "A/01 x", ".flac");
    }

    #[test]
    fn name_and_extension_of_the_backing_file_are_fields() {
        check("filename", false, "/m/some.name.mp3", "", "some.name", ".mp3");
        check("extension", false, "/m/some.mp3", "", "mp3", ".mp3");
        assert_eq!(placed("extension", false, "/m/some", ""), None);
    }
}
