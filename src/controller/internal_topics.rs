//! The topics that the broker keeps for itself: how they are created when they are first needed.

use crate::NewTopic;
use esker_config::{BrokerValues, Value};

/// Which settings shape an internal topic.
struct Shape {
    name: &'static str,
    partitions: &'static str,
    replication_factor: &'static str,
    /// Topic key and its value.
    fixed: &'static [(&'static str, &'static str)],
    /// Topic key and the broker key from which it takes its value.
    from: &'static [(&'static str, &'static str)],
}

const SHAPES: [Shape; 3] = [
    Shape {
        name: "__consumer_offsets",
        partitions: "offsets.topic.num.partitions",
        replication_factor: "offsets.topic.replication.factor",
        fixed: &[("cleanup.policy", "compact"), ("compression.type", "producer")],
        from: &[("segment.bytes", "offsets.topic.segment.bytes")],
    },
    Shape {
        name: "__transaction_state",
        partitions: "transaction.state.log.num.partitions",
        replication_factor: "transaction.state.log.replication.factor",
        fixed: &[
            ("cleanup.policy", "compact"),
            ("compression.type", "uncompressed"),
            ("unclean.leader.election.enable", "false"),
        ],
        from: &[
            ("min.insync.replicas", "transaction.state.log.min.isr"),
            ("segment.bytes", "transaction.state.log.segment.bytes"),
        ],
    },
    Shape {
        name: "__share_group_state",
        partitions: "share.coordinator.state.topic.num.partitions",
        replication_factor: "share.coordinator.state.topic.replication.factor",
        fixed: &[("cleanup.policy", "delete"), ("compression.type", "producer"), ("retention.ms", "-1")],
        from: &[
            ("min.insync.replicas", "share.coordinator.state.topic.min.isr"),
            ("segment.bytes", "share.coordinator.state.topic.segment.bytes"),
        ],
    },
];

/// The internal topic named `name` as these settings want it; `None` for every other name.
pub fn internal_topic(values: &BrokerValues, name: &str) -> Option<NewTopic> {
    let shape = SHAPES.iter().find(|shape| shape.name == name)?;
    let number = |key: &str| values.get(key).as_i64();
    let fixed = shape.fixed.iter().map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned())));
    let from = shape.from.iter().map(|(key, broker)| ((*key).to_owned(), Value::shown(&values.get(broker))));
    Some(NewTopic {
        partitions: number(shape.partitions).and_then(|count| i32::try_from(count).ok()).unwrap_or(-1),
        replication_factor: number(shape.replication_factor).and_then(|count| i16::try_from(count).ok()).unwrap_or(-1),
        configs: fixed.chain(from.filter(|(_, value)| value.is_some())).collect(),
        ..NewTopic::named(name)
    })
}
