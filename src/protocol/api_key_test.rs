//! The table of keys, and the ranges that clients look at.

use crate::{ApiKey, Listener, VersionRange, advertised_range};

#[test]
fn every_key_of_kafka_4_3_is_there_and_the_removed_ones_are_not() {
    let numbers: Vec<i16> = ApiKey::all().map(ApiKey::number).collect();
    let expected: Vec<i16> = (0..=3).chain(8..=92).collect();
    assert_eq!(numbers, expected);
    for number in -2..200 {
        assert_eq!(ApiKey::from_number(number).map(ApiKey::number), expected.contains(&number).then_some(number));
    }
    assert_eq!(ApiKey::from_number(i16::MIN), None);
    assert_eq!(ApiKey::from_number(i16::MAX), None);
}

#[test]
fn names_versions_and_listeners_are_those_of_the_schema() {
    assert_eq!(ApiKey::Fetch.name(), "Fetch");
    assert_eq!(ApiKey::Fetch.versions(), VersionRange { min: 4, max: 18 });
    assert_eq!(ApiKey::DescribeLogDirs.versions().max, 5);
    assert_eq!(ApiKey::BrokerHeartbeat.versions().max, 2);
    assert_eq!(ApiKey::ApiVersions.versions().max, 4);
    assert!(ApiKey::Produce.is_served_by(Listener::Broker) && !ApiKey::Produce.is_served_by(Listener::Controller));
    assert!(ApiKey::Fetch.is_served_by(Listener::Broker) && ApiKey::Fetch.is_served_by(Listener::Controller));
    assert!(!ApiKey::Vote.is_served_by(Listener::Broker) && ApiKey::Vote.is_served_by(Listener::Controller));
}

#[test]
fn a_version_that_may_still_change_is_not_advertised() {
    assert_eq!(ApiKey::InitProducerId.versions().max, 6);
    assert_eq!(advertised_range(ApiKey::InitProducerId), VersionRange { min: 0, max: 5 });
    let unstable: Vec<ApiKey> = ApiKey::all().filter(|key| key.is_latest_unstable()).collect();
    assert_eq!(unstable, [ApiKey::InitProducerId]);
}

#[test]
fn quirk_2_api_versions_answers_behind_header_0_in_every_version() {
    for version in 0..100 {
        assert_eq!(ApiKey::ApiVersions.response_header_version(version), 0);
    }
    assert_eq!(ApiKey::ApiVersions.request_header_version(2), 1);
    assert_eq!(ApiKey::ApiVersions.request_header_version(3), 2);
    assert_eq!(ApiKey::ApiVersions.request_header_version(99), 2);
    for key in ApiKey::all().filter(|&key| key != ApiKey::ApiVersions) {
        for version in key.versions().iter() {
            let flexible = key.flexible_since().is_some_and(|since| version >= since);
            assert_eq!(key.request_header_version(version), if flexible { 2 } else { 1 }, "{key} v{version}");
            assert_eq!(key.response_header_version(version), if flexible { 1 } else { 0 }, "{key} v{version}");
        }
    }
}

#[test]
fn quirk_2_sasl_handshake_is_never_flexible_and_ends_with_version_1() {
    assert_eq!(ApiKey::SaslHandshake.flexible_since(), None);
    assert_eq!(advertised_range(ApiKey::SaslHandshake), VersionRange { min: 0, max: 1 });
    assert_eq!(ApiKey::SaslHandshake.request_header_version(1), 1);
    assert_eq!(ApiKey::SaslHandshake.response_header_version(1), 0);
}

#[test]
fn quirk_3_produce_is_advertised_from_0_although_0_to_2_cannot_be_read() {
    assert_eq!(advertised_range(ApiKey::Produce), VersionRange { min: 0, max: 13 });
    assert_eq!(ApiKey::Produce.versions(), VersionRange { min: 3, max: 13 });
    for key in ApiKey::all().filter(|&key| key != ApiKey::Produce) {
        assert_eq!(advertised_range(key), key.stable_versions(), "{key}");
    }
}

#[test]
fn quirk_4_join_group_keeps_its_first_versions() {
    assert_eq!(advertised_range(ApiKey::JoinGroup).min, 0);
}

#[test]
fn quirk_44_the_oldest_version_of_each_key_is_kafka_s_own_floor() {
    let floors = [
        (ApiKey::Fetch, 4),
        (ApiKey::ListOffsets, 1),
        (ApiKey::OffsetCommit, 2),
        (ApiKey::OffsetFetch, 1),
        (ApiKey::CreateTopics, 2),
        (ApiKey::DeleteTopics, 1),
        (ApiKey::DescribeConfigs, 1),
        (ApiKey::OffsetForLeaderEpoch, 2),
        (ApiKey::ApiVersions, 0),
        (ApiKey::Metadata, 0),
    ];
    for (key, floor) in floors {
        assert_eq!(advertised_range(key).min, floor, "{key}");
    }
}
