//! From a template's text to its list of ops.

use crate::error::TemplateError;
use crate::template::{Candidate, FieldOp, Missing, Op, Options};
use crate::{EXTENSION, FILENAME};
use musefs_contracts::tags;

/// What a template's text says.
pub(crate) struct Parsed {
    pub(crate) ops: Vec<Op>,
    pub(crate) fields: Vec<String>,
    pub(crate) path_fields: Vec<String>,
    pub(crate) each: Vec<FieldOp>,
}

/// A section that is still open.
pub(crate) struct OpenSection {
    /// Where its `[` stands in the text.
    at: usize,
    /// Its op.
    op: usize,
    /// Whether a field stands in it or in a section of it.
    has_field: bool,
}

/// What is being read: the template itself, or an argument of a function in it.
#[derive(Default)]
pub(crate) struct Frame {
    pub(crate) ops: Vec<Op>,
    pub(crate) literal: String,
    pub(crate) sections: Vec<OpenSection>,
    pub(crate) braces: Vec<usize>,
    /// How many functions this is inside of.
    pub(crate) depth: usize,
    /// Whether a field that the track lacks shows nothing here.
    pub(crate) optional: bool,
}

/// Reads a template from front to end.
pub(crate) struct Parser<'a> {
    pub(crate) text: &'a str,
    options: &'a Options,
    pub(crate) at: usize,
    pub(crate) frame: Frame,
    fields: Vec<String>,
    path_fields: Vec<String>,
    pub(crate) each: Vec<FieldOp>,
}

impl<'a> Parser<'a> {
    /// A parser at the beginning of `text`.
    pub(crate) fn new(text: &'a str, options: &'a Options) -> Self {
        Self {
            text,
            options,
            at: 0,
            frame: Frame::default(),
            fields: Vec::new(),
            path_fields: Vec::new(),
            each: Vec::new(),
        }
    }

    /// Reads all of it.
    pub(crate) fn parse(mut self) -> Result<Parsed, TemplateError> {
        self.sequence()?;
        self.check_last()?;
        if !self.path_fields.is_empty() {
            self.field_index(EXTENSION.to_owned());
        }
        let Self { frame, fields, path_fields, each, .. } = self;
        Ok(Parsed { ops: frame.ops, fields, path_fields, each })
    }

    /// Reads up to the template's end, or within a function up to the `,` or `}` that ends the argument, which it answers and
    /// goes behind.
    pub(crate) fn sequence(&mut self) -> Result<Option<char>, TemplateError> {
        while let Some(c) = self.text[self.at..].chars().next() {
            let start = self.at;
            self.at += c.len_utf8();
            match c {
                '$' => self.dollar(start)?,
                '%' => self.percent(start)?,
                '[' => {
                    self.flush();
                    let op = self.frame.ops.len();
                    self.frame.sections.push(OpenSection { at: start, op, has_field: false });
                    self.frame.ops.push(Op::Section(0));
                }
                ']' => self.close_section(start)?,
                '/' => {
                    self.flush();
                    self.frame.ops.push(Op::Break);
                }
                ',' | '}' if self.ends_argument(c) => {
                    self.flush();
                    self.check_closed()?;
                    return Ok(Some(c));
                }
                _ => self.character(c, start)?,
            }
        }
        self.flush();
        self.check_closed()?;
        Ok(None)
    }

    /// Whether a character ends the argument that is being read. A comma within a section is one of its text.
    fn ends_argument(&self, c: char) -> bool {
        let frame = &self.frame;
        frame.depth > 0 && frame.braces.is_empty() && (c == '}' || frame.sections.is_empty())
    }

    pub(crate) fn error(&self, message: &'static str, at: usize) -> TemplateError {
        TemplateError::new(message, self.text, at)
    }

    pub(crate) fn flush(&mut self) {
        if !self.frame.literal.is_empty() {
            self.frame.ops.push(Op::Literal(std::mem::take(&mut self.frame.literal).into_boxed_str()));
        }
    }

