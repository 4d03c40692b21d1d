//! A parsed template and how it treats what a track lacks.

use crate::error::TemplateError;
use crate::expand;
use crate::function::Call;
use crate::names::Names;
use crate::parse::Parser;
use crate::render::Renderer;
use musefs_contracts::template::{Fields, PathTemplate, RenderedPath};
use std::borrow::Cow;

/// What stands for a missing value unless told otherwise.
const UNKNOWN: &str = "Unknown";

/// How a template treats fields that a track lacks. Sections are not concerned: they leave out what is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Shown for any missing field, and for a component that would be empty; `None` is `Unknown`. Where it is blank, a
    /// missing field shows nothing, and an empty component is `Unknown` all the same.
    pub default_fallback: Option<String>,
    /// Shown for one missing field (its name first); goes before `default_fallback` and before what the field falls back
    /// to by itself. The last one counts where a field has several. The value of a path field is a path here too.
    pub fallbacks: Vec<(String, String)>,
    /// Leave a track out where a field has neither a value nor a fallback of its own. A missing title then counts as
    /// missing, although it could fall back to the file's name.
    pub skip_on_missing: bool,
    /// What names may be.
    pub names: Names,
}

/// One step of rendering; a template is a flat list of them.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// Text of the template itself.
    Literal(Box<str>),
    /// The end of a component.
    Break,
    /// A field.
    Field(FieldOp),
    /// The beginning of a section that reaches up to, and without, this op.
    Section(usize),
    /// A function.
    Call(Box<Call>),
    /// A field of which each value gives a path of its own, by its place in [`Template::each`], and what to do here where the
    /// track has none.
    Each(usize, Missing),
}

/// A field with everything that stands in for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldOp {
    /// What to look at, first to last.
    pub(crate) chain: Box<[Candidate]>,
    /// Digits to pad a number to; 0 for none.
    pub(crate) width: usize,
    /// Whether the value is a path.
    pub(crate) path: bool,
    /// What to do where the track has none of the chain.
    pub(crate) missing: Missing,
}

/// A field of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Its place in [`Template::fields`].
    pub(crate) field: usize,
    /// Whether only what stands before a `/` counts.
    pub(crate) number: bool,
}

/// What to do for a missing field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Show nothing.
    Nothing,
    /// Show the fallback given for this field.
    Own(Box<str>),
    /// Show the fallback for all.
    Default,
    /// Leave the track out.
    Skip,
}

/// A parsed template.
#[derive(Clone, Debug)]
pub struct Template {
    pub(crate) ops: Vec<Op>,
    pub(crate) fields: Vec<String>,
    pub(crate) path_fields: Vec<String>,
    /// The fields of which each value gives a path.
    pub(crate) each: Vec<FieldOp>,
    pub(crate) names: Names,
    /// Text for a missing field.
    pub(crate) default_fallback: String,
    /// What an empty component becomes.
    pub(crate) empty_component: String,
}

impl Template {
    /// Parses a template. Errors point at the place that could not be understood.
    pub fn parse(text: &str, options: Options) -> Result<Self, TemplateError> {
        let parsed = Parser::new(text, &options).parse()?;
        let names = options.names;
        let default_fallback = options.default_fallback.unwrap_or_else(|| UNKNOWN.to_owned());
        let empty_component =
            Renderer::single_component(&default_fallback, names).unwrap_or_else(|| UNKNOWN.to_owned());
        Ok(Self {
            ops: parsed.ops,
            fields: parsed.fields,
            path_fields: parsed.path_fields,
            each: parsed.each,
            names,
            default_fallback,
            empty_component,
        })
    }
}

impl PathTemplate for Template {
    /// The canonical keys the template looks at. The synthetic [`crate::FILENAME`] and [`crate::EXTENSION`] may be among
    /// them: the caller provides their values, the catalog has none.
    fn fields(&self) -> &[String] {
        &self.fields
    }

    fn path_fields(&self) -> &[String] {
        &self.path_fields
    }

    fn render(&self, fields: &dyn Fields, visit: &mut dyn FnMut(RenderedPath)) {
        if self.each.is_empty() {
            if let Some(path) = Renderer::new(self, fields, &[]).render() {
                visit(RenderedPath(path));
            }
            return;
        }
        expand::each(self, fields, visit);
    }

    fn extension<'e>(&self, extension: &'e [u8]) -> Cow<'e, [u8]> {
        self.names.extension(extension)
    }

    fn component<'c>(&self, name: &'c str) -> Cow<'c, str> {
        self.names.component(name)
    }
}
