//! The groups that this broker coordinates.

use super::figure::{Figure, Kind};
use esker_coordinator::group::GroupCoordinator;

pub(crate) const FIGURES: &[Figure<GroupCoordinator>] = &[
    Figure {
        name: "kafka_coordinator_group_groupmetadatamanager_numgroups",
        kind: Kind::Gauge,
        about: "How many groups does this broker coordinate?",
        read: |groups, emit| emit.value(groups.groups_held() as u64),
    },
    Figure {
        name: "esker_groups_memory_bytes",
        kind: Kind::Gauge,
        about: "How much of esker.groups.memory.bytes do groups, their members and their offsets take?",
        read: |groups, emit| emit.value(groups.memory_used() as u64),
    },
    Figure {
        name: "esker_groups_partitions_served",
        kind: Kind::Gauge,
        about: "How many partitions of __consumer_offsets are loaded and served here?",
        read: |groups, emit| emit.value(groups.served().len() as u64),
    },
    Figure {
        name: "esker_groups_partitions_loading",
        kind: Kind::Gauge,
        about: "How many are being read, so that their groups wait?",
        read: |groups, emit| emit.value(groups.loading().len() as u64),
    },
];
