//! From a frame to its reply: what is served, what closes the connection, what is counted.

use crate::keys::SERVED;
use crate::testing::{Fixture, TELEMETRY, bytes};
use crate::{Api, Reply};
use bytes::Bytes;
use esker_protocol::ApiKey;
use esker_protocol::frame::read_api_versions_response;
use esker_protocol::messages::{AnyRequest, ApiVersionsRequest};

fn frame(key: i16, version: i16, rest: &[u8]) -> Bytes {
    let mut frame = [key.to_be_bytes(), version.to_be_bytes()].concat();
    frame.extend([0, 0, 0, 7, 0, 1, b'c']);
    frame.extend_from_slice(rest);
    Bytes::from(frame)
}

#[test]
fn a_key_that_does_not_exist_or_is_not_served_closes_the_connection() {
    let mut broker = Fixture::new("");
    for key in [-1, 4, 5, 93, 1000, i16::MIN, ApiKey::Vote.number(), ApiKey::PushTelemetry.number()] {
        let reply = broker.api.dispatch(&mut broker.session, frame(key, 0, &[]));
        assert!(matches!(reply, Reply::Close), "key {key}: {reply:?}");
    }
    assert_eq!(broker.api.metrics().refused(), 8);
}

#[test]
fn a_version_that_a_key_does_not_have_closes_the_connection() {
    let mut broker = Fixture::new("");
    for key in SERVED.iter().filter(|key| **key != ApiKey::ApiVersions) {
        let versions = key.stable_versions();
        for version in [-1, i16::MIN, versions.max + 1, i16::MAX].into_iter().chain(versions.min.checked_sub(1)) {
            let reply = broker.api.dispatch(&mut broker.session, frame(key.number(), version, &[0; 64]));
            assert!(matches!(reply, Reply::Close), "{key} {version}: {reply:?}");
        }
    }
}

#[test]
fn an_api_versions_request_from_the_future_is_told_in_version_0_which_versions_there_are() {
    let mut broker = Fixture::new("");
    for version in [5, 99, i16::MAX, -1] {
        let reply = broker.api.dispatch(&mut broker.session, frame(18, version, &[0]));
        let Reply::Now(response) = reply else { panic!("{reply:?}") };
        let answer = read_api_versions_response(bytes(&response).slice(4..), version).unwrap();
        assert_eq!(answer.error_code, 35);
        let ranges: Vec<_> =
            answer.api_keys.iter().map(|key| (key.api_key, key.min_version, key.max_version)).collect();
        assert_eq!(ranges, [(18, 0, 4)]);
    }
}

#[test]
fn a_body_that_is_not_what_its_head_says_closes_the_connection() {
    let mut broker = Fixture::new("");
    // A string that is longer than the frame.
    let truncated = broker.api.dispatch(&mut broker.session, frame(18, 3, &[0, 100, b'x']));
    assert!(matches!(truncated, Reply::Close));
}

#[test]
fn bytes_behind_a_whole_request_do_not_matter() {
    let mut broker = Fixture::new("");
    for behind in [&[][..], &[0], &[1, 2, 3]] {
        let reply = broker.api.dispatch(&mut broker.session, frame(18, 0, behind));
        assert!(matches!(reply, Reply::Now(_)), "{behind:?}: {reply:?}");
    }
}

#[test]
fn every_served_key_answers_its_default_request_in_every_version() {
    let mut broker = Fixture::new(TELEMETRY);
    for key in SERVED {
        for version in key.stable_versions().iter() {
            let mut body = bytes::BytesMut::new();
            let request = AnyRequest::default_of(*key);
            if request.encode(version, &mut body).is_err() {
                continue; // the default cannot be said in this version
            }
            let mut rest = body.to_vec();
            if key.request_header_version(version) == 2 {
                rest.insert(0, 0);
            }
            let reply = broker.dispatch(frame(key.number(), version, &rest));
            // Produce asks by default for no answer.
            let answered = match key {
                ApiKey::Produce => matches!(reply, Reply::Silent),
                // A filter of zeros means nothing.
                ApiKey::DescribeAcls => matches!(reply, Reply::Close),
                _ => matches!(reply, Reply::Now(_) | Reply::Later(_)),
            };
            assert!(answered, "{key} {version}: {reply:?}");
        }
    }
}

#[test]
fn served_keys_are_sorted_and_belong_to_brokers() {
    assert!(SERVED.is_sorted_by_key(|key| key.number()));
    assert!(SERVED.iter().all(|key| key.is_served_by(esker_protocol::Listener::Broker)));
}

#[test]
fn only_produce_overlaps() {
    assert!(Api::overlaps(&frame(0, 9, &[])));
    assert!(!Api::overlaps(&frame(1, 9, &[])) && !Api::overlaps(&frame(256, 9, &[])) && !Api::overlaps(&[]));
}

#[test]
fn requests_and_their_errors_are_counted() {
    let mut broker = Fixture::new("");
    broker.ask(0, &ApiVersionsRequest::default());
    broker.ask(3, &ApiVersionsRequest::default()); // without a software name
    let metrics = broker.api.metrics().clone();
    let (_, counted) = metrics.keys().find(|(key, _)| *key == ApiKey::ApiVersions).unwrap();
    assert_eq!(counted.requests(), 2);
    assert_eq!(counted.errors().map(|(code, count)| (code.number(), count)).collect::<Vec<_>>(), [(42, 1)]);
    assert!(counted.local_time() <= counted.total_time());
}
