//! From a topic's configuration to what its logs and its tier work with.

use crate::partition::TopicTerms;
use esker_config::{CompressionType, TimestampType as ConfiguredTimestamp, TopicSettings, Value};
use esker_log::{CleanupPolicy, Compression, LogConfig};
use esker_metadata::{ClusterImage, ConfigStore};
use esker_record::{Codec, TimestampType};
use esker_tiering::TierTopicConfig;
use std::sync::Arc;
use std::time::Duration;

/// The settings of a topic's logs as of `image`: what the log manager is opened with.
pub fn log_config_for(configs: &ConfigStore, image: &ClusterImage, topic: &str) -> Arc<LogConfig> {
    Arc::new(log_config(&configs.topic_settings(image, topic)))
}

/// All that a topic's configuration means for its partitions.
pub(crate) fn terms_for(configs: &ConfigStore, image: &ClusterImage, topic: &str) -> TopicTerms {
    let settings = configs.topic_settings(image, topic);
    TopicTerms {
        log: Arc::new(log_config(&settings)),
        tier: tier_config(&settings),
        tiered: settings.remote_enabled,
        delete_on_disable: settings.remote_delete_on_disable,
    }
}

/// A number among this node's settings, as it is now.
pub(crate) fn number(configs: &ConfigStore, key: &str) -> Option<i64> {
    match configs.current().get(key) {
        Value::Int(number) => Some(i64::from(number)),
        Value::Long(number) => Some(number),
        _ => None,
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A time that may never end, in milliseconds, with `never` for that.
fn millis_or(duration: Option<Duration>, never: i64) -> i64 {
    duration.map_or(never, millis)
}

fn int(size: usize) -> i32 {
    i32::try_from(size).unwrap_or(i32::MAX)
}

fn compression(settings: &TopicSettings) -> Compression {
    match settings.compression {
        CompressionType::Producer => Compression::Producer,
        CompressionType::Uncompressed => Compression::Forced(Codec::None),
        CompressionType::Gzip => Compression::Forced(Codec::Gzip),
        CompressionType::Snappy => Compression::Forced(Codec::Snappy),
        CompressionType::Lz4 => Compression::Forced(Codec::Lz4),
        CompressionType::Zstd => Compression::Forced(Codec::Zstd),
    }
}

fn log_config(settings: &TopicSettings) -> LogConfig {
    let esker_config::CleanupPolicy { compact, delete } = settings.cleanup_policy;
    LogConfig {
        segment_bytes: int(settings.segment_size()),
        segment_ms: millis(settings.segment_age_max),
        segment_jitter_ms: millis(settings.segment_jitter),
        segment_index_bytes: int(settings.index_bytes_max),
        index_interval_bytes: int(settings.index_interval_bytes),
        preallocate: settings.preallocate,
        file_delete_delay_ms: millis(settings.file_delete_delay),
        retention_ms: millis_or(settings.retention, -1),
        retention_bytes: settings.retention_bytes,
        local_retention_ms: settings.local_retention_ms,
        local_retention_bytes: settings.local_retention_bytes,
        remote_storage_enable: settings.remote_enabled,
        remote_log_copy_disable: settings.remote_copy_disabled,
        cleanup_policy: CleanupPolicy { delete, compact },
        delete_retention_ms: millis(settings.delete_retention),
        min_compaction_lag_ms: millis(settings.compaction_lag_min),
        max_compaction_lag_ms: millis_or(settings.compaction_lag_max, i64::MAX),
        min_cleanable_dirty_ratio: settings.min_cleanable_dirty_ratio,
        max_message_bytes: int(settings.message_bytes_max),
        compression: compression(settings),
        gzip_level: settings.gzip_level,
        lz4_level: settings.lz4_level,
        zstd_level: settings.zstd_level,
        timestamp_type: match settings.timestamp_type {
            ConfiguredTimestamp::CreateTime => TimestampType::CreateTime,
            ConfiguredTimestamp::LogAppendTime => TimestampType::LogAppendTime,
        },
        timestamp_before_max_ms: settings.timestamp_before_max_ms,
        timestamp_after_max_ms: settings.timestamp_after_max_ms,
        flush_messages: settings.flush_messages,
        flush_ms: millis_or(settings.flush_interval, i64::MAX),
        min_insync_replicas: int(settings.min_insync_replicas),
        unclean_leader_election_enable: settings.unclean_election,
    }
}

fn tier_config(settings: &TopicSettings) -> TierTopicConfig {
    let natural = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    TierTopicConfig {
        retention_ms: settings.retention.map(natural),
        retention_bytes: u64::try_from(settings.retention_bytes).ok(),
        local_retention_ms: settings.local_retention().map(natural),
        max_lag_ms: settings.tier_lag_max.map(natural),
        copy_disabled: settings.remote_copy_disabled,
        copy_lag_ms: copy_lag(settings.remote_copy_lag_ms, settings.local_retention().map(natural)),
        copy_lag_bytes: copy_lag(settings.remote_copy_lag_bytes, u64::try_from(settings.local_retention_size()).ok()),
    }
}

/// What a copy lag comes to: where it is not bounded, neither is a local retention that it follows.
fn copy_lag(lag: i64, local: Option<u64>) -> u64 {
    u64::try_from(lag).ok().or(local).unwrap_or(u64::MAX)
}
