//! Inputs that mean harm: each is refused with a reason, and reserves next to nothing before.

use crate::allocation::peak_of;
use crate::arbitrary::{RandomSource, Rng};
use crate::frame::IncomingRequest;
use crate::messages::produce::{PartitionProduceData, TopicProduceData};
use crate::messages::{AnyRequest, MetadataRequest, OffsetCommitRequest, ProduceRequest};
use crate::{ApiKey, DECODED_BYTES_MAX, DecodeReason, Decoder, Message};
use bytes::{BufMut, Bytes, BytesMut};

/// What counts as next to nothing.
const LITTLE: usize = 64 << 10;

fn uvarint(out: &mut BytesMut, mut value: u32) {
    while value >= 0x80 {
        out.put_u8(value as u8 | 0x80);
        value >>= 7;
    }
    out.put_u8(value as u8);
}

/// Decodes and drops; answers the reason of failure and the peak of memory.
fn refused(key: ApiKey, version: i16, bytes: Bytes) -> (DecodeReason, usize) {
    let (result, peak) = peak_of(|| AnyRequest::decode(key, version, bytes).map(drop));
    (result.expect_err("the input is hostile").reason, peak)
}

#[test]
fn h11_twenty_million_tagged_fields_in_a_header_are_refused_at_their_count() {
    let mut frame = BytesMut::new();
    frame.put_slice(b"\0\x12\0\x03\0\0\0\x01\xff\xff");
    uvarint(&mut frame, 20_000_000);
    frame.put_bytes(0, 40_000_000);
    let frame = frame.freeze();
    let (result, peak) = peak_of(|| IncomingRequest::read(frame).map(drop));
    let text = result.unwrap_err().to_string();
    assert!(text.contains("20000000 tagged fields in one structure are too many"), "{text}");
    assert!(peak < LITTLE, "{peak}");
}

#[test]
fn h11_up_to_64_unknown_tagged_fields_are_skipped() {
    let request = |tags: u32| {
        let mut bytes = BytesMut::new();
        bytes.put_slice(&[1, 0, 0]); // no topics, two flags
        uvarint(&mut bytes, tags);
        for tag in 0..tags {
            uvarint(&mut bytes, tag);
            bytes.put_slice(&[3, b'a', b'b', b'c']);
        }
        MetadataRequest::decode(bytes.freeze(), 12).map_err(|error| error.reason)
    };
    assert_eq!(request(64), request(0));
    assert!(request(64).is_ok());
    assert_eq!(request(65), Err(DecodeReason::TooManyTags(65)));
}

#[test]
fn h16_quirk_43_an_array_of_two_billion_in_any_field_of_any_request_reserves_nothing() {
    for key in ApiKey::all() {
        for version in key.versions().iter() {
            let flexible = key.flexible_since().is_some_and(|since| version >= since);
            let request = AnyRequest::read(key, &mut RandomSource::new(3, version, flexible)).unwrap();
            let mut valid = BytesMut::new();
            request.encode(version, &mut valid).unwrap();
            // Whatever stands at a place, a length of 2^31 - 1 stands there now.
            for at in 0..=valid.len() {
                let mut hostile = BytesMut::from(&valid[..at]);
                hostile.put_slice(if flexible { &[0xff, 0xff, 0xff, 0xff, 0x07] } else { &[0x7f, 0xff, 0xff, 0xff] });
                let bytes = hostile.freeze();
                let (_, peak) = peak_of(|| AnyRequest::decode(key, version, bytes).map(drop));
                assert!(peak < LITTLE, "{key} v{version}: {peak} bytes at {at}");
            }
        }
    }
}

#[test]
fn h16_an_array_longer_than_its_bytes_is_refused_by_its_count() {
    let topics = [&0x7fff_ffffu32.to_be_bytes()[..], &[0; 100]].concat();
    let (reason, peak) = refused(ApiKey::Metadata, 4, topics.into());
    assert_eq!(reason, DecodeReason::CountTooLarge { count: 0x7fff_ffff, remaining: 100 });
    assert!(peak < LITTLE, "{peak}");
    // A partition of a fetch takes 16 bytes at least, so ten might be there and eleven cannot.
    let partitions = |count: u32| {
        let head = [&[0; 17][..], &1u32.to_be_bytes(), b"\0\x01t"].concat();
        refused(ApiKey::Fetch, 4, [&head[..], &count.to_be_bytes(), &[0; 160]].concat().into()).0
    };
    assert_eq!(partitions(11), DecodeReason::CountTooLarge { count: 11, remaining: 160 });
    assert_eq!(partitions(9), DecodeReason::TrailingBytes(160 - 9 * 16));
}

