//! The newest values of clients' metrics, under limits, and as Prometheus' text format.

use super::otlp::{Meaning, Point};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

/// Longest line of a value, in bytes: name and labels.
const LINE_BYTES_MAX: usize = 1024;
/// Longest text of a label that names the client, in characters.
const ORIGIN_CHARS_MAX: usize = 128;
/// One client may have so much of all: a tenth.
const CLIENTS_SHARE: usize = 10;

/// Where a client's values come from.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    pub instance: String,
    pub client_id: String,
    pub software: String,
    pub version: String,
}

/// One value that is kept.
#[derive(Clone, Copy, Debug)]
struct Value {
    is_counter: bool,
    value: f64,
}

/// All values, by client, then by line: name and labels as they are shown.
#[derive(Debug)]
pub(super) struct Series {
    clients: HashMap<u128, HashMap<String, Value>>,
    /// Values of all clients.
    values: usize,
    values_max: usize,
    dropped: u64,
}

impl Series {
    /// No values yet, of `values_max` at most.
    pub fn new(values_max: usize) -> Self {
        Self { clients: HashMap::new(), values: 0, values_max, dropped: 0 }
    }

    /// Values that are kept.
    pub fn len(&self) -> usize {
        self.values
    }

    /// Values that were not, for the limits.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Keeps what a client pushed: changes are added up. What would go beyond a limit is dropped and counted.
    pub fn keep(&mut self, client: u128, origin: &Origin, points: &[Point<'_>]) {
        let origin = origin_labels(origin);
        let own_max = self.values_max.div_ceil(CLIENTS_SHARE);
        let own = self.clients.entry(client).or_default();
        for point in points {
            let line = line_of(point, &origin);
            let is_known = own.contains_key(&line);
            let is_full = own.len() >= own_max || self.values >= self.values_max;
            if line.len() > LINE_BYTES_MAX || (is_full && !is_known) {
                self.dropped += 1;
                continue;
            }
            self.values += usize::from(!is_known);
            let (is_counter, adds) = match point.meaning {
                Meaning::Now => (false, false),
                Meaning::Total { monotonic } => (monotonic, false),
                Meaning::Change { monotonic } => (monotonic, true),
            };
            let kept = own.entry(line).or_insert(Value { is_counter, value: 0.0 });
            kept.is_counter = is_counter;
            kept.value = if adds { kept.value + point.value } else { point.value };
        }
        if own.is_empty() {
            self.clients.remove(&client);
        }
    }

    /// Forgets a client's values.
    pub fn forget(&mut self, client: u128) {
        if let Some(own) = self.clients.remove(&client) {
            self.values -= own.len();
        }
    }

    /// All values, those of one name together.
    pub fn text(&self) -> String {
        let mut lines: Vec<(&str, &Value)> =
            self.clients.values().flatten().map(|(line, value)| (line.as_str(), value)).collect();
        // A brace sorts behind all that a name can hold, and a name begins all of its lines: they stand together.
        lines.sort_unstable_by_key(|(line, _)| *line);
        let mut text = String::new();
        for group in lines.chunk_by(|(one, _), (other, _)| name_of(one) == name_of(other)) {
            let kind = match group {
                [(_, first), ..] if group.iter().all(|(_, value)| value.is_counter == first.is_counter) => {
                    if first.is_counter { "counter" } else { "gauge" }
                }
                _ => "untyped",
            };
            let name = group.first().map_or("", |(line, _)| name_of(line));
            // Writing to a String cannot fail.
            let _ = writeln!(text, "# TYPE {name} {kind}");
            for (line, value) in group {
                let _ = writeln!(text, "{line} {}", number(value.value));
            }
        }
        text
    }
}

fn name_of(line: &str) -> &str {
    line.split_once('{').map_or(line, |(name, _)| name)
}

fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() }
    } else {
        value.to_string()
    }
}

fn origin_labels(origin: &Origin) -> [(&'static str, String); 4] {
    let short = |text: &str| text.chars().take(ORIGIN_CHARS_MAX).collect();
    [
        ("client_instance_id", origin.instance.clone()),
        ("client_id", short(&origin.client_id)),
        ("client_software_name", short(&origin.software)),
        ("client_software_version", short(&origin.version)),
    ]
}

/// Name and labels of a value as they are shown. Who pushed it cannot be said by its labels.
fn line_of(point: &Point<'_>, origin: &[(&'static str, String)]) -> String {
    let mut labels: BTreeMap<String, &str> = BTreeMap::new();
    for (name, value) in &point.labels {
        labels.insert(sanitized(name, false), value);
    }
    for (name, value) in origin {
        labels.insert((*name).to_owned(), value);
    }
    let mut line = sanitized(point.name, true);
    let mut before = '{';
    for (name, value) in labels {
        line.push(before);
        let _ = write!(line, "{name}=\"");
        escape(value, &mut line);
        line.push('"');
        before = ',';
    }
    line.push('}');
    line
}

/// A name as Prometheus has them: whatever else is in it becomes an underscore.
fn sanitized(name: &str, with_colons: bool) -> String {
    let fits =
        |character: char| character.is_ascii_alphanumeric() || character == '_' || (with_colons && character == ':');
    let first = name.chars().next();
    let prefix = if first.is_none_or(|first| first.is_ascii_digit()) { "_" } else { "" };
    let rest = name.chars().take(LINE_BYTES_MAX).map(|character| if fits(character) { character } else { '_' });
    prefix.chars().chain(rest).collect()
}

fn escape(value: &str, line: &mut String) {
    for character in value.chars().take(LINE_BYTES_MAX) {
        match character {
            '\\' => line.push_str("\\\\"),
            '"' => line.push_str("\\\""),
            '\n' => line.push_str("\\n"),
            other => line.push(other),
        }
    }
}
