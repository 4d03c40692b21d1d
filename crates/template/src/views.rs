//! Several templates side by side, each in a folder of its own.

use crate::error::TemplateError;
use crate::names::Names;
use crate::render::Renderer;
use crate::template::{Options, Template};
use musefs_contracts::template::{Fields, PathTemplate, RenderedPath};
use std::borrow::Cow;

/// Why views were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ViewsError {
    /// The name of a view cannot be that of a folder.
    #[error(
        "a view cannot be called {0:?}: the name is that of a folder at the root, without `/`, blanks at its ends, and \
         what --names does not take; choose another"
    )]
    Name(String),
    /// Two views have one name.
    #[error("two views are called {0:?}; give each a name of its own")]
    Twice(String),
    /// A template cannot be understood.
    #[error("view {0}: {1}")]
    Template(String, TemplateError),
}

/// Views: a track stands in each of them, under the view's name, at up to [`MAX_PATHS`] paths in each. One that has many in the
/// first is left out of none of the others.
///
/// [`MAX_PATHS`]: musefs_contracts::template::MAX_PATHS
#[derive(Clone, Debug)]
pub struct Views {
    /// At the root, beside the folders of the others.
    root: Option<Template>,
    named: Vec<(String, Template)>,
    fields: Vec<String>,
    path_fields: Vec<String>,
    names: Names,
}

impl Views {
    /// Views by name, and the template at the root, if there is one.
    pub fn new(root: Option<Template>, views: &[(String, String)], options: &Options) -> Result<Self, ViewsError> {
        let mut named: Vec<(String, Template)> = Vec::new();
        for (name, text) in views {
            let is_folder = Renderer::single_component(name, options.names).as_ref() == Some(name);
            if !is_folder || name.eq_ignore_ascii_case(".musefs-metrics") {
                return Err(ViewsError::Name(name.clone()));
            }
            if named.iter().any(|(known, _)| known.to_lowercase() == name.to_lowercase()) {
                return Err(ViewsError::Twice(name.clone()));
            }
            let template =
                Template::parse(text, options.clone()).map_err(|error| ViewsError::Template(name.clone(), error))?;
            named.push((name.clone(), template));
        }
        let mut views = Self { root, named, fields: Vec::new(), path_fields: Vec::new(), names: options.names };
        let all = || views.root.iter().chain(views.named.iter().map(|(_, template)| template));
        let fields = union(all().map(PathTemplate::fields));
        let path_fields = union(all().map(PathTemplate::path_fields));
        views.fields = fields;
        views.path_fields = path_fields;
        Ok(views)
    }
}

fn union<'a>(lists: impl Iterator<Item = &'a [String]>) -> Vec<String> {
    let mut union: Vec<String> = Vec::new();
    for field in lists.flatten() {
        if !union.contains(field) {
            union.push(field.clone());
        }
    }
    union
}

impl PathTemplate for Views {
    fn fields(&self) -> &[String] {
        &self.fields
    }

    fn path_fields(&self) -> &[String] {
        &self.path_fields
    }

    fn render(&self, fields: &dyn Fields, visit: &mut dyn FnMut(RenderedPath)) {
        // Paths of the root that lie in the folder of a view; that view may give them again.
        let mut inside = Vec::new();
        if let Some(root) = &self.root {
            root.render(fields, &mut |path| {
                let folder = path.0.split('/').next();
                if self.named.iter().any(|(name, _)| folder == Some(name)) {
                    inside.push(path.clone());
                }
                visit(path);
            });
        }
        for (name, template) in &self.named {
            template.render(fields, &mut |path| {
                let path = RenderedPath(format!("{name}/{}", path.0));
                if !inside.contains(&path) {
                    visit(path);
                }
            });
        }
    }

    fn is_view(&self, folder: &[u8]) -> bool {
        self.named.iter().any(|(name, _)| name.as_bytes() == folder)
    }

    fn extension<'e>(&self, extension: &'e [u8]) -> Cow<'e, [u8]> {
        self.names.extension(extension)
    }

    fn component<'c>(&self, name: &'c str) -> Cow<'c, str> {
        self.names.component(name)
    }
}
