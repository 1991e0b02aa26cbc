//! Requests by key: how many, how long, which errors. Labels: the keys that are served and Kafka's error codes.

use super::figure::{Emit, Figure, Kind};
use esker_api::{ApiMetrics, KeyMetrics};
use std::time::Duration;

fn by_key(api: &ApiMetrics, emit: &mut Emit<'_>, time: fn(&KeyMetrics) -> Duration) {
    for (key, figures) in api.keys() {
        emit.labelled(time(figures).as_secs_f64(), &[("request", key.name().to_owned())]);
    }
}

pub(crate) const FIGURES: &[Figure<ApiMetrics>] = &[
    Figure {
        name: "kafka_network_requestmetrics_requests_total",
        kind: Kind::Counter,
        about: "How many requests were answered, by key?",
        read: |api, emit| {
            for (key, figures) in api.keys() {
                emit.labelled(figures.requests() as f64, &[("request", key.name().to_owned())]);
            }
        },
    },
    Figure {
        name: "kafka_network_requestmetrics_errors_total",
        kind: Kind::Counter,
        about: "How often did an answer hold an error code, by key and code?",
        read: |api, emit| {
            for (key, figures) in api.keys() {
                for (code, count) in figures.errors() {
                    let labels = [("request", key.name().to_owned()), ("error", code.name().to_owned())];
                    emit.labelled(count as f64, &labels);
                }
            }
        },
    },
    Figure {
        name: "kafka_network_requestmetrics_localtime_seconds_total",
        kind: Kind::Counter,
        about: "How long did requests run before they were answered or began to wait, all together, by key?",
        read: |api, emit| by_key(api, emit, KeyMetrics::local_time),
    },
    Figure {
        name: "kafka_network_requestmetrics_requestqueuetime_seconds_total",
        kind: Kind::Counter,
        about: "How long did requests wait behind earlier ones of their connection, all together, by key?",
        read: |api, emit| by_key(api, emit, KeyMetrics::queue_time),
    },
    Figure {
        name: "kafka_network_requestmetrics_remotetime_seconds_total",
        kind: Kind::Counter,
        about: "How long did requests wait for others (replicas, new records, the bucket), all together, by key?",
        read: |api, emit| by_key(api, emit, |figures| figures.total_time().saturating_sub(figures.local_time())),
    },
    Figure {
        name: "kafka_network_requestmetrics_responsesendtime_seconds_total",
        kind: Kind::Counter,
        about: "How long did answers take until the kernel had them, all together, by key?",
        read: |api, emit| by_key(api, emit, KeyMetrics::send_time),
    },
    Figure {
        name: "kafka_network_requestmetrics_refused_total",
        kind: Kind::Counter,
        about: "For how many requests was the connection closed because they were not understood?",
        read: |api, emit| emit.value(api.refused()),
    },
];
