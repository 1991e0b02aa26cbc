//! What a topic's configuration means: every topic key, typed.

use crate::key::Scope;
use crate::section::{FromValue, section};
use crate::table;
use crate::value::Value;
use crate::values::{BrokerValues, ConfigMap};
use std::time::Duration;

/// What happens to old records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanupPolicy {
    /// Only the newest record of each key is kept.
    pub compact: bool,
    /// Records beyond retention go.
    pub delete: bool,
}

/// Codec of stored batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the codecs'
pub enum CompressionType {
    /// What the producer chose.
    Producer,
    Uncompressed,
    Gzip,
    Snappy,
    Lz4,
    Zstd,
}

/// Whose time a record bears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampType {
    /// The producer's.
    CreateTime,
    /// The broker's.
    LogAppendTime,
}

impl FromValue for CleanupPolicy {
    fn from_value(value: &Value) -> Option<Self> {
        let Value::List(entries) = value else { return None };
        let has = |name: &str| entries.iter().any(|entry| entry == name);
        Some(Self { compact: has("compact"), delete: has("delete") })
    }
}

impl FromValue for CompressionType {
    fn from_value(value: &Value) -> Option<Self> {
        let Value::Text(text) = value else { return None };
        Some(match text.as_str() {
            "producer" => Self::Producer,
            "uncompressed" => Self::Uncompressed,
            "gzip" => Self::Gzip,
            "snappy" => Self::Snappy,
            "lz4" => Self::Lz4,
            "zstd" => Self::Zstd,
            _ => return None,
        })
    }
}

impl FromValue for TimestampType {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) if text == "CreateTime" => Some(Self::CreateTime),
            Value::Text(text) if text == "LogAppendTime" => Some(Self::LogAppendTime),
            _ => None,
        }
    }
}

section! {
    /// A topic's configuration. Times that never end are `None`; bytes without bound are -1.
    TopicSettings {
        /// What happens to old records.
        cleanup_policy: CleanupPolicy = "cleanup.policy",
        /// Codec of stored batches.
        compression: CompressionType = "compression.type",
        /// Effort of gzip; -1 is the library's default.
        gzip_level: i32 = "compression.gzip.level",
        /// Effort of lz4.
        lz4_level: i32 = "compression.lz4.level",
        /// Effort of zstd.
        zstd_level: i32 = "compression.zstd.level",
        /// Time for which a deletion's marker stays readable.
        delete_retention: Duration = "delete.retention.ms",
        /// Time between the removal of a segment from its log and of its file from the disk.
        file_delete_delay: Duration = "file.delete.delay.ms",
        /// Records that may be written before they are synced; at least 1.
        flush_messages: i64 = "flush.messages",
        /// Time that a written record may wait before it is synced.
        flush_interval: Option<Duration> = "flush.ms",
        /// Replicas whose followers are throttled, `partition:broker`, or `*`.
        follower_throttled_replicas: Vec<String> = "follower.replication.throttled.replicas",
        /// Replicas whose leaders are throttled, `partition:broker`, or `*`.
        leader_throttled_replicas: Vec<String> = "leader.replication.throttled.replicas",
        /// Bytes of records between two entries of the offset index.
        index_interval_bytes: usize = "index.interval.bytes",
        /// Segment size below the ordinary bound, for tests.
        internal_segment_bytes: Option<i32> = "internal.segment.bytes",
        /// Local size above which tiered segments go; -2 means `retention_bytes`.
        local_retention_bytes: i64 = "local.retention.bytes",
        /// Age in milliseconds above which tiered segments leave the local disk; -2 means the retention time.
        local_retention_ms: i64 = "local.retention.ms",
        /// Time after which a record is compacted whatever the ratio.
        compaction_lag_max: Option<Duration> = "max.compaction.lag.ms",
        /// Largest record batch, in bytes.
        message_bytes_max: usize = "max.message.bytes",
        /// How far a record's time may lie after the broker's, in milliseconds.
        timestamp_after_max_ms: i64 = "message.timestamp.after.max.ms",
        /// How far a record's time may lie before the broker's, in milliseconds.
        timestamp_before_max_ms: i64 = "message.timestamp.before.max.ms",
        /// Whose time a record bears.
        timestamp_type: TimestampType = "message.timestamp.type",
        /// Share of a log that must be uncompacted before it is compacted again.
        min_cleanable_dirty_ratio: f64 = "min.cleanable.dirty.ratio",
        /// Time for which a record is safe from compaction.
        compaction_lag_min: Duration = "min.compaction.lag.ms",
        /// In-sync replicas that acks=all needs; more than the topic has means all.
        min_insync_replicas: usize = "min.insync.replicas",
        /// Whether a new segment file gets its whole length at once.
        preallocate: bool = "preallocate",
        /// Bytes that must be behind a segment before it is uploaded; -1 means the local retention size.
        remote_copy_lag_bytes: i64 = "remote.copy.lag.bytes",
        /// Age in milliseconds that a segment must have before it is uploaded; -1 means the local retention time.
        remote_copy_lag_ms: i64 = "remote.copy.lag.ms",
        /// Whether the tier is closed to new segments.
        remote_copy_disabled: bool = "remote.log.copy.disable",
        /// Whether switching the tier off deletes what is there.
        remote_delete_on_disable: bool = "remote.log.delete.on.disable",
        /// Whether closed segments go to object storage.
        remote_enabled: bool = "remote.storage.enable",
        /// Size of a partition, both tiers together, above which its oldest segments go; negative for no bound.
        retention_bytes: i64 = "retention.bytes",
        /// Age above which segments of both tiers go.
        retention: Option<Duration> = "retention.ms",
        /// Size at which a segment is closed.
        segment_bytes: usize = "segment.bytes",
        /// Largest index, in bytes.
        index_bytes_max: usize = "segment.index.bytes",
        /// Random part of `segment_age_max`.
        segment_jitter: Duration = "segment.jitter.ms",
        /// Age at which a segment is closed.
        segment_age_max: Duration = "segment.ms",
        /// Whether a replica outside of the in-sync set may become leader.
        unclean_election: bool = "unclean.leader.election.enable",
        /// How long a record may be missing from the bucket.
        tier_lag_max: Option<Duration> = "esker.tier.max.lag.ms",
    }
}

