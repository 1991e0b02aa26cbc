//! Connections and the memory of their requests.

use super::figure::{Figure, Kind};
use crate::{ConnectionRegistry, RequestMemory};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// What the figures are read from.
pub(crate) struct Network {
    pub(crate) connections: Arc<ConnectionRegistry>,
    pub(crate) memory: RequestMemory,
}

pub(crate) const FIGURES: &[Figure<Network>] = &[
    Figure {
        name: "kafka_server_socketservermetrics_connection_count",
        kind: Kind::Gauge,
        about: "How many connections are open?",
        read: |network, emit| emit.value(network.connections.open() as u64),
    },
    Figure {
        name: "kafka_server_socketservermetrics_connection_creation_total",
        kind: Kind::Counter,
        about: "How many connections were served since the start?",
        read: |network, emit| emit.value(network.connections.counters.accepted.load(Relaxed)),
    },
    Figure {
        name: "kafka_server_socketservermetrics_connection_refused_total",
        kind: Kind::Counter,
        about: "How many connections were turned away at a limit?",
        read: |network, emit| emit.value(network.connections.counters.refused.load(Relaxed)),
    },
    Figure {
        name: "kafka_server_socketservermetrics_connection_dropped_total",
        kind: Kind::Counter,
        about: "How many connections were closed because of what the client sent or failed to do in time?",
        read: |network, emit| emit.value(network.connections.counters.dropped.load(Relaxed)),
    },
    Figure {
        name: "kafka_network_requestchannel_memory_used_bytes",
        kind: Kind::Gauge,
        about: "How much of the memory for request frames is in use?",
        read: |network, emit| emit.value(network.memory.used() as u64),
    },
    Figure {
        name: "kafka_network_requestchannel_memory_limit_bytes",
        kind: Kind::Gauge,
        about: "How much memory may request frames take (queued.max.request.bytes, esker.request.memory.bytes)?",
        read: |network, emit| emit.value(network.memory.limit() as u64),
    },
];
