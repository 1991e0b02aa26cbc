//! Pieces put together are the frame that the encoder would have written, and no byte of records was touched.

use crate::allocation::peak_of;
use crate::arbitrary::RandomSource;
use crate::frame::response_frame;
use crate::messages::fetch::{FetchableTopicResponse, PartitionData};
use crate::messages::{FetchRequest, FetchResponse, FetchSnapshotResponse, ShareFetchResponse};
use crate::pieces::{CarriesRecords, Piece, response_pieces};
use crate::wire::decode::{Decode, Source};
use crate::wire::encode::RecordSource;
use crate::{EncodeError, Message, Request, Response};
use bytes::{Bytes, BytesMut};

/// Records that are not in memory, as a range of a file is not.
#[derive(Clone, Debug, PartialEq)]
struct Range {
    position: usize,
    len: usize,
}

impl RecordSource for Range {
    fn record_bytes(&self) -> usize {
        self.len
    }

    fn in_memory(&self) -> Option<&[u8]> {
        None
    }
}

fn join<R>(pieces: &[Piece<R>], records: impl Fn(&R) -> Bytes) -> Bytes {
    let mut out = BytesMut::new();
    for piece in pieces {
        match piece {
            Piece::Bytes(bytes) => {
                assert!(!bytes.is_empty());
                out.extend_from_slice(bytes);
            }
            Piece::Records(source) => out.extend_from_slice(&records(source)),
        }
    }
    out.freeze()
}

fn check<M: Response + Decode + CarriesRecords<Bytes> + Clone>() {
    for version in M::VERSIONS.iter() {
        for seed in 0..100 {
            let response: M = RandomSource::new(seed, version, M::is_flexible(version)).read().unwrap();
            let whole = response_frame(77, version, &response).unwrap();
            let pieces = response_pieces(77, version, response).unwrap();
            assert_eq!(join(&pieces, Bytes::clone), whole, "{} v{version}, seed {seed}", M::NAME);
        }
    }
}

#[test]
fn pieces_of_every_response_with_records_make_the_same_frame_in_every_version() {
    check::<FetchResponse>();
    check::<ShareFetchResponse>();
    check::<FetchSnapshotResponse>();
}

/// The response with each partition's records in a file that holds them one behind the other.
fn in_file(response: FetchResponse, file: &mut BytesMut) -> FetchResponse<Range> {
    let mut partition = |from: PartitionData| {
        let records = from.records.map(|records| {
            file.extend_from_slice(&records);
            Range { position: file.len() - records.len(), len: records.len() }
        });
        PartitionData {
            records,
            partition_index: from.partition_index,
            error_code: from.error_code,
            high_watermark: from.high_watermark,
            last_stable_offset: from.last_stable_offset,
            log_start_offset: from.log_start_offset,
            diverging_epoch: from.diverging_epoch,
            current_leader: from.current_leader,
            snapshot_id: from.snapshot_id,
            aborted_transactions: from.aborted_transactions,
            preferred_read_replica: from.preferred_read_replica,
        }
    };
    let mut topic = |from: FetchableTopicResponse| FetchableTopicResponse {
        topic: from.topic,
        topic_id: from.topic_id,
        partitions: from.partitions.into_iter().map(&mut partition).collect(),
    };
    FetchResponse {
        throttle_time_ms: response.throttle_time_ms,
        error_code: response.error_code,
        session_id: response.session_id,
        node_endpoints: response.node_endpoints,
        responses: response.responses.into_iter().map(&mut topic).collect(),
    }
}

#[test]
fn records_that_are_not_in_memory_come_out_as_they_went_in() {
    for version in FetchRequest::VERSIONS.iter() {
        for seed in 0..100 {
            let response: FetchResponse =
                RandomSource::new(seed, version, FetchRequest::is_flexible(version)).read().unwrap();
            let whole = response_frame(5, version, &response).unwrap();
            let mut file = BytesMut::new();
            let pieces = response_pieces(5, version, in_file(response, &mut file)).unwrap();
            let file = file.freeze();
            let read = |range: &Range| file.slice(range.position..range.position + range.len);
            assert_eq!(join(&pieces, read), whole, "v{version}, seed {seed}");
        }
    }
}

fn large_response(len: usize) -> FetchResponse<Range> {
    let partition = |index| PartitionData {
        partition_index: index,
        records: Some(Range { position: 0, len }),
        ..Default::default()
    };
    let topic = FetchableTopicResponse { partitions: (0..100).map(partition).collect(), ..Default::default() };
    FetchResponse { responses: vec![topic], ..Default::default() }
}

#[test]
fn the_cost_of_pieces_does_not_depend_on_the_length_of_records() {
    let response = large_response(10 << 20);
    let (pieces, peak) = peak_of(|| response_pieces(1, FetchRequest::KEY.versions().max, response).unwrap());
    assert_eq!(pieces.len(), 201);
    assert!(peak < 64 << 10, "{peak}");
}

#[test]
fn a_buffer_refuses_records_that_are_not_in_memory() {
    assert_eq!(response_frame(1, 12, &large_response(3)).unwrap_err(), EncodeError::NotInMemory { len: 3 });
}

#[test]
fn a_frame_beyond_two_gibibytes_is_refused_before_it_is_built() {
    assert!(matches!(response_pieces(1, 12, large_response(30 << 20)), Err(EncodeError::TooLong { .. })));
}
