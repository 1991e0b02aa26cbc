//! Good batches pass, with what was found in them; records that a topic does not take are listed.

use crate::testing::{CODECS, Owned, batch_of, build, limits};
use crate::*;

fn records(timestamps: &[i64]) -> Vec<Owned> {
    timestamps.iter().map(|timestamp| Owned::new(*timestamp, Some(b"k"), Some(&[7; 100]))).collect()
}

#[test]
fn an_inspection_says_what_the_leader_needs() {
    for codec in CODECS {
        let bytes = build(codec, &records(&[1000, 3000, 3000, 2000]));
        let seen = inspect(&bytes, &limits()).unwrap();
        assert_eq!((seen.header.record_count, seen.codec), (4, codec));
        assert_eq!((seen.max_timestamp, seen.max_timestamp_offset_delta), (3000, 1));
        assert_eq!(seen.decompressed_bytes, build(Codec::None, &records(&[1000, 3000, 3000, 2000])).len() - HEADER_LEN);
    }
}

#[test]
fn a_record_larger_than_any_piece_is_walked() {
    let big = vec![b'x'; 3 << 20];
    for codec in CODECS {
        let bytes = build(codec, &[Owned::new(1, Some(&big), Some(&big)), Owned::new(2, None, Some(b"small"))]);
        let limits = Limits { batch_bytes_max: 8 << 20, ..limits() };
        assert_eq!(inspect(&bytes, &limits).unwrap().max_timestamp, 2, "{codec:?}");
    }
}

#[test]
fn records_without_any_timestamp_have_none_at_most() {
    let seen = inspect(&build(Codec::Lz4, &records(&[-1, -1])), &limits()).unwrap();
    assert_eq!((seen.max_timestamp, seen.max_timestamp_offset_delta), (-1, 0));
}

#[test]
fn a_header_that_misstates_the_largest_timestamp_is_found_and_can_be_corrected() {
    let mut bytes = build(Codec::Zstd, &records(&[1000, 2000]));
    patch::max_timestamp(&mut bytes, 9).unwrap();
    let seen = inspect(&bytes, &limits()).unwrap();
    assert!(seen.misstates_max_timestamp());
    patch::max_timestamp(&mut bytes, seen.max_timestamp).unwrap();
    assert!(!inspect(&bytes, &limits()).unwrap().misstates_max_timestamp());
}

#[test]
fn keyless_records_are_listed_where_keys_are_required() {
    let keyless = Owned::new(1, None, None);
    let keyed = Owned::new(1, Some(b""), None);
    for codec in CODECS {
        let bytes = build(codec, &[keyed.clone(), keyless.clone(), keyed.clone(), keyless.clone()]);
        assert!(inspect(&bytes, &limits()).is_ok());
        let error = inspect(&bytes, &Limits { keys_required: true, ..limits() }).unwrap_err();
        assert_eq!(error.severity(), Severity::InvalidRecord);
        let InspectError::Rejected(rejections) = error else { panic!("{error}") };
        assert_eq!((rejections.total, rejections.any_timestamp), (2, false));
        let reason = RejectionReason::NoKey;
        assert_eq!(rejections.first, [Rejection { index: 1, reason }, Rejection { index: 3, reason }]);
    }
}

#[test]
fn timestamps_beyond_the_topic_s_range_are_listed_and_none_is_always_taken() {
    let timestamps = TimestampLimits::around(10_000, 1_000, 500);
    let limits = Limits { timestamps, ..limits() };
    assert!(inspect(&build(Codec::None, &records(&[9_000, 10_500, -1])), &limits).is_ok());
    let error = inspect(&build(Codec::Gzip, &records(&[8_999, 9_000, 10_501])), &limits).unwrap_err();
    assert_eq!(error.severity(), Severity::InvalidTimestamp);
    let InspectError::Rejected(rejections) = error else { panic!("{error}") };
    let reason = |timestamp| RejectionReason::Timestamp { timestamp, earliest: 9_000, latest: 10_500 };
    assert_eq!(
        rejections.first,
        [Rejection { index: 0, reason: reason(8_999) }, Rejection { index: 2, reason: reason(10_501) }]
    );
}

#[test]
fn extreme_timestamps_are_judged_without_overflow() {
    let no_limit = TimestampLimits::around(10_000, i64::MAX, i64::MAX);
    let default = TimestampLimits::around(10_000, i64::MAX, 3_600_000);
    for (timestamp, timestamps, taken) in [
        (i64::MIN, no_limit, true),
        (i64::MAX, no_limit, true),
        (i64::MIN, default, true),
        (i64::MAX, default, false),
        (i64::MIN, TimestampLimits::around(10_000, 5, 5), false),
        (i64::MAX, TimestampLimits::LogAppendTime, true),
    ] {
        let limits = Limits { timestamps, ..limits() };
        assert_eq!(inspect(&build(Codec::None, &records(&[timestamp])), &limits).is_ok(), taken, "{timestamp}");
    }
}

#[test]
fn a_long_list_of_rejections_is_cut_and_counted() {
    let bytes = build(Codec::Lz4, &vec![Owned::new(1, None, None); 5_000]);
    let error = inspect(&bytes, &Limits { keys_required: true, ..limits() }).unwrap_err();
    let InspectError::Rejected(rejections) = error else { panic!("{error}") };
    assert_eq!((rejections.total, rejections.first.len()), (5_000, REJECTIONS_KEPT_MAX));
}

#[test]
fn a_timestamp_among_the_reasons_decides_the_answer() {
    let bytes = build(Codec::None, &[Owned::new(1, None, None), Owned::new(i64::MAX, Some(b"k"), None)]);
    let error = inspect(&bytes, &Limits { keys_required: true, ..limits() }).unwrap_err();
    assert_eq!(error.severity(), Severity::InvalidTimestamp);
}

#[test]
fn header_depth_looks_at_header_and_checksum_only() {
    let limits = Limits { depth: Depth::Header, keys_required: true, ..limits() };
    let bytes = batch_of(4, 3, b"not zstd at all");
    let seen = inspect(&bytes, &limits).unwrap();
    assert_eq!((seen.header.record_count, seen.max_timestamp, seen.max_timestamp_offset_delta), (3, -1, 2));
    assert_eq!(seen.decompressed_bytes, 15);
    let mut damaged = bytes;
    damaged[70] ^= 1;
    assert!(matches!(inspect(&damaged, &limits), Err(InspectError::Crc { .. })));
}
