//! What is in the bucket and what is not there yet, all partitions of this broker together. Known with the bucket away, too.

use super::figure::{Figure, Kind};
use esker_replication::ReplicaManager;

/// What the figures are read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backlog {
    pub(crate) remote_bytes: u64,
    pub(crate) lag_bytes: u64,
    pub(crate) lag_offsets: u64,
    pub(crate) lag_ms: u64,
    pub(crate) uploads: u64,
    pub(crate) failing: u64,
}

impl Backlog {
    /// Adds up what the tiered partitions that this broker leads say.
    pub(crate) fn of(replicas: &ReplicaManager) -> Self {
        let mut sum = Self::default();
        for tier in replicas.partitions().iter().filter(|one| one.term().is_ok()).filter_map(|one| one.tier()) {
            let one = tier.metrics();
            sum.remote_bytes += one.remote_bytes;
            sum.lag_bytes += one.lag_bytes;
            sum.lag_offsets += one.lag_offsets;
            sum.lag_ms = sum.lag_ms.max(one.lag_ms);
            sum.uploads += one.uploads as u64;
            sum.failing += u64::from(one.last_error.is_some());
        }
        sum
    }
}

pub(crate) const FIGURES: &[Figure<Backlog>] = &[
    Figure {
        name: "kafka_server_brokertopicmetrics_remotelogsizebytes",
        kind: Kind::Gauge,
        about: "How many bytes do the partitions that this broker leads have in the bucket?",
        read: |backlog, emit| emit.value(backlog.remote_bytes),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_remotecopylagbytes",
        kind: Kind::Gauge,
        about: "How many bytes of them are not in the bucket yet, active segments included?",
        read: |backlog, emit| emit.value(backlog.lag_bytes),
    },
    Figure {
        name: "esker_tier_copy_lag_offsets",
        kind: Kind::Gauge,
        about: "How many offsets of them are not in the bucket yet, active segments included?",
        read: |backlog, emit| emit.value(backlog.lag_offsets),
    },
    Figure {
        name: "esker_tier_copy_lag_seconds",
        kind: Kind::Gauge,
        about: "How long has the oldest closed segment been waiting to be in the bucket? 0 where none waits.",
        read: |backlog, emit| emit.fraction(backlog.lag_ms as f64 / 1000.0),
    },
    Figure {
        name: "esker_tier_uploads",
        kind: Kind::Gauge,
        about: "How many segments are being uploaded?",
        read: |backlog, emit| emit.value(backlog.uploads),
    },
    Figure {
        name: "esker_tier_failing_partitions",
        kind: Kind::Gauge,
        about: "In how many partitions did the last attempt of upload, retention or take-over fail?",
        read: |backlog, emit| emit.value(backlog.failing),
    },
];
