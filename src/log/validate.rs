//! What a leader checks and changes before a client's batch is appended: the one place where records are looked into.

use crate::config::{Compression, LogConfig};
use crate::log::{AppendContext, AppendError, Origin};
use esker_model::TimestampMs;
use esker_record::{
    BatchHeader, BatchRef, Codec, ControlRecord, Crc32c, HEADER_LEN, InspectError, Limits, TimestampLimits,
    TimestampType, inspect, recompress,
};
use std::borrow::Cow;

/// Where the checksum's coverage begins in a header.
const CRC_COVERS_FROM: usize = 21;

/// A batch that may be appended once its offset and epoch are assigned.
#[derive(Debug)]
pub(crate) struct ReadyBatch<'a> {
    /// Its header, final but for base offset and leader epoch, which the checksum does not cover.
    pub(crate) header: BatchHeader,
    /// What follows the header, as it arrived wherever possible.
    pub(crate) records: Cow<'a, [u8]>,
    /// The broker's time where that is the topic's timestamp type, else -1.
    pub(crate) log_append_time_ms: TimestampMs,
    /// What a control batch says.
    pub(crate) control: Option<ControlRecord>,
}

impl ReadyBatch<'_> {
    /// Length of the whole batch in bytes.
    pub(crate) fn len(&self) -> usize {
        HEADER_LEN + self.records.len()
    }
}

/// Checks what a request holds for one partition and makes it ready.
pub(crate) fn ready_batch<'a>(
    bytes: &'a [u8],
    config: &LogConfig,
    context: &AppendContext,
) -> Result<ReadyBatch<'a>, AppendError> {
    if context.origin == Origin::Coordinator {
        return coordinator_batch(bytes, config);
    }
    let inspection = inspect(bytes, &limits(config, context))?;
    let (mut header, stamps) = (inspection.header, config.timestamp_type == TimestampType::LogAppendTime);
    if header.attributes.is_transactional() && !context.transactions {
        return Err(AppendError::TransactionsOff);
    }
    let mut records = Cow::Borrowed(&bytes[HEADER_LEN..]);
    let mut changed = stamps || inspection.misstates_max_timestamp();
    if let Compression::Forced(codec) = config.compression
        && codec != inspection.codec
    {
        let mut whole = in_codec(&BatchRef { header, bytes, position: 0 }, codec, config)?;
        let (size, max) = (whole.len(), usize::try_from(config.max_message_bytes).unwrap_or(0));
        if size > max {
            return Err(InspectError::TooLarge { size, max }.into());
        }
        header = BatchHeader::parse(&whole).unwrap_or(header);
        whole.drain(..HEADER_LEN.min(size));
        records = Cow::Owned(whole);
        changed = true;
    }
    header.max_timestamp = inspection.max_timestamp;
    if stamps {
        header.attributes = header.attributes.with_timestamp_type(TimestampType::LogAppendTime);
        header.max_timestamp = context.now_ms;
    }
    if changed {
        header.crc = checksum(&header, &records);
    }
    check_size(HEADER_LEN + records.len(), config)?;
    let log_append_time_ms = if stamps { context.now_ms } else { -1 };
    Ok(ReadyBatch { header, records, log_append_time_ms, control: None })
}

/// What the broker's own coordinators append is trusted in content and checked in form. It keeps its codec and timestamps.
fn coordinator_batch<'a>(bytes: &'a [u8], config: &LogConfig) -> Result<ReadyBatch<'a>, AppendError> {
    let mut batches = esker_record::Batches::new(bytes);
    let (Some(Ok(batch)), None) = (batches.next(), batches.next()) else {
        return Err(AppendError::Malformed("a coordinator appends exactly one batch".to_owned()));
    };
    let control = match batch.header.attributes.is_control() {
        true => Some(ControlRecord::of_batch(&batch).map_err(|error| AppendError::Malformed(error.to_string()))?),
        false => None,
    };
    check_size(bytes.len(), config)?;
    let records = Cow::Borrowed(batch.records());
    Ok(ReadyBatch { header: batch.header, records, log_append_time_ms: -1, control })
}

fn limits(config: &LogConfig, context: &AppendContext) -> Limits {
    let timestamps = match config.timestamp_type {
        TimestampType::LogAppendTime => TimestampLimits::LogAppendTime,
        TimestampType::CreateTime => {
            TimestampLimits::around(context.now_ms, config.timestamp_before_max_ms, config.timestamp_after_max_ms)
        }
    };
    Limits {
        batch_bytes_max: usize::try_from(config.max_message_bytes).unwrap_or(0),
        decompressed_bytes_max: decompressed_bytes_max(config),
        keys_required: config.cleanup_policy.compact,
        zstd_allowed: context.zstd_allowed,
        timestamps,
        depth: context.depth,
    }
}

/// How much a batch may decompress to while it is looked through. Nothing of it is kept: the cap bounds time, not memory.
fn decompressed_bytes_max(config: &LogConfig) -> usize {
    let by_message = usize::try_from(config.max_message_bytes).unwrap_or(0).saturating_mul(64);
    by_message.clamp(16 << 20, 128 << 20)
}

/// The batch in the codec that the topic forces. Here the records are held decompressed, so the cap is lower.
fn in_codec(batch: &BatchRef<'_>, codec: Codec, config: &LogConfig) -> Result<Vec<u8>, AppendError> {
    let level = match codec {
        Codec::None | Codec::Snappy => None,
        Codec::Gzip => Some(config.gzip_level),
        Codec::Lz4 => Some(config.lz4_level),
        Codec::Zstd => Some(config.zstd_level),
    };
    let held_max = usize::try_from(config.max_message_bytes).unwrap_or(0).saturating_mul(4).max(32 << 20);
    recompress(batch, codec, level, held_max).map_err(AppendError::Recompress)
}

fn check_size(size: usize, config: &LogConfig) -> Result<(), AppendError> {
    let max = usize::try_from(config.segment_bytes).unwrap_or(0);
    if size > max {
        return Err(AppendError::LargerThanSegment { size, max });
    }
    Ok(())
}

/// The checksum of a header, as it would be written, and the records behind it.
fn checksum(header: &BatchHeader, records: &[u8]) -> u32 {
    let mut bytes = [0; HEADER_LEN];
    header.write(&mut bytes);
    let mut crc = Crc32c::new();
    crc.update(&bytes[CRC_COVERS_FROM..]);
    crc.update(records);
    crc.value()
}
