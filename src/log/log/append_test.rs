//! Appending as the leader: what is assigned, what stays, who is refused.

use super::{AppendContext, AppendError, Origin};
use crate::config::LogConfig;
use crate::producer::{MarkerRule, ProducerError, ToVerify, Verification};
use crate::testing::{Fixture, batch, build, partition, produced, read_all, small, whole};
use esker_env::Disk;
use esker_record::{BatchBuilder, BatchHeader, Batches, Codec, EndMarker, HEADER_LEN, TimestampType, end_marker_batch};
use std::sync::Arc;

#[test]
fn offsets_and_epoch_are_assigned_and_nothing_else_is_touched() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    let sent = batch(fixture.now_ms(), 3, 20);
    let context = AppendContext::client(5, fixture.now_ms());
    assert_eq!(log.append_as_leader(&sent, &context).unwrap().base_offset, 0);
    let info = log.append_as_leader(&sent, &context).unwrap();
    assert_eq!((info.base_offset, info.last_offset, info.log_append_time_ms, info.duplicate), (3, 5, -1, false));
    log.advance_high_watermark(6);
    let stored = log.read(&whole(3)).unwrap().slice.unwrap().read().unwrap();
    let header = BatchHeader::parse(&stored).unwrap();
    assert_eq!((header.base_offset, header.partition_leader_epoch), (3, 5));
    assert_eq!(stored[16..], sent[16..], "the checksum and all that it covers are the client's");
    assert_eq!(log.epochs().entries().len(), 1);
}

#[test]
fn log_append_time_is_stamped_and_the_checksum_made_new() {
    let fixture = Fixture::new(LogConfig { timestamp_type: TimestampType::LogAppendTime, ..small() });
    let log = fixture.log(0);
    let info = fixture.try_append(&log, &batch(1, 3, 20)).unwrap();
    assert_eq!(info.log_append_time_ms, fixture.now_ms());
    let stored = log.read(&whole(0)).unwrap().slice.unwrap().read().unwrap();
    let stored = Batches::new(&stored).next().unwrap().unwrap();
    assert!(stored.crc_matches());
    assert_eq!(stored.header.max_timestamp, fixture.now_ms());
    assert_eq!(stored.header.attributes.timestamp_type(), TimestampType::LogAppendTime);
}

#[test]
fn a_repeated_batch_gets_the_first_answer_and_is_not_appended() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    let first = fixture.try_append(&log, &produced(9, 0, 0, 4, fixture.now_ms())).unwrap();
    fixture.try_append(&log, &produced(9, 0, 4, 1, fixture.now_ms())).unwrap();
    let again = fixture.try_append(&log, &produced(9, 0, 0, 4, fixture.now_ms())).unwrap();
    assert!(again.duplicate);
    assert_eq!((again.base_offset, again.last_offset), (first.base_offset, first.last_offset));
    assert_eq!(log.log_end(), 5);
}

#[test]
fn gaps_and_old_epochs_are_refused() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    fixture.try_append(&log, &produced(9, 1, 0, 4, fixture.now_ms())).unwrap();
    let gap = fixture.try_append(&log, &produced(9, 1, 5, 1, fixture.now_ms()));
    assert!(matches!(gap, Err(AppendError::Producer(ProducerError::OutOfOrderSequence { .. }))));
    let old = fixture.try_append(&log, &produced(9, 0, 0, 1, fixture.now_ms()));
    assert!(matches!(old, Err(AppendError::Producer(ProducerError::InvalidEpoch { .. }))));
    assert_eq!(log.log_end(), 4);
}

#[test]
fn producers_survive_a_clean_stop_and_a_crash() {
    let mut fixture = Fixture::new(small());
    let now_ms = fixture.now_ms();
    fixture.try_append(&fixture.log(0), &produced(9, 1, 0, 4, now_ms)).unwrap();
    for clean in [true, false] {
        fixture = if clean { fixture.restart() } else { fixture.crash() };
        let again = fixture.try_append(&fixture.log(0), &produced(9, 1, 0, 4, now_ms)).unwrap();
        assert!(again.duplicate, "clean: {clean}");
    }
}

