//! ApiVersions, answer by answer.

use crate::keys::SERVED;
use crate::testing::{Fixture, TELEMETRY};
use esker_metadata::Record;
use esker_protocol::messages::{ApiVersionsRequest, ApiVersionsResponse};

fn request(name: &str, version: &str) -> ApiVersionsRequest {
    ApiVersionsRequest { client_software_name: name.into(), client_software_version: version.into() }
}

fn ranges(response: &ApiVersionsResponse) -> Vec<(i16, i16, i16)> {
    response.api_keys.iter().map(|key| (key.api_key, key.min_version, key.max_version)).collect()
}

fn supported(response: &ApiVersionsResponse) -> Vec<(&str, i16, i16)> {
    response.supported_features.iter().map(|it| (it.name.as_str(), it.min_version, it.max_version)).collect()
}

#[test]
fn every_version_lists_exactly_what_is_served() {
    let mut broker = Fixture::new(TELEMETRY);
    for version in 0..=4 {
        let answer = broker.ask(version, &if version < 3 { request("", "") } else { request("kcat", "1.7") });
        assert_eq!(answer.error_code, 0);
        let keys: Vec<i16> = ranges(&answer).iter().map(|(key, _, _)| *key).collect();
        assert_eq!(keys, SERVED.iter().map(|key| key.number()).collect::<Vec<_>>());
        assert!(ranges(&answer).contains(&(18, 0, 4)));
    }
}

#[test]
fn clients_push_metrics_only_where_that_is_switched_on() {
    let mut broker = Fixture::new("");
    let keys: Vec<i16> = ranges(&broker.ask(0, &request("", ""))).iter().map(|(key, _, _)| *key).collect();
    assert!(!keys.contains(&71) && !keys.contains(&72));
    assert_eq!(keys.len(), SERVED.len() - 2);
}

#[test]
fn features_that_begin_at_level_0_are_shown_from_version_4_on() {
    let mut broker = Fixture::new("");
    let answer = broker.ask(2, &request("", ""));
    assert_eq!((supported(&answer), answer.finalized_features_epoch), (vec![], -1));
    assert_eq!(supported(&broker.ask(3, &request("x", "1"))), [("metadata.version", 7, 30)]);
    let all = [
        ("eligible.leader.replicas.version", 0, 1),
        ("group.version", 0, 1),
        ("kraft.version", 0, 1),
        ("metadata.version", 7, 30),
        ("share.version", 0, 1),
        ("streams.version", 0, 1),
        ("transaction.version", 0, 2),
    ];
    assert_eq!(supported(&broker.ask(4, &request("x", "1"))), all);
}

#[test]
fn finalised_features_come_from_the_image_with_its_offset_as_epoch() {
    let mut broker = Fixture::new("");
    broker.apply(Record::FeatureSet { name: "transaction.version".into(), level: 2 });
    for version in [3, 4] {
        let answer = broker.ask(version, &request("x", "1"));
        let levels: Vec<_> = answer
            .finalized_features
            .iter()
            .map(|it| (it.name.as_str(), it.min_version_level, it.max_version_level))
            .collect();
        assert_eq!(levels, [("transaction.version", 2, 2)]);
        assert_eq!(answer.finalized_features_epoch, broker.image.offset());
    }
}

#[test]
fn software_must_look_like_a_name_and_is_remembered() {
    let mut broker = Fixture::new("");
    for (name, version) in
        [("", "1"), ("x", ""), ("-x", "1"), ("x.", "1"), ("a b", "1"), ("x", "1\u{e9}"), ("x_y", "1")]
    {
        let answer = broker.ask(4, &request(name, version));
        assert_eq!((answer.error_code, answer.api_keys.len()), (42, 0), "{name:?} {version:?}");
    }
    assert_eq!(broker.session.client().software(), None);
    assert_eq!(broker.ask(3, &request("apache-kafka-java", "4.3.1")).error_code, 0);
    let software = broker.session.client().software().unwrap();
    assert_eq!((software.name.as_str(), software.version.as_str()), ("apache-kafka-java", "4.3.1"));
}
