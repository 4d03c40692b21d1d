//! Rendering a track's place in the view.

use std::borrow::Cow;

/// Paths that one template may give a track: a track with hundreds of values in a field that is expanded stands at the first of them.
pub const MAX_PATHS: usize = 64;

/// What a template sees of a track.
pub trait Fields {
    /// The values of a canonical key, in order; empty if there is none.
    fn values(&self, key: &str) -> &[String];
}

/// Where a track goes: the sanitised components of its path, joined by `/`, without the extension.
///
/// No component is empty, `.` or `..`, or holds `/` or NUL. Components may be longer than a name may be: the tree cuts them,
/// since only it knows the extension and whether names collide. A path that ends in a path field has lost the file's own
/// extension where it carried it: such a field usually holds a whole file name, and the tree adds the extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedPath(pub String);

/// A parsed template. Pure: the same fields give the same path.
pub trait PathTemplate: Send + Sync {
    /// The canonical keys it looks at; the catalog streams just these.
    fn fields(&self) -> &[String];

    /// Those of them that are path fields (`$!{…}`): they are not written into served files and make no track edited.
    fn path_fields(&self) -> &[String];

    /// Visits the paths of a track, none of them twice and at most [`MAX_PATHS`] for each view; none at all where a field is missing and the
    /// template says to leave such tracks out.
    fn render(&self, fields: &dyn Fields, visit: &mut dyn FnMut(RenderedPath));

    /// The extension of a backing file, its dot included, as names of this template have it.
    fn extension<'e>(&self, extension: &'e [u8]) -> Cow<'e, [u8]> {
        Cow::Borrowed(extension)
    }

    /// A name that no template renders, such as that of a file beside the music, as names of this template have it. May be
    /// longer than a name may be, or empty.
    fn component<'c>(&self, name: &'c str) -> Cow<'c, str> {
        Cow::Borrowed(name)
    }

    /// Whether this is the name of a folder at the root in which one of several views stands.
    fn is_view(&self, folder: &[u8]) -> bool {
        let _ = folder;
        false
    }

    /// The first path of a track.
    fn first(&self, fields: &dyn Fields) -> Option<RenderedPath> {
        let mut first = None;
        self.render(fields, &mut |path| {
            first.get_or_insert(path);
        });
        first
    }
}
