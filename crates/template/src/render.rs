//! From ops and a track's values to a path.

use crate::EXTENSION;
use crate::function::{self, BREAK, Call};
use crate::names::Names;
use crate::template::{Candidate, FieldOp, Missing, Op, Template};
use musefs_contracts::template::Fields;
use std::borrow::Cow;

/// Bytes of a component beyond which nothing can show in a name: names end at 255 bytes, so longer values are not copied.
const COMPONENT_BYTES: usize = 512;

/// Components a path may have; more, which only a path field can ask for, are joined into the last one.
const MAX_COMPONENTS: usize = 64;

/// Writes one path.
pub(crate) struct Renderer<'a> {
    template: &'a Template,
    fields: &'a dyn Fields,
    /// The value of each expanded field; `None` for one that the track lacks.
    selection: &'a [Option<&'a str>],
    out: String,
    /// Where the present component begins in `out`.
    start: usize,
    /// Whether a field of the template belongs to the present component, so that it may not just vanish.
    has_field: bool,
    /// Whether a section of the present component vanished.
    has_vanished: bool,
    /// Whether the last thing written came from a path field.
    ends_in_path: bool,
    components: usize,
}

impl<'a> Renderer<'a> {
    /// A renderer for one track and one choice of values of the fields that are expanded.
    pub(crate) fn new(template: &'a Template, fields: &'a dyn Fields, selection: &'a [Option<&'a str>]) -> Self {
        let out = String::with_capacity(96);
        Self {
            template,
            fields,
            selection,
            out,
            start: 0,
            has_field: false,
            has_vanished: false,
            ends_in_path: false,
            components: 1,
        }
    }

    /// The path, or `None` if the track is to be left out.
    pub(crate) fn render(mut self) -> Option<String> {
        let mut index = 0;
        while let Some(op) = self.template.ops.get(index) {
            index += 1;
            match op {
                Op::Literal(text) => self.text(text),
                Op::Break => self.end_component(),
                Op::Field(field) => self.field(field)?,
                Op::Call(call) => {
                    let text = self.call(call)?;
                    self.called(&text);
                }
                Op::Each(each, missing) => {
                    let text = self.each(*each, missing)?;
                    self.called(&text);
                }
                Op::Section(end) if !self.shows(&self.template.ops, index, *end) => {
                    self.has_vanished = true;
                    index = *end;
                }
                Op::Section(_) => {}
            }
        }
        if self.ends_in_path {
            self.strip_extension();
        }
        // A directory that only a vanished section would have named is left out; the file itself needs a name.
        self.has_field |= self.has_vanished;
        self.finish_component();
        if self.out.len() == self.start {
            self.out.pop();
        }
        if self.out.is_empty() {
            self.out.push_str(&self.template.empty_component);
        }
        Some(self.out)
    }

    /// `text` as it would stand as a component of its own; `None` if nothing is left of it.
    pub(crate) fn single_component(text: &str, names: Names) -> Option<String> {
        let mut out = String::new();
        push_clean(&mut out, 0, text);
        settle(&mut out, 0);
        names.settle(&mut out, 0);
        (!out.is_empty()).then_some(out)
    }

    /// Whether a track has any of the fields in a section.
    fn shows(&self, ops: &[Op], from: usize, to: usize) -> bool {
        ops.get(from..to).unwrap_or_default().iter().any(|op| self.has(op))
    }

    /// Whether a track has any of the fields in an op.
    fn has(&self, op: &Op) -> bool {
        let any = |ops: &[Op]| ops.iter().any(|op| self.has(op));
        match op {
            Op::Field(field) => self.find(field).is_some(),
            Op::Each(each, _) => self.selection.get(*each).is_some_and(Option::is_some),
            Op::Call(call) => match &**call {
                Call::If { condition, then, otherwise } => any(condition) || any(then) || any(otherwise),
                Call::IfDefined { field, then, otherwise } => self.find(field).is_some() || any(then) || any(otherwise),
                Call::Text(_, text) => any(text),
            },
            Op::Literal(_) | Op::Break | Op::Section(_) => false,
        }
    }

    fn find(&self, field: &FieldOp) -> Option<(Candidate, &'a [String])> {
        find(self.template, self.fields, field)
    }

    /// What a function gives, before anything is made fit for a name. `None` leaves the track out.
    fn call(&self, call: &Call) -> Option<String> {
        Some(match call {
            Call::If { condition, then, otherwise } => {
                let holds = function::is_true(&self.text_of(condition)?);
                self.text_of(if holds { then } else { otherwise })?
            }
            Call::IfDefined { field, then, otherwise } => {
                self.text_of(if self.find(field).is_some() { then } else { otherwise })?
            }
            Call::Text(change, text) => function::bounded(change.of(&self.text_of(text)?)),
        })
    }

    /// The text of an argument; breaks of components are [`BREAK`] in it.
    fn text_of(&self, ops: &[Op]) -> Option<String> {
        let mut text = String::new();
        let mut index = 0;
        while let Some(op) = ops.get(index) {
            index += 1;
            match op {
                Op::Literal(literal) => text.push_str(literal),
                Op::Break => text.push(BREAK),
                Op::Field(field) => text.push_str(&self.field_text(field)?),
                Op::Call(call) => text.push_str(&self.call(call)?),
                Op::Each(each, missing) => text.push_str(&self.each(*each, missing)?),
                Op::Section(end) if !self.shows(ops, index, *end) => index = *end,
                Op::Section(_) => {}
            }
        }
        Some(function::bounded(text))
    }

    /// The present value of an expanded field.
    fn each(&self, each: usize, missing: &Missing) -> Option<String> {
        match self.selection.get(each) {
            Some(Some(value)) => Some(function::bounded((*value).replace(BREAK, "_"))),
            _ => self.missing_text(missing),
        }
    }

    /// A field's text as a function sees it.
    fn field_text(&self, field: &FieldOp) -> Option<String> {
        let Some((candidate, values)) = self.find(field) else { return self.missing_text(&field.missing) };
        let mut values = values.iter().map(|value| usable(value, candidate.number)).filter(|value| !value.is_empty());
        let text = if field.width > 0 || candidate.number {
            padded(values.next().unwrap_or_default(), field.width).into_owned()
        } else {
            values.collect::<Vec<_>>().join("; ")
        };
        Some(function::bounded(text.replace(BREAK, "_")))
    }

    fn missing_text(&self, missing: &Missing) -> Option<String> {
        match missing {
            Missing::Nothing => Some(String::new()),
            Missing::Own(text) => Some(text.to_string()),
            Missing::Default => Some(self.template.default_fallback.clone()),
            Missing::Skip => None,
        }
    }

    /// Writes what a function gave. A component of which it leaves nothing vanishes, as it does with a section.
    fn called(&mut self, text: &str) {
        for (index, piece) in text.split(BREAK).enumerate() {
            if index > 0 {
                if self.components < MAX_COMPONENTS {
                    self.end_component();
                } else {
                    self.text("_");
                }
            }
            if piece.trim().is_empty() {
                self.has_vanished = true;
            } else {
                self.has_field = true;
            }
            self.text(piece);
        }
    }

    fn field(&mut self, field: &FieldOp) -> Option<()> {
        self.has_field = true;
        if let Some((candidate, values)) = self.find(field) {
            let mut values =
                values.iter().map(|value| usable(value, candidate.number)).filter(|value| !value.is_empty());
            if field.path {
                self.path(values.next().unwrap_or_default());
            } else if field.width > 0 || candidate.number {
                self.number(values.next().unwrap_or_default(), field.width);
            } else {
                for (ordinal, value) in values.enumerate() {
                    if ordinal > 0 {
                        self.text("; ");
                    }
                    self.text(value);
                }
            }
            return Some(());
        }
        match &field.missing {
            Missing::Nothing => {}
            Missing::Own(text) if field.path => self.path(text),
            Missing::Own(text) => self.text(text),
            Missing::Default => {
                let template = self.template;
                self.text(&template.default_fallback);
            }
            Missing::Skip => return None,
        }
        Some(())
    }

    fn text(&mut self, text: &str) {
        self.ends_in_path = false;
        push_clean(&mut self.out, self.start, text);
    }

    fn number(&mut self, value: &str, width: usize) {
        self.text(&padded(value, width));
    }

    /// A value whose `/` part components. Empty pieces and `.` are left out.
    fn path(&mut self, value: &str) {
        let pieces = value.split('/').map(trim).filter(|piece| !piece.is_empty() && *piece != ".");
        for (index, piece) in pieces.enumerate() {
            if index > 0 {
                if self.components < MAX_COMPONENTS {
                    self.end_component();
                    self.has_field = true;
                } else {
                    self.text("_");
                }
            }
            self.text(piece);
        }
        self.ends_in_path = true;
    }

    /// Takes the file's own extension off the end, since the tree adds it.
    fn strip_extension(&mut self) {
        if let Some(extension) = self.fields.values(EXTENSION).first() {
            let extension = extension.strip_prefix('.').unwrap_or(extension);
            let name = &self.out[self.start..];
            let split = name.len().checked_sub(extension.len() + 1).filter(|stem| *stem > 0 && !extension.is_empty());
            if let Some((stem, end)) = split.and_then(|stem| name.split_at_checked(stem))
                && end.strip_prefix('.').is_some_and(|end| end.eq_ignore_ascii_case(extension))
            {
                let len = self.start + stem.len();
                self.out.truncate(len);
            }
        }
    }

    /// Makes the present component one that may stand in a path. One that holds only text of the template and is empty
    /// vanishes; one that holds a field does not.
    fn finish_component(&mut self) {
        settle(&mut self.out, self.start);
        self.template.names.settle(&mut self.out, self.start);
        if self.out.len() == self.start && self.has_field {
            self.out.push_str(&self.template.empty_component);
        }
    }

    fn end_component(&mut self) {
        self.finish_component();
        if self.out.len() > self.start {
            self.out.push('/');
            self.start = self.out.len();
            self.components += 1;
        }
        self.has_field = false;
        self.has_vanished = false;
        self.ends_in_path = false;
    }
}

