//! Which clients a subscription asks, and for what.

use crate::client_metrics::parse_match;
use crate::{ClientMetricsSubscription, ClientTrait, ConfigMap};

fn subscription(configs: &[(&str, &str)]) -> Option<ClientMetricsSubscription> {
    let configs: ConfigMap = configs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    ClientMetricsSubscription::of(&configs)
}

fn java_client(which: ClientTrait) -> Option<&'static str> {
    match which {
        ClientTrait::ClientId => Some("orders-1"),
        ClientTrait::SoftwareName => Some("apache-kafka-java"),
        ClientTrait::SoftwareVersion => Some("4.3.1"),
        ClientTrait::SourceAddress => Some("127.0.0.1"),
        ClientTrait::SourcePort => Some("40000"),
        ClientTrait::InstanceId => None,
    }
}

#[test]
fn what_is_not_set_is_kafka_s_default() {
    let plain = subscription(&[]).unwrap();
    assert_eq!((plain.interval_ms, plain.metrics.len()), (300_000, 0));
    assert!(plain.matches(|_| None), "without a pattern everybody is asked");
    let set = subscription(&[("interval.ms", "100"), ("metrics", "a.,b")]).unwrap();
    assert_eq!((set.interval_ms, set.metrics), (100, vec!["a.".to_owned(), "b".to_owned()]));
}

#[test]
fn every_pattern_must_fit_the_whole_of_its_trait() {
    for (patterns, asked) in [
        ("client_id=orders-.*", true),
        ("client_id=orders", false),
        ("client_id=rders-1", false),
        ("client_id=a|orders-1", true),
        ("client_id=(?i)ORDERS-1", true),
        ("client_id = orders-1 , client_software_version = 4\\.3.*", true),
        ("client_id=orders-1,client_software_name=librdkafka", false),
        ("client_id=nobody,client_id=orders-1", true),
        ("client_source_address=127.*,client_source_port=[0-9]+", true),
        ("client_instance_id=.*", false),
    ] {
        assert_eq!(subscription(&[("match", patterns)]).unwrap().matches(java_client), asked, "{patterns}");
    }
}

#[test]
fn an_entry_is_a_name_and_a_pattern_and_nothing_else() {
    for entry in ["client_id", "client_id=", "=a", "client_id=a=b", "id=a", "client_id=a)(b", "client_id=(", "", "="] {
        assert!(parse_match(entry).is_none(), "{entry}");
    }
    assert!(parse_match("client_id=a==").is_some(), "Java's split leaves out what is empty at the end");
    assert!(subscription(&[("match", "id=a")]).is_none());
}
