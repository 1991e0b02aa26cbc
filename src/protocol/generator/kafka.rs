//! Kafka's own definition of a message: JSON with comments.

use crate::schema::Range;
use serde_json::Value;

/// One message as Kafka defines it.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Kafka's name, with `Request` or `Response`.
    pub name: String,
    /// `request`, `response`, `header` or `data`.
    pub kind: String,
    /// Number of the API key, where it has one.
    pub key: Option<i16>,
    /// The versions that exist; `None` where the message was removed.
    pub versions: Option<Range>,
    /// Flexible versions; `None` where none is.
    pub flexible: Option<Range>,
    /// Whether the newest version may still change.
    pub latest_unstable: bool,
    /// Who serves it; only requests say so.
    pub listeners: Vec<String>,
    /// Its fields.
    pub fields: Vec<KafkaField>,
    /// Structures that fields name without declaring them.
    pub structs: Vec<(String, Vec<KafkaField>)>,
}

/// A field as Kafka defines it.
#[derive(Clone, Debug)]
pub struct KafkaField {
    /// Kafka's name, in camel case.
    pub name: String,
    /// Kafka's type.
    pub ty: String,
    /// Versions that have it.
    pub versions: Option<Range>,
    /// Versions in which it may be null.
    pub nullable: Option<Range>,
    /// Its tag and the versions in which it has it.
    pub tag: Option<(u32, Option<Range>)>,
    /// Its default as text; empty where none is given.
    pub default: String,
    /// Whether a value may be dropped where the version lacks the field.
    pub ignorable: bool,
    /// Whether it keeps the classic form.
    pub classic: bool,
    /// Fields of the structure that it declares.
    pub fields: Vec<KafkaField>,
}

/// Reads one definition.
pub fn parse_definition(text: &str) -> Result<Definition, String> {
    let json: Value = serde_json::from_str(&without_comments(text)).map_err(|error| error.to_string())?;
    let structs = array(&json, "commonStructs").iter().map(|item| Ok((text_of(item, "name")?, fields(item)?)));
    Ok(Definition {
        name: text_of(&json, "name")?,
        kind: text_of(&json, "type")?,
        key: json.get("apiKey").and_then(Value::as_i64).and_then(|key| i16::try_from(key).ok()),
        versions: range(&json, "validVersions")?,
        flexible: range(&json, "flexibleVersions")?,
        latest_unstable: flag(&json, "latestVersionUnstable"),
        listeners: array(&json, "listeners").iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        fields: fields(&json)?,
        structs: structs.collect::<Result<_, String>>()?,
    })
}

/// The text without `// ...`, except inside of strings.
fn without_comments(text: &str) -> String {
    let line = |line: &str| {
        let (mut in_string, mut escaped, mut end) = (false, false, line.len());
        for (at, byte) in line.bytes().enumerate() {
            match byte {
                b'"' if !escaped => in_string = !in_string,
                b'/' if !in_string && line[at..].starts_with("//") => {
                    end = at;
                    break;
                }
                _ => {}
            }
            escaped = in_string && byte == b'\\' && !escaped;
        }
        line[..end].to_owned() + "\n"
    };
    text.lines().map(line).collect()
}

fn array<'a>(json: &'a Value, name: &str) -> &'a [Value] {
    json.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text_of(json: &Value, name: &str) -> Result<String, String> {
    json.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| format!("`{name}` is missing"))
}

/// Kafka writes some truths as text.
fn flag(json: &Value, name: &str) -> bool {
    json.get(name).is_some_and(|value| value == &Value::Bool(true) || value.as_str() == Some("true"))
}

/// `3`, `3-5`, `3+`; `None` for `none` and for what is not there.
fn range(json: &Value, name: &str) -> Result<Option<Range>, String> {
    let Some(text) = json.get(name).and_then(Value::as_str).filter(|&text| text != "none") else { return Ok(None) };
    let number = |text: &str| text.parse::<i16>().map_err(|_| format!("`{text}` in `{name}` is no version"));
    Ok(Some(if let Some(min) = text.strip_suffix('+') {
        Range { min: number(min)?, max: i16::MAX }
    } else if let Some((min, max)) = text.split_once('-') {
        Range { min: number(min)?, max: number(max)? }
    } else {
        Range { min: number(text)?, max: number(text)? }
    }))
}

fn fields(json: &Value) -> Result<Vec<KafkaField>, String> {
    array(json, "fields").iter().map(field).collect()
}

fn field(json: &Value) -> Result<KafkaField, String> {
    let tag = match json.get("tag").and_then(Value::as_u64).and_then(|tag| u32::try_from(tag).ok()) {
        Some(tag) => Some((tag, range(json, "taggedVersions")?)),
        None => None,
    };
    let default = match json.get("default") {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    Ok(KafkaField {
        name: text_of(json, "name")?,
        ty: text_of(json, "type")?,
        versions: range(json, "versions")?,
        nullable: range(json, "nullableVersions")?,
        tag,
        default,
        ignorable: flag(json, "ignorable"),
        classic: json.get("flexibleVersions").and_then(Value::as_str) == Some("none"),
        fields: fields(json)?,
    })
}