#[test]
fn h17_overlong_varints_are_refused() {
    let count = |bytes: &'static [u8]| Decoder::new(Bytes::from_static(bytes)).uvarint().map_err(|error| error.reason);
    assert_eq!(count(&[0xff, 0xff, 0xff, 0xff, 0x0f]), Ok(u32::MAX));
    assert_eq!(count(&[0]), Ok(0));
    assert_eq!(count(&[0xff; 5]), Err(DecodeReason::OverlongVarint));
    assert_eq!(count(&[0xff, 0xff, 0xff, 0xff, 0x1f]), Err(DecodeReason::OverlongVarint), "more than 32 bits");
    assert_eq!(count(&[0x81, 0x00]), Err(DecodeReason::OverlongVarint), "one byte would do");
    assert_eq!(count(&[0x80; 10]), Err(DecodeReason::OverlongVarint));
    assert_eq!(count(&[0x80, 0x80]), Err(DecodeReason::Truncated { needed: 1, remaining: 0 }));

    let (reason, peak) = refused(ApiKey::Metadata, 12, Bytes::from_static(&[0xff; 5]));
    assert_eq!(reason, DecodeReason::OverlongVarint);
    assert!(peak < LITTLE, "{peak}");
}

#[test]
fn h18_nested_arrays_that_would_decode_to_more_than_the_budget_are_refused_within_it() {
    // 60 MiB of topics without partitions: six bytes each here, many times that in memory.
    let topics = 10 << 20;
    let mut bytes = BytesMut::with_capacity(topics * 6 + 64);
    bytes.put_slice(b"\0\0\0\0\0\0\0\0"); // no group, generation 0, no member
    bytes.put_slice(b"\xff\xff\xff\xff\xff\xff\xff\xff"); // retention
    bytes.put_u32(topics as u32);
    bytes.put_bytes(0, topics * 6);
    let (reason, peak) = refused(ApiKey::OffsetCommit, 2, bytes.freeze());
    assert!(matches!(reason, DecodeReason::BudgetExceeded { .. }), "{reason}");
    assert!(peak <= DECODED_BYTES_MAX + LITTLE, "{peak}");
}

#[test]
fn h18_many_small_arrays_draw_on_the_same_budget_as_one_large() {
    // A thousand topics with a thousand partitions each.
    let mut bytes = BytesMut::new();
    bytes.put_slice(b"\0\0\0\0\0\0\0\0");
    bytes.put_slice(b"\xff\xff\xff\xff\xff\xff\xff\xff");
    bytes.put_u32(1000);
    for _ in 0..1000 {
        bytes.put_slice(b"\0\0");
        bytes.put_u32(1000);
        bytes.put_bytes(0, 1000 * 14);
    }
    let bytes = bytes.freeze();
    let decode = |budget: usize| {
        let mut decoder = Decoder::new(bytes.clone()).with_budget(budget);
        OffsetCommitRequest::decode_from(&mut decoder, 2).map_err(|error| error.reason)
    };
    let (result, peak) = peak_of(|| decode(16 << 20).map(drop));
    assert!(matches!(result, Err(DecodeReason::BudgetExceeded { .. })), "{result:?}");
    assert!(peak <= (16 << 20) + LITTLE, "{peak}");
    assert_eq!(decode(DECODED_BYTES_MAX).map(|request| request.topics.len()), Ok(1000));
}

#[test]
fn h19_h20_strings_and_bytes_longer_than_what_remains_are_refused() {
    let (reason, _) = refused(ApiKey::SaslHandshake, 1, Bytes::from_static(b"\x7f\xffPLAIN"));
    assert_eq!(reason, DecodeReason::Truncated { needed: 0x7fff, remaining: 5 });
    let (reason, _) = refused(ApiKey::SaslAuthenticate, 0, Bytes::from_static(b"\x7f\xff\xff\xffabc"));
    assert_eq!(reason, DecodeReason::Truncated { needed: 0x7fff_ffff, remaining: 3 });
    let (reason, _) = refused(ApiKey::SaslAuthenticate, 2, Bytes::from_static(b"\xff\xff\xff\xff\x0fabc"));
    assert_eq!(reason, DecodeReason::Truncated { needed: 0xffff_fffe, remaining: 3 });
    let (reason, _) = refused(ApiKey::SaslAuthenticate, 0, Bytes::from_static(b"\xff\xff\xff\xfe"));
    assert_eq!(reason, DecodeReason::NegativeLength(-2));
    let (reason, _) = refused(ApiKey::SaslAuthenticate, 0, Bytes::from_static(b"\xff\xff\xff\xff"));
    assert_eq!(reason, DecodeReason::UnexpectedNull);
    let (reason, _) = refused(ApiKey::SaslHandshake, 1, Bytes::from_static(b"\0\x02\xff\xfe"));
    assert_eq!(reason, DecodeReason::InvalidUtf8);
    let mut long = BytesMut::new();
    uvarint(&mut long, 40_001);
    long.put_bytes(b'a', 40_000);
    let (reason, _) = refused(ApiKey::FindCoordinator, 3, long.freeze());
    assert_eq!(reason, DecodeReason::StringTooLong(40_000));
}

