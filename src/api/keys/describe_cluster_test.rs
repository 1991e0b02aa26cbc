//! DescribeCluster, answer by answer.

use crate::testing::{Fixture, broker};
use esker_metadata::Record;
use esker_protocol::messages::{DescribeClusterRequest, DescribeClusterResponse};

fn ids(answer: &DescribeClusterResponse) -> Vec<(i32, bool)> {
    answer.brokers.iter().map(|broker| (broker.broker_id, broker.is_fenced)).collect()
}

fn with_a_fenced_broker() -> Fixture {
    let mut fixture = Fixture::new("");
    let mut fenced = broker(2);
    fenced.fenced = true;
    fenced.rack = Some("b".into());
    fixture.apply(Record::BrokerRegistered(fenced));
    fixture
}

#[test]
fn brokers_are_listed_with_the_listeners_address() {
    let mut broker = with_a_fenced_broker();
    for version in 0..=2 {
        let answer = broker.ask(version, &DescribeClusterRequest::default());
        assert_eq!((answer.error_code, answer.cluster_id.as_str(), answer.controller_id), (0, "test-cluster", 1));
        assert_eq!(ids(&answer), [(1, false)]);
        assert_eq!((answer.brokers[0].host.as_str(), answer.brokers[0].port), ("example.org", 19092));
        assert_eq!(answer.cluster_authorized_operations, i32::MIN);
    }
}

#[test]
fn fenced_brokers_are_listed_where_asked_for() {
    let mut broker = with_a_fenced_broker();
    let answer = broker.ask(2, &DescribeClusterRequest { include_fenced_brokers: true, ..Default::default() });
    assert_eq!(ids(&answer), [(1, false), (2, true)]);
    assert_eq!(answer.brokers[1].rack.as_deref(), Some("b"));
}

#[test]
fn operations_are_answered_where_asked_for() {
    let mut broker = with_a_fenced_broker();
    let request = DescribeClusterRequest { include_cluster_authorized_operations: true, ..Default::default() };
    assert_eq!(broker.ask(0, &request).cluster_authorized_operations, 8096);
}

#[test]
fn controllers_are_not_described_here_nor_anything_unknown() {
    let mut broker = with_a_fenced_broker();
    let cases = [
        (2, 114, "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER"),
        (3, 115, "Unsupported endpoint type 3"),
        (-128, 115, "Unsupported endpoint type -128"),
    ];
    for (endpoint_type, code, text) in cases {
        let answer = broker.ask(1, &DescribeClusterRequest { endpoint_type, ..Default::default() });
        assert_eq!((answer.error_code, answer.error_message.as_deref()), (code, Some(text)));
        assert_eq!(
            (answer.cluster_id.as_str(), answer.controller_id, answer.brokers.len(), answer.endpoint_type),
            ("", -1, 0, 1)
        );
    }
}
