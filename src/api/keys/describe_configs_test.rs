//! DescribeConfigs, answer by answer.

use super::describe_configs::gather;
use crate::testing::Fixture;
use esker_metadata::{ConfigResource, ConfigResourceKind};
use esker_protocol::messages::describe_configs::{DescribeConfigsResource, DescribeConfigsResourceResult};
use esker_protocol::messages::{DescribeConfigsRequest, DescribeConfigsResponse};

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const LOGGER: i8 = 8;
const CLIENT_METRICS: i8 = 16;
const GROUP: i8 = 32;

fn resource(resource_type: i8, name: &str, keys: Option<&[&str]>) -> DescribeConfigsResource {
    let configuration_keys = keys.map(|keys| keys.iter().map(|key| (*key).into()).collect());
    DescribeConfigsResource { resource_type, resource_name: name.into(), configuration_keys }
}

fn request(resources: Vec<DescribeConfigsResource>) -> DescribeConfigsRequest {
    DescribeConfigsRequest { resources, include_synonyms: true, include_documentation: false }
}

fn outcome(answer: &DescribeConfigsResponse) -> Vec<(i8, &str, i16, &str)> {
    answer
        .results
        .iter()
        .map(|it| (it.resource_type, &*it.resource_name, it.error_code, it.error_message.as_deref().unwrap()))
        .collect()
}

fn config<'a>(answer: &'a DescribeConfigsResponse, at: usize, name: &str) -> &'a DescribeConfigsResourceResult {
    answer.results[at].configs.iter().find(|config| &*config.name == name).unwrap()
}

fn synonyms(config: &DescribeConfigsResourceResult) -> Vec<(&str, &str, i8)> {
    config.synonyms.iter().map(|it| (&*it.name, it.value.as_deref().unwrap_or("null"), it.source)).collect()
}

fn with_topic() -> Fixture {
    let mut fixture = Fixture::new("log.retention.hours=100\nlog.segment.bytes=2097152\n");
    fixture.create_topic(1, "a", 1);
    fixture
}

#[test]
fn every_key_is_described_with_value_source_type_and_synonyms() {
    let mut broker = with_topic();
    broker.set(ConfigResource::topic("a"), "retention.ms", "5000");
    broker.set(ConfigResource::broker(1), "log.retention.ms", "7000");
    let answer = broker.ask(4, &request(vec![resource(TOPIC, "a", None), resource(BROKER, "1", None)]));
    assert_eq!(outcome(&answer), [(TOPIC, "a", 0, ""), (BROKER, "1", 0, "")]);
    let retention = config(&answer, 0, "retention.ms");
    assert_eq!((retention.value.as_deref(), retention.config_source, retention.config_type), (Some("5000"), 1, 5));
    let expected = [
        ("retention.ms", "5000", 1),
        ("log.retention.ms", "7000", 2),
        ("log.retention.hours", "100", 4),
        ("log.retention.hours", "168", 5),
    ];
    assert_eq!(synonyms(retention), expected);
    let threads = config(&answer, 1, "num.io.threads");
    assert_eq!((threads.value.as_deref(), threads.config_source, threads.read_only), (Some("8"), 5, false));
    assert!(config(&answer, 1, "log.dirs").read_only);
    for result in &answer.results {
        let names: Vec<&str> = result.configs.iter().map(|config| &*config.name).collect();
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "each key once");
    }
    let shown = |number: usize, scope| {
        let known = esker_config::keys().filter(|key| key.scope == scope && !key.internal);
        known.for_each(|key| assert_eq!(&*config(&answer, number, key.name).name, key.name));
    };
    shown(0, esker_config::Scope::Topic);
    shown(1, esker_config::Scope::Broker);
}

#[test]
fn keys_are_filtered_and_an_empty_list_means_all() {
    let mut broker = with_topic();
    let some = resource(TOPIC, "a", Some(&["retention.ms", "nope"]));
    let answer = broker.ask(4, &request(vec![some, resource(TOPIC, "a", Some(&[])), resource(TOPIC, "a", None)]));
    assert_eq!(answer.results[0].configs.len(), 1);
    assert!(answer.results[1].configs.len() > 30);
    assert_eq!(answer.results[1].configs, answer.results[2].configs);
}

#[test]
fn synonyms_types_and_descriptions_come_where_they_are_asked_for_and_can_be_carried() {
    let mut broker = with_topic();
    for version in 1..=4 {
        let ask = |synonyms, documentation| DescribeConfigsRequest {
            include_synonyms: synonyms,
            include_documentation: documentation && version >= 3,
            ..request(vec![resource(TOPIC, "a", Some(&["segment.bytes"]))])
        };
        let bare = broker.ask(version, &ask(false, false));
        let bare = config(&bare, 0, "segment.bytes");
        assert_eq!((bare.synonyms.len(), bare.config_source), (0, 4));
        let full = broker.ask(version, &ask(true, true));
        let full = config(&full, 0, "segment.bytes");
        assert_eq!((full.synonyms.is_empty(), full.config_type), (false, if version >= 3 { 3 } else { 0 }));
        assert_eq!(full.documentation.as_ref().is_some_and(|text| text.len() > 10), version >= 3);
    }
}

