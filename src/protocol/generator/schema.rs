//! What a schema file says, once it is parsed and found sound.

/// Something wrong in a schema file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct SchemaError {
    /// Name of the file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

/// Versions from `min` to `max`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The oldest.
    pub min: i16,
    /// The newest.
    pub max: i16,
}

impl Range {
    /// What both ranges have; `None` where that is nothing.
    pub fn and(self, other: Range) -> Option<Range> {
        let both = Range { min: self.min.max(other.min), max: self.max.min(other.max) };
        (both.min <= both.max).then_some(both)
    }
}

/// One file: one message, or a request with its response.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Name of the file without its ending, and of the Rust module.
    pub stem: String,
    /// What the message is for, in one sentence.
    pub about: String,
    /// What it is.
    pub kind: Kind,
    /// Kafka's name, without `Request` and `Response`.
    pub name: String,
    /// The versions that exist.
    pub versions: Range,
    /// Whether the newest version may still change.
    pub latest_unstable: bool,
    /// First version with compact lengths and tagged fields; `i16::MAX` where none has them.
    pub flexible_since: i16,
    /// Top-level structures, in the order of the file: request and response, or one body.
    pub messages: Vec<Struct>,
    /// All other structures, each before those that it consists of.
    pub structs: Vec<Struct>,
}

/// What a schema file declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A request and its response.
    Api {
        /// Number of the API key.
        key: i16,
        /// Whether brokers serve it.
        broker: bool,
        /// Whether controllers serve it.
        controller: bool,
    },
    /// A header.
    Header,
    /// Something that travels or rests inside of other bytes.
    Data,
}

/// A structure.
#[derive(Clone, Debug)]
pub struct Struct {
    /// Name in Rust.
    pub name: String,
    /// Where it is declared.
    pub line: usize,
    /// Its fields, in the order of the wire.
    pub fields: Vec<Field>,
    /// Versions of the field that declares it in place; those of the message for one with a section of its own.
    pub versions: Range,
}

/// A field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Name in Rust.
    pub name: String,
    /// Where it is declared.
    pub line: usize,
    /// Whether it is an array of `base`.
    pub array: bool,
    /// Its type, or its elements'.
    pub base: Base,
    /// Versions that have it; within those of the structure.
    pub versions: Range,
    /// Versions in which it may be null; within `versions`.
    pub nullable: Option<Range>,
    /// Its tag, where it is a tagged field.
    pub tag: Option<u32>,
    /// Whether a value may be dropped where the version lacks the field.
    pub ignorable: bool,
    /// Whether it keeps the classic form in flexible versions.
    pub classic: bool,
    /// Its default where that is not zero, empty or false.
    pub default: Option<Literal>,
}

/// A type without `[]` and `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// A whole number, by its name in Rust.
    Int(&'static str),
    /// `bool`.
    Bool,
    /// `f64`.
    Float,
    /// 16 bytes.
    Uuid,
    /// Text.
    String,
    /// Opaque bytes.
    Bytes,
    /// Record batches.
    Records,
    /// A structure, by its name.
    Struct(String),
}

/// A default that has to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Literal {
    /// Null.
    Null,
    /// True.
    True,
    /// A whole number.
    Int(i64),
}

impl Schema {
    /// The structure with this name.
    pub fn find(&self, name: &str) -> Option<&Struct> {
        self.messages.iter().chain(&self.structs).find(|candidate| candidate.name == name)
    }

    /// Every structure: messages first.
    pub fn all(&self) -> impl Iterator<Item = &Struct> {
        self.messages.iter().chain(&self.structs)
    }
}

impl Field {
    /// Whether Kafka lets it be null in each version that has it.
    pub fn is_always_nullable(&self) -> bool {
        self.nullable == Some(self.versions)
    }
}

/// Smallest and largest value of a whole number, by its name in Rust.
pub fn int_bounds(name: &str) -> (i64, i64) {
    match name {
        "i8" => (i8::MIN.into(), i8::MAX.into()),
        "i16" => (i16::MIN.into(), i16::MAX.into()),
        "i32" => (i32::MIN.into(), i32::MAX.into()),
        "u16" => (0, u16::MAX.into()),
        "u32" => (0, u32::MAX.into()),
        _ => (i64::MIN, i64::MAX),
    }
}