    /// A character that stands for itself. Braces are such characters as long as they are in pairs; a lone one is a slip
    /// of the pen.
    fn character(&mut self, c: char, start: usize) -> Result<(), TemplateError> {
        if c.is_control() {
            return Err(self.error("a control character cannot be part of a path", start));
        }
        if c == '{' {
            self.frame.braces.push(start);
        } else if c == '}' && self.frame.braces.pop().is_none() {
            return Err(self.error("this `}` closes nothing; write `$}` for the character itself", start));
        }
        self.frame.literal.push(c);
        Ok(())
    }

    fn close_section(&mut self, start: usize) -> Result<(), TemplateError> {
        self.flush();
        let Some(section) = self.frame.sections.pop() else {
            return Err(self.error("this `]` closes no section; write `$]` for the character itself", start));
        };
        if !section.has_field {
            let message = "this section holds no field, so it would never be shown; write `$[` and `$]` for brackets";
            return Err(self.error(message, section.at));
        }
        self.note_field();
        self.frame.ops[section.op] = Op::Section(self.frame.ops.len());
        Ok(())
    }

    /// Notes that a field stands in the section that is open, if one is.
    pub(crate) fn note_field(&mut self) {
        if let Some(section) = self.frame.sections.last_mut() {
            section.has_field = true;
        }
    }

    /// Whether what stands here is left out where the track lacks it.
    pub(crate) fn is_optional(&self) -> bool {
        self.frame.optional || !self.frame.sections.is_empty()
    }

    /// What follows a `$`, which stands at `start`.
    fn dollar(&mut self, start: usize) -> Result<(), TemplateError> {
        let rest = &self.text[self.at..];
        if rest.starts_with("!{") {
            self.at += 2;
            return self.braced(start, true);
        }
        match rest.chars().next() {
            Some('{') => {
                self.at += 1;
                self.braced(start, false)
            }
            Some(c @ ('$' | '[' | ']' | '}' | ',' | '%')) => {
                self.at += 1;
                self.frame.literal.push(c);
                Ok(())
            }
            Some(c) if is_bare(c) => {
                let len = rest.find(|c| !is_bare(c)).unwrap_or(rest.len());
                self.at += len;
                let field = self.field(&[&rest[..len]], 0, false, start)?;
                self.push_field(field);
                Ok(())
            }
            Some('!') => Err(self.error("a path field is written `$!{field}`", start)),
            _ => Err(self.error("`$` stands before no field; write `$$` for the character itself", start)),
        }
    }

    /// The names of a braced field, whose `$` stands at `start`, up to its `}`.
    fn braced(&mut self, start: usize, path: bool) -> Result<(), TemplateError> {
        let unclosed = "this field is never closed by a `}`";
        if path && self.frame.depth > 0 {
            return Err(self.error("a path field parts folders by itself, so it cannot stand in a function", start));
        }
        let inside = &self.text[self.at..];
        let end = inside.find(['}', '$', '{']).ok_or_else(|| self.error(unclosed, start))?;
        if !inside[end..].starts_with('}') {
            return Err(self.error(unclosed, start));
        }
        let (names, width) = self.width(&inside[..end], path)?;
        let chain = self.chain(names, self.at)?;
        self.at += end + 1;
        let field = self.field(&chain, width, path, start)?;
        self.push_field(field);
        Ok(())
    }