/// The first of a field's chain that a track has.
pub(crate) fn find<'a>(
    template: &Template,
    fields: &'a dyn Fields,
    field: &FieldOp,
) -> Option<(Candidate, &'a [String])> {
    field.chain.iter().find_map(|candidate| {
        let values = fields.values(template.fields.get(candidate.field)?);
        let there = values.iter().any(|value| !usable(value, candidate.number).is_empty());
        there.then_some((*candidate, values))
    })
}

/// A number with zeros in front, if it is one: leading zeros are not counted, so that `3` and `003` sort alike.
fn padded(value: &str, width: usize) -> Cow<'_, str> {
    if width == 0 || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.into();
    }
    let digits = value.trim_start_matches('0');
    format!("{}{digits}", "0".repeat(width.saturating_sub(digits.len()))).into()
}

/// Appends `text` to the component that begins at `start`, with what a name may not hold replaced by `_`. Blanks at the
/// component's beginning are left out, and so is what no name could show any more.
fn push_clean(out: &mut String, start: usize, text: &str) {
    let begins = out.len() == start && !is_trim(text.as_bytes().first());
    let text = if begins { text.trim_start_matches(is_blank) } else { text };
    let room = (start + COMPONENT_BYTES).saturating_sub(out.len());
    let text = at_most(text, room);
    // Most text is clean: one pass over bytes settles that (control characters above ASCII begin with 0xC2).
    if !text.bytes().any(|byte| byte < 0x20 || matches!(byte, b'/' | 0x7f | 0xc2)) {
        out.push_str(text);
        return;
    }
    out.extend(text.chars().map(|c| if c == '/' || c.is_control() { '_' } else { c }));
}

/// The longest beginning of `text` of at most `room` bytes that ends at a character's border.
fn at_most(text: &str, room: usize) -> &str {
    let mut end = room.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Ends the component that begins at `start`: no blanks behind it, and neither `.` nor `..`.
fn settle(out: &mut String, start: usize) {
    if !is_trim(out.as_bytes()[start..].last()) {
        let len = out[start..].trim_end_matches(is_blank).len();
        out.truncate(start + len);
    }
    let replacement = match &out[start..] {
        "." => "_",
        ".." => "__",
        _ => return,
    };
    out.replace_range(start.., replacement);
}

/// The part of a value that a template looks at.
pub(crate) fn usable(value: &str, number: bool) -> &str {
    let part = if number { value.split('/').next().unwrap_or_default() } else { value };
    trim(part)
}

fn trim(text: &str) -> &str {
    if is_trim(text.as_bytes().first()) && is_trim(text.as_bytes().last()) { text } else { text.trim_matches(is_blank) }
}

/// Whether a text that begins or ends with this byte has no blank there: of most, one look at a byte tells.
fn is_trim(byte: Option<&u8>) -> bool {
    byte.is_some_and(u8::is_ascii_graphic)
}

/// Characters that have no business at the ends of a name.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}
