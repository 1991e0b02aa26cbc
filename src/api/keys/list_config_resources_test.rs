//! ListConfigResources, answer by answer.

use crate::testing::{Fixture, broker};
use esker_metadata::{ConfigResource, ConfigResourceKind, Record};
use esker_protocol::messages::ListConfigResourcesRequest;

fn fixture() -> Fixture {
    let mut fixture = Fixture::new("");
    fixture.create_topic(1, "b", 1);
    fixture.create_topic(2, "a", 1);
    let mut fenced = broker(2);
    fenced.fenced = true;
    fixture.apply(Record::BrokerRegistered(fenced));
    fixture.set(ConfigResource { kind: ConfigResourceKind::Group, name: "g".into() }, "k", "v");
    fixture.set(ConfigResource { kind: ConfigResourceKind::ClientMetrics, name: "m".into() }, "k", "v");
    fixture.set(ConfigResource::cluster_default(), "k", "v");
    fixture
}

fn list(fixture: &mut Fixture, version: i16, types: &[i8]) -> (i16, Vec<(i8, String)>) {
    let answer = fixture.ask(version, &ListConfigResourcesRequest { resource_types: types.to_vec() });
    let rows = answer.config_resources.iter().map(|row| (row.resource_type, row.resource_name.to_string()));
    (answer.error_code, rows.collect())
}

fn rows(expected: &[(i8, &str)]) -> (i16, Vec<(i8, String)>) {
    (0, expected.iter().map(|(kind, name)| (*kind, (*name).to_owned())).collect())
}

#[test]
fn version_0_lists_client_metrics_subscriptions_only() {
    assert_eq!(list(&mut fixture(), 0, &[]), rows(&[(16, "m")]));
}

#[test]
fn no_kind_means_all_and_topics_are_listed_configured_or_not() {
    let all = rows(&[(32, "g"), (16, "m"), (8, "1"), (4, "1"), (2, "a"), (2, "b")]);
    assert_eq!(list(&mut fixture(), 1, &[]), all);
    assert_eq!(list(&mut fixture(), 1, &[2, 2, 32]), rows(&[(32, "g"), (2, "a"), (2, "b")]));
}

#[test]
fn a_kind_that_does_not_exist_is_an_unsupported_version() {
    for kind in [0, 3, 99, -1] {
        assert_eq!(list(&mut fixture(), 1, &[2, kind]), (35, Vec::new()));
    }
}
