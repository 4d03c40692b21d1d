//! Templates, and the paths they render.

use musefs_contracts::template::{Fields, MAX_PATHS, PathTemplate};
use musefs_template::{Names, Options, Template, Views};

/// Gives every field the same values.
struct Same(Vec<String>);

impl Fields for Same {
    fn values(&self, key: &str) -> &[String] {
        // Some fields are missing, whatever their names are.
        if key.len() % 3 == 2 { &[] } else { &self.0 }
    }
}

const POLICIES: [Names; 3] = [Names::Posix, Names::Windows, Names::Ascii];

/// The first line is a template, the second a fallback, the others are the values of every field.
pub fn template(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n');
    let (text, fallback) = (lines.next().unwrap_or_default(), lines.next());
    let fields = Same(lines.map(str::to_owned).collect());
    for (skip_on_missing, names) in [false, true].into_iter().flat_map(|skip| POLICIES.map(|names| (skip, names))) {
        let fallbacks = fallback.map(|text| ("artist".to_owned(), text.to_owned())).into_iter().collect();
        let default_fallback = fallback.map(str::to_owned);
        let options = Options { default_fallback, fallbacks, skip_on_missing, names };
        let template = match Template::parse(text, options.clone()) {
            Ok(template) => template,
            Err(error) => {
                assert!(error.column <= text.chars().count(), "{error}");
                return;
            }
        };
        for path_field in template.path_fields() {
            assert!(template.fields().contains(path_field));
        }
        let paths = all(&template, &fields);
        assert!(paths.len() <= MAX_PATHS);
        for path in &paths {
            check(names, path);
        }
        assert_eq!(all(&template, &fields), paths, "a template is pure");

        let views = Views::new(Some(template), &[("view".to_owned(), text.to_owned())], &options);
        let both = all(&views.expect("the template was understood before"), &fields);
        assert!(paths.iter().all(|path| both.contains(path) && both.contains(&format!("view/{path}"))));
        for extension in fields.0.iter().map(|value| value.replace(['/', '\0'], "")) {
            let extension = format!(".{extension}");
            let once = Template::parse("$a", options.clone())
                .expect("a template")
                .extension(extension.as_bytes())
                .into_owned();
            assert!(!once.contains(&b'/'), "{once:?}");
        }
    }
}

/// Every path, in order; none may come twice.
fn all(template: &dyn PathTemplate, fields: &dyn Fields) -> Vec<String> {
    let mut paths = Vec::new();
    template.render(fields, &mut |path| {
        assert!(!paths.contains(&path.0), "{:?} comes twice", path.0);
        paths.push(path.0);
    });
    paths
}

fn check(names: Names, path: &str) {
    for component in path.split('/') {
        assert!(!matches!(component, "" | "." | ".."), "{component:?} in {path:?}");
        assert!(!component.contains('\0'), "{path:?}");
        assert!(component.len() <= 1024, "{path:?}");
        if names != Names::Posix {
            assert!(!component.ends_with(['.', ' ']) && component.len() <= 255, "{component:?} in {path:?}");
            assert!(!component.contains(['<', '>', ':', '"', '\\', '|', '?', '*']), "{component:?} in {path:?}");
        }
        assert!(names != Names::Ascii || component.is_ascii(), "{component:?} in {path:?}");
    }
}
