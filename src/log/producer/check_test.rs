//! Sequences, epochs, repetition: what a producer may append.

use super::check::{MarkerRule, ProducerError, Verdict, check_batch, check_marker};
use super::entry::{BatchMark, ProducerEntry};
use super::state_test::header;
use esker_record::BatchHeader;

/// A producer 7 in epoch 3 that has written one batch with these first and last sequences at offset 100.
fn known(first: i32, last: i32) -> ProducerEntry {
    let mut entry = ProducerEntry::new(7);
    entry.enter_epoch(3);
    entry.remember(BatchMark::of(&batch(3, first, last, 100)));
    entry
}

fn batch(epoch: i16, first: i32, last: i32, base_offset: i64) -> BatchHeader {
    let count = ((i64::from(last) - i64::from(first)) & i64::from(i32::MAX)) as i32 + 1;
    BatchHeader { base_offset, ..header(7, epoch, first, count) }
}

fn verdict(entry: &ProducerEntry, epoch: i16, first: i32, last: i32) -> Result<Verdict, ProducerError> {
    check_batch(Some(entry), &batch(epoch, first, last, 0))
}

#[test]
fn the_next_sequence_is_appended() {
    assert_eq!(verdict(&known(0, 4), 3, 5, 9), Ok(Verdict::Append));
}

#[test]
fn an_unknown_producer_may_begin_anywhere() {
    assert_eq!(check_batch(None, &batch(3, 1000, 1001, 0)), Ok(Verdict::Append));
}

#[test]
fn a_gap_is_out_of_order() {
    let error = verdict(&known(0, 4), 3, 6, 9).unwrap_err();
    assert!(matches!(error, ProducerError::OutOfOrderSequence { sequence: 6, last_sequence: 4, .. }), "{error}");
    assert!(
        matches!(verdict(&known(0, 4), 3, 0, 3), Err(ProducerError::OutOfOrderSequence { .. })),
        "a part is no repetition"
    );
}

#[test]
fn sequences_wrap_to_zero() {
    assert_eq!(verdict(&known(i32::MAX - 1, i32::MAX), 3, 0, 0), Ok(Verdict::Append));
    let wrapping = known(i32::MAX - 1, 1);
    assert_eq!(wrapping.last_batch().unwrap().base_sequence(), i32::MAX - 1);
    assert_eq!(verdict(&wrapping, 3, 2, 2), Ok(Verdict::Append));
    assert!(matches!(verdict(&wrapping, 3, i32::MAX - 1, 1), Ok(Verdict::Duplicate(_))));
}

#[test]
fn each_of_the_last_five_batches_is_recognised_with_its_offset() {
    let mut entry = known(0, 9);
    for n in 1..=5 {
        entry.remember(BatchMark::of(&batch(3, 10 * n, 10 * n + 9, 1000 * i64::from(n))));
    }
    for n in 1..=5 {
        let Ok(Verdict::Duplicate(mark)) = verdict(&entry, 3, 10 * n, 10 * n + 9) else { panic!("batch {n}") };
        assert_eq!((mark.base_offset(), mark.last_offset), (1000 * i64::from(n), 1000 * i64::from(n) + 9));
    }
    assert!(
        matches!(verdict(&entry, 3, 0, 9), Err(ProducerError::OutOfOrderSequence { .. })),
        "the sixth last is forgotten"
    );
}

#[test]
fn an_older_epoch_is_fenced() {
    assert!(matches!(verdict(&known(0, 4), 2, 5, 9), Err(ProducerError::InvalidEpoch { epoch: 2, current: 3, .. })));
}

#[test]
fn a_new_epoch_begins_at_zero() {
    assert_eq!(verdict(&known(0, 4), 4, 0, 0), Ok(Verdict::Append));
    assert!(matches!(verdict(&known(0, 4), 4, 5, 5), Err(ProducerError::OutOfOrderSequence { current: 3, .. })));
}

#[test]
fn a_repetition_in_another_epoch_is_none() {
    assert_eq!(verdict(&known(0, 4), 4, 0, 4), Ok(Verdict::Append));
}

#[test]
fn a_plain_batch_inside_of_a_transaction_is_refused() {
    let mut entry = known(0, 4);
    entry.txn_first_offset = Some(100);
    assert_eq!(verdict(&entry, 3, 5, 5), Err(ProducerError::NotInTransaction { producer_id: 7 }));
    let mut transactional = batch(3, 5, 5, 0);
    transactional.attributes = transactional.attributes.with_transactional(true);
    assert_eq!(check_batch(Some(&entry), &transactional), Ok(Verdict::Append));
}

#[test]
fn markers_are_judged_by_their_rule() {
    let mut entry = known(0, 4);
    entry.coordinator_epoch = 5;
    let marker = |entry: &ProducerEntry, epoch, coordinator, rule| {
        check_marker(Some(entry), &batch(epoch, -1, -1, 0), coordinator, rule).is_ok()
    };
    assert!(marker(&entry, 3, 5, MarkerRule::NotOlder) && marker(&entry, 4, 6, MarkerRule::NotOlder));
    assert!(!marker(&entry, 2, 5, MarkerRule::NotOlder), "older epoch");
    assert!(!marker(&entry, 3, 4, MarkerRule::NotOlder), "older coordinator");
    assert!(marker(&entry, 3, 5, MarkerRule::Newer), "the repetition of one that is there");
    entry.txn_first_offset = Some(100);
    assert!(!marker(&entry, 3, 5, MarkerRule::Newer), "a late marker of the transaction before");
    assert!(marker(&entry, 4, 5, MarkerRule::Newer));
    entry.epoch = i16::MAX;
    assert!(marker(&entry, i16::MAX, 5, MarkerRule::Newer), "there is no newer epoch");
}
