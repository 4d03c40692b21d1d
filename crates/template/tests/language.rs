//! Random templates render what a plain reading of the language says.

mod common;

use common::Track;
use musefs_contracts::template::{MAX_PATHS, PathTemplate};
use musefs_template::{Options, Template};
use proptest::prelude::*;

/// An expression of the language.
#[derive(Clone, Debug)]
enum Expr {
    Text(String),
    Field(&'static str),
    Each(&'static str),
    All(Vec<Expr>),
    Lower(Box<Expr>),
    Upper(Box<Expr>),
    Left(Box<Expr>, usize),
    Right(Box<Expr>, usize),
    First(Box<Expr>, usize, usize, String),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    IfDefined(&'static str, Box<Expr>, Option<Box<Expr>>),
}

const KEYS: [&str; 4] = ["genre", "mood", "label", "album"];

impl Expr {
    /// As a user would write it.
    fn written(&self) -> String {
        match self {
            Self::Text(text) => escaped(text),
            Self::Field(key) => format!("${{{key}}}"),
            Self::Each(key) => format!("%each{{{key}}}"),
            Self::All(parts) => parts.iter().map(Self::written).collect(),
            Self::Lower(text) => format!("%lower{{{}}}", text.written()),
            Self::Upper(text) => format!("%upper{{{}}}", text.written()),
            Self::Left(text, count) => format!("%left{{{},{count}}}", text.written()),
            Self::Right(text, count) => format!("%right{{{},{count}}}", text.written()),
            Self::First(text, count, skip, joint) => {
                format!("%first{{{},{count},{skip},; ,{}}}", text.written(), escaped(joint))
            }
            Self::If(condition, then, otherwise) => {
                format!("%if{{{},{},{}}}", condition.written(), then.written(), otherwise.written())
            }
            Self::IfDefined(key, then, None) => format!("%ifdef{{{key},{}}}", then.written()),
            Self::IfDefined(key, then, Some(otherwise)) => {
                format!("%ifdef{{{key},{},{}}}", then.written(), otherwise.written())
            }
        }
    }

    /// The keys that are expanded, in the order in which they are read.
    fn expanded(&self, into: &mut Vec<&'static str>) {
        match self {
            Self::Text(_) | Self::Field(_) => {}
            Self::Each(key) => {
                if !into.contains(key) {
                    into.push(key);
                }
            }
            Self::All(parts) => parts.iter().for_each(|part| part.expanded(into)),
            Self::Lower(text)
            | Self::Upper(text)
            | Self::Left(text, _)
            | Self::Right(text, _)
            | Self::First(text, ..) => text.expanded(into),
            Self::If(condition, then, otherwise) => {
                for part in [condition, then, otherwise] {
                    part.expanded(into);
                }
            }
            Self::IfDefined(_, then, otherwise) => {
                then.expanded(into);
                if let Some(otherwise) = otherwise {
                    otherwise.expanded(into);
                }
            }
        }
    }

    /// What it comes to. `optional`: within a condition, where what is missing is nothing.
    fn value(
        &self,
        track: &[(&'static str, Vec<String>)],
        chosen: &[(&str, Option<&String>)],
        optional: bool,
    ) -> String {
        let of = |expr: &Self| expr.value(track, chosen, optional);
        let values = |key: &str| track.iter().find(|(known, _)| *known == key).map(|(_, values)| values);
        let missing = || if optional { String::new() } else { "Unknown".to_owned() };
        match self {
            Self::Text(text) => text.clone(),
            Self::Field(key) => values(key).map_or_else(missing, |values| values.join("; ")),
            Self::Each(key) => chosen
                .iter()
                .find(|(known, _)| known == key)
                .and_then(|(_, value)| value.cloned())
                .unwrap_or_else(missing),
            Self::All(parts) => parts.iter().map(of).collect(),
            Self::Lower(text) => of(text).to_lowercase(),
            Self::Upper(text) => of(text).to_uppercase(),
            Self::Left(text, count) => of(text).chars().take(*count).collect(),
            Self::Right(text, count) => {
                let characters: Vec<char> = of(text).chars().collect();
                characters[characters.len().saturating_sub(*count)..].iter().collect()
            }
            Self::First(text, count, skip, joint) => {
                let text = of(text);
                let items: Vec<&str> = text.split("; ").map(str::trim).filter(|item| !item.is_empty()).collect();
                items.into_iter().skip(*skip).take(*count).collect::<Vec<_>>().join(joint)
            }
            Self::If(condition, then, otherwise) => {
                let condition = condition.value(track, chosen, true);
                let no = ["", "false"].contains(&condition.trim().to_lowercase().as_str())
                    || condition.trim().parse() == Ok(0i64);
                of(if no { otherwise } else { then })
            }
            Self::IfDefined(key, then, otherwise) => match otherwise {
                _ if values(key).is_some() => of(then),
                Some(otherwise) => of(otherwise),
                None => String::new(),
            },
        }
    }
}

/// Plain text of an argument.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if "$%[],}".contains(c) {
            out.push('$');
        }
        out.push(c);
    }
    out
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-cA-Z0 é$%,\\[\\]}]{0,5}", Just("0".to_owned()), Just("False".to_owned()), Just("if".to_owned())]
}

