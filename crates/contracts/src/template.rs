//! Rendering a track's place in the view.

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

    /// The path of a track, or `None` where a field is missing and the template says to leave such tracks out.
    fn render(&self, fields: &dyn Fields) -> Option<RenderedPath>;
}
