//! Configurations change on paper, resource by resource.

use crate::testing::*;
use crate::{ConfigChange, ConfigEdit, ErrorKind, alter_configs};
use esker_config::{AlterKind, AlterOp};
use esker_metadata::{ConfigResource, ConfigResourceKind, Record};

fn paper() -> Paper {
    let mut paper = Paper::new(&[1], "");
    paper.topic(1, "a", state(&[1], &[1]));
    paper
}

fn of(kind: ConfigResourceKind, name: &str) -> ConfigResource {
    ConfigResource { kind, name: name.into() }
}

fn op(name: &str, kind: AlterKind, value: Option<&str>) -> AlterOp {
    AlterOp { name: name.into(), kind, value: value.map(str::to_owned) }
}

fn set(resource: ConfigResource, key: &str, value: &str) -> ConfigChange {
    ConfigChange { resource, edit: ConfigEdit::Increment(vec![op(key, AlterKind::Set, Some(value))]) }
}

fn replace(resource: ConfigResource, configs: &[(&str, Option<&str>)]) -> ConfigChange {
    let configs = configs.iter().map(|(key, value)| ((*key).into(), value.map(str::to_owned))).collect();
    ConfigChange { resource, edit: ConfigEdit::Replace(configs) }
}

fn refusal(change: ConfigChange) -> (ErrorKind, String) {
    let paper = paper();
    let decision = alter_configs::decide(paper.cluster(), &[change]).unwrap();
    assert!(decision.records.is_empty());
    let error = decision.answer.into_iter().next().unwrap().unwrap_err();
    (error.kind, error.to_string())
}

fn take(paper: &mut Paper, change: ConfigChange) -> usize {
    let decision = alter_configs::decide(paper.cluster(), &[change]).unwrap();
    let count = decision.records.len();
    assert_eq!(paper.take(decision), [Ok(())]);
    count
}

#[test]
fn every_kind_of_resource_can_be_configured() {
    let mut paper = paper();
    let changes = [
        (ConfigResource::topic("a"), "retention.ms", "5000"),
        (ConfigResource::broker(1), "log.retention.ms", "60000"),
        (ConfigResource::cluster_default(), "log.retention.ms", "70000"),
        (of(ConfigResourceKind::Group, "g"), "consumer.session.timeout.ms", "50000"),
        (of(ConfigResourceKind::ClientMetrics, "m"), "interval.ms", "1000"),
    ];
    for (resource, key, value) in changes {
        assert_eq!(take(&mut paper, set(resource.clone(), key, value)), 1);
        assert_eq!(paper.image.config(&resource, key), Some(value), "{resource}");
        assert_eq!(take(&mut paper, set(resource, key, value)), 0, "what is so already needs no record");
    }
}

#[test]
fn replacing_removes_what_is_not_named() {
    let mut paper = paper();
    let topic = ConfigResource::topic("a");
    take(&mut paper, replace(topic.clone(), &[("retention.ms", Some("5")), ("segment.ms", Some("60000"))]));
    take(&mut paper, replace(topic.clone(), &[("segment.ms", Some("60000")), ("cleanup.policy", Some("compact"))]));
    let keys: Vec<&str> = paper.image.configs(&topic).unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["cleanup.policy", "segment.ms"]);
    assert_eq!(take(&mut paper, replace(topic.clone(), &[])), 2);
    assert!(paper.image.configs(&topic).is_none());
}

#[test]
fn lists_grow_and_shrink_from_their_default() {
    let mut paper = paper();
    let topic = ConfigResource::topic("a");
    let edit = |kind, value| ConfigChange {
        resource: ConfigResource::topic("a"),
        edit: ConfigEdit::Increment(vec![op("cleanup.policy", kind, value)]),
    };
    take(&mut paper, edit(AlterKind::Append, Some("compact")));
    assert_eq!(paper.image.config(&topic, "cleanup.policy"), Some("delete,compact"));
    take(&mut paper, edit(AlterKind::Subtract, Some("delete")));
    assert_eq!(paper.image.config(&topic, "cleanup.policy"), Some("compact"));
    assert_eq!(take(&mut paper, edit(AlterKind::Delete, None)), 1);
    assert_eq!(take(&mut paper, edit(AlterKind::Delete, None)), 0, "deleting what is not set succeeds");
}

