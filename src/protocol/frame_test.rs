//! Lengths, headers, and what is done with requests that cannot be read.

use crate::frame::{
    FrameError, HeadError, IncomingRequest, LENGTH_BYTES, UNSUPPORTED_VERSION, frame_len, read_api_versions_response,
    read_response, request_frame, response_correlation_id, response_frame,
};
use crate::messages::api_versions::ApiVersion;
use crate::messages::{
    ApiVersionsRequest, ApiVersionsResponse, ListOffsetsRequest, MetadataRequest, MetadataResponse, ProduceRequest,
};
use crate::{ApiKey, DecodeReason, EncodeError, Message, StrBytes};
use bytes::{BufMut, Bytes, BytesMut};

/// A frame without its length.
fn body_of(frame: BytesMut) -> Bytes {
    let frame = frame.freeze();
    let prefix = frame[..LENGTH_BYTES].try_into().unwrap();
    assert_eq!(frame_len(prefix, usize::MAX), Ok(frame.len() - LENGTH_BYTES));
    frame.slice(LENGTH_BYTES..)
}

#[test]
fn h1_h2_h3_a_length_that_is_negative_zero_or_too_large_is_refused_before_anything_is_reserved() {
    assert_eq!(frame_len((-1i32).to_be_bytes(), 100), Err(FrameError::Negative(-1)));
    assert_eq!(frame_len(i32::MIN.to_be_bytes(), 100), Err(FrameError::Negative(i32::MIN)));
    assert_eq!(frame_len([0; 4], 100), Err(FrameError::Empty));
    assert_eq!(frame_len(101i32.to_be_bytes(), 100), Err(FrameError::TooLarge { len: 101, max: 100 }));
    assert_eq!(frame_len(i32::MAX.to_be_bytes(), 100), Err(FrameError::TooLarge { len: i32::MAX as usize, max: 100 }));
    assert_eq!(frame_len(100i32.to_be_bytes(), 100), Ok(100));
    assert_eq!(frame_len(1i32.to_be_bytes(), 100), Ok(1));
}

#[test]
fn h6_bytes_of_other_protocols_are_no_frame_and_no_header() {
    let limit = 100 << 20;
    for greeting in [b"GET ", b"SSH-", b"POST"] {
        assert!(matches!(frame_len(*greeting, limit), Err(FrameError::TooLarge { .. })), "{greeting:?}");
    }
    // A TLS client hello announces a length that is allowed; its header then names no key that exists.
    let hello = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03, 0x5a];
    assert_eq!(
        IncomingRequest::read(Bytes::copy_from_slice(&hello)).unwrap_err(),
        HeadError::UnknownKey(i16::from_be_bytes([0x16, 0x03]))
    );
}

#[test]
fn a_request_is_read_with_its_header_in_classic_and_flexible_versions() {
    for version in ApiKey::Metadata.versions().iter() {
        let request = MetadataRequest { topics: (version > 0).then(Vec::new).or(Some(vec![])), ..Default::default() };
        let frame = request_frame(7, Some(StrBytes::from("me")), version, &request).unwrap();
        let incoming = IncomingRequest::read(body_of(frame)).unwrap();
        assert_eq!((incoming.head.key, incoming.head.version), (ApiKey::Metadata, version));
        assert_eq!((incoming.head.correlation_id, incoming.head.client_id.as_deref()), (7, Some("me")));
        assert_eq!(incoming.decode::<MetadataRequest>().unwrap(), request);
    }
}

#[test]
fn a_client_without_a_name_is_read() {
    let frame = request_frame(1, None, 9, &MetadataRequest::default()).unwrap();
    assert_eq!(IncomingRequest::read(body_of(frame)).unwrap().head.client_id, None);
}

#[test]
fn quirk_2_the_client_id_keeps_its_two_byte_length_in_flexible_headers() {
    let request = ApiVersionsRequest::default();
    let frame = request_frame(5, Some(StrBytes::from("ab")), 3, &request).unwrap().freeze();
    //                    length       key   version  correlation  client id       tags, name, version, tags
    let expected: &[u8] = b"\0\0\0\x10\0\x12\0\x03\0\0\0\x05\0\x02ab\0\x01\x01\0";
    assert_eq!(frame, expected);
}

#[test]
fn quirk_1_an_api_versions_request_from_the_future_can_be_answered() {
    let mut frame = BytesMut::new();
    frame.put_i16(18);
    frame.put_i16(42);
    frame.put_i32(99);
    frame.put_slice(b"whatever stands here is of the future's making");
    let refused = IncomingRequest::read(frame.freeze()).unwrap_err();
    assert_eq!(refused, HeadError::UnsupportedApiVersions { correlation_id: 99, version: 42 });

    let own = ApiVersion { api_key: 18, min_version: 0, max_version: 4 };
    let answer = ApiVersionsResponse { error_code: UNSUPPORTED_VERSION, api_keys: vec![own], ..Default::default() };
    let frame = response_frame(99, 0, &answer).unwrap();
    // No tagged fields in header or body: correlation id, error code, one key with its range.
    assert_eq!(&frame[..], b"\0\0\0\x10\0\0\0\x63\0\x23\0\0\0\x01\0\x12\0\0\0\x04");
    let frame = body_of(frame);
    assert_eq!(response_correlation_id(&frame), Ok(99));
    assert_eq!(read_api_versions_response(frame, 42).unwrap(), answer, "a client of any version understands it");
}

