//! The part of OTLP's `MetricsData` that clients push: gauges and sums, each number with its labels.
//!
//! ```text
//! MetricsData      1 resource metrics*
//! ResourceMetrics  1 resource (1 attributes*)   2 scope metrics*
//! ScopeMetrics     2 metrics*
//! Metric           1 name   5 gauge (1 points*)   7 sum (1 points*, 2 temporality, 3 monotonic)
//! NumberDataPoint  4 double   6 integer (fixed 64)   7 attributes*
//! KeyValue         1 key   2 value (1 text, 2 bool, 3 integer, 4 double)
//! ```
//!
//! It comes from strangers: no length is believed before it was compared with what is left, nothing recurses, and no more than
//! [`POINTS_MAX`] numbers with [`LABELS_MAX`] labels each are taken. Histograms and summaries, which Kafka's clients do not send, are passed over.

use std::borrow::Cow;

/// Numbers that are taken of one push.
const POINTS_MAX: usize = 20_000;
/// Labels of one number; further ones are passed over.
const LABELS_MAX: usize = 16;

/// It is not OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub &'static str);

/// What a number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// How it is now.
    Now,
    /// The sum since the client began.
    Total { monotonic: bool },
    /// What has come to the sum since the last push.
    Change { monotonic: bool },
}

/// A label: its name, and its value as text.
pub(super) type Label<'a> = (&'a str, Cow<'a, str>);

/// One number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Point<'a> {
    pub name: &'a str,
    pub labels: Vec<Label<'a>>,
    pub meaning: Meaning,
    pub value: f64,
}

/// Every gauge and sum in `bytes`, in their order.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Point<'_>>, Malformed> {
    let mut points = Vec::new();
    for field in Fields(bytes) {
        if let (1, Content::Bytes(resource_metrics)) = field? {
            read_resource_metrics(resource_metrics, &mut points)?;
        }
    }
    Ok(points)
}

fn read_resource_metrics<'a>(bytes: &'a [u8], points: &mut Vec<Point<'a>>) -> Result<(), Malformed> {
    let mut labels = Vec::new();
    for field in Fields(bytes) {
        if let (1, Content::Bytes(resource)) = field? {
            read_labels(resource, 1, &mut labels)?;
        }
    }
    for field in Fields(bytes) {
        let (2, Content::Bytes(scope_metrics)) = field? else { continue };
        for field in Fields(scope_metrics) {
            if let (2, Content::Bytes(metric)) = field? {
                read_metric(metric, &labels, points)?;
            }
        }
    }
    Ok(())
}

fn read_metric<'a>(bytes: &'a [u8], labels: &[Label<'a>], points: &mut Vec<Point<'a>>) -> Result<(), Malformed> {
    let mut name = "";
    for field in Fields(bytes) {
        if let (1, Content::Bytes(text)) = field? {
            name = text_of(text)?;
        }
    }
    for field in Fields(bytes) {
        let (number, Content::Bytes(data)) = field? else { continue };
        let meaning = match number {
            5 => Meaning::Now,
            7 => meaning_of_sum(data)?,
            _ => continue,
        };
        for field in Fields(data) {
            let (1, Content::Bytes(point)) = field? else { continue };
            if points.len() < POINTS_MAX {
                points.extend(read_point(point, name, labels, meaning)?);
            }
        }
    }
    Ok(())
}

fn meaning_of_sum(bytes: &[u8]) -> Result<Meaning, Malformed> {
    let (mut is_change, mut monotonic) = (false, false);
    for field in Fields(bytes) {
        match field? {
            (2, Content::Number(temporality)) => is_change = temporality == 1,
            (3, Content::Number(flag)) => monotonic = flag != 0,
            _ => {}
        }
    }
    Ok(if is_change { Meaning::Change { monotonic } } else { Meaning::Total { monotonic } })
}

/// `None` for a point without a number.
fn read_point<'a>(
    bytes: &'a [u8],
    name: &'a str,
    labels: &[Label<'a>],
    meaning: Meaning,
) -> Result<Option<Point<'a>>, Malformed> {
    let mut value = None;
    for field in Fields(bytes) {
        match field? {
            (4, Content::Fixed(bits)) => value = Some(f64::from_bits(bits)),
            #[allow(clippy::cast_precision_loss)] // metrics are shown as doubles
            (6, Content::Fixed(bits)) => value = Some(bits.cast_signed() as f64),
            _ => {}
        }
    }
    let mut labels = labels.to_vec();
    read_labels(bytes, 7, &mut labels)?;
    Ok(value.map(|value| Point { name, labels, meaning, value }))
}

/// Adds the attributes that are field `number` of `bytes`.
fn read_labels<'a>(bytes: &'a [u8], number: u64, labels: &mut Vec<Label<'a>>) -> Result<(), Malformed> {
    for field in Fields(bytes) {
        match field? {
            (at, Content::Bytes(pair)) if at == number && labels.len() < LABELS_MAX => {
                labels.extend(read_label(pair)?);
            }
            _ => {}
        }
    }
    Ok(())
}

/// `None` where the value is a list, a map or bytes.
fn read_label(bytes: &[u8]) -> Result<Option<Label<'_>>, Malformed> {
    let (mut key, mut value) = ("", None);
    for field in Fields(bytes) {
        match field? {
            (1, Content::Bytes(text)) => key = text_of(text)?,
            (2, Content::Bytes(any)) => value = read_any_value(any)?,
            _ => {}
        }
    }
    Ok(value.map(|value| (key, value)))
}

fn read_any_value(bytes: &[u8]) -> Result<Option<Cow<'_, str>>, Malformed> {
    let mut value = None;
    for field in Fields(bytes) {
        value = match field? {
            (1, Content::Bytes(text)) => Some(Cow::Borrowed(text_of(text)?)),
            (2, Content::Number(flag)) => Some(Cow::Borrowed(if flag == 0 { "false" } else { "true" })),
            (3, Content::Number(number)) => Some(Cow::Owned(number.cast_signed().to_string())),
            (4, Content::Fixed(bits)) => Some(Cow::Owned(f64::from_bits(bits).to_string())),
            _ => value,
        };
    }
    Ok(value)
}

fn text_of(bytes: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(bytes).map_err(|_| Malformed("a text is not UTF-8"))
}

/// A field's content, by its wire type.
enum Content<'a> {
    Number(u64),
    Fixed(u64),
    Bytes(&'a [u8]),
    /// Fixed 32 bits, which nothing here is.
    Other,
}

/// The fields of a message, each with its number.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Content<'a>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Result<(u64, Content<'a>), Malformed> {
        let tag = self.varint()?;
        let content = match tag & 7 {
            0 => Content::Number(self.varint()?),
            1 => Content::Fixed(u64::from_le_bytes(self.array()?)),
            2 => {
                let len = usize::try_from(self.varint()?).map_err(|_| Malformed("a length is too large"))?;
                Content::Bytes(self.take(len)?)
            }
            5 => {
                self.take(4)?;
                Content::Other
            }
            _ => return Err(Malformed("a field has no known wire type")),
        };
        Ok((tag >> 3, content))
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Malformed("a number is too long"))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (first, rest) = self.0.split_first_chunk().ok_or(Malformed("it ends within a field"))?;
        self.0 = rest;
        Ok(*first)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (first, rest) = self.0.split_at_checked(len).ok_or(Malformed("it ends within a field"))?;
        self.0 = rest;
        Ok(first)
    }
}
