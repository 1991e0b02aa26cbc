//! Every message in every version: what is written is read again, in exactly the size that was computed.

use crate::arbitrary::RandomSource;
use crate::messages::{
    AnyRequest, AnyResponse, ConsumerProtocolAssignment, ConsumerProtocolSubscription, RequestHeader, ResponseHeader,
};
use crate::wire::decode::{Decode, Source};
use crate::{ApiKey, DecodeError, EncodeError, Message};
use bytes::{Bytes, BytesMut};
use std::fmt::Debug;

/// Values drawn for each message and version.
const SEEDS: u64 = 40;

/// Each version of each key.
fn versions() -> impl Iterator<Item = (ApiKey, i16)> {
    ApiKey::all().flat_map(|key| key.versions().iter().map(move |version| (key, version)))
}

fn random(key: ApiKey, version: i16, seed: u64) -> RandomSource {
    RandomSource::new(seed, version, key.flexible_since().is_some_and(|since| version >= since))
}

/// Equal, or alike to the letter: a number that is none does not equal itself.
fn assert_same<T: PartialEq + Debug>(left: &T, right: &T, place: &str) {
    assert!(left == right || format!("{left:?}") == format!("{right:?}"), "{place}: {left:?} is not {right:?}");
}

fn check<T: PartialEq + Debug>(
    value: &T,
    place: &str,
    size: impl Fn(&T) -> Result<usize, EncodeError>,
    encode: impl Fn(&T, &mut BytesMut) -> Result<(), EncodeError>,
    decode: impl Fn(Bytes) -> Result<T, DecodeError>,
) -> Bytes {
    let size = size(value).unwrap_or_else(|error| panic!("{place}: {error}"));
    let mut bytes = BytesMut::with_capacity(size);
    encode(value, &mut bytes).unwrap_or_else(|error| panic!("{place}: {error}"));
    assert_eq!(bytes.len(), size, "{place}");
    let bytes = bytes.freeze();
    let decoded = decode(bytes.clone()).unwrap_or_else(|error| panic!("{place}: {error} in {bytes:02x?}"));
    assert_same(&decoded, value, place);
    let mut again = BytesMut::new();
    encode(&decoded, &mut again).unwrap();
    assert_eq!(again, bytes, "{place}");
    bytes
}

fn check_request(request: &AnyRequest, version: i16, place: &str) -> Bytes {
    let key = request.key();
    check(
        request,
        place,
        |it| it.encoded_size(version),
        |it, out| it.encode(version, out),
        |bytes| AnyRequest::decode(key, version, bytes),
    )
}

fn check_response(response: &AnyResponse, version: i16, place: &str) -> Bytes {
    let key = response.key();
    check(
        response,
        place,
        |it| it.encoded_size(version),
        |it, out| it.encode(version, out),
        |bytes| AnyResponse::decode(key, version, bytes),
    )
}

#[test]
fn every_request_in_every_version_is_read_as_it_was_written() {
    for (key, version) in versions() {
        for seed in 0..SEEDS {
            let request = AnyRequest::read(key, &mut random(key, version, seed)).unwrap();
            check_request(&request, version, &format!("{key} request v{version}, seed {seed}"));
        }
    }
}

#[test]
fn every_response_in_every_version_is_read_as_it_was_written() {
    for (key, version) in versions() {
        for seed in 0..SEEDS {
            let response = AnyResponse::read(key, &mut random(key, version, seed)).unwrap();
            check_response(&response, version, &format!("{key} response v{version}, seed {seed}"));
        }
    }
}

#[test]
fn every_message_at_its_defaults_can_be_said_in_every_version() {
    for (key, version) in versions() {
        check_request(&AnyRequest::default_of(key), version, &format!("{key} request v{version}"));
        check_response(&AnyResponse::default_of(key), version, &format!("{key} response v{version}"));
    }
}

#[test]
fn every_message_cut_anywhere_is_an_error() {
    for (key, version) in versions() {
        let request = AnyRequest::read(key, &mut random(key, version, 1)).unwrap();
        let bytes = check_request(&request, version, "whole");
        for len in 0..bytes.len() {
            let cut = AnyRequest::decode(key, version, bytes.slice(..len));
            assert!(cut.is_err(), "{key} request v{version} cut to {len} of {} bytes", bytes.len());
        }
        let response = AnyResponse::read(key, &mut random(key, version, 1)).unwrap();
        let bytes = check_response(&response, version, "whole");
        for len in 0..bytes.len() {
            let cut = AnyResponse::decode(key, version, bytes.slice(..len));
            assert!(cut.is_err(), "{key} response v{version} cut to {len} of {} bytes", bytes.len());
        }
    }
}

fn check_all_versions<M: Message + Decode + PartialEq + Debug>() {
    for version in M::VERSIONS.iter() {
        for seed in 0..SEEDS {
            let value: M = RandomSource::new(seed, version, M::is_flexible(version)).read().unwrap();
            check(
                &value,
                &format!("{} v{version}, seed {seed}", M::NAME),
                |it| it.encoded_size(version),
                |it, out| it.encode(version, out),
                |bytes| M::decode(bytes, version),
            );
        }
    }
}

#[test]
fn headers_and_what_consumers_say_to_each_other_are_read_as_they_were_written() {
    check_all_versions::<RequestHeader>();
    check_all_versions::<ResponseHeader>();
    check_all_versions::<ConsumerProtocolSubscription>();
    check_all_versions::<ConsumerProtocolAssignment>();
}