    /// The names of a chain that stands at `at`.
    pub(crate) fn chain(&self, names: &'a str, mut at: usize) -> Result<Vec<&'a str>, TemplateError> {
        let mut chain = Vec::new();
        for name in names.split('|') {
            if name.trim().is_empty() {
                return Err(self.error("a field's name is missing here", at));
            }
            chain.push(name);
            at += name.len() + 1;
        }
        Ok(chain)
    }

    /// Parts the names from the `:02` behind them, if there is one.
    fn width(&self, inside: &'a str, path: bool) -> Result<(&'a str, usize), TemplateError> {
        let Some(colon) =
            inside.rfind(':').filter(|colon| inside[colon + 1..].starts_with(|c: char| c.is_ascii_digit()))
        else {
            return Ok((inside, 0));
        };
        let digits = inside[colon + 1..].trim_start_matches('0');
        match digits.as_bytes() {
            [digit @ b'1'..=b'9'] if !path => Ok((&inside[..colon], usize::from(digit - b'0'))),
            _ if path => Err(self.error("a path field cannot be padded", self.at + colon)),
            _ => Err(self.error("padding is written `:02`, with a number of digits from 1 to 9", self.at + colon)),
        }
    }

    fn push_field(&mut self, field: FieldOp) {
        self.flush();
        self.note_field();
        self.frame.ops.push(Op::Field(field));
    }

    /// A field of these names, which stands at `start`.
    pub(crate) fn field(
        &mut self,
        names: &[&str],
        width: usize,
        path: bool,
        start: usize,
    ) -> Result<FieldOp, TemplateError> {
        let mut keys = Vec::with_capacity(names.len() + 1);
        for name in names {
            let Some(key) = tags::canonical(name) else {
                return Err(self.error("this cannot be the name of a field", start));
            };
            if path && !self.path_fields.contains(&key) {
                self.path_fields.push(key.clone());
            }
            keys.push(key);
        }
        let mut own = keys.iter().find_map(|key| self.own_fallback(key));
        if own.is_none() && !path {
            self.add_implied(&mut keys);
            own = keys.iter().find_map(|key| self.own_fallback(key));
        }
        let missing = match own {
            Some(text) => Missing::Own(text.into()),
            None if self.is_optional() => Missing::Nothing,
            None if self.options.skip_on_missing => Missing::Skip,
            None => Missing::Default,
        };
        let chain = keys.into_iter().map(|key| self.candidate(key)).collect();
        Ok(FieldOp { chain, width, path, missing })
    }

    /// Adds what the fields of a chain fall back to by themselves.
    fn add_implied(&self, keys: &mut Vec<String>) {
        for named in 0..keys.len() {
            let implied = match keys[named].as_str() {
                "albumartist" => "artist",
                "title" if !self.options.skip_on_missing => FILENAME,
                _ => continue,
            };
            if !keys.iter().any(|key| key == implied) {
                keys.push(implied.to_owned());
            }
        }
    }

    fn own_fallback(&self, key: &str) -> Option<&'a str> {
        let given = self.options.fallbacks.iter().rev();
        given.filter(|(field, _)| field.trim().eq_ignore_ascii_case(key)).map(|(_, text)| text.as_str()).next()
    }

    fn candidate(&mut self, key: String) -> Candidate {
        let number = matches!(key.as_str(), "tracknumber" | "discnumber");
        Candidate { field: self.field_index(key), number }
    }

    fn field_index(&mut self, key: String) -> usize {
        if let Some(index) = self.fields.iter().position(|known| *known == key) {
            return index;
        }
        self.fields.push(key);
        self.fields.len() - 1
    }

    /// That everything which was opened is closed.
    fn check_closed(&self) -> Result<(), TemplateError> {
        if let Some(section) = self.frame.sections.last() {
            return Err(
                self.error("this section is never closed by a `]`; write `$[` for the character itself", section.at)
            );
        }
        if let Some(brace) = self.frame.braces.last() {
            return Err(self.error("this `{` is never closed by a `}`; a field is written `${field}`", *brace));
        }
        Ok(())
    }

    /// That the path ends in a name.
    fn check_last(&self) -> Result<(), TemplateError> {
        match self.frame.ops.last() {
            None => Err(self.error("it is empty, so that no track has a name", 0)),
            Some(Op::Break) => {
                Err(self.error("a path ends in a name, not in `/`", self.text.rfind('/').unwrap_or_default()))
            }
            Some(_) => Ok(()),
        }
    }
}

/// Whether a field's name may have this character without braces.
fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
