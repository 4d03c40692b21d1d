//! From a row of the store to a place in the tree.

use musefs_contracts::ids::TrackId;
use musefs_contracts::template::{Fields, PathTemplate};
use musefs_contracts::tree::{Placement, PlacementChange};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::LazyLock;

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
    /// A field that is taken to have some value.
    given: Option<&'a str>,
}

/// Some value.
static SOME: LazyLock<[String; 1]> = LazyLock::new(|| ["1".to_owned()]);

impl<'a> TrackFields<'a> {
    fn new(backing: &Path, names: &'a [String], values: &'a [Vec<String>]) -> Self {
        let text = |part: Option<&OsStr>| [part.unwrap_or_default().to_string_lossy().into_owned()];
        let (filename, extension) = (text(backing.file_stem()), text(backing.extension()));
        Self { names, values, filename, extension, given: None }
    }
}

impl Fields for TrackFields<'_> {
    fn values(&self, key: &str) -> &[String] {
        match key {
            _ if self.given == Some(key) => &*SOME,
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
    let mut paths = Vec::new();
    template.render(&TrackFields::new(backing, names, values), &mut |path| paths.push(path.0));
    if paths.is_empty() {
        return PlacementChange::Remove(track.into());
    }
    let bare = backing.extension().unwrap_or_default();
    let mut extension = Vec::new();
    if !bare.is_empty() {
        extension.push(b'.');
        extension.extend_from_slice(bare.as_bytes());
    }
    let extension = template.extension(&extension).into_owned();
    PlacementChange::Place(Placement { file: track.into(), paths, extension })
}

/// The fields that a track lacks and for want of which the template leaves it out: each of them would do, or, if none would,
/// all that it lacks.
pub(crate) fn lacking(
    template: &dyn PathTemplate,
    backing: &Path,
    names: &[String],
    values: &[Vec<String>],
) -> Vec<String> {
    let fields = TrackFields::new(backing, names, values);
    let all: Vec<&String> = template.fields().iter().filter(|field| fields.values(field).is_empty()).collect();
    let helps = |field: &str| {
        let given = TrackFields { given: Some(field), ..TrackFields::new(backing, names, values) };
        template.first(&given).is_some()
    };
    let would_do: Vec<&String> = all.iter().copied().filter(|field| helps(field)).collect();
    if would_do.is_empty() { all } else { would_do }.into_iter().cloned().collect()
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
