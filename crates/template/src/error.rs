//! Why a template was refused, and where.

use std::fmt;

/// A template that cannot be understood. Its text is three lines: what is wrong, the template, and a caret beneath the
/// character that is meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct TemplateError {
    /// What is wrong.
    pub message: &'static str,
    /// The template.
    pub template: String,
    /// Which character of the template is meant, from 0; its length in characters if something is missing at the end.
    pub column: usize,
}

impl TemplateError {
    /// An error at byte `at` of `template`.
    pub(crate) fn new(message: &'static str, template: &str, at: usize) -> Self {
        let column = template.char_indices().take_while(|(index, _)| *index < at).count();
        Self { message, template: template.to_owned(), column }
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A tab or line break in the template would push the caret out of its column.
        let shown: String = self.template.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        write!(f, "template: {}\n  {shown}\n  {:>width$}", self.message, "^", width = self.column + 1)
    }
}