#[test]
fn h21_bytes_behind_any_message_that_is_all_there_is_are_refused() {
    for key in ApiKey::all() {
        for version in key.versions().iter() {
            let mut bytes = BytesMut::new();
            AnyRequest::default_of(key).encode(version, &mut bytes).unwrap();
            bytes.put_u8(0);
            let (reason, _) = refused(key, version, bytes.freeze());
            assert_eq!(reason, DecodeReason::TrailingBytes(1), "{key} v{version}");
        }
    }
    let error = MetadataRequest::decode(Bytes::from_static(b"\0\0\0\0more"), 1).unwrap_err();
    assert_eq!((error.reason, error.at), (DecodeReason::TrailingBytes(4), 4));
}

#[test]
fn h23_a_million_topics_stay_within_the_budget() {
    let mut bytes = BytesMut::new();
    bytes.put_u32(1_000_000);
    bytes.put_bytes(0, 2_000_000); // names of no letters
    let bytes = bytes.freeze();
    let (result, peak) = peak_of(|| MetadataRequest::decode(bytes, 1).map(drop));
    assert_eq!(result.map_err(|error| error.reason), Ok(()));
    assert!(peak <= DECODED_BYTES_MAX + LITTLE, "{peak}");
}

#[test]
fn h23_a_count_that_its_bytes_could_hold_reserves_little_until_the_elements_turn_out_to_be_real() {
    let mut bytes = BytesMut::new();
    bytes.put_u32(1_000_000);
    bytes.put_bytes(0xff, 2_000_000); // the first name is null, which is not allowed
    let (reason, peak) = refused(ApiKey::Metadata, 1, bytes.freeze());
    assert_eq!(reason, DecodeReason::UnexpectedNull);
    assert!(peak < LITTLE, "{peak}");
}

#[test]
fn h24_every_number_may_be_the_smallest_there_is() {
    for key in ApiKey::all() {
        for version in key.versions().iter() {
            let bytes = Bytes::from(vec![0x80; 256]);
            let _ = AnyRequest::decode(key, version, bytes);
        }
    }
}

#[test]
fn a_tagged_field_must_fill_its_size_and_stay_within_it() {
    // A fetch: everything zero or empty, then the cluster id as tag 0.
    let request = |tag: &[u8]| {
        let mut bytes = BytesMut::new();
        bytes.put_bytes(0, 4 + 4 + 4 + 4 + 1 + 4 + 4);
        bytes.put_slice(&[1, 1, 1, 1]); // no topics, none forgotten, no rack; one tagged field
        bytes.put_slice(tag);
        match AnyRequest::decode(ApiKey::Fetch, 12, bytes.freeze()) {
            Ok(AnyRequest::Fetch(request)) => Ok(request.cluster_id),
            Ok(_) => panic!(),
            Err(error) => Err(error.reason),
        }
    };
    assert_eq!(request(&[0, 3, 3, b'a', b'b']), Ok(Some("ab".into())));
    assert_eq!(request(&[0, 4, 3, b'a', b'b', 0]), Err(DecodeReason::TagSize(0)));
    assert_eq!(request(&[0, 2, 3, b'a', b'b']), Err(DecodeReason::Truncated { needed: 2, remaining: 1 }));
    assert_eq!(request(&[0, 9, 3, b'a', b'b']), Err(DecodeReason::Truncated { needed: 9, remaining: 3 }));
}

#[test]
fn random_bytes_are_refused_or_read_and_reserve_little() {
    let mut rng = Rng::new(43);
    for key in ApiKey::all() {
        for version in key.versions().iter() {
            for _ in 0..50 {
                let len = rng.below(300);
                let bytes: Bytes = (0..len).map(|_| rng.next_u64() as u8 & rng.next_u64() as u8).collect();
                let (_, peak) = peak_of(|| AnyRequest::decode(key, version, bytes).map(drop));
                assert!(peak < LITTLE * 4, "{key} v{version}: {peak}");
            }
        }
    }
}

#[test]
fn decoding_a_produce_request_copies_no_records_and_no_text() {
    let records = Bytes::from(vec![b'r'; 1 << 20]);
    let partition = PartitionProduceData { index: 0, records: Some(records) };
    let topic = TopicProduceData { name: "a topic".into(), partition_data: vec![partition], ..Default::default() };
    let request = ProduceRequest { topic_data: vec![topic], ..Default::default() };
    for version in [3, 9, 12] {
        let mut frame = BytesMut::new();
        request.encode(version, &mut frame).unwrap();
        let frame = frame.freeze();
        let whole = frame.as_ptr_range();
        let (decoded, peak) = peak_of(|| ProduceRequest::decode(frame.clone(), version).unwrap());
        assert!(peak < 4096, "{peak}");
        let topic = &decoded.topic_data[0];
        assert!(whole.contains(&topic.name.as_ptr()));
        assert!(whole.contains(&topic.partition_data[0].records.as_ref().unwrap().as_ptr()));
        assert_eq!(decoded, request);
    }
}
