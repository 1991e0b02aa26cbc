//! What clients push (KIP-714).

use super::figure::{Figure, Kind};
use esker_api::TelemetryStats;

pub(crate) const FIGURES: &[Figure<TelemetryStats>] = &[
    Figure {
        name: "kafka_server_client_metrics_instance_count",
        kind: Kind::Gauge,
        about: "How many clients that push their metrics are remembered?",
        read: |stats, emit| emit.value(stats.instances as u64),
    },
    Figure {
        name: "kafka_server_client_metrics_plugin_export_total",
        kind: Kind::Counter,
        about: "How many pushes were taken?",
        read: |stats, emit| emit.value(stats.pushes),
    },
    Figure {
        name: "kafka_server_client_metrics_plugin_error_total",
        kind: Kind::Counter,
        about: "How many could not be read, or were too large when decompressed (telemetry.max.bytes)?",
        read: |stats, emit| emit.value(stats.unreadable),
    },
    Figure {
        name: "kafka_server_client_metrics_throttle_total",
        kind: Kind::Counter,
        about: "How many requests came before their client's interval was over?",
        read: |stats, emit| emit.value(stats.throttled),
    },
    Figure {
        name: "kafka_server_client_metrics_unknown_subscription_request_total",
        kind: Kind::Counter,
        about: "How many pushes followed another subscription than their client's?",
        read: |stats, emit| emit.value(stats.unknown_subscriptions),
    },
    Figure {
        name: "esker_client_metrics_values",
        kind: Kind::Gauge,
        about: "How many values of clients are kept?",
        read: |stats, emit| emit.value(stats.values as u64),
    },
    Figure {
        name: "esker_client_metrics_values_dropped_total",
        kind: Kind::Counter,
        about: "How many were not, for the limits (esker.client.telemetry.values.max)?",
        read: |stats, emit| emit.value(stats.values_dropped),
    },
];
