//! The partitions of this broker and the requests that wait for them.

use super::figure::{Figure, Kind};
use esker_replication::ReplicaManager;

pub(crate) const FIGURES: &[Figure<ReplicaManager>] = &[
    Figure {
        name: "kafka_server_replicamanager_partitioncount",
        kind: Kind::Gauge,
        about: "How many partitions are on this broker and online?",
        read: |replicas, emit| emit.value(replicas.partitions().len() as u64),
    },
    Figure {
        name: "kafka_server_replicamanager_leadercount",
        kind: Kind::Gauge,
        about: "How many partitions does this broker lead?",
        read: |replicas, emit| {
            emit.value(replicas.partitions().iter().filter(|partition| partition.term().is_ok()).count() as u64);
        },
    },
    Figure {
        name: "kafka_server_replicamanager_offlinereplicacount",
        kind: Kind::Gauge,
        about: "How many partitions should be on this broker and cannot be opened?",
        read: |replicas, emit| emit.value(replicas.offline_partitions().len() as u64),
    },
    Figure {
        name: "kafka_server_delayedoperationpurgatory_purgatorysize",
        kind: Kind::Gauge,
        about: "How many waits of requests for an offset are there, all partitions together?",
        read: |replicas, emit| emit.value(replicas.purgatory().held() as u64),
    },
];
