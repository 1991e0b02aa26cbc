//! The partitions of this broker and the requests that wait for them.

use super::figure::{Figure, Kind};
use esker_replication::{ReplicaManager, Waiter};
use std::sync::atomic::Ordering::Relaxed;

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
        about: "How many waits of requests for an offset are there, all partitions together, by operation?",
        read: |replicas, emit| {
            for waiter in Waiter::ALL {
                let labels = [("delayedOperation", waiter.name().to_owned())];
                emit.labelled(replicas.purgatory().held_by(waiter) as f64, &labels);
            }
        },
    },
    Figure {
        name: "kafka_server_delayedoperationpurgatory_expired_total",
        kind: Kind::Counter,
        about: "How many requests waited until their deadline?",
        read: |replicas, emit| emit.value(replicas.purgatory().expired.load(Relaxed)),
    },
    Figure {
        name: "esker_purgatory_crowded_total",
        kind: Kind::Counter,
        about: "How many waits were not set up because there are too many, so that their requests wait for the deadline?",
        read: |replicas, emit| emit.value(replicas.purgatory().crowded.load(Relaxed)),
    },
];
