//! Requests that wait for an offset: fetches for records, produces for their replicas.

use super::figure::{Figure, Kind};
use esker_replication::Purgatory;

pub(crate) const FIGURES: &[Figure<Purgatory>] = &[Figure {
    name: "kafka_server_delayedoperationpurgatory_purgatorysize",
    kind: Kind::Gauge,
    about: "How many waits of requests for an offset are there, all partitions together?",
    read: |purgatory, emit| emit.value(purgatory.held() as u64),
}];