fn expression() -> impl Strategy<Value = Expr> {
    let key = proptest::sample::select(&KEYS[..]);
    let leaf = prop_oneof![
        3 => text().prop_map(Expr::Text),
        2 => key.clone().prop_map(Expr::Field),
        1 => key.clone().prop_map(Expr::Each),
    ];
    leaf.prop_recursive(5, 24, 3, move |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        prop_oneof![
            proptest::collection::vec(inner, 0..3).prop_map(Expr::All),
            boxed.clone().prop_map(Expr::Lower),
            boxed.clone().prop_map(Expr::Upper),
            (boxed.clone(), 0..9usize).prop_map(|(text, count)| Expr::Left(text, count)),
            (boxed.clone(), 0..9usize).prop_map(|(text, count)| Expr::Right(text, count)),
            (boxed.clone(), 0..3usize, 0..3usize, text())
                .prop_map(|(text, count, skip, joint)| Expr::First(text, count, skip, joint)),
            (boxed.clone(), boxed.clone(), boxed.clone()).prop_map(|(c, t, e)| Expr::If(c, t, e)),
            (key.clone(), boxed.clone(), proptest::option::of(boxed)).prop_map(|(k, t, e)| Expr::IfDefined(k, t, e)),
        ]
    })
}

/// Values of some of the keys.
fn track() -> impl Strategy<Value = Vec<(&'static str, Vec<String>)>> {
    let value = prop_oneof!["[a-cA-C/éß,$%{}]{1,6}", Just("0".to_owned()), Just("false".to_owned())];
    let values = proptest::collection::vec(value, 1..4);
    proptest::collection::vec(proptest::option::of(values), KEYS.len())
        .prop_map(|values| KEYS.into_iter().zip(values).filter_map(|(key, values)| Some((key, values?))).collect())
}

/// The paths by the model: one for each combination of values, none twice.
fn expected(expr: &Expr, track: &[(&'static str, Vec<String>)]) -> Vec<String> {
    let mut keys = Vec::new();
    expr.expanded(&mut keys);
    let mut combinations = vec![Vec::new()];
    for key in keys {
        let found = track.iter().find(|(known, _)| *known == key);
        let choices: Vec<Option<&String>> =
            found.map_or_else(|| vec![None], |(_, values)| values.iter().map(Some).collect());
        let longer = combinations.iter().flat_map(|combination: &Vec<_>| {
            choices.iter().map(|choice| combination.iter().copied().chain([(key, *choice)]).collect())
        });
        combinations = longer.collect();
    }
    let mut paths: Vec<String> = Vec::new();
    for chosen in combinations {
        let path = format!("<{}>", expr.value(track, &chosen, false).replace('/', "_"));
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths.truncate(MAX_PATHS);
    paths
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_template_renders_what_it_says(expr in expression(), track in track()) {
        let written = format!("<{}>", expr.written());
        let template = Template::parse(&written, Options::default());
        let template = template.unwrap_or_else(|error| panic!("{error}"));
        let values: Vec<(&str, &str)> =
            track.iter().flat_map(|(key, values)| values.iter().map(|value| (*key, value.as_str()))).collect();
        let mut paths = Vec::new();
        template.render(&Track::new(&values), &mut |path| paths.push(path.0));
        let expected = expected(&expr, &track);
        // Names end at half a thousand bytes at the latest; what is cut there is another test's business.
        prop_assume!(expected.iter().all(|path| path.len() < 500));
        prop_assert_eq!(paths, expected, "{}", written);
    }
}
