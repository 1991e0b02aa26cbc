//! The words of the field: topics, partitions, offsets, epochs. Words only, no behaviour of the broker.

mod epoch;
mod ids;
#[cfg(test)]
mod model_test;
mod monotonic;
mod names;
mod range;

pub use epoch::{EpochEntry, EpochHistory};
pub use ids::{ClusterId, ClusterIdError, TopicId, TopicIdPartition, TopicPartition, id_text};
pub use monotonic::Monotonic;
pub use names::{TOPIC_NAME_LEN_MAX, TopicNameError, is_internal_topic, topic_names_collide, validate_topic_name};
pub use range::OffsetRange;

/// Position of a record in its partition's log; the first record of a partition has offset 0.
pub type Offset = i64;

/// Number of a leadership of one partition; grows with every change of leader. -1 where it is unknown.
pub type LeaderEpoch = i32;

/// A broker's or controller's `node.id`.
pub type BrokerId = i32;

/// Number of a broker's registration; grows with each one in the cluster. -1 where it is unknown.
pub type BrokerEpoch = i64;

/// Identity of an idempotent or transactional producer; -1 for none.
pub type ProducerId = i64;

/// Incarnation of a producer id; -1 for none.
pub type ProducerEpoch = i16;

/// Milliseconds since the Unix epoch; -1 where a record carries none.
pub type TimestampMs = i64;

/// No producer: the batch is not idempotent.
pub const NO_PRODUCER_ID: ProducerId = -1;

/// The leader epoch of a batch or request that carries none.
pub const NO_LEADER_EPOCH: LeaderEpoch = -1;