#[test]
fn what_fits_no_segment_and_what_is_no_batch_is_refused() {
    let fixture = Fixture::new(LogConfig { max_message_bytes: 1 << 20, ..small() });
    let log = fixture.log(0);
    let large = fixture.try_append(&log, &batch(fixture.now_ms(), 1, 5000));
    assert!(matches!(large, Err(AppendError::LargerThanSegment { max: 4096, .. })), "{large:?}");
    for bytes in [&b""[..], b"garbage", &[0; 200]] {
        assert!(matches!(fixture.try_append(&log, bytes), Err(AppendError::Rejected(_))));
    }
    let mut flipped = batch(fixture.now_ms(), 1, 50);
    flipped[HEADER_LEN + 5] ^= 1;
    assert!(matches!(fixture.try_append(&log, &flipped), Err(AppendError::Rejected(_))));
    assert_eq!((log.log_end(), log.size()), (0, 0));
}

#[test]
fn an_older_leader_is_refused() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    log.begin_epoch(7).unwrap();
    let stale = fixture.try_append(&log, &batch(fixture.now_ms(), 1, 5));
    assert!(matches!(stale, Err(AppendError::StaleEpoch { epoch: 0, current: 7 })));
}

#[test]
fn transactional_batches_wait_for_transactions() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    let transactional = build(BatchBuilder::new(Codec::None).producer(1, 0, 0).transactional(), fixture.now_ms(), 2, 5);
    assert!(matches!(fixture.try_append(&log, &transactional), Err(AppendError::TransactionsOff)));
}

#[test]
fn an_aborted_transaction_holds_readers_back_and_ends_in_the_index() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    let now_ms = fixture.now_ms();
    let client = AppendContext { transactions: true, ..AppendContext::client(0, now_ms) };
    let transactional = build(BatchBuilder::new(Codec::None).producer(1, 0, 0).transactional(), now_ms, 2, 5);
    log.append_as_leader(&transactional, &client).unwrap();
    fixture.append(&log, 1, 5);
    assert_eq!((log.bounds().last_stable(), log.high_watermark()), (0, 3));
    assert_eq!(log.open_transactions().len(), 1);

    let marker = end_marker_batch(1, 0, EndMarker::Abort, 3, now_ms).unwrap();
    let coordinator = AppendContext { origin: Origin::Coordinator, marker_rule: MarkerRule::NotOlder, ..client };
    log.append_as_leader(&marker, &coordinator).unwrap();
    assert_eq!(log.bounds().last_stable(), 0, "the marker is not replicated");
    log.advance_high_watermark(4);
    assert_eq!(log.bounds().last_stable(), 4);
    let aborted = log.aborted_transactions(0, 4).unwrap();
    assert_eq!((aborted[0].first_offset, aborted[0].last_offset, aborted[0].last_stable_offset), (0, 3, 4));
    assert_eq!(log.aborted_transactions(4, 5).unwrap(), []);
    // A coordinator of before is fenced.
    let old = end_marker_batch(1, 0, EndMarker::Commit, 2, now_ms).unwrap();
    let fenced = log.append_as_leader(&old, &coordinator);
    assert!(matches!(fenced, Err(AppendError::Producer(ProducerError::CoordinatorFenced { .. }))));

    let fixture = fixture.crash();
    assert_eq!(fixture.log(0).aborted_transactions(0, 4).unwrap(), aborted, "recovery writes the index again");
    assert_eq!(fixture.log(0).open_transactions(), []);
}

