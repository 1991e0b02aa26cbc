//! Records as lines: the value alone, or everything as JSON.

use super::failure::Failure;
use esker_record::{BatchHeader, HEADER_LEN, RecordRef, Records, TimestampType, decompress};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// Most bytes that the records of one batch may decompress to.
const RECORDS_LEN_MAX: usize = 1 << 30;

/// A record and where it is.
#[derive(Debug)]
pub struct Shown<'a> {
    pub offset: i64,
    pub timestamp: i64,
    record: &'a RecordRef<'a>,
}

/// Calls `shown` for each record of a batch whose checksum is known to fit.
pub fn each(
    header: &BatchHeader,
    batch: &[u8],
    mut shown: impl FnMut(&Shown<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let wrong = |reason: String| Failure::Bad(format!("the batch of offset {}: {reason}", header.base_offset));
    let mut plain = Vec::new();
    let codec = header.attributes.codec();
    let codec = codec.ok_or_else(|| wrong(format!("codec {} is unknown", header.attributes.codec_id())))?;
    let unpacked = decompress(codec, &batch[HEADER_LEN..], RECORDS_LEN_MAX, &mut plain);
    unpacked.map_err(|error| wrong(error.to_string()))?;
    for record in Records::new(&plain, header.record_count) {
        let record = record.map_err(|error| wrong(error.to_string()))?;
        let timestamp = match header.attributes.timestamp_type() {
            TimestampType::CreateTime => header.base_timestamp.saturating_add(record.timestamp_delta),
            TimestampType::LogAppendTime => header.max_timestamp,
        };
        let offset = header.base_offset.saturating_add(i64::from(record.offset_delta));
        shown(&Shown { offset, timestamp, record: &record })?;
    }
    Ok(())
}

impl Shown<'_> {
    /// The value and a line feed, as kcat writes it.
    pub fn write_value(&self, out: &mut dyn Write) -> Result<(), Failure> {
        out.write_all(self.record.value.unwrap_or_default())?;
        Ok(out.write_all(b"\n")?)
    }

    /// One JSON object a line. What is no UTF-8 stands in base 64 under a name that says so.
    pub fn write_json(&self, topic: &str, partition: i32, out: &mut dyn Write) -> Result<(), Failure> {
        let mut line = Map::new();
        line.insert("topic".to_owned(), json!(topic));
        line.insert("partition".to_owned(), json!(partition));
        line.insert("offset".to_owned(), json!(self.offset));
        line.insert("timestamp".to_owned(), json!(self.timestamp));
        insert(&mut line, "key", self.record.key);
        insert(&mut line, "value", self.record.value);
        let headers = self.record.headers().map(|header| {
            let mut pair = Map::new();
            insert(&mut pair, "key", Some(header.key));
            insert(&mut pair, "value", header.value);
            Value::Object(pair)
        });
        let headers: Vec<Value> = headers.collect();
        if !headers.is_empty() {
            line.insert("headers".to_owned(), Value::Array(headers));
        }
        serde_json::to_writer(&mut *out, &line).map_err(io::Error::from)?;
        Ok(out.write_all(b"\n")?)
    }
}

fn insert(into: &mut Map<String, Value>, name: &str, bytes: Option<&[u8]>) {
    let Some(bytes) = bytes else {
        into.insert(name.to_owned(), Value::Null);
        return;
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => into.insert(name.to_owned(), json!(text)),
        Err(_) => into.insert(format!("{name}_base64"), json!(base64(bytes))),
    };
}

/// Base 64 with its padding, as most programs read it.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().enumerate().fold(0u32, |bits, (at, byte)| bits | u32::from(*byte) << (16 - 8 * at));
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at)) as usize & 63];
            text.push(if at <= three.len() { char::from(digit) } else { '=' });
        }
    }
    text
}