impl TopicSettings {
    /// Age above which tiered segments leave the local disk, the retention time where it is not set apart.
    pub fn local_retention(&self) -> Option<Duration> {
        match self.local_retention_ms {
            -2 => self.retention,
            ms => u64::try_from(ms).ok().map(|ms| Duration::from_millis(ms).min(crate::section::DURATION_MAX)),
        }
    }

    /// Size at which a segment is closed, the test hook's before the ordinary one.
    pub fn segment_size(&self) -> usize {
        let internal = self.internal_segment_bytes.and_then(|bytes| usize::try_from(bytes).ok());
        internal.unwrap_or(self.segment_bytes)
    }

    /// Local size above which tiered segments go, the retention size where it is not set apart; negative for no bound.
    pub fn local_retention_size(&self) -> i64 {
        if self.local_retention_bytes == -2 { self.retention_bytes } else { self.local_retention_bytes }
    }
}

impl BrokerValues {
    /// What a topic's configuration means on this broker. An override that this build does not allow (left by another
    /// version) reads as not set.
    pub fn topic_settings(&self, overrides: &ConfigMap) -> TopicSettings {
        TopicSettings::read(&|name| match table::find(Scope::Topic, name) {
            Some(key) => self.value_of(key, overrides),
            None => Value::Null,
        })
    }

    /// What a new topic gets recorded beyond what its creator asked for: that it is tiered, where the broker's default
    /// says so and the topic can be.
    pub fn creation_defaults(&self, topic: &str, overrides: &ConfigMap) -> ConfigMap {
        const KEY: &str = "remote.storage.enable";
        let by_default = self.get("esker.tier.topics.default") == Value::Boolean(true) && self.tier_enabled();
        let policy = self.topic_settings(overrides).cleanup_policy;
        let can_be = !esker_model::is_internal_topic(topic) && policy == CleanupPolicy { compact: false, delete: true };
        let mut added = ConfigMap::new();
        if by_default && can_be && !overrides.contains_key(KEY) {
            let mut tiered = overrides.clone();
            tiered.insert(KEY.to_owned(), "true".to_owned());
            // A topic whose own retention does not suit the tier stays as it was asked for.
            if self.validate_topic(&tiered, &ConfigMap::new()).is_ok() {
                added.insert(KEY.to_owned(), "true".to_owned());
            }
        }
        added
    }
}
