//! Walks every record of a batch, over the bytes themselves or over what a decompressor yields piece by piece.
//!
//! Nothing is kept and nothing allocated: keys and values are stepped over, decompressed ones as they come out.

use super::error::{InspectError, RejectionReason, Rejections};
use super::{Limits, TimestampLimits};
use crate::attributes::Codec;
use crate::codec::{CodecError, Pieces, stream};
use crate::header::BatchHeader;
use crate::record::{Body, Fields, Part, RecordError, SliceBody, finish, read_fields, read_varint};
use crate::records::{RecordsError, take_body};
use crate::varint::VARINT_LEN_MAX;
use esker_model::TimestampMs;

const NO_TIMESTAMP: TimestampMs = -1;

/// What was seen on the way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walked {
    pub max_timestamp: TimestampMs,
    pub max_timestamp_offset_delta: i32,
    /// Length of the records without compression.
    pub bytes: usize,
}

impl Walked {
    /// What the header says about records that nobody looked at.
    pub fn of_header(header: &BatchHeader, bytes: usize) -> Self {
        let max_timestamp_offset_delta = header.last_offset_delta;
        Self { max_timestamp: header.max_timestamp, max_timestamp_offset_delta, bytes }
    }
}

/// Checks the records of a batch whose header was checked already.
pub(super) fn walk(
    header: &BatchHeader,
    codec: Codec,
    records: &[u8],
    limits: &Limits,
) -> Result<Walked, InspectError> {
    let mut checker = Checker::new(header, limits);
    let bytes = match codec {
        Codec::None => {
            walk_slice(records, header.record_count, &mut checker)?;
            records.len()
        }
        _ => stream(codec, records, limits.decompressed_bytes_max, |pieces| {
            walk_pieces(pieces, header.record_count, &mut checker)?;
            Ok::<_, InspectError>(pieces.produced())
        })?,
    };
    checker.finish(bytes)
}

fn walk_slice(records: &[u8], count: i32, checker: &mut Checker<'_>) -> Result<(), InspectError> {
    let mut rest = SliceBody(records);
    for index in 0..count {
        let fields = take_body(&mut rest).and_then(read_slice);
        checker.record(index, &fields.map_err(|error| RecordsError::Record { index, error })?)?;
    }
    match rest.0.len() {
        0 => Ok(()),
        trailing => Err(RecordsError::Trailing(trailing).into()),
    }
}

#[inline]
fn read_slice(body: &[u8]) -> Result<Fields<&[u8]>, RecordError> {
    let mut body = SliceBody(body);
    let fields = read_fields(&mut body)?;
    finish(&mut body, fields.header_count)?;
    Ok(fields)
}

fn walk_pieces(pieces: &mut Pieces<'_>, count: i32, checker: &mut Checker<'_>) -> Result<(), InspectError> {
    for index in 0..count {
        walk_one(pieces, index, checker).map_err(|refused| refused.at(index))?;
    }
    if pieces.refill()? { Err(RecordsError::Trailing(pieces.piece().len()).into()) } else { Ok(()) }
}

fn walk_one(pieces: &mut Pieces<'_>, index: i32, checker: &mut Checker<'_>) -> Result<(), Refused> {
    let mut prefix = PieceBody { pieces, left: VARINT_LEN_MAX };
    let length = read_varint(&mut prefix)?;
    let len = usize::try_from(length).map_err(|_| RecordError::Length { part: Part::Record, length })?;
    if let Some(body) = pieces.piece().get(..len) {
        checker.record(index, &read_slice(body)?)?;
        pieces.consume(len);
        return Ok(());
    }
    let mut body = PieceBody { pieces, left: len };
    let fields = read_fields(&mut body)?;
    finish(&mut body, fields.header_count)?;
    checker.record(index, &fields)?;
    Ok(())
}

/// Why one record of a compressed batch is refused.
enum Refused {
    Record(RecordError),
    Codec(CodecError),
    Checked(InspectError),
}

