//! Internal topics take their shape from the broker's settings, as Kafka's do.

use crate::internal_topic;
use crate::testing::{Paper, values};

fn shape(name: &str) -> Vec<(String, String)> {
    let mut configs: Vec<_> = internal_topic(&values(""), name)
        .unwrap()
        .configs
        .into_iter()
        .map(|(key, value)| (key, value.unwrap()))
        .collect();
    configs.sort();
    configs
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
}

#[test]
fn internal_topics_have_kafkas_configurations() {
    let offsets = [("cleanup.policy", "compact"), ("compression.type", "producer"), ("segment.bytes", "104857600")];
    assert_eq!(shape("__consumer_offsets"), pairs(&offsets));
    let transactions = [
        ("cleanup.policy", "compact"),
        ("compression.type", "uncompressed"),
        ("min.insync.replicas", "2"),
        ("segment.bytes", "104857600"),
        ("unclean.leader.election.enable", "false"),
    ];
    assert_eq!(shape("__transaction_state"), pairs(&transactions));
    let share = [
        ("cleanup.policy", "delete"),
        ("compression.type", "producer"),
        ("min.insync.replicas", "2"),
        ("retention.ms", "-1"),
        ("segment.bytes", "104857600"),
    ];
    assert_eq!(shape("__share_group_state"), pairs(&share));
    assert_eq!(internal_topic(&values(""), "orders"), None);
}

#[test]
fn counts_come_from_the_settings_and_the_topics_can_be_created() {
    let text = "offsets.topic.num.partitions=3\noffsets.topic.replication.factor=1\n\
                transaction.state.log.replication.factor=1\nshare.coordinator.state.topic.replication.factor=1\n";
    let paper = Paper::new(&[1], text);
    for (name, partitions) in [("__consumer_offsets", 3), ("__transaction_state", 50), ("__share_group_state", 50)] {
        let created = paper.create(internal_topic(&paper.values, name).unwrap()).unwrap();
        assert_eq!((created.partitions, created.replication_factor), (partitions, 1));
    }
}
