//! IncrementalAlterConfigs, answer by answer.

use crate::LogLevels;
use crate::testing::Fixture;
use esker_metadata::{ConfigResource, ConfigResourceKind};
use esker_protocol::messages::incremental_alter_configs::{AlterConfigsResource, AlterableConfig};
use esker_protocol::messages::{IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse};

const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

type Op<'a> = (&'a str, i8, Option<&'a str>);

fn resource(resource_type: i8, name: &str, ops: &[Op<'_>]) -> AlterConfigsResource {
    let config = |(name, config_operation, value): &Op<'_>| AlterableConfig {
        name: (*name).into(),
        config_operation: *config_operation,
        value: value.map(Into::into),
    };
    AlterConfigsResource { resource_type, resource_name: name.into(), configs: ops.iter().map(config).collect() }
}

fn request(resources: Vec<AlterConfigsResource>) -> IncrementalAlterConfigsRequest {
    IncrementalAlterConfigsRequest { resources, validate_only: false }
}

fn outcomes(answer: &IncrementalAlterConfigsResponse) -> Vec<(i16, Option<&str>)> {
    answer.responses.iter().map(|row| (row.error_code, row.error_message.as_deref())).collect()
}

fn with_topic() -> Fixture {
    let mut fixture = Fixture::new("");
    fixture.create_topic(1, "a", 1);
    fixture
}

