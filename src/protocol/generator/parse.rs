//! Reads a schema file.
//!
//! ```text
//! # Ends a transaction.                      what it is for: the first line
//! api 26 EndTxn                              or: data Name, header Name
//! versions 0-5                               or: 0-5 latest unstable
//! flexible 3+                                or: never
//! listeners broker controller                only for api
//!
//! request                                    then response; data and headers have one section, fields
//!     topics       []Topic?7+  1-9 ignorable
//!         name     string                    deeper: a field of Topic
//!     acks         i16         = -1
//!     cluster_id   string?     2+ tag 0 = null
//!
//! struct Other                               a structure that is used more than once
//!     host         string
//! ```
//! A field is its name, its type, and what is special about it: the versions that have it, if not all of its parent's; `tag N`;
//! `ignorable`, when its value may be dropped for versions that lack it; `classic`, when it never becomes compact; its default, if
//! that is not zero, empty or false (`min` and `max` are its type's). `?` after a type allows null, `?7+` from version 7 on.

use crate::resolve::resolve;
use crate::schema::{Base, Field, Kind, Literal, Range, Schema, SchemaError, Struct, int_bounds};
use std::str::FromStr;

/// Columns by which a field of a structure stands to the right of the field that declares the structure.
const INDENT: usize = 4;

type Result<T> = std::result::Result<T, SchemaError>;

/// Reads one file; `file` is its name, as errors show it.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub fn parse(file: &str, text: &str) -> Result<Schema> {
    let mut parser = Parser { file, lines: lines(text), at: 0 };
    let schema = parser.schema(text)?;
    resolve(file, &schema)?;
    Ok(schema)
}

/// A line that says something.
#[derive(Clone, Copy)]
struct Line<'a> {
    number: usize,
    indent: usize,
    text: &'a str,
}

fn lines(text: &str) -> Vec<Line<'_>> {
    text.lines()
        .enumerate()
        .map(|(index, line)| {
            let line = line.split('#').next().unwrap_or_default();
            Line { number: index + 1, indent: line.len() - line.trim_start().len(), text: line.trim() }
        })
        .filter(|line| !line.text.is_empty())
        .collect()
}

struct Parser<'a> {
    file: &'a str,
    lines: Vec<Line<'a>>,
    at: usize,
}

/// What the lines before the first section say.
struct Head {
    kind: Kind,
    name: String,
    versions: Range,
    latest_unstable: bool,
    flexible_since: i16,
}

impl<'a> Parser<'a> {
    fn error<T>(&self, line: usize, what: impl Into<String>) -> Result<T> {
        Err(SchemaError { file: self.file.to_owned(), line, what: what.into() })
    }

