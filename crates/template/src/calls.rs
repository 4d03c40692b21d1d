//! Reading functions: `%name{argument,argument}`. A `%` that begins none stands for itself.

use crate::error::TemplateError;
use crate::function::{Call, Change};
use crate::parse::{Frame, Parser};
use crate::template::{FieldOp, Op};

/// How deep functions may stand in each other.
const MAX_DEPTH: usize = 16;

/// What a template that a function was missing in is told.
const UNKNOWN: &str = "there is no function of this name; there are %if %ifdef %lower %upper %title %left %right %asciify \
                       %first %year %each, and `$%` is the character itself";

impl<'a> Parser<'a> {
    /// What follows a `%`, which stands at `start`.
    pub(crate) fn percent(&mut self, start: usize) -> Result<(), TemplateError> {
        let rest = &self.text[self.at..];
        let len = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        if len == 0 || !rest[len..].starts_with('{') {
            self.frame.literal.push('%');
            return Ok(());
        }
        let name = &rest[..len];
        self.at += len + 1;
        if self.frame.depth == MAX_DEPTH {
            return Err(self.error("functions stand in each other too deeply, more than 16 deep", start));
        }
        let op = match name {
            "each" => self.each_of(start)?,
            "if" => {
                let (condition, more) = self.argument(true, start)?;
                let (then, otherwise) = self.branches(more, start)?;
                Op::Call(Box::new(Call::If { condition, then, otherwise }))
            }
            "ifdef" => {
                let (field, more) = self.named_field(start)?;
                let (then, otherwise) =
                    if more { self.branches(more, start)? } else { (vec![Op::Field(field.clone())], Vec::new()) };
                Op::Call(Box::new(Call::IfDefined { field, then, otherwise }))
            }
            "lower" => self.of_text(Change::Lower, start)?,
            "upper" => self.of_text(Change::Upper, start)?,
            "title" => self.of_text(Change::Title, start)?,
            "asciify" => self.of_text(Change::Asciify, start)?,
            "year" => self.of_text(Change::Year, start)?,
            "left" => self.of_text_and_number(Change::Left, start)?,
            "right" => self.of_text_and_number(Change::Right, start)?,
            "first" => self.first(start)?,
            _ => return Err(self.error(UNKNOWN, start)),
        };
        self.flush();
        self.note_field();
        self.frame.ops.push(op);
        Ok(())
    }

    /// An argument; whether another follows. `optional` says that what the track lacks shows nothing in it.
    fn argument(&mut self, optional: bool, start: usize) -> Result<(Vec<Op>, bool), TemplateError> {
        let optional = optional || self.is_optional();
        let inner = Frame { depth: self.frame.depth + 1, optional, ..Frame::default() };
        let outer = std::mem::replace(&mut self.frame, inner);
        let end = self.sequence()?;
        let inner = std::mem::replace(&mut self.frame, outer);
        match end {
            Some(end) => Ok((inner.ops, end == ',')),
            None => Err(self.error("this function is never closed by a `}`", start)),
        }
    }

    /// The last argument.
    fn last_argument(&mut self, start: usize) -> Result<Vec<Op>, TemplateError> {
        match self.argument(false, start)? {
            (ops, false) => Ok(ops),
            (_, true) => {
                Err(self.error("this function takes fewer arguments; write `$,` for the character itself", start))
            }
        }
    }

    /// What is shown if so, and if not.
    fn branches(&mut self, more: bool, start: usize) -> Result<(Vec<Op>, Vec<Op>), TemplateError> {
        if !more {
            return Err(self.error("this function needs a second argument: what to show if so", start));
        }
        let (then, more) = self.argument(false, start)?;
        Ok((then, if more { self.last_argument(start)? } else { Vec::new() }))
    }

    fn of_text(&mut self, change: Change, start: usize) -> Result<Op, TemplateError> {
        Ok(Op::Call(Box::new(Call::Text(change, self.last_argument(start)?))))
    }

    fn of_text_and_number(&mut self, change: fn(usize) -> Change, start: usize) -> Result<Op, TemplateError> {
        let (text, more) = self.argument(false, start)?;
        if !more {
            return Err(self.error("this function needs a second argument: how many characters", start));
        }
        let (count, more) = self.number(start)?;
        if more {
            return Err(self.error("this function has two arguments; write `$,` for the character itself", start));
        }
        Ok(Op::Call(Box::new(Call::Text(change(count), text))))
    }

    /// `%first{text,count,skip,separator,joint}`, of which the text alone is needed.
    fn first(&mut self, start: usize) -> Result<Op, TemplateError> {
        let (text, mut more) = self.argument(false, start)?;
        let (mut count, mut skip) = (1, 0);
        let (mut separator, mut joint) = ("; ".to_owned(), "; ".to_owned());
        if more {
            (count, more) = self.number(start)?;
        }
        if more {
            (skip, more) = self.number(start)?;
        }
        if more {
            (separator, more) = self.words(start)?;
        }
        if more {
            (joint, more) = self.words(start)?;
        }
        if more {
            return Err(self.error("this function has five arguments at most", start));
        }
        if separator.is_empty() {
            return Err(self.error("the separator of `%first` is empty", start));
        }
        let (separator, joint) = (separator.into(), joint.into());
        Ok(Op::Call(Box::new(Call::Text(Change::First { count, skip, separator, joint }, text))))
    }

    /// An argument of plain text; whether another follows.
    fn words(&mut self, start: usize) -> Result<(String, bool), TemplateError> {
        let at = self.at;
        let (ops, more) = self.argument(false, start)?;
        match &ops[..] {
            [] => Ok((String::new(), more)),
            [Op::Literal(text)] => Ok((text.to_string(), more)),
            [Op::Break] => Ok(("/".to_owned(), more)),
            _ => Err(self.error("this argument is plain text, without fields and functions", at)),
        }
    }

    fn number(&mut self, start: usize) -> Result<(usize, bool), TemplateError> {
        let at = self.at;
        let (text, more) = self.words(start)?;
        match text.trim().parse() {
            Ok(number) => Ok((number, more)),
            Err(_) => Err(self.error("this argument must be a whole number", at)),
        }
    }

    /// An argument that names a field or a chain, with or without a `$`; whether another follows.
    fn named_field(&mut self, start: usize) -> Result<(FieldOp, bool), TemplateError> {
        let inside: &'a str = &self.text[self.at..];
        let Some(end) = inside.find([',', '}']) else {
            return Err(self.error("this function is never closed by a `}`", start));
        };
        let shift = inside.starts_with('$').into();
        let chain = self.chain(&inside[shift..end], self.at + shift)?;
        let field = self.field(&chain, 0, false, self.at)?;
        let more = inside[end..].starts_with(',');
        self.at += end + 1;
        Ok((field, more))
    }

    /// `%each{field}`. The same field twice is the same value in both places; what stands for a missing one depends on the place.
    fn each_of(&mut self, start: usize) -> Result<Op, TemplateError> {
        let (field, more) = self.named_field(start)?;
        if more {
            return Err(self.error("`%each` has one argument, the name of a field", start));
        }
        let known = self.each.iter().position(|known| known.chain == field.chain);
        let missing = field.missing.clone();
        let each = known.unwrap_or_else(|| {
            self.each.push(field);
            self.each.len() - 1
        });
        Ok(Op::Each(each, missing))
    }
}
