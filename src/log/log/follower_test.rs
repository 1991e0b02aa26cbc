//! Followers store the leader's bytes, refuse what does not continue their log, and leave later epochs alone.

use super::AppendError;
use crate::testing::{Fixture, build, read_all, small, whole};
use esker_record::{BatchBuilder, Codec};

/// A batch of two records as a leader of `epoch` stored it at `offset`.
fn stored(offset: i64, epoch: i32) -> Vec<u8> {
    build(BatchBuilder::new(Codec::None).base_offset(offset).leader_epoch(epoch), 1_800_000_000_000, 2, 30)
}

#[test]
fn batches_are_stored_verbatim_with_their_epochs() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    let sent = [stored(0, 1), stored(2, 1), stored(4, 3)].concat();
    let done = log.append_as_follower(&sent, 3, fixture.now_ms()).unwrap();
    assert_eq!((done.log_end, done.batches, done.later_epoch), (6, 3, 0));
    log.advance_high_watermark(6);
    assert_eq!(log.read(&whole(0)).unwrap().slice.unwrap().read().unwrap(), sent);
    assert_eq!((log.end_offset_for_epoch(1), log.latest_epoch()), ((1, 4), Some(3)));
}

#[test]
fn batches_of_a_later_epoch_than_the_fetch_are_left_out() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    let sent = [stored(0, 1), stored(2, 2), stored(4, 1)].concat();
    let done = log.append_as_follower(&sent, 1, fixture.now_ms()).unwrap();
    assert_eq!((done.log_end, done.batches, done.later_epoch), (2, 1, 2), "what follows them too");
    assert_eq!(log.latest_epoch(), Some(1));
}

#[test]
fn a_cut_batch_waits_for_the_next_fetch() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    let sent = [stored(0, 1), stored(2, 1)].concat();
    assert_eq!(log.append_as_follower(&sent[..sent.len() - 1], 1, fixture.now_ms()).unwrap().log_end, 2);
    assert_eq!(log.append_as_follower(&sent[..5], 1, fixture.now_ms()).unwrap().batches, 0);
}

#[test]
fn offsets_must_go_on_and_checksums_must_fit() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    let append = |bytes: &[u8]| log.append_as_follower(bytes, 1, fixture.now_ms());
    append(&stored(0, 1)).unwrap();
    assert!(matches!(append(&stored(1, 1)), Err(AppendError::UnexpectedOffset { base_offset: 1, log_end: 2 })));
    assert!(matches!(append(&[stored(4, 1), stored(2, 1)].concat()), Err(AppendError::Malformed(_))));
    let mut damaged = stored(2, 1);
    damaged[70] ^= 1;
    assert!(matches!(append(&damaged), Err(AppendError::Malformed(_))));
    assert_eq!(append(&stored(10, 1)).unwrap().log_end, 12, "compaction on the leader leaves gaps");
}

#[test]
fn a_long_fetch_is_spread_over_segments_and_one_large_batch_is_taken() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    let sent: Vec<u8> = (0..60).flat_map(|n| stored(2 * n, 1)).collect();
    assert!(sent.len() > 8192);
    assert_eq!(log.append_as_follower(&sent, 1, fixture.now_ms()).unwrap().log_end, 120);
    assert!(log.segment_count() > 2);
    let large = build(BatchBuilder::new(Codec::None).base_offset(120).leader_epoch(1), 1, 1, 5000);
    assert_eq!(log.append_as_follower(&large, 1, fixture.now_ms()).unwrap().log_end, 121);
    log.advance_high_watermark(121);
    assert_eq!(read_all(&log, 0).len(), 121);
    assert_eq!(fixture.crash().log(0).log_end(), 121);
}

#[test]
fn a_leader_that_compacted_leaves_a_gap_over_a_segment_border() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    for n in 0..40 {
        log.append_as_follower(&stored(1000 * n, 1), 1, fixture.now_ms()).unwrap();
    }
    assert!(log.segment_count() > 1);
    log.advance_high_watermark(i64::MAX);
    assert_eq!(read_all(&log, 0).len(), 80);
    for from in [1, 2, 999, 1000, 1001, 1002, 15_500, 38_999] {
        let expected = (from + 998) / 1000 * 1000;
        let expected = if from % 1000 == 1 { from } else { expected };
        let found = read_all(&log, from)[usize::from(from % 1000 == 1)].0;
        assert_eq!(found, expected, "from {from}");
    }
    let fixture = fixture.crash();
    assert_eq!(fixture.log(0).log_end(), 39_002, "recovery knows that gap from lost records");
}

#[test]
fn a_compacted_leaders_holes_are_followed_however_wide() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    let far = 3 << 31;
    // Holes within a run, one wider than a segment's offsets, and a first batch that lies far behind the log's start.
    let sent = [stored(far, 1), stored(far + 50, 1), stored(2 * far, 1), stored(2 * far + 9, 2)].concat();
    let done = log.append_as_follower(&sent, 2, fixture.now_ms()).unwrap();
    assert_eq!((done.log_end, done.batches), (2 * far + 11, 4));
    log.advance_high_watermark(done.log_end);
    let offsets: Vec<i64> = read_all(&log, 0).iter().map(|(offset, _)| *offset).collect();
    let batches = [far, far + 50, 2 * far, 2 * far + 9];
    let expected: Vec<i64> = batches.into_iter().flat_map(|base| [base, base + 1]).collect();
    assert_eq!(offsets, expected);
    log.flush().unwrap();
    drop(log);
    let fixture = fixture.crash();
    let log = fixture.log(0);
    assert_eq!(log.log_end(), 2 * far + 11, "recovery does not take such a hole for the end");
    log.advance_high_watermark(log.log_end());
    assert_eq!(read_all(&log, log.log_start()).len(), 8);
    let found = log.offset_for_timestamp(1_800_000_000_000, far + 3).unwrap().unwrap();
    assert_eq!(found.offset, far + 50);
    assert_eq!(log.end_offset_for_epoch(1), (1, 2 * far + 9));
    log.truncate_to(far + 60).unwrap();
    assert_eq!(log.log_end(), far + 52, "cut in the hole");
    log.truncate_to(7).unwrap();
    assert_eq!((log.log_end(), log.segment_count()), (7, 1), "cut before everything");
}

#[test]
fn a_header_that_is_left_of_a_marker_says_nothing() {
    use esker_record::{BatchHeader, EndMarker, empty_batch, end_marker_batch};
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    let marker = end_marker_batch(7, 3, EndMarker::Commit, 0, 5).unwrap();
    let left = BatchHeader { base_offset: 4, partition_leader_epoch: 1, ..BatchHeader::parse(&marker).unwrap() };
    log.append_as_follower(&empty_batch(&left).unwrap(), 1, fixture.now_ms()).unwrap();
    assert_eq!((log.log_end(), log.producer_count()), (5, 0));
}