fn one(broker: &mut Fixture, resource_type: i8, name: &str, ops: &[Op<'_>]) -> (i16, String) {
    let answer = broker.ask(1, &request(vec![resource(resource_type, name, ops)]));
    let (code, text) = outcomes(&answer)[0];
    (code, text.unwrap_or_default().to_owned())
}

#[test]
fn every_operation_and_every_kind_of_resource_works() {
    let mut broker = with_topic();
    let ok = (0, String::new());
    let topic = ConfigResource::topic("a");
    assert_eq!(one(&mut broker, 2, "a", &[("retention.ms", SET, Some("5000"))]), ok);
    assert_eq!(broker.image.config(&topic, "retention.ms"), Some("5000"));
    assert_eq!(one(&mut broker, 2, "a", &[("cleanup.policy", APPEND, Some("compact"))]), ok);
    assert_eq!(broker.image.config(&topic, "cleanup.policy"), Some("delete,compact"));
    assert_eq!(one(&mut broker, 2, "a", &[("cleanup.policy", SUBTRACT, Some("delete"))]), ok);
    assert_eq!(broker.image.config(&topic, "cleanup.policy"), Some("compact"));
    assert_eq!(one(&mut broker, 2, "a", &[("cleanup.policy", DELETE, None), ("retention.ms", DELETE, None)]), ok);
    assert!(broker.image.configs(&topic).is_none());
    assert_eq!(one(&mut broker, 2, "a", &[("retention.ms", DELETE, None)]), ok, "what is not set can be deleted");

    assert_eq!(one(&mut broker, 4, "1", &[("log.retention.ms", SET, Some("60000"))]), ok);
    assert_eq!(one(&mut broker, 4, "", &[("log.retention.ms", SET, Some("70000"))]), ok);
    assert_eq!(one(&mut broker, 32, "g", &[("consumer.session.timeout.ms", SET, Some("50000"))]), ok);
    assert_eq!(one(&mut broker, 16, "m", &[("interval.ms", SET, Some("1000"))]), ok);
    assert_eq!(broker.image.config(&ConfigResource::broker(1), "log.retention.ms"), Some("60000"));
    let metrics = ConfigResource { kind: ConfigResourceKind::ClientMetrics, name: "m".into() };
    assert_eq!(broker.image.config(&metrics, "interval.ms"), Some("1000"));
}

#[test]
fn a_broker_changes_its_own_settings_only() {
    let mut broker = with_topic();
    let text = |text: &str| (42, text.to_owned());
    let ops = [("log.retention.ms", SET, Some("60000"))];
    assert_eq!(one(&mut broker, 4, "2", &ops), text("Unexpected broker id, expected 1, but received 2"));
    assert_eq!(one(&mut broker, 4, "x", &ops), text("Node id must be an integer, but it is: x"));
    let fixed = one(&mut broker, 4, "1", &[("num.partitions", SET, Some("5"))]);
    assert_eq!(fixed, text("Cannot update these configs dynamically: [num.partitions]"));
}

#[test]
fn h48_where_a_broker_is_and_what_opens_its_doors_cannot_be_changed_by_a_client() {
    let mut broker = with_topic();
    for (key, value) in [
        ("node.id", "2"),
        ("log.dirs", "/tmp"),
        ("controller.quorum.voters", "1@10.0.0.9:1"),
        ("esker.http.listener", "0.0.0.0:1"),
        ("esker.tier.url", "s3://other/prefix"),
        ("esker.tier.s3.endpoint", "http://169.254.169.254"),
        ("esker.tier.s3.secret.access.key", "hunter2"),
        ("authorizer.class.name", ""),
    ] {
        for name in ["1", ""] {
            let (code, text) = one(&mut broker, 4, name, &[(key, SET, Some(value))]);
            assert!([40, 42].contains(&code), "{key} of {name:?}: {code}");
            assert!(!text.contains("hunter2"), "{text}");
            assert_eq!(
                broker.image.config(&ConfigResource { kind: ConfigResourceKind::Broker, name: name.into() }, key),
                None
            );
        }
    }
}

#[test]
fn refusals_have_kafkas_codes_and_words() {
    let mut broker = with_topic();
    let ops = [("retention.ms", SET, Some("5000"))];
    assert_eq!(one(&mut broker, 2, "nope", &ops), (3, "The topic 'nope' does not exist.".into()));
    assert_eq!(one(&mut broker, 2, "nope", &[]), (3, "The topic 'nope' does not exist.".into()));
    assert_eq!(one(&mut broker, 2, "", &ops), (42, "Default topic resources are not allowed.".into()));
    assert_eq!(one(&mut broker, 2, "b b", &ops).0, 17);
    let unknown = (40, "Unknown topic config name: nope".into());
    assert_eq!(one(&mut broker, 2, "a", &[("nope", SET, Some("1"))]), unknown);
    let append = (40, "Can't APPEND to key retention.ms because its type is not LIST.".into());
    assert_eq!(one(&mut broker, 2, "a", &[("retention.ms", APPEND, Some("5"))]), append);
    let nulls = (42, "Null value not supported for : retention.ms, segment.ms".into());
    assert_eq!(one(&mut broker, 2, "a", &[("retention.ms", SET, None), ("segment.ms", APPEND, None)]), nulls);
    let twice = (42, "Error due to duplicate config keys".into());
    assert_eq!(one(&mut broker, 2, "a", &[ops[0], ops[0]]), twice);
    assert_eq!(
        one(&mut broker, 4, "1", &[("log.retention.ms", 7, Some("5"))]),
        (42, "Unknown operations type 7".into())
    );
    for kind in [0, 1, 3, 99] {
        assert_eq!(one(&mut broker, kind, "x", &ops), (42, format!("Unknown resource type {kind}")));
        let both = one(&mut broker, kind, "x", &[("retention.ms", 7, Some("5"))]);
        assert_eq!(both, (42, format!("Unknown resource type {kind}")), "whatever else is wrong");
    }
}

#[test]
fn a_resource_that_comes_twice_is_refused_twice_and_the_others_are_changed() {
    let mut broker = with_topic();
    broker.create_topic(2, "b", 1);
    let ops = [("retention.ms", SET, Some("5000"))];
    let resources = vec![resource(2, "a", &ops), resource(2, "b", &ops), resource(2, "a", &ops)];
    let answer = broker.ask(1, &request(resources));
    let twice = (42, Some("Each resource must appear at most once."));
    assert_eq!(outcomes(&answer), [twice, (0, None), twice]);
    let names: Vec<&str> = answer.responses.iter().map(|row| &*row.resource_name).collect();
    assert_eq!(names, ["a", "b", "a"]);
    assert_eq!(broker.image.config(&ConfigResource::topic("b"), "retention.ms"), Some("5000"));
}

#[test]
fn a_question_changes_nothing() {
    let mut broker = with_topic();
    let resources = vec![resource(2, "a", &[("retention.ms", SET, Some("5000"))]), resource(2, "a2", &[])];
    for version in 0..=1 {
        let question = IncrementalAlterConfigsRequest { validate_only: true, resources: resources.clone() };
        let answer = broker.ask(version, &question);
        assert_eq!(answer.responses.iter().map(|row| row.error_code).collect::<Vec<_>>(), [0, 3]);
    }
    assert!(broker.image.configs(&ConfigResource::topic("a")).is_none());
}

#[test]
fn levels_of_loggers_are_set_by_their_broker() {
    let mut broker = with_topic();
    let ops = [("root", SET, Some("INFO"))];
    let nowhere = [("nowhere", 0, Some("DEBUG"))];
    assert_eq!(one(&mut broker, 8, "1", &nowhere), (40, "Logger nowhere does not exist!".into()));
    let set = [("openraft", 0, Some("DEBUG"))];
    assert_eq!(one(&mut broker, 8, "1", &set), (0, String::new()));
    assert!(LogLevels::of_process().all().contains(&("openraft", "DEBUG")));
    assert_eq!(one(&mut broker, 8, "1", &[]), (0, String::new()));
    assert_eq!(one(&mut broker, 8, "2", &ops), (42, "Unexpected node id. Expected 1, but received 2".into()));
    assert_eq!(one(&mut broker, 8, "", &ops), (42, "Node id must be an integer, but it is: ".into()));
}

#[test]
fn what_is_changed_is_in_effect_with_the_answer() {
    let mut broker = with_topic();
    one(&mut broker, 4, "", &[("log.retention.ms", SET, Some("61000"))]);
    let services = &broker.api.services;
    assert_eq!(services.configs.current().get("log.retention.ms").as_i64(), Some(61_000));
}
