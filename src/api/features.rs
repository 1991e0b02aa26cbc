//! The features of the cluster that this broker can work with (KIP-584), by Kafka 4.3's names and levels.

/// Name, lowest and highest level of each. The broker registers with these, and ApiVersions shows them.
pub const SUPPORTED_FEATURES: [(&str, i16, i16); 7] = [
    ("eligible.leader.replicas.version", 0, 1),
    ("group.version", 0, 1),
    ("kraft.version", 0, 1),
    ("metadata.version", 7, 30),
    ("share.version", 0, 1),
    ("streams.version", 0, 1),
    ("transaction.version", 0, 2),
];