impl Refused {
    fn at(self, index: i32) -> InspectError {
        match self {
            Refused::Record(error) => RecordsError::Record { index, error }.into(),
            Refused::Codec(error) => error.into(),
            Refused::Checked(error) => error,
        }
    }
}

impl From<RecordError> for Refused {
    fn from(error: RecordError) -> Self {
        Refused::Record(error)
    }
}

impl From<CodecError> for Refused {
    fn from(error: CodecError) -> Self {
        Refused::Codec(error)
    }
}

impl From<InspectError> for Refused {
    fn from(error: InspectError) -> Self {
        Refused::Checked(error)
    }
}

/// A record's body that continues from piece to piece.
struct PieceBody<'p, 'a> {
    pieces: &'p mut Pieces<'a>,
    /// Bytes of the body that were not read yet.
    left: usize,
}

impl Body for PieceBody<'_, '_> {
    type Bytes = ();
    type Error = Refused;

    fn remaining(&self) -> usize {
        self.left
    }

    fn byte(&mut self) -> Result<u8, Refused> {
        let ended = RecordError::Truncated(Part::Fields);
        self.left = self.left.checked_sub(1).ok_or(ended)?;
        self.pieces.refill()?;
        let byte = *self.pieces.piece().first().ok_or(ended)?;
        self.pieces.consume(1);
        Ok(byte)
    }

    fn take(&mut self, len: usize, part: Part) -> Result<(), Refused> {
        self.left = self.left.checked_sub(len).ok_or(RecordError::Truncated(part))?;
        let mut missing = len;
        while missing > 0 {
            if !self.pieces.refill()? {
                return Err(RecordError::Truncated(part).into());
            }
            let here = missing.min(self.pieces.piece().len());
            self.pieces.consume(here);
            missing -= here;
        }
        Ok(())
    }
}

/// What is asked of each record, and what is remembered of all.
struct Checker<'l> {
    limits: &'l Limits,
    earliest: TimestampMs,
    latest: TimestampMs,
    base_timestamp: TimestampMs,
    max_timestamp: TimestampMs,
    max_timestamp_offset_delta: i32,
    rejections: Rejections,
}

impl<'l> Checker<'l> {
    fn new(header: &BatchHeader, limits: &'l Limits) -> Self {
        let (earliest, latest) = match limits.timestamps {
            TimestampLimits::CreateTime { earliest, latest } => (earliest, latest),
            TimestampLimits::LogAppendTime => (i64::MIN, i64::MAX),
        };
        Self {
            limits,
            earliest,
            latest,
            base_timestamp: header.base_timestamp,
            max_timestamp: NO_TIMESTAMP,
            max_timestamp_offset_delta: 0,
            rejections: Rejections::default(),
        }
    }

    #[inline]
    fn record<B>(&mut self, index: i32, fields: &Fields<B>) -> Result<(), InspectError> {
        let offset_delta = fields.offset_delta;
        if offset_delta != index {
            return Err(InspectError::OffsetDelta { index, offset_delta });
        }
        let timestamp = self.base_timestamp.checked_add(fields.timestamp_delta);
        let timestamp = timestamp.ok_or(InspectError::TimestampOverflow { index })?;
        if timestamp > self.max_timestamp {
            self.max_timestamp = timestamp;
            self.max_timestamp_offset_delta = offset_delta;
        }
        if self.limits.keys_required && fields.key.is_none() {
            self.rejections.add(index, RejectionReason::NoKey);
        } else if (timestamp < self.earliest || timestamp > self.latest) && timestamp != NO_TIMESTAMP {
            let (earliest, latest) = (self.earliest, self.latest);
            self.rejections.add(index, RejectionReason::Timestamp { timestamp, earliest, latest });
        }
        Ok(())
    }

    fn finish(self, bytes: usize) -> Result<Walked, InspectError> {
        if self.rejections.total > 0 {
            return Err(InspectError::Rejected(self.rejections));
        }
        let Self { max_timestamp, max_timestamp_offset_delta, .. } = self;
        Ok(Walked { max_timestamp, max_timestamp_offset_delta, bytes })
    }
}