#[test]
fn names_of_resources_are_checked_before_their_existence() {
    let request = |text: &str| (ErrorKind::InvalidRequest, text.to_owned());
    let topic = |name: &str| set(ConfigResource::topic(name), "retention.ms", "5000");
    assert_eq!(refusal(topic("")), request("Default topic resources are not allowed."));
    assert_eq!(refusal(topic("b b")).0, ErrorKind::InvalidTopicName);
    assert_eq!(refusal(topic("nope")), (ErrorKind::TopicUnknown, "The topic 'nope' does not exist.".into()));
    let unknown_key = set(ConfigResource::topic("nope"), "nope", "1");
    assert_eq!(refusal(unknown_key), (ErrorKind::InvalidConfig, "Unknown topic config name: nope".into()));
    let group = set(of(ConfigResourceKind::Group, ""), "consumer.session.timeout.ms", "50000");
    assert_eq!(refusal(group), request("Default group resources are not allowed."));
    let metrics = set(of(ConfigResourceKind::ClientMetrics, ""), "interval.ms", "1000");
    assert_eq!(refusal(metrics), request("Subscription name can't be empty"));
    let broker = |name: &str| set(of(ConfigResourceKind::Broker, name), "log.retention.ms", "60000");
    assert_eq!(refusal(broker("x")), request("Unable to parse broker name as a base 10 number."));
    assert_eq!(refusal(broker("-1")), request("Invalid negative broker ID."));
    assert_eq!(refusal(broker("9")), (ErrorKind::BrokerUnknown, "No node with id 9 found.".into()));
}

#[test]
fn values_are_checked_by_their_kind() {
    let fixed = set(ConfigResource::broker(1), "num.partitions", "5");
    let text = "Cannot update these configs dynamically: [num.partitions]";
    assert_eq!(refusal(fixed), (ErrorKind::InvalidRequest, text.into()));
    let group = set(of(ConfigResourceKind::Group, "g"), "nope", "1");
    assert_eq!(refusal(group), (ErrorKind::InvalidConfig, "Unknown group config name: nope".into()));
    let metrics = set(of(ConfigResourceKind::ClientMetrics, "m"), "nope", "1");
    assert_eq!(refusal(metrics), (ErrorKind::InvalidRequest, "Unknown client metrics configuration: nope".into()));
    let long = set(ConfigResource::topic("a"), "follower.replication.throttled.replicas", &"x".repeat(32_768));
    assert_eq!(refusal(long).0, ErrorKind::InvalidConfig);
}

#[test]
fn null_values_and_keys_that_come_twice_are_refused() {
    let request = |text: &str| (ErrorKind::InvalidRequest, text.to_owned());
    let topic = || ConfigResource::topic("a");
    let nulls = "Null value not supported for : retention.ms, segment.ms";
    assert_eq!(refusal(replace(topic(), &[("retention.ms", None), ("segment.ms", None)])), request(nulls));
    let ops = vec![op("retention.ms", AlterKind::Set, None), op("segment.ms", AlterKind::Append, None)];
    assert_eq!(refusal(ConfigChange { resource: topic(), edit: ConfigEdit::Increment(ops) }), request(nulls));
    let twice = "Error due to duplicate config keys";
    assert_eq!(refusal(replace(topic(), &[("segment.ms", Some("1")), ("segment.ms", Some("2"))])), request(twice));
}

#[test]
fn the_minimum_of_replicas_belongs_to_the_cluster() {
    let broker = "Broker-level min.insync.replicas cannot be altered while ELR is enabled.";
    let cluster = "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.";
    let config = |text: &str| (ErrorKind::InvalidConfig, text.to_owned());
    assert_eq!(refusal(set(ConfigResource::broker(1), "min.insync.replicas", "1")), config(broker));
    assert_eq!(refusal(replace(ConfigResource::broker(1), &[("min.insync.replicas", Some("1"))])), config(broker));
    let removal = replace(ConfigResource::cluster_default(), &[("log.retention.ms", Some("60000"))]);
    assert_eq!(refusal(removal), config(cluster));
    take(&mut paper(), replace(ConfigResource::cluster_default(), &[("min.insync.replicas", Some("1"))]));
}

#[test]
fn each_resource_is_changed_by_itself_and_only_once() {
    let mut paper = paper();
    paper.topic(2, "b", state(&[1], &[1]));
    let changes = [
        set(ConfigResource::topic("a"), "retention.ms", "1"),
        set(ConfigResource::topic("b"), "retention.ms", "2"),
        set(ConfigResource::topic("a"), "retention.ms", "3"),
        set(ConfigResource::topic("c"), "retention.ms", "4"),
    ];
    let decision = alter_configs::decide(paper.cluster(), &changes).unwrap();
    let ok: Vec<bool> = decision.answer.iter().map(Result::is_ok).collect();
    assert_eq!((ok, decision.records.len()), (vec![false, true, false, false], 1));
    assert!(matches!(&decision.records[0], Record::ConfigSet { resource, .. } if resource.name == "b"));
}