#[test]
fn what_is_not_there_is_refused_in_kafkas_words() {
    let mut broker = with_topic();
    let answer = broker.ask(
        4,
        &request(vec![
            resource(TOPIC, "nope", None),
            resource(TOPIC, "", None),
            resource(BROKER, "2", None),
            resource(BROKER, "x", None),
            resource(GROUP, "", None),
            resource(CLIENT_METRICS, "", None),
            resource(LOGGER, "", None),
            resource(LOGGER, "2", None),
            resource(LOGGER, "1", None),
        ]),
    );
    let expected = [
        (TOPIC, "nope", 3, ""),
        (TOPIC, "", 17, "Topic name is invalid: the empty string is not allowed"),
        (BROKER, "2", 42, "Unexpected broker id, expected 1 or empty string, but received 2"),
        (BROKER, "x", 42, "Broker id must be an integer, but it is: x"),
        (GROUP, "", 42, "Group name must not be empty"),
        (CLIENT_METRICS, "", 42, "Client metrics subscription name must not be empty"),
        (LOGGER, "", 42, "Broker id must not be empty"),
        (LOGGER, "2", 42, "Unexpected broker id, expected 1 but received 2"),
        (LOGGER, "1", 0, ""),
    ];
    assert_eq!(outcome(&answer), expected);
}

#[test]
fn a_kind_that_does_not_exist_fails_the_whole_request() {
    let mut broker = with_topic();
    for kind in [0, 1, 3, 99] {
        let answer = broker.ask(4, &request(vec![resource(TOPIC, "a", None), resource(kind, "x", None)]));
        assert!(answer.results.iter().all(|result| result.error_code == 42 && result.configs.is_empty()));
        assert!(outcome(&answer)[0].3.starts_with("This most likely occurs because of a request being malformed"));
    }
}

#[test]
fn the_clusters_default_holds_what_is_set_and_nothing_else() {
    let mut broker = with_topic();
    broker.set(ConfigResource::cluster_default(), "log.retention.ms", "9000");
    let answer =
        broker.ask(4, &request(vec![resource(BROKER, "", None), resource(TOPIC, "a", Some(&["retention.ms"]))]));
    assert_eq!(answer.results[0].configs.len(), 1);
    assert_eq!(synonyms(config(&answer, 0, "log.retention.ms")), [("log.retention.ms", "9000", 3)]);
    let retention = config(&answer, 1, "retention.ms");
    assert_eq!((retention.value.as_deref(), retention.config_source), (Some("9000"), 3));
}

#[test]
fn groups_and_client_metrics_are_described_whether_they_exist_or_not() {
    let mut broker = with_topic();
    let group = |name: &str| ConfigResource { kind: ConfigResourceKind::Group, name: name.into() };
    broker.set(group("g"), "consumer.session.timeout.ms", "50000");
    let answer = broker.ask(
        4,
        &request(vec![resource(GROUP, "g", None), resource(GROUP, "new", None), resource(CLIENT_METRICS, "m", None)]),
    );
    let timeout = config(&answer, 0, "consumer.session.timeout.ms");
    assert_eq!((timeout.value.as_deref(), timeout.config_source), (Some("50000"), 8));
    let expected = [("consumer.session.timeout.ms", "50000", 8), ("group.consumer.session.timeout.ms", "45000", 5)];
    assert_eq!(synonyms(timeout), expected);
    assert_eq!(config(&answer, 1, "consumer.session.timeout.ms").value.as_deref(), Some("45000"));
    let interval = config(&answer, 2, "interval.ms");
    assert_eq!((interval.value.as_deref(), interval.config_source), (Some("300000"), 5));
}

#[test]
fn h48_secrets_are_never_shown() {
    let mut broker = Fixture::new("ssl.key.password=hidden\n");
    let answer = broker.ask(4, &request(vec![resource(BROKER, "1", Some(&["ssl.key.password"]))]));
    let password = config(&answer, 0, "ssl.key.password");
    assert_eq!((password.value.as_deref(), password.is_sensitive), (None, true));
    assert!(!format!("{answer:?}").contains("hidden"));
}

#[test]
fn a_question_about_everything_again_and_again_is_cut_short() {
    let row = || DescribeConfigsResourceResult { documentation: Some("x".repeat(900).into()), ..Default::default() };
    let mut described = 0;
    let results = gather(vec![resource(BROKER, "1", None); 50], 20_000, |_| {
        described += 1;
        Ok(vec![row(), row()])
    });
    assert!((10..=12).contains(&described), "{described}");
    assert!(results[..described].iter().all(|result| result.error_code == 0 && result.configs.len() == 2));
    assert!(results[described..].iter().all(|result| result.error_code == 44 && result.configs.is_empty()));
    assert_eq!(results.len(), 50);
}