#[test]
fn a_forced_codec_recompresses_and_keeps_the_records() {
    let forced = LogConfig { compression: crate::config::Compression::Forced(Codec::Zstd), ..small() };
    let fixture = Fixture::new(forced);
    let log = fixture.log(0);
    fixture.append(&log, 20, 50);
    let zstd = build(BatchBuilder::new(Codec::Zstd), fixture.now_ms(), 2, 50);
    fixture.try_append(&log, &zstd).unwrap();
    assert_eq!(read_all(&log, 0).len(), 22);
    let stored = log.read(&whole(0)).unwrap().slice.unwrap().read().unwrap();
    let mut batches = Batches::new(&stored).map(Result::unwrap);
    let first = batches.next().unwrap();
    assert_eq!(first.header.attributes.codec(), Some(Codec::Zstd));
    assert!(first.bytes.len() < 300);
    assert_eq!(batches.next().unwrap().bytes[16..], zstd[16..], "what is in the codec already stays as it is");
}

#[test]
fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    fixture.append(&log, 1, 50);
    let used = (1 << 40) - fixture.world.env().disk.space("/".as_ref()).unwrap().available;
    fixture.world.disk.limit_space(Some(used));
    // Blocks reserved ahead may still take some.
    let refused = loop {
        match fixture.try_append(&log, &batch(fixture.now_ms(), 1, 900)) {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, AppendError::Storage(crate::error::StorageError::Full(_))), "{refused}");
    let before = read_all(&log, 0);
    let file = log.path().join("00000000000000000000.log");
    assert!(fixture.world.disk.stat(&file).unwrap().unwrap().len <= 4096);
    assert!(log.dir().check().is_ok(), "a full disk does not end the directory");

    fixture.world.disk.limit_space(None);
    fixture.append(&log, 1, 900);
    assert_eq!(read_all(&log, 0).len(), before.len() + 1);
    let fixture = fixture.crash();
    fixture.log(0).advance_high_watermark(i64::MAX);
    assert_eq!(read_all(&fixture.log(0), 0).len(), before.len() + 1);
}

#[test]
fn a_write_error_ends_the_directory() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    fixture.append(&log, 1, 50);
    fixture.world.disk.fail_writes(&log.path().join("00000000000000000000.log"));
    assert!(matches!(fixture.try_append(&log, &batch(fixture.now_ms(), 1, 5)), Err(AppendError::Storage(_))));
    assert_eq!(fixture.manager.offline_dirs().len(), 1);
    let other = fixture.manager.get_or_create(&partition(1), Arc::clone(&fixture.config));
    assert!(other.is_err(), "nothing is created in an offline directory");
}

#[test]
fn a_transaction_begins_only_under_a_guard_and_coordinators_write_into_it_without_sequences() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    let now_ms = fixture.now_ms();
    let client = AppendContext {
        transactions: true,
        verification: Verification::Needed(None),
        ..AppendContext::client(0, now_ms)
    };
    let batch = |sequence| build(BatchBuilder::new(Codec::None).producer(1, 0, sequence).transactional(), now_ms, 1, 5);
    let refused = log.append_as_leader(&batch(0), &client);
    assert!(matches!(refused, Err(AppendError::Producer(ProducerError::NotVerified { producer_id: 1 }))));
    assert_eq!(log.log_end(), 0);

    let who = ToVerify { producer_id: 1, epoch: 0, base_sequence: 0, bumps_epoch: true };
    let guard = log.begin_verification(&who).unwrap();
    let verified = AppendContext { verification: Verification::Needed(guard), ..client };
    log.append_as_leader(&batch(0), &verified).unwrap();
    log.append_as_leader(&batch(1), &client).unwrap();
    assert!(log.append_as_leader(&batch(1), &client).unwrap().duplicate);
    assert_eq!(log.begin_verification(&who), Ok(None));

    let coordinator = AppendContext { origin: Origin::Coordinator, ..AppendContext::client(0, now_ms) };
    for _ in 0..2 {
        let written = log.append_as_leader(&batch(-1), &coordinator).unwrap();
        assert!(!written.duplicate);
    }
    assert_eq!((log.log_end(), log.open_transactions().len()), (4, 1));
}
