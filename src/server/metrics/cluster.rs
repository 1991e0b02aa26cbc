//! The cluster as this broker knows it.

use super::figure::{Figure, Kind};
use esker_metadata::ClusterImage;

pub(crate) const FIGURES: &[Figure<ClusterImage>] = &[
    Figure {
        name: "kafka_controller_kafkacontroller_globaltopiccount",
        kind: Kind::Gauge,
        about: "How many topics are there?",
        read: |image, emit| emit.value(image.topic_count() as u64),
    },
    Figure {
        name: "kafka_controller_kafkacontroller_globalpartitioncount",
        kind: Kind::Gauge,
        about: "How many partitions do they have?",
        read: |image, emit| emit.value(image.topics().map(|topic| topic.partitions.len() as u64).sum()),
    },
    Figure {
        name: "kafka_controller_kafkacontroller_offlinepartitionscount",
        kind: Kind::Gauge,
        about: "How many partitions have no leader?",
        read: |image, emit| {
            let partitions = image.topics().flat_map(|topic| topic.partitions.iter());
            emit.value(partitions.filter(|partition| partition.leader.is_none()).count() as u64);
        },
    },
    Figure {
        name: "kafka_server_replicamanager_underreplicatedpartitions",
        kind: Kind::Gauge,
        about: "How many partitions have a replica that is not in sync?",
        read: |image, emit| {
            let partitions = image.topics().flat_map(|topic| topic.partitions.iter());
            let behind = partitions.filter(|partition| partition.isr.len() < partition.replicas.len());
            emit.value(behind.count() as u64);
        },
    },
    Figure {
        name: "kafka_controller_kafkacontroller_topicstodeletecount",
        kind: Kind::Gauge,
        about: "How many deleted topics still have data somewhere?",
        read: |image, emit| emit.value(image.topic_deletions().count() as u64),
    },
    Figure {
        name: "kafka_controller_kafkacontroller_activebrokercount",
        kind: Kind::Gauge,
        about: "How many brokers are registered and not fenced?",
        read: |image, emit| emit.value(image.brokers().filter(|broker| !broker.fenced).count() as u64),
    },
    Figure {
        name: "kafka_server_metadata_applied_offset",
        kind: Kind::Gauge,
        about: "Up to which offset of the metadata log is this broker informed?",
        read: |image, emit| emit.fraction(image.offset() as f64),
    },
];
