//! Offsets by timestamp and epoch, checked against looking at every record.

use crate::config::LogConfig;
use crate::lookup::FoundRecord;
use crate::testing::{Fixture, build, small};
use esker_record::{BatchBuilder, Codec, NewRecord, TimestampType};

const T: i64 = 1_800_000_000_000;

/// Batches of records with these timestamps, in one codec.
fn append(fixture: &Fixture, codec: Codec, batches: &[&[i64]]) {
    for timestamps in batches {
        let mut builder = BatchBuilder::new(codec);
        for &timestamp in *timestamps {
            builder.append(&NewRecord { timestamp, key: None, value: Some(&[1; 60]), headers: &[] }).unwrap();
        }
        fixture.try_append(&fixture.log(0), &builder.build().unwrap()).unwrap();
    }
}

fn any_time() -> LogConfig {
    LogConfig { timestamp_after_max_ms: i64::MAX, segment_bytes: 1000, ..small() }
}

#[test]
fn the_first_record_at_or_behind_a_timestamp_is_found_in_every_codec() {
    for codec in [Codec::None, Codec::Lz4] {
        let fixture = Fixture::new(any_time());
        // Timestamps that go back and forth over several segments.
        let all: Vec<i64> = (0..120).map(|n| T + (n * 37) % 50 + n / 3).collect();
        let batches: Vec<&[i64]> = all.chunks(3).collect();
        append(&fixture, codec, &batches);
        let log = fixture.log(0);
        assert!(log.segment_count() > 2);
        for wanted in T - 1..T + 95 {
            for from in [0, 50] {
                let expected = all.iter().enumerate().skip(from).find(|(_, timestamp)| **timestamp >= wanted);
                let found = log.offset_for_timestamp(wanted, from as i64).unwrap();
                let pair = found.map(|found| (found.offset, found.timestamp));
                assert_eq!(pair, expected.map(|(at, timestamp)| (at as i64, *timestamp)), "{wanted} from {from}");
            }
        }
        let largest = *all.iter().max().unwrap();
        let first = all.iter().position(|timestamp| *timestamp == largest).unwrap();
        let found = log.offset_of_max_timestamp().unwrap().unwrap();
        assert_eq!(found, FoundRecord { timestamp: largest, offset: first as i64, leader_epoch: Some(0) });
    }
}

#[test]
fn the_answers_are_the_same_after_a_restart() {
    let mut fixture = Fixture::new(any_time());
    append(&fixture, Codec::None, &[&[T, T + 5], &[T + 9, T + 1], &[T + 2], &[T + 9], &[T + 3]]);
    for clean in [true, false] {
        fixture = if clean { fixture.restart() } else { fixture.crash() };
        let log = fixture.log(0);
        assert_eq!(log.offset_of_max_timestamp().unwrap().unwrap().offset, 2);
        assert_eq!(log.offset_for_timestamp(T + 6, 0).unwrap().unwrap().offset, 2);
        assert_eq!(log.offset_for_timestamp(T + 10, 0).unwrap(), None);
    }
}

#[test]
fn an_empty_log_and_records_without_timestamps_have_no_answer() {
    let fixture = Fixture::new(any_time());
    assert_eq!(fixture.log(0).offset_of_max_timestamp().unwrap(), None);
    append(&fixture, Codec::None, &[&[-1], &[-1]]);
    assert_eq!(fixture.log(0).offset_of_max_timestamp().unwrap(), None);
    assert_eq!(fixture.log(0).offset_for_timestamp(0, 0).unwrap(), None);
}

#[test]
fn with_log_append_time_all_records_of_a_batch_have_the_brokers() {
    let fixture = Fixture::new(LogConfig { timestamp_type: TimestampType::LogAppendTime, ..small() });
    fixture.try_append(&fixture.log(0), &build(BatchBuilder::new(Codec::None), 5, 3, 10)).unwrap();
    let found = fixture.log(0).offset_for_timestamp(fixture.now_ms(), 0).unwrap().unwrap();
    assert_eq!((found.offset, found.timestamp), (0, fixture.now_ms()));
    assert_eq!(fixture.log(0).offset_for_timestamp(fixture.now_ms() + 1, 0).unwrap(), None);
}
