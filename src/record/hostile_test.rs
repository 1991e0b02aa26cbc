//! What a hostile or broken producer may send: each refused for what it is, nothing reserved for it.

use crate::testing::{CODECS, COMPRESSING, Owned, batch_of, build, limits, set_attributes};
use crate::*;
use proptest::prelude::*;

fn good(codec: Codec) -> Vec<u8> {
    build(codec, &[Owned::new(1, Some(b"key"), Some(b"value")), Owned::new(2, None, Some(&[9; 500]))])
}

fn refused(bytes: &[u8]) -> InspectError {
    inspect(bytes, &limits()).unwrap_err()
}

/// One record without compression: `length` as stated, then `body`.
fn record(length: u8, body: &[u8]) -> Vec<u8> {
    [&[length << 1], body].concat()
}

#[test]
fn a_wrong_checksum_is_corrupt_whatever_else_is_wrong() {
    for codec in CODECS {
        for at in [17, 22, 30, 60, 62] {
            let mut bytes = good(codec);
            bytes[at] ^= 0x80;
            let error = refused(&bytes);
            assert!(matches!(error, InspectError::Crc { .. }), "{error}");
            assert_eq!(error.severity(), Severity::Corrupt);
        }
    }
}

#[test]
fn a_length_that_is_not_the_batch_s_is_refused() {
    let bytes = good(Codec::None);
    for len in [0, 16, 60, 61, bytes.len() - 1] {
        let error = refused(&bytes[..len]);
        assert_eq!(error, InspectError::NoBatch { available: len });
        assert_eq!(error.severity(), Severity::InvalidRecord);
    }
    for length in [i32::MIN, -1, 0, 48] {
        let mut bytes = bytes.clone();
        bytes[8..12].copy_from_slice(&length.to_be_bytes());
        assert_eq!(refused(&bytes), InspectError::BatchLength(length));
        assert_eq!(refused(&bytes).severity(), Severity::Corrupt);
    }
    let mut bytes = bytes;
    bytes[8..12].copy_from_slice(&i32::MAX.to_be_bytes());
    assert!(matches!(refused(&bytes), InspectError::NoBatch { .. }));
}

#[test]
fn a_count_that_does_not_fit_the_last_offset_is_refused() {
    for (last_offset_delta, count) in
        [(1, 3), (1, 1), (-1, 0), (0, 0), (1, -2), (-2, -1), (i32::MAX, i32::MIN), (i32::MIN, i32::MIN + 1)]
    {
        let mut bytes = good(Codec::None);
        bytes[23..27].copy_from_slice(&i32::to_be_bytes(last_offset_delta));
        bytes[57..61].copy_from_slice(&i32::to_be_bytes(count));
        patch::seal(&mut bytes).unwrap();
        assert_eq!(refused(&bytes), InspectError::Count { last_offset_delta, count });
    }
}

#[test]
fn a_count_that_fits_the_header_but_not_the_records_is_refused() {
    for codec in CODECS {
        for count in [1, 3, i32::MAX] {
            let mut bytes = good(codec);
            bytes[23..27].copy_from_slice(&i32::to_be_bytes(count - 1));
            bytes[57..61].copy_from_slice(&i32::to_be_bytes(count));
            patch::seal(&mut bytes).unwrap();
            let error = refused(&bytes);
            assert!(matches!(error, InspectError::Records(_)), "{codec:?} with {count}: {error}");
            assert_eq!(error.severity(), Severity::InvalidRecord);
        }
    }
}

#[test]
fn other_formats_are_refused() {
    for (magic, severity) in
        [(0, Severity::InvalidRecord), (1, Severity::InvalidRecord), (3, Severity::Corrupt), (-1, Severity::Corrupt)]
    {
        let mut bytes = good(Codec::None);
        bytes[16] = magic as u8;
        assert_eq!(refused(&bytes).severity(), severity, "format {magic}");
    }
}

#[test]
fn control_batches_from_clients_are_refused() {
    let marker = end_marker_batch(7, 0, EndMarker::Commit, 0, 1).unwrap();
    assert_eq!(refused(&marker), InspectError::Control);
}

#[test]
fn two_batches_or_bytes_behind_one_are_refused() {
    let (one, two) = (good(Codec::None), good(Codec::Gzip));
    assert_eq!(refused(&[&one[..], &two].concat()), InspectError::MoreThanOneBatch { trailing: two.len() });
    assert_eq!(refused(&[&one[..], b"x"].concat()), InspectError::MoreThanOneBatch { trailing: 1 });
    assert_eq!(refused(b"").severity(), Severity::InvalidRecord);
}

#[test]
fn a_base_offset_other_than_0_is_refused() {
    for base_offset in [1, -1, i64::MAX, i64::MIN] {
        let mut bytes = good(Codec::None);
        patch::assign(&mut bytes, base_offset, -1).unwrap();
        assert_eq!(refused(&bytes), InspectError::BaseOffset(base_offset));
    }
}

#[test]
fn a_producer_without_a_sequence_is_refused() {
    let mut builder = BatchBuilder::new(Codec::None).producer(7, 0, -1);
    builder.append(&NewRecord::default()).unwrap();
    let error = refused(&builder.build().unwrap());
    assert_eq!(error, InspectError::Sequence { producer_id: 7, base_sequence: -1 });
}

#[test]
fn a_batch_that_claims_the_broker_s_clock_is_refused() {
    let mut builder = BatchBuilder::new(Codec::None).log_append_time(5);
    builder.append(&NewRecord::default()).unwrap();
    assert_eq!(refused(&builder.build().unwrap()).severity(), Severity::InvalidTimestamp);
}

