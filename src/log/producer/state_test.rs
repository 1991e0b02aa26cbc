//! The producers of one log: memory is bounded, transactions hold the last stable offset back.

use super::limit::ProducerLimit;
use super::snapshot::parse_snapshot;
use super::state::{CompletedTxn, ProducerState};
use super::{OpenTxn, Verdict, Verification};
use crate::log::Origin;
use esker_record::{Attributes, BatchHeader, Codec, EndMarker, HEADER_LEN, LOG_OVERHEAD, MAGIC_V2};
use std::sync::Arc;

/// The header of a batch of `count` records.
pub(super) fn header(producer_id: i64, epoch: i16, base_sequence: i32, count: i32) -> BatchHeader {
    BatchHeader {
        base_offset: 0,
        batch_length: (HEADER_LEN - LOG_OVERHEAD) as i32,
        partition_leader_epoch: 0,
        magic: MAGIC_V2,
        crc: 0,
        attributes: Attributes::of(Codec::None),
        last_offset_delta: count - 1,
        base_timestamp: 1000,
        max_timestamp: 1000,
        producer_id,
        producer_epoch: epoch,
        base_sequence,
        record_count: count,
    }
}

fn state(max: usize) -> ProducerState {
    ProducerState::new(Arc::new(ProducerLimit::new(max)))
}

fn transactional(producer_id: i64, sequence: i32, base_offset: i64) -> BatchHeader {
    let header = header(producer_id, 0, sequence, 1);
    BatchHeader { base_offset, attributes: header.attributes.with_transactional(true), ..header }
}

fn marker(producer_id: i64, base_offset: i64) -> BatchHeader {
    BatchHeader { base_offset, ..header(producer_id, 0, -1, 1) }
}

#[test]
fn millions_of_producer_ids_cost_bounded_memory_and_the_newest_stay() {
    let mut state = state(1000);
    let count = 2_000_000;
    for id in 0..count {
        state.take_batch(&BatchHeader { base_offset: id, ..header(id, 0, 0, 1) });
    }
    assert!(state.len() <= 1000, "{} are remembered", state.len());
    assert!(state.len() >= 800);
    let newest = state.check(&header(count - 1, 0, 0, 1), Origin::Client, Verification::NotNeeded);
    assert!(matches!(newest, Ok(Verdict::Duplicate(mark)) if mark.last_offset == count - 1));
}

#[test]
fn one_flooded_log_does_not_empty_another() {
    let limit = Arc::new(ProducerLimit::new(100));
    let (mut flooded, mut quiet) = (ProducerState::new(Arc::clone(&limit)), ProducerState::new(Arc::clone(&limit)));
    quiet.take_batch(&header(1, 0, 0, 1));
    for id in 0..10_000 {
        flooded.take_batch(&BatchHeader { base_offset: id, ..header(id, 0, 0, 1) });
    }
    quiet.take_batch(&header(2, 0, 0, 1));
    assert_eq!(quiet.len(), 2);
    assert!(limit.used() <= 101);
    drop((flooded, quiet));
    assert_eq!(limit.used(), 0);
}

#[test]
fn silent_producers_expire_unless_their_transaction_is_open() {
    let mut state = state(100);
    state.take_batch(&header(1, 0, 0, 1));
    state.take_batch(&transactional(2, 0, 1));
    assert_eq!(state.expire(1000 + 86_399_999, 86_400_000), 0);
    assert_eq!(state.expire(1000 + 86_400_000, 86_400_000), 1);
    assert!(state.get(1).is_none() && state.get(2).is_some());
    state.expire(i64::MIN, 86_400_000);
    state.expire(i64::MAX, 86_400_000);
    assert_eq!(state.len(), 1, "no clock reading overflows");
}

#[test]
fn an_open_transaction_holds_the_first_unstable_offset_until_its_marker_is_replicated() {
    let mut state = state(100);
    assert_eq!(state.first_unstable_offset(), None);
    state.take_batch(&transactional(1, 0, 10));
    state.take_batch(&transactional(2, 0, 11));
    state.take_batch(&transactional(1, 1, 12));
    assert_eq!(
        state.open_txns(),
        [OpenTxn { producer_id: 1, first_offset: 10 }, OpenTxn { producer_id: 2, first_offset: 11 }]
    );
    assert_eq!(state.first_unstable_offset(), Some(10));

    let completed = state.take_marker(&marker(1, 13), EndMarker::Abort, 0).unwrap();
    assert_eq!(completed, CompletedTxn { producer_id: 1, first_offset: 10, last_offset: 13, aborted: true });
    assert_eq!(state.last_stable_offset_after(&completed), 11, "producer 2 is still open");
    assert_eq!(state.first_unstable_offset(), Some(10), "the marker is not replicated yet");
    state.high_watermark_moved(13);
    assert_eq!(state.first_unstable_offset(), Some(10), "the marker itself lies at 13");
    state.high_watermark_moved(14);
    assert_eq!(state.first_unstable_offset(), Some(11));

    let completed = state.take_marker(&marker(2, 14), EndMarker::Commit, 0).unwrap();
    assert_eq!(state.last_stable_offset_after(&completed), 15);
    state.high_watermark_moved(15);
    assert_eq!(state.first_unstable_offset(), None);
}

#[test]
fn a_marker_without_a_transaction_moves_the_epoch_and_completes_nothing() {
    let mut state = state(100);
    state.take_batch(&header(1, 0, 0, 1));
    let bumped = BatchHeader { producer_epoch: 1, ..marker(1, 5) };
    assert_eq!(state.take_marker(&bumped, EndMarker::Abort, 3), None);
    let entry = state.get(1).unwrap();
    assert_eq!((entry.epoch, entry.coordinator_epoch, entry.batches().len()), (1, 3, 0));
    assert_eq!(state.first_unstable_offset(), None);
}

#[test]
fn a_snapshot_brings_producers_and_open_transactions_back() {
    let mut before = state(100);
    before.take_batch(&BatchHeader { base_offset: 3, ..header(1, 0, 0, 4) });
    before.take_batch(&transactional(2, 0, 7));
    let snapshot = parse_snapshot(&before.snapshot()).unwrap();
    let mut after = state(100);
    after.take_batch(&header(99, 0, 0, 1));
    after.reload(8, snapshot, 1001, 86_400_000);
    assert_eq!(after.producers(), before.producers());
    assert_eq!(after.open_txns(), before.open_txns());
    assert_eq!(after.end_offset(), 8);
    let expired = parse_snapshot(&before.snapshot()).unwrap();
    after.reload(8, expired, i64::MAX, 86_400_000);
    assert_eq!(after.len(), 1, "only the open transaction's producer outlives its time");
}