#[test]
fn h12_an_unknown_key_or_version_is_refused_by_name() {
    let read = |key: i16, version: i16| {
        let mut frame = BytesMut::new();
        frame.put_i16(key);
        frame.put_i16(version);
        frame.put_i32(1);
        frame.put_i16(-1);
        frame.put_i32(0);
        IncomingRequest::read(frame.freeze()).unwrap_err()
    };
    for key in [-1, i16::MIN, 4, 5, 6, 7, 93, 1000, i16::MAX] {
        assert_eq!(read(key, 0), HeadError::UnknownKey(key));
    }
    for version in [-1, i16::MIN, 0, 1, 2, 14, i16::MAX] {
        assert_eq!(read(0, version), HeadError::UnsupportedVersion { key: ApiKey::Produce, version });
    }
    assert_eq!(read(22, 6), HeadError::UnsupportedVersion { key: ApiKey::InitProducerId, version: 6 });
    assert_eq!(read(18, -1), HeadError::UnsupportedApiVersions { correlation_id: 1, version: -1 });
}

#[test]
fn h13_a_client_id_that_is_too_long_or_no_text_is_refused() {
    let read = |client_id: &[u8]| {
        let head = b"\0\x03\0\x01\0\0\0\x01";
        IncomingRequest::read([head, client_id].concat().into()).map(|incoming| incoming.head.client_id)
    };
    let reason = |client_id: &[u8]| match read(client_id).unwrap_err() {
        HeadError::Malformed(error) => error.reason,
        other => panic!("{other}"),
    };
    assert_eq!(read(b"\xff\xff"), Ok(None));
    assert_eq!(reason(b"\x7f\xffabc"), DecodeReason::Truncated { needed: 0x7fff, remaining: 3 });
    assert_eq!(reason(b"\xff\xfe"), DecodeReason::NegativeLength(-2));
    assert_eq!(reason(b"\0\x02\xc3\x28"), DecodeReason::InvalidUtf8);
    assert_eq!(reason(b""), DecodeReason::Truncated { needed: 2, remaining: 0 });
}

#[test]
fn h21_bytes_behind_a_request_are_overlooked_as_kafka_overlooks_them() {
    let frame = body_of(request_frame(1, None, 1, &MetadataRequest::default()).unwrap());
    let longer = Bytes::from([&frame[..], b"more"].concat());
    let (whole, followed) = (IncomingRequest::read(frame).unwrap(), IncomingRequest::read(longer).unwrap());
    let request = whole.clone().decode::<MetadataRequest>().unwrap();
    assert_eq!(followed.clone().decode::<MetadataRequest>(), Ok(request));
    assert_eq!(followed.decode_any(), whole.decode_any());
}

#[test]
fn a_response_is_read_behind_its_header_in_every_version() {
    for version in ApiKey::Metadata.versions().iter() {
        let response = MetadataResponse::default();
        let frame = response_frame(-5, version, &response).unwrap();
        let frame = body_of(frame);
        assert_eq!(response_correlation_id(&frame), Ok(-5));
        assert_eq!(read_response::<MetadataRequest>(frame, version).unwrap(), response);
    }
}

#[test]
fn a_version_that_the_message_lacks_is_an_error_in_both_directions() {
    let error = EncodeError::UnsupportedVersion { message: "MetadataRequest", version: 14 };
    assert_eq!(request_frame(1, None, 14, &MetadataRequest::default()).unwrap_err(), error);
    let error = MetadataRequest::decode(Bytes::new(), -1).unwrap_err();
    assert_eq!(error.reason, DecodeReason::UnsupportedVersion(-1));
}

#[test]
fn a_field_that_the_version_cannot_carry_is_an_error_unless_it_may_be_dropped() {
    // The timeout of version 10 may be dropped, the isolation level of version 2 may not.
    let request = ListOffsetsRequest { isolation_level: 1, timeout_ms: 5, ..Default::default() };
    let refused = EncodeError::UnsupportedField { field: "isolation_level", version: 1 };
    assert_eq!(request.encoded_size(1), Err(refused));
    assert_eq!(request.encode(1, &mut BytesMut::new()), Err(refused));
    assert!(request.encoded_size(2).is_ok());

    let all_topics = MetadataRequest { topics: None, ..Default::default() };
    assert_eq!(all_topics.encoded_size(0), Err(EncodeError::UnexpectedNull { field: "topics", version: 0 }));
    assert!(all_topics.encoded_size(1).is_ok());

    let long =
        ProduceRequest { transactional_id: Some("x".repeat(40_000).into()), ..ProduceRequest::<Bytes>::default() };
    assert!(matches!(long.encoded_size(9), Err(EncodeError::TooLong { len: 40_000, .. })));
}