#[test]
fn batches_over_the_size_limit_are_refused_by_their_compressed_size() {
    let bytes = build(Codec::Zstd, &[Owned::new(1, None, Some(&[0; 1 << 20]))]);
    let limit = |batch_bytes_max| inspect(&bytes, &Limits { batch_bytes_max, ..limits() });
    assert!(limit(bytes.len()).is_ok());
    let error = limit(bytes.len() - 1).unwrap_err();
    assert_eq!(error, InspectError::TooLarge { size: bytes.len(), max: bytes.len() - 1 });
    assert_eq!(error.severity(), Severity::TooLarge);
}

#[test]
fn unknown_codecs_and_zstd_before_its_time_are_unsupported() {
    for id in 5..8 {
        let mut bytes = good(Codec::None);
        set_attributes(&mut bytes, id);
        assert_eq!(refused(&bytes), InspectError::UnknownCodec(id as u8));
        assert_eq!(refused(&bytes).severity(), Severity::UnsupportedCompression);
    }
    let error = inspect(&good(Codec::Zstd), &Limits { zstd_allowed: false, ..limits() }).unwrap_err();
    assert_eq!((error.severity(), error), (Severity::UnsupportedCompression, InspectError::ZstdNotAllowed));
}

#[test]
fn another_codec_s_bytes_are_refused() {
    for codec in COMPRESSING {
        for other in CODECS.into_iter().filter(|other| *other != codec) {
            let mut bytes = good(other);
            set_attributes(&mut bytes, codec as i16);
            let error = refused(&bytes);
            assert_eq!(error.severity(), Severity::InvalidRecord, "{other:?} as {codec:?}: {error}");
        }
    }
}

#[test]
fn record_lengths_and_counts_that_lie_are_refused() {
    // attributes, timestamp delta, offset delta, null key, null value, no headers
    let honest = [0, 0, 0, 1, 1, 0];
    assert!(inspect(&batch_of(0, 1, &record(6, &honest)), &limits()).is_ok());
    let lies: [(&str, Vec<u8>); 12] = [
        ("record longer than the batch", record(7, &honest)),
        ("record shorter than its fields", record(5, &honest)),
        ("record longer than its fields", record(7, &[0, 0, 0, 1, 1, 0, 0])),
        ("negative record length", [&[1], &honest[..]].concat()),
        ("key beyond the record", record(6, &[0, 0, 0, 20, 1, 0])),
        ("key length -2", record(6, &[0, 0, 0, 3, 1, 0])),
        ("value beyond the record", record(6, &[0, 0, 0, 1, 20, 0])),
        ("value length -2", record(6, &[0, 0, 0, 1, 3, 0])),
        ("more headers than bytes", record(6, &[0, 0, 0, 1, 1, 2])),
        ("a negative number of headers", record(6, &[0, 0, 0, 1, 1, 1])),
        ("negative header key length", record(8, &[0, 0, 0, 1, 1, 2, 1, 1])),
        ("header value length -2", record(8, &[0, 0, 0, 1, 1, 2, 0, 3])),
    ];
    for (lie, records) in &lies {
        for codec in CODECS {
            let mut section = Vec::new();
            compress(codec, None, records, &mut section).unwrap();
            let error = refused(&batch_of(codec as i16, 1, &section));
            assert!(matches!(error, InspectError::Records(_)), "{lie} in {codec:?}: {error}");
        }
        assert!(Records::new(records, 1).any(|record| record.is_err()), "{lie}");
    }
}

#[test]
fn varints_that_never_end_are_refused() {
    for records in [&[0xff; 20][..], &[0x80; 5], &[0xff, 0xff, 0xff, 0xff, 0x7f]] {
        let error = RecordError::Varint;
        let expected = RecordsError::Record { index: 0, error };
        assert_eq!(refused(&batch_of(0, 1, records)), InspectError::Records(expected));
    }
    let endless_timestamp = record(13, &[[0].as_slice(), &[0xff; 12]].concat());
    assert!(matches!(refused(&batch_of(0, 1, &endless_timestamp)), InspectError::Records(_)));
}

#[test]
fn offset_deltas_that_do_not_count_up_are_refused() {
    let records = [record(6, &[0, 0, 0, 1, 1, 0]), record(6, &[0, 0, 0, 1, 1, 0])].concat();
    assert_eq!(refused(&batch_of(0, 2, &records)), InspectError::OffsetDelta { index: 1, offset_delta: 0 });
}

#[test]
fn a_timestamp_that_overflows_is_refused() {
    let mut bytes = batch_of(0, 1, &record(6, &[0, 2, 0, 1, 1, 0]));
    bytes[27..35].copy_from_slice(&i64::MAX.to_be_bytes());
    patch::seal(&mut bytes).unwrap();
    assert_eq!(refused(&bytes), InspectError::TimestampOverflow { index: 0 });
}

proptest! {
    #[test]
    fn no_records_section_makes_inspection_panic(
        codec in 0i16..8, count in 1i32..20, records in proptest::collection::vec(any::<u8>(), 0..300)
    ) {
        let _ = inspect(&batch_of(codec, count, &records), &limits());
        for record in Records::new(&records, count).flatten() {
            prop_assert!(record.headers().count() <= records.len());
        }
    }

    #[test]
    fn a_flipped_byte_under_a_new_checksum_never_makes_inspection_panic(
        codec in 0usize..5, at in any::<prop::sample::Index>(), to in any::<u8>()
    ) {
        let mut bytes = good(CODECS[codec]);
        let at = 21 + at.index(bytes.len() - 21);
        bytes[at] = to;
        patch::seal(&mut bytes).unwrap();
        let _ = inspect(&bytes, &limits());
    }
}
