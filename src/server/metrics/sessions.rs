//! Fetch sessions (KIP-227).

use super::figure::{Figure, Kind};
use esker_api::SessionStats;

pub(crate) const FIGURES: &[Figure<SessionStats>] = &[
    Figure {
        name: "kafka_server_fetchsessioncache_numincrementalfetchsessions",
        kind: Kind::Gauge,
        about: "How many fetch sessions are remembered (max.incremental.fetch.session.cache.slots)?",
        read: |sessions, emit| emit.value(sessions.sessions as u64),
    },
    Figure {
        name: "kafka_server_fetchsessioncache_numincrementalfetchpartitionscached",
        kind: Kind::Gauge,
        about: "How many partitions are in them?",
        read: |sessions, emit| emit.value(sessions.partitions as u64),
    },
    Figure {
        name: "kafka_server_fetchsessioncache_incrementalfetchsessionevictions_total",
        kind: Kind::Counter,
        about: "How many sessions had to go for others?",
        read: |sessions, emit| emit.value(sessions.evictions),
    },
];
