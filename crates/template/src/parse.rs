//! From a template's text to its list of ops.

use crate::error::TemplateError;
use crate::template::{Candidate, FieldOp, Missing, Op, Options};
use crate::{EXTENSION, FILENAME};
use musefs_contracts::tags;

/// Ops, fields and path fields of a template.
type Parsed = (Vec<Op>, Vec<String>, Vec<String>);

/// A section that is still open.
struct OpenSection {
    /// Where its `[` stands in the text.
    at: usize,
    /// Its op.
    op: usize,
    /// Whether a field stands in it or in a section of it.
    has_field: bool,
}

/// Reads a template from front to end.
pub(crate) struct Parser<'a> {
    text: &'a str,
    options: &'a Options,
    at: usize,
    ops: Vec<Op>,
    literal: String,
    sections: Vec<OpenSection>,
    braces: Vec<usize>,
    fields: Vec<String>,
    path_fields: Vec<String>,
}

impl<'a> Parser<'a> {
    /// A parser at the beginning of `text`.
    pub(crate) fn new(text: &'a str, options: &'a Options) -> Self {
        Self {
            text,
            options,
            at: 0,
            ops: Vec::new(),
            literal: String::new(),
            sections: Vec::new(),
            braces: Vec::new(),
            fields: Vec::new(),
            path_fields: Vec::new(),
        }
    }

    /// Reads all of it.
    pub(crate) fn parse(mut self) -> Result<Parsed, TemplateError> {
        while let Some(c) = self.text[self.at..].chars().next() {
            let start = self.at;
            self.at += c.len_utf8();
            match c {
                '$' => self.dollar(start)?,
                '[' => {
                    self.flush();
                    self.sections.push(OpenSection { at: start, op: self.ops.len(), has_field: false });
                    self.ops.push(Op::Section(0));
                }
                ']' => self.close_section(start)?,
                '/' => {
                    self.flush();
                    self.ops.push(Op::Break);
                }
                _ => self.character(c, start)?,
            }
        }
        self.flush();
        self.check_end()?;
        if !self.path_fields.is_empty() {
            self.field_index(EXTENSION.to_owned());
        }
        Ok((self.ops, self.fields, self.path_fields))
    }

    fn error(&self, message: &'static str, at: usize) -> TemplateError {
        TemplateError::new(message, self.text, at)
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            self.ops.push(Op::Literal(std::mem::take(&mut self.literal).into_boxed_str()));
        }
    }

    /// A character that stands for itself. Braces are such characters as long as they are in pairs; a lone one is a slip
    /// of the pen.
    fn character(&mut self, c: char, start: usize) -> Result<(), TemplateError> {
        if c.is_control() {
            return Err(self.error("a control character cannot be part of a path", start));
        }
        if c == '{' {
            self.braces.push(start);
        } else if c == '}' && self.braces.pop().is_none() {
            return Err(self.error("this `}` closes nothing; write `$}` for the character itself", start));
        }
        self.literal.push(c);
        Ok(())
    }

    fn close_section(&mut self, start: usize) -> Result<(), TemplateError> {
        self.flush();
        let Some(section) = self.sections.pop() else {
            return Err(self.error("this `]` closes no section; write `$]` for the character itself", start));
        };
        if !section.has_field {
            let message = "this section holds no field, so it would never be shown; write `$[` and `$]` for brackets";
            return Err(self.error(message, section.at));
        }
        if let Some(outer) = self.sections.last_mut() {
            outer.has_field = true;
        }
        self.ops[section.op] = Op::Section(self.ops.len());
        Ok(())
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
            Some(c @ ('$' | '[' | ']' | '}')) => {
                self.at += 1;
                self.literal.push(c);
                Ok(())
            }
            Some(c) if is_bare(c) => {
                let len = rest.find(|c| !is_bare(c)).unwrap_or(rest.len());
                self.at += len;
                self.push_field(&[&rest[..len]], 0, false, start)
            }
            Some('!') => Err(self.error("a path field is written `$!{field}`", start)),
            _ => Err(self.error("`$` stands before no field; write `$$` for the character itself", start)),
        }
    }

    /// The names of a braced field, whose `$` stands at `start`, up to its `}`.
    fn braced(&mut self, start: usize, path: bool) -> Result<(), TemplateError> {
        let unclosed = "this field is never closed by a `}`";
        let inside = &self.text[self.at..];
        let end = inside.find(['}', '$', '{']).ok_or_else(|| self.error(unclosed, start))?;
        if !inside[end..].starts_with('}') {
            return Err(self.error(unclosed, start));
        }
        let (names, width) = self.width(&inside[..end], path)?;
        let mut at = self.at;
        let mut chain = Vec::new();
        for name in names.split('|') {
            if name.trim().is_empty() {
                return Err(self.error("a field's name is missing here", at));
            }
            chain.push(name);
            at += name.len() + 1;
        }
        self.at += end + 1;
        self.push_field(&chain, width, path, start)
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

    fn push_field(&mut self, names: &[&str], width: usize, path: bool, start: usize) -> Result<(), TemplateError> {
        self.flush();
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
        let in_section = !self.sections.is_empty();
        let mut own = keys.iter().find_map(|key| self.own_fallback(key));
        if own.is_none() && !path {
            self.add_implied(&mut keys);
            own = keys.iter().find_map(|key| self.own_fallback(key));
        }
        let missing = match own {
            Some(text) => Missing::Own(text.into()),
            None if in_section => Missing::Nothing,
            None if self.options.skip_on_missing => Missing::Skip,
            None => Missing::Default,
        };
        let chain = keys.into_iter().map(|key| self.candidate(key)).collect();
        if let Some(section) = self.sections.last_mut() {
            section.has_field = true;
        }
        self.ops.push(Op::Field(FieldOp { chain, width, path, missing }));
        Ok(())
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

    /// What can only be told at the end: everything open was closed, and the path ends in a name.
    fn check_end(&self) -> Result<(), TemplateError> {
        if let Some(section) = self.sections.last() {
            return Err(
                self.error("this section is never closed by a `]`; write `$[` for the character itself", section.at)
            );
        }
        if let Some(brace) = self.braces.last() {
            return Err(self.error("this `{` is never closed by a `}`; a field is written `${field}`", *brace));
        }
        match self.ops.last() {
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
