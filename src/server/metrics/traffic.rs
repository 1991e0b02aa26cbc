//! What goes in and out, as Kafka counts it: the broker's sums, and the same by topic. Labels: topics, of which a hundred have series of their own.

use super::figure::{Emit, Figure, Kind};
use esker_replication::{BrokerTraffic, Traffic};

fn by_topic(traffic: &BrokerTraffic, emit: &mut Emit<'_>, value: fn(&Traffic) -> u64) {
    for (topic, one) in &traffic.topics {
        emit.labelled(value(one) as f64, &[("topic", topic.to_string())]);
    }
}

pub(crate) const FIGURES: &[Figure<BrokerTraffic>] = &[
    Figure {
        name: "kafka_server_brokertopicmetrics_bytesin_total",
        kind: Kind::Counter,
        about: "How many bytes were appended to partitions that this broker leads?",
        read: |traffic, emit| emit.value(traffic.total.bytes_in),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_messagesin_total",
        kind: Kind::Counter,
        about: "How many records?",
        read: |traffic, emit| emit.value(traffic.total.records_in),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_bytesout_total",
        kind: Kind::Counter,
        about: "How many bytes of records were consumers sent?",
        read: |traffic, emit| emit.value(traffic.total.bytes_out),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_totalproducerequests_total",
        kind: Kind::Counter,
        about: "How often was something to be appended to a partition here? Each partition of a request counts.",
        read: |traffic, emit| emit.value(traffic.total.produces),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_failedproducerequests_total",
        kind: Kind::Counter,
        about: "How often was that refused, other than for what clients are expected to run into (no leader here, too large, corrupt)?",
        read: |traffic, emit| emit.value(traffic.total.failed_produces),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_totalfetchrequests_total",
        kind: Kind::Counter,
        about: "How often was a partition here fetched from? Each partition of a request counts.",
        read: |traffic, emit| emit.value(traffic.total.fetches),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_failedfetchrequests_total",
        kind: Kind::Counter,
        about: "How often could disk or tier not be read for that?",
        read: |traffic, emit| emit.value(traffic.total.failed_fetches),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_topic_bytesin_total",
        kind: Kind::Counter,
        about: "How many bytes were appended to the partitions of a topic that this broker leads? A hundred topics are told apart; (other) is the rest.",
        read: |traffic, emit| by_topic(traffic, emit, |one| one.bytes_in),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_topic_messagesin_total",
        kind: Kind::Counter,
        about: "How many records?",
        read: |traffic, emit| by_topic(traffic, emit, |one| one.records_in),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_topic_bytesout_total",
        kind: Kind::Counter,
        about: "How many bytes of a topic's records were consumers sent?",
        read: |traffic, emit| by_topic(traffic, emit, |one| one.bytes_out),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_topic_totalproducerequests_total",
        kind: Kind::Counter,
        about: "How often was something to be appended to a topic's partitions?",
        read: |traffic, emit| by_topic(traffic, emit, |one| one.produces),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_topic_failedproducerequests_total",
        kind: Kind::Counter,
        about: "How often was that refused, counted as above?",
        read: |traffic, emit| by_topic(traffic, emit, |one| one.failed_produces),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_topic_totalfetchrequests_total",
        kind: Kind::Counter,
        about: "How often were a topic's partitions fetched from?",
        read: |traffic, emit| by_topic(traffic, emit, |one| one.fetches),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_topic_failedfetchrequests_total",
        kind: Kind::Counter,
        about: "How often could disk or tier not be read for that?",
        read: |traffic, emit| by_topic(traffic, emit, |one| one.failed_fetches),
    },
];
