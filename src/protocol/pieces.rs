//! Responses as a list of pieces, so that records go from file to socket without passing through the encoder.
//!
//! A response is built with its records as whatever says where they lie (`FetchResponse<R>`), and encoded into the bytes
//! between them. The code that writes the fields is the same that writes whole messages into buffers.

use crate::frame::{LENGTH_BYTES, length_prefix};
use crate::messages::{FetchResponse, FetchSnapshotResponse, ResponseHeader, ShareFetchResponse};
use crate::wire::encode::{Counter, Encoder, RecordSource, Sink};
use crate::{EncodeError, Message, Response};
use bytes::{Bytes, BytesMut};

/// A part of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<R> {
    /// Encoded bytes; never empty.
    Bytes(Bytes),
    /// Records, to be sent from where they lie; never empty.
    Records(R),
}

/// A response with records in it.
pub trait CarriesRecords<R> {
    /// All records, in the order in which they are written.
    fn into_records(self) -> impl Iterator<Item = R>;
}

impl<R> CarriesRecords<R> for FetchResponse<R> {
    fn into_records(self) -> impl Iterator<Item = R> {
        self.responses.into_iter().flat_map(|topic| topic.partitions).filter_map(|partition| partition.records)
    }
}

impl<R> CarriesRecords<R> for ShareFetchResponse<R> {
    fn into_records(self) -> impl Iterator<Item = R> {
        self.responses.into_iter().flat_map(|topic| topic.partitions).map(|partition| partition.records)
    }
}

impl<R> CarriesRecords<R> for FetchSnapshotResponse<R> {
    fn into_records(self) -> impl Iterator<Item = R> {
        self.topics.into_iter().flat_map(|topic| topic.partitions).map(|partition| partition.unaligned_records)
    }
}

/// Keeps the bytes between records and the places where records belong.
#[derive(Debug)]
struct Gaps {
    buffer: BytesMut,
    /// Positions in the buffer, ascending, one for each stretch of records that is not empty.
    records_at: Vec<usize>,
}

impl Sink for Gaps {
    fn put(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    fn records<R: RecordSource>(&mut self, records: &R) -> Result<(), EncodeError> {
        if records.record_bytes() > 0 {
            self.records_at.push(self.buffer.len());
        }
        Ok(())
    }
}

/// A whole response frame, length included, as pieces: the bytes are in one allocation, the records where they were.
///
/// # Errors
/// A field that the version cannot carry, or a frame beyond 2 GiB.
pub fn response_pieces<R, M>(correlation_id: i32, version: i16, response: M) -> Result<Vec<Piece<R>>, EncodeError>
where
    R: RecordSource,
    M: Response + CarriesRecords<R>,
{
    let header = ResponseHeader { correlation_id };
    let header_version = M::KEY.response_header_version(version);
    response.check_version(version)?;
    let mut counter = Encoder::new(Counter::default(), version, M::is_flexible(version));
    response.write(&mut counter)?;
    let Counter { bytes, record_bytes } = counter.into_sink();
    let len = header.encoded_size(header_version)?.saturating_add(bytes);

    let mut buffer = BytesMut::with_capacity(LENGTH_BYTES + len - record_bytes);
    buffer.extend_from_slice(&length_prefix(len)?);
    header.encode(header_version, &mut buffer)?;
    let gaps = Gaps { buffer, records_at: Vec::new() };
    let mut encoder = Encoder::new(gaps, version, M::is_flexible(version));
    response.write(&mut encoder)?;
    let Gaps { buffer, records_at } = encoder.into_sink();
    debug_assert_eq!(buffer.len(), LENGTH_BYTES + len - record_bytes, "sizes of records may not change");
    Ok(interleave(buffer.freeze(), records_at, response.into_records()))
}

fn interleave<R: RecordSource>(
    mut bytes: Bytes,
    records_at: Vec<usize>,
    records: impl Iterator<Item = R>,
) -> Vec<Piece<R>> {
    let mut pieces = Vec::with_capacity(2 * records_at.len() + 1);
    let mut passed = 0;
    let records = records.filter(|records| records.record_bytes() > 0);
    for (position, records) in records_at.into_iter().zip(records) {
        // A length stands before all records, so there are bytes between any two.
        pieces.push(Piece::Bytes(bytes.split_to(position - passed)));
        pieces.push(Piece::Records(records));
        passed = position;
    }
    if !bytes.is_empty() {
        pieces.push(Piece::Bytes(bytes));
    }
    pieces
}
