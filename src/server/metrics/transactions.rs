//! The transactional ids that this broker coordinates.

use super::figure::{Figure, Kind};
use esker_coordinator::transaction::TransactionStats;

pub(crate) const FIGURES: &[Figure<TransactionStats>] = &[
    Figure {
        name: "esker_transactions_ids",
        kind: Kind::Gauge,
        about: "How many transactional ids does this broker coordinate?",
        read: |stats, emit| emit.value(stats.ids as u64),
    },
    Figure {
        name: "esker_transactions_partitions_served",
        kind: Kind::Gauge,
        about: "How many partitions of __transaction_state are loaded and served here?",
        read: |stats, emit| emit.value(stats.partitions_served as u64),
    },
    Figure {
        name: "esker_transactions_partitions_loading",
        kind: Kind::Gauge,
        about: "How many are being read, so that their producers wait?",
        read: |stats, emit| emit.value(stats.partitions_loading as u64),
    },
];
