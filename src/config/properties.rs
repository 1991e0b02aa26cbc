//! Java's properties format, in UTF-8, with the line of every setting.
//!
//! A file from outside is never trusted: its text must be UTF-8 without NUL, and it holds at most [`KEYS_MAX`] settings.

use std::iter::Peekable;
use std::str::Chars;

/// Most settings in one file; Kafka has fewer than 400 keys.
pub(crate) const KEYS_MAX: usize = 10_000;

/// One setting of a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Property {
    /// Its name; may be empty.
    pub key: String,
    /// Its text; may be empty.
    pub value: String,
    /// The line where it begins, from 1.
    pub line: u32,
}

/// Why a text is not a properties file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fact}")]
pub struct PropertiesError {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong there.
    pub fact: PropertiesFact,
}

/// What can be wrong in a properties file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PropertiesFact {
    /// The bytes are not UTF-8.
    #[error("the bytes are not UTF-8")]
    NotUtf8,
    /// There is a NUL character.
    #[error("there is a NUL character")]
    Nul,
    /// A backslash and `u` are not followed by four hexadecimal digits of a character.
    #[error("\\u must be followed by the four hexadecimal digits of a character")]
    BadEscape,
    /// There are too many settings.
    #[error("more than {KEYS_MAX} settings")]
    TooMany,
}

/// Reads the settings of a file, in its order; a name that is set twice comes twice.
pub fn parse(bytes: &[u8]) -> Result<Vec<Property>, PropertiesError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        let line = 1 + good.iter().filter(|&&byte| byte == b'\n').count();
        PropertiesError { line: u32::try_from(line).unwrap_or(u32::MAX), fact: PropertiesFact::NotUtf8 }
    })?;
    let mut lines = NaturalLines::new(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut properties = Vec::new();
    while let Some((first, line)) = lines.next() {
        let failed = |fact| PropertiesError { line, fact };
        let start = first.trim_start_matches(is_white);
        // A backslash alone joins nothing to the next line, which may still be a comment.
        if start.is_empty() || start == "\\" || start.starts_with(['#', '!']) {
            continue;
        }
        let logical = join_continuations(start, &mut lines);
        if logical.contains('\0') {
            return Err(failed(PropertiesFact::Nul));
        }
        if properties.len() == KEYS_MAX {
            return Err(failed(PropertiesFact::TooMany));
        }
        let (key, value) = split(&logical);
        properties.push(Property {
            key: unescape(key).map_err(failed)?,
            value: unescape(value).map_err(failed)?,
            line,
        });
    }
    Ok(properties)
}

fn is_white(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{c}')
}

/// The lines of a text, each ended by `\n`, `\r` or both, with their numbers.
struct NaturalLines<'a> {
    rest: &'a str,
    line: u32,
}

impl<'a> NaturalLines<'a> {
    fn new(rest: &'a str) -> Self {
        Self { rest, line: 0 }
    }
}

impl<'a> Iterator for NaturalLines<'a> {
    type Item = (&'a str, u32);
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        self.line = self.line.saturating_add(1);
        let (line, rest) = match self.rest.find(['\n', '\r']) {
            Some(end) => {
                let ended = &self.rest[end..];
                (&self.rest[..end], ended.strip_prefix("\r\n").unwrap_or(&ended[1..]))
            }
            None => (self.rest, ""),
        };
        self.rest = rest;
        Some((line, self.line))
    }
}

/// Takes the lines that a backslash at the end joins to the first.
fn join_continuations(first: &str, lines: &mut NaturalLines<'_>) -> String {
    let mut logical = first.to_owned();
    while ends_in_open_backslash(&logical) {
        logical.pop();
        let Some((next, _)) = lines.next() else { break };
        logical.push_str(next.trim_start_matches(is_white));
    }
    logical
}

fn ends_in_open_backslash(text: &str) -> bool {
    text.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1
}

/// Splits at the first separator that is not escaped: white space, `=` or `:`, with white space around it.
fn split(logical: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = logical.char_indices().find(|&(_, c)| {
        let separates = !escaped && (is_white(c) || matches!(c, '=' | ':'));
        escaped = !escaped && c == '\\';
        separates
    });
    let Some((end, _)) = end else { return (logical, "") };
    let rest = logical[end..].trim_start_matches(is_white);
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (&logical[..end], rest.trim_start_matches(is_white))
}

fn unescape(text: &str) -> Result<String, PropertiesFact> {
    if !text.contains('\\') {
        return Ok(text.to_owned());
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('t') => plain.push('\t'),
                Some('n') => plain.push('\n'),
                Some('r') => plain.push('\r'),
                Some('f') => plain.push('\u{c}'),
                Some('u') => plain.push(unicode_escape(&mut chars)?),
                Some(other) => plain.push(other),
                None => {}
            },
            c => plain.push(c),
        }
    }
    Ok(plain)
}

/// The character that `\u` names; one outside of the basic plane is a pair of them.
fn unicode_escape(chars: &mut Peekable<Chars<'_>>) -> Result<char, PropertiesFact> {
    let high = four_digits(chars)?;
    let units = if (0xd800..0xdc00).contains(&high) {
        if chars.next() != Some('\\') || chars.next() != Some('u') {
            return Err(PropertiesFact::BadEscape);
        }
        vec![high, four_digits(chars)?]
    } else {
        vec![high]
    };
    match char::decode_utf16(units).next() {
        Some(Ok('\0')) => Err(PropertiesFact::Nul),
        Some(Ok(c)) => Ok(c),
        _ => Err(PropertiesFact::BadEscape),
    }
}

fn four_digits(chars: &mut Peekable<Chars<'_>>) -> Result<u16, PropertiesFact> {
    (0..4).try_fold(0u16, |unit, _| {
        let digit = chars.next().and_then(|c| c.to_digit(16)).ok_or(PropertiesFact::BadEscape)?;
        Ok(unit << 4 | digit as u16)
    })
}