    /// The next line, which must be there.
    fn next(&mut self, expected: &str) -> Result<Line<'a>> {
        match self.lines.get(self.at) {
            Some(line) => {
                self.at += 1;
                Ok(*line)
            }
            None => {
                let last = self.lines.last().map_or(1, |line| line.number);
                self.error(last, format!("the file ends where {expected} should follow"))
            }
        }
    }

    /// The words behind `keyword` on the next line.
    fn head_line(&mut self, keyword: &str) -> Result<(usize, Vec<&'a str>)> {
        let line = self.next(keyword)?;
        let mut words = line.text.split_whitespace();
        if line.indent != 0 || words.next() != Some(keyword) {
            return self.error(line.number, format!("expected `{keyword} ...`"));
        }
        Ok((line.number, words.collect()))
    }

    fn schema(&mut self, text: &str) -> Result<Schema> {
        let Some(about) = text.lines().next().and_then(|line| line.strip_prefix("# ")) else {
            return self.error(1, "the first line should say what the message is for: `# ...`");
        };
        let head = self.head()?;
        let sections: &[(&str, &str)] = match head.kind {
            Kind::Api { .. } => &[("request", "Request"), ("response", "Response")],
            Kind::Header | Kind::Data => &[("fields", "")],
        };
        let (mut messages, mut structs) = (vec![], vec![]);
        for (section, suffix) in sections {
            let (number, words) = self.head_line(section)?;
            if !words.is_empty() {
                return self.error(number, format!("nothing may stand behind `{section}`"));
            }
            messages.push(self.structure(format!("{}{suffix}", head.name), number, head.versions, &mut structs)?);
        }
        while self.at < self.lines.len() {
            let (number, words) = self.head_line("struct")?;
            let &[name] = words.as_slice() else {
                return self.error(number, "expected `struct Name`");
            };
            let position = structs.len();
            let structure = self.structure(name.to_owned(), number, head.versions, &mut structs)?;
            structs.insert(position, structure);
        }
        Ok(Schema {
            stem: self.file.trim_end_matches(".schema").to_owned(),
            about: about.to_owned(),
            kind: head.kind,
            name: head.name,
            versions: head.versions,
            latest_unstable: head.latest_unstable,
            flexible_since: head.flexible_since,
            messages,
            structs,
        })
    }

    fn head(&mut self) -> Result<Head> {
        let line = self.next("`api N Name`")?;
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let (mut kind, name) = match words.as_slice() {
            ["api", key, name] => {
                let key = self.number(line.number, key)?;
                (Kind::Api { key, broker: false, controller: false }, name)
            }
            ["header", name] => (Kind::Header, name),
            ["data", name] => (Kind::Data, name),
            _ => return self.error(line.number, "expected `api N Name`, `header Name` or `data Name`"),
        };
        let (number, words) = self.head_line("versions")?;
        let (range, latest_unstable) = match words.as_slice() {
            [range] => (range, false),
            [range, "latest", "unstable"] => (range, true),
            _ => return self.error(number, "expected `versions A-B` or `versions A-B latest unstable`"),
        };
        let versions = self.range(number, range, Range { min: 0, max: i16::MAX })?;
        let (number, words) = self.head_line("flexible")?;
        let flexible_since = match words.as_slice() {
            ["never"] => i16::MAX,
            [since] if since.ends_with('+') => self.range(number, since, versions)?.min,
            _ => return self.error(number, "expected `flexible N+` or `flexible never`"),
        };
        if let Kind::Api { broker, controller, .. } = &mut kind {
            let (number, words) = self.head_line("listeners")?;
            (*broker, *controller) = (words.contains(&"broker"), words.contains(&"controller"));
            if words.is_empty() || words.iter().any(|word| !["broker", "controller"].contains(word)) {
                return self.error(number, "listeners are `broker` and `controller`");
            }
        }
        Ok(Head { kind, name: (*name).to_owned(), versions, latest_unstable, flexible_since })
    }

    /// The fields below a section's title.
    fn structure(&mut self, name: String, line: usize, versions: Range, structs: &mut Vec<Struct>) -> Result<Struct> {
        let fields = self.fields(INDENT, versions, structs)?;
        Ok(Struct { name, line, fields, versions })
    }

    /// The fields that stand at `indent`, with the structures that they declare in place.
    fn fields(&mut self, indent: usize, parent: Range, structs: &mut Vec<Struct>) -> Result<Vec<Field>> {
        let mut fields = vec![];
        while let Some(&line) = self.lines.get(self.at).filter(|line| line.indent >= indent) {
            self.at += 1;
            if line.indent > indent {
                return self.error(line.number, format!("expected {indent} spaces before the name"));
            }
            let field = self.field(line, parent)?;
            if self.lines.get(self.at).is_some_and(|next| next.indent > indent) {
                let Base::Struct(name) = &field.base else {
                    return self.error(line.number, format!("{} is no structure and has no fields", field.name));
                };
                // Before what it consists of, so that the order is that of the file.
                let position = structs.len();
                let inner = self.fields(indent + INDENT, field.versions, structs)?;
                let structure =
                    Struct { name: name.clone(), line: line.number, fields: inner, versions: field.versions };
                structs.insert(position, structure);
            }
            fields.push(field);
        }
        Ok(fields)
    }

    fn field(&self, line: Line<'_>, parent: Range) -> Result<Field> {
        let number = line.number;
        let mut words = line.text.split_whitespace().peekable();
        let (Some(name), Some(ty)) = (words.next(), words.next()) else {
            return self.error(number, "expected `name type`");
        };
        if !name.starts_with(|c: char| c.is_ascii_lowercase())
            || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        {
            return self.error(number, format!("`{name}` is no name: a_to_z_and_0_to_9"));
        }
        let versions = match words.next_if(|word| word.starts_with(|c: char| c.is_ascii_digit())) {
            Some(range) => self.range(number, range, parent)?,
            None => parent,
        };
        let (ty, nullable) = match ty.split_once('?') {
            None => (ty, None),
            Some((ty, "")) => (ty, Some(versions)),
            Some((ty, range)) => (ty, Some(self.range(number, range, versions)?)),
        };
        let (array, base) = ty.strip_prefix("[]").map_or((false, ty), |base| (true, base));
        let mut field = Field {
            name: name.to_owned(),
            line: number,
            array,
            base: self.base(number, base)?,
            versions,
            nullable,
            tag: None,
            ignorable: false,
            classic: false,
            default: None,
        };
        while let Some(word) = words.next() {
            match word {
                "tag" => field.tag = Some(self.number(number, words.next().unwrap_or_default())?),
                "ignorable" => field.ignorable = true,
                "classic" => field.classic = true,
                "=" => field.default = Some(self.literal(number, words.next().unwrap_or_default(), &field)?),
                _ => return self.error(number, format!("`{word}` means nothing here")),
            }
        }
        Ok(field)
    }

    fn base(&self, line: usize, name: &str) -> Result<Base> {
        Ok(match name {
            "i8" => Base::Int("i8"),
            "i16" => Base::Int("i16"),
            "i32" => Base::Int("i32"),
            "i64" => Base::Int("i64"),
            "u16" => Base::Int("u16"),
            "u32" => Base::Int("u32"),
            "bool" => Base::Bool,
            "f64" => Base::Float,
            "uuid" => Base::Uuid,
            "string" => Base::String,
            "bytes" => Base::Bytes,
            "records" => Base::Records,
            name if name.starts_with(|c: char| c.is_ascii_uppercase())
                && name.chars().all(|c| c.is_ascii_alphanumeric()) =>
            {
                Base::Struct(name.to_owned())
            }
            _ => return self.error(line, format!("`{name}` is no type")),
        })
    }

    fn literal(&self, line: usize, word: &str, field: &Field) -> Result<Literal> {
        match (word, &field.base) {
            ("null", _) => Ok(Literal::Null),
            ("true", Base::Bool) if !field.array => Ok(Literal::True),
            (_, Base::Int(name)) if !field.array => {
                let (min, max) = int_bounds(name);
                match (word, word.parse()) {
                    ("min", _) => Ok(Literal::Int(min)),
                    ("max", _) => Ok(Literal::Int(max)),
                    (_, Ok(value)) if value != 0 && (min..=max).contains(&value) => Ok(Literal::Int(value)),
                    _ => self.error(line, format!("`{word}` is no default for an {name}, or needs no saying")),
                }
            }
            _ => self.error(line, format!("`{word}` is no default for this type, or needs no saying")),
        }
    }

    /// `3`, `3-5` or `3+`, which must lie within `parent`.
    fn range(&self, line: usize, text: &str, parent: Range) -> Result<Range> {
        let range = if let Some(min) = text.strip_suffix('+') {
            Range { min: self.number(line, min)?, max: parent.max }
        } else if let Some((min, max)) = text.split_once('-') {
            Range { min: self.number(line, min)?, max: self.number(line, max)? }
        } else {
            let only = self.number(line, text)?;
            Range { min: only, max: only }
        };
        if range.min < parent.min || range.max > parent.max || range.min > range.max {
            let Range { min, max } = parent;
            return self.error(line, format!("`{text}` is no range within versions {min}-{max}"));
        }
        Ok(range)
    }

    fn number<T: FromStr>(&self, line: usize, text: &str) -> Result<T> {
        text.parse().or_else(|_| self.error(line, format!("`{text}` is no number that fits here")))
    }
}
