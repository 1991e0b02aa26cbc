//! The batches of a segment, and their records.

use super::segment_reader::{Placed, SegmentReader};
use super::{DumpError, DumpLog, Sound};
use esker_env::Disk;
use esker_model::Offset;
use esker_record::{Batches, Codec, ControlRecord, EndMarker, RecordRef, Records, TimestampType, decompress};
use std::fmt;
use std::io::Write;
use std::path::Path;

/// Most bytes that the records of one batch may decompress to.
const RECORDS_LEN_MAX: usize = 1 << 30;

/// Shows a segment whose name states `base`.
pub fn dump(disk: &dyn Disk, path: &Path, base: Offset, options: &DumpLog, out: &mut dyn Write) -> Sound {
    writeln!(out, "Log starting offset: {base}")?;
    let mut reader = SegmentReader::open(disk, path)?;
    let mut sound = true;
    let mut last_offset = None;
    while let Some(batch) = reader.next()? {
        if options.max_bytes.is_some_and(|max| batch.position >= max) {
            return Ok(sound);
        }
        let bytes = reader.bytes(&batch)?;
        let whole = Batches::new(&bytes).next().and_then(Result::ok);
        let is_valid = whole.is_some_and(|whole| whole.crc_matches());
        writeln!(out, "{} isvalid: {is_valid}", BatchLine(&batch))?;
        sound &= is_valid;
        if last_offset.is_some_and(|last| batch.header.base_offset <= last) {
            writeln!(out, "The batch at position {} does not lie behind its predecessor", batch.position)?;
            sound = false;
        }
        last_offset = Some(batch.header.last_offset());
        if (options.deep_iteration || options.print_data_log) && is_valid {
            sound &= dump_records(&batch, &bytes, options, out)?;
        }
    }
    let (left, name) = (reader.left(), path.file_name().unwrap_or_default().to_string_lossy());
    if left > 0 {
        writeln!(out, "Found {left} invalid bytes at the end of {name}")?;
    }
    Ok(sound && left == 0)
}

/// A batch's line up to its validity.
struct BatchLine<'a>(&'a Placed);

impl fmt::Display for BatchLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Placed { header, position, size } = self.0;
        let attributes = header.attributes;
        write!(f, "baseOffset: {} lastOffset: {}", header.base_offset, header.last_offset())?;
        write!(f, " count: {} baseSequence: {}", header.record_count, header.base_sequence)?;
        write!(f, " lastSequence: {} producerId: {}", header.last_sequence(), header.producer_id)?;
        write!(f, " producerEpoch: {}", header.producer_epoch)?;
        write!(f, " partitionLeaderEpoch: {}", header.partition_leader_epoch)?;
        write!(f, " isTransactional: {} isControl: {}", attributes.is_transactional(), attributes.is_control())?;
        let horizon = attributes.has_delete_horizon().then_some(header.base_timestamp);
        write!(f, " deleteHorizonMs: {} position: {position}", OptionalLong(horizon))?;
        write!(f, " {}: {}", time_name(attributes.timestamp_type()), header.max_timestamp)?;
        let codec = attributes.codec().map_or("unknown", Codec::name);
        write!(f, " size: {size} magic: {} compresscodec: {codec} crc: {}", header.magic, header.crc)
    }
}

/// A number that may be missing, in the words of Kafka's tool.
pub struct OptionalLong(pub Option<i64>);

impl fmt::Display for OptionalLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => write!(f, "OptionalLong[{number}]"),
            None => f.write_str("OptionalLong.empty"),
        }
    }
}

fn time_name(of: TimestampType) -> &'static str {
    match of {
        TimestampType::CreateTime => "CreateTime",
        TimestampType::LogAppendTime => "LogAppendTime",
    }
}

fn dump_records(batch: &Placed, bytes: &[u8], options: &DumpLog, out: &mut dyn Write) -> Sound {
    let section = &bytes[esker_record::HEADER_LEN..];
    let mut plain = Vec::new();
    let records = match batch.header.attributes.codec() {
        Some(codec) => decompress(codec, section, RECORDS_LEN_MAX, &mut plain).map_err(|error| error.to_string()),
        None => Err(format!("codec {} is unknown", batch.header.attributes.codec_id())),
    };
    if let Err(reason) = records {
        writeln!(out, "The records of the batch at position {} cannot be read: {reason}", batch.position)?;
        return Ok(false);
    }
    for record in Records::new(&plain, batch.header.record_count) {
        match record {
            Ok(record) => dump_record(batch, &record, options, out)?,
            Err(error) => {
                writeln!(out, "The batch at position {} is malformed: {error}", batch.position)?;
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn dump_record(
    batch: &Placed,
    record: &RecordRef<'_>,
    options: &DumpLog,
    out: &mut dyn Write,
) -> Result<(), DumpError> {
    write!(out, "|")?;
    if !options.skip_record_metadata {
        write_metadata(batch, record, out)?;
    }
    if options.print_data_log && !batch.header.attributes.is_control() {
        if let Some(key) = record.key {
            write!(out, " key: {}", String::from_utf8_lossy(key))?;
        }
        if let Some(value) = record.value {
            write!(out, " payload: {}", String::from_utf8_lossy(value))?;
        }
    }
    Ok(writeln!(out)?)
}

fn write_metadata(batch: &Placed, record: &RecordRef<'_>, out: &mut dyn Write) -> Result<(), DumpError> {
    let header = &batch.header;
    let time_type = header.attributes.timestamp_type();
    let time = match time_type {
        TimestampType::CreateTime => header.base_timestamp.saturating_add(record.timestamp_delta),
        TimestampType::LogAppendTime => header.max_timestamp,
    };
    let size = |bytes: Option<&[u8]>| bytes.map_or(-1, |bytes| bytes.len() as i64);
    let offset = header.base_offset.saturating_add(i64::from(record.offset_delta));
    write!(out, " offset: {offset} {}: {time}", time_name(time_type))?;
    write!(out, " keySize: {} valueSize: {}", size(record.key), size(record.value))?;
    let sequence = match header.base_sequence {
        ..0 => -1,
        // Sequences wrap from the largest number to 0.
        base => (i64::from(base) + i64::from(record.offset_delta)) & i64::from(i32::MAX),
    };
    let keys: Vec<_> = record.headers().map(|header| String::from_utf8_lossy(header.key)).collect();
    write!(out, " sequence: {sequence} headerKeys: [{}]", keys.join(","))?;
    if header.attributes.is_control() {
        match ControlRecord::parse(record) {
            Ok(ControlRecord::EndTransaction { marker, coordinator_epoch }) => {
                let marker = match marker {
                    EndMarker::Abort => "ABORT",
                    EndMarker::Commit => "COMMIT",
                };
                write!(out, " endTxnMarker: {marker} coordinatorEpoch: {coordinator_epoch}")?;
            }
            Ok(ControlRecord::Other(kind)) => write!(out, " controlType: UNKNOWN({kind})")?,
            Err(error) => write!(out, " controlType: {error}")?,
        }
    }
    Ok(())
}
