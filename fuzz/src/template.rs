//! Templates, and the paths they render.

use musefs_contracts::template::{Fields, PathTemplate};
use musefs_template::{Options, Template};

/// Gives every field the same values.
struct Same(Vec<String>);

impl Fields for Same {
    fn values(&self, key: &str) -> &[String] {
        // Some fields are missing, whatever their names are.
        if key.len() % 3 == 2 { &[] } else { &self.0 }
    }
}

/// The first line is a template, the second a fallback, the others are the values of every field.
pub fn template(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n');
    let (template, fallback) = (lines.next().unwrap_or_default(), lines.next());
    let fields = Same(lines.map(str::to_owned).collect());
    for skip_on_missing in [false, true] {
        let fallbacks = fallback.map(|text| ("artist".to_owned(), text.to_owned())).into_iter().collect();
        let default_fallback = fallback.map(str::to_owned);
        let Ok(template) = Template::parse(template, Options { default_fallback, fallbacks, skip_on_missing }) else {
            return;
        };
        for path_field in template.path_fields() {
            assert!(template.fields().contains(path_field));
        }
        let Some(path) = template.first(&fields) else { continue };
        for component in path.0.split('/') {
            assert!(!matches!(component, "" | "." | ".."), "{:?} in {:?}", component, path.0);
            assert!(!component.contains('\0'), "{:?}", path.0);
        }
        assert_eq!(template.first(&fields), Some(path), "a template is pure");
    }
}
