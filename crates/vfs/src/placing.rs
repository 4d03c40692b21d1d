//! From a row of the store to a place in the tree.

use musefs_contracts::ids::TrackId;
use musefs_contracts::template::{Fields, PathTemplate};
use musefs_contracts::tree::{Placement, PlacementChange};
use std::borrow::Cow;
use std::cell::OnceCell;
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
    backing: &'a Path,
    /// Made when a template asks for them: most do not.
    filename: OnceCell<[String; 1]>,
    extension: OnceCell<[String; 1]>,
    /// A field that is taken to have some value.
    given: Option<&'a str>,
}

/// Some value.
static SOME: LazyLock<[String; 1]> = LazyLock::new(|| ["1".to_owned()]);

impl<'a> TrackFields<'a> {
    fn new(backing: &'a Path, names: &'a [String], values: &'a [Vec<String>]) -> Self {
        Self { names, values, backing, filename: OnceCell::new(), extension: OnceCell::new(), given: None }
    }
}

impl Fields for TrackFields<'_> {
    fn values(&self, key: &str) -> &[String] {
        match key {
            _ if self.given == Some(key) => &*SOME,
            FILENAME => present(self.filename.get_or_init(|| text(self.backing.file_stem()))),
            EXTENSION => present(self.extension.get_or_init(|| text(self.backing.extension()))),
            _ => {
                let at = self.names.iter().position(|name| name == key);
                at.and_then(|at| self.values.get(at)).map_or(&[], Vec::as_slice)
            }
        }
    }
}

fn text(part: Option<&OsStr>) -> [String; 1] {
    [part.unwrap_or_default().to_string_lossy().into_owned()]
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
    let bare = extension_of(backing);
    let mut extension = Vec::new();
    if !bare.is_empty() {
        extension.reserve_exact(bare.len() + 1);
        extension.push(b'.');
        extension.extend_from_slice(bare);
    }
    if let Cow::Owned(other) = template.extension(&extension) {
        extension = other;
    }
    PlacementChange::Place(Placement { file: track.into(), paths, extension })
}

/// The extension of a file, as [`Path::extension`] finds it.
fn extension_of(backing: &Path) -> &[u8] {
    let bytes = backing.as_os_str().as_bytes();
    let name = bytes.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    match name.iter().rposition(|byte| *byte == b'.') {
        // A name with a character before its dot and one behind it is a plain one: no need to take the whole path apart.
        Some(dot) if dot > 0 && dot + 1 < name.len() => &name[dot + 1..],
        _ => backing.extension().unwrap_or_default().as_bytes(),
    }
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
    fn an_extension_is_where_the_standard_library_finds_it() {
        for path in [
            "/m/a.flac",
            "/m/.hidden",
            "/m/a.",
            "/m/a",
            "/m.d/a",
            "/m.d/a.b.c",
            "/m/..x",
            "/m/a.b/",
            "a.b",
            "/m/..",
            "",
        ] {
            let path = Path::new(path);
            assert_eq!(extension_of(path), path.extension().unwrap_or_default().as_bytes(), "{}", path.display());
        }
    }

    #[test]
    fn name_and_extension_of_the_backing_file_are_fields() {
        check("filename", false, "/m/some.name.mp3", "", "some.name", ".mp3");
        check("extension", false, "/m/some.mp3", "", "mp3", ".mp3");
        assert_eq!(placed("extension", false, "/m/some", ""), None);
    }
}
