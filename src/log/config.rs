//! The settings of one log. Names, units and defaults are Kafka's; special values (-1, -2) are kept as they are written.

use esker_record::{Codec, TimestampType};

/// What `cleanup.policy` asks for. With both off everything above log start is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanupPolicy {
    /// `delete`: whole segments go by time and size.
    pub delete: bool,
    /// `compact`: of each key the newest record stays.
    pub compact: bool,
}

/// What `compression.type` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// `producer`: batches stay as they were sent.
    Producer,
    /// Batches in another codec are compressed again in this one.
    Forced(Codec),
}

/// Settings of one log; a topic's overrides over the broker's defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct LogConfig {
    /// `segment.bytes`: size at which the active segment is closed.
    pub segment_bytes: i32,
    /// `segment.ms`: age at which it is closed.
    pub segment_ms: i64,
    /// `segment.jitter.ms`: up to so much less than `segment_ms`, drawn per segment.
    pub segment_jitter_ms: i64,
    /// `segment.index.bytes`: room of an index; a full index closes the segment.
    pub segment_index_bytes: i32,
    /// `index.interval.bytes`: bytes of log per index entry.
    pub index_interval_bytes: i32,
    /// `preallocate`: new segments have their full length at once.
    pub preallocate: bool,
    /// `file.delete.delay.ms`: how long a deleted file keeps its bytes under the name `.deleted`.
    pub file_delete_delay_ms: i64,

    /// `retention.ms`; -1 for ever.
    pub retention_ms: i64,
    /// `retention.bytes`; -1 unlimited.
    pub retention_bytes: i64,
    /// `local.retention.ms`; -2 as `retention_ms`, -1 for ever.
    pub local_retention_ms: i64,
    /// `local.retention.bytes`; -2 as `retention_bytes`, -1 unlimited.
    pub local_retention_bytes: i64,
    /// `remote.storage.enable` (KIP-405).
    pub remote_storage_enable: bool,
    /// `remote.log.copy.disable` (KIP-950): nothing more is uploaded, plain retention applies to the local part.
    pub remote_log_copy_disable: bool,
    /// `cleanup.policy`.
    pub cleanup_policy: CleanupPolicy,
    /// `delete.retention.ms`: how long compaction keeps tombstones.
    pub delete_retention_ms: i64,
    /// `min.compaction.lag.ms`.
    pub min_compaction_lag_ms: i64,
    /// `max.compaction.lag.ms`.
    pub max_compaction_lag_ms: i64,
    /// `min.cleanable.dirty.ratio`.
    pub min_cleanable_dirty_ratio: f64,

    /// `max.message.bytes`: largest batch, header included, as it is sent.
    pub max_message_bytes: i32,
    /// `compression.type`.
    pub compression: Compression,
    /// `compression.gzip.level`.
    pub gzip_level: i32,
    /// `compression.lz4.level`.
    pub lz4_level: i32,
    /// `compression.zstd.level`.
    pub zstd_level: i32,
    /// `message.timestamp.type`.
    pub timestamp_type: TimestampType,
    /// `message.timestamp.before.max.ms` (KIP-937).
    pub timestamp_before_max_ms: i64,
    /// `message.timestamp.after.max.ms` (KIP-937).
    pub timestamp_after_max_ms: i64,

    /// `flush.messages`: records after which an append asks for a sync.
    pub flush_messages: i64,
    /// `flush.ms`: time after which unsynced records are synced.
    pub flush_ms: i64,

    /// `min.insync.replicas`; used by the partition above, kept here with its topic's other settings.
    pub min_insync_replicas: i32,
    /// `unclean.leader.election.enable`; likewise.
    pub unclean_leader_election_enable: bool,
}

impl Default for LogConfig {
    fn default() -> Self {
        const DAY_MS: i64 = 24 * 60 * 60 * 1000;
        Self {
            segment_bytes: 1 << 30,
            segment_ms: 7 * DAY_MS,
            segment_jitter_ms: 0,
            segment_index_bytes: 10 << 20,
            index_interval_bytes: 4096,
            preallocate: false,
            file_delete_delay_ms: 60_000,
            retention_ms: 7 * DAY_MS,
            retention_bytes: -1,
            local_retention_ms: -2,
            local_retention_bytes: -2,
            remote_storage_enable: false,
            remote_log_copy_disable: false,
            cleanup_policy: CleanupPolicy { delete: true, compact: false },
            delete_retention_ms: DAY_MS,
            min_compaction_lag_ms: 0,
            max_compaction_lag_ms: i64::MAX,
            min_cleanable_dirty_ratio: 0.5,
            max_message_bytes: 1_048_588,
            compression: Compression::Producer,
            gzip_level: -1,
            lz4_level: 9,
            zstd_level: 3,
            timestamp_type: TimestampType::CreateTime,
            timestamp_before_max_ms: i64::MAX,
            timestamp_after_max_ms: 3_600_000,
            flush_messages: i64::MAX,
            flush_ms: i64::MAX,
            min_insync_replicas: 1,
            unclean_leader_election_enable: false,
        }
    }
}

impl LogConfig {
    /// Whether closed segments go to the tier and local retention applies to what stays.
    pub fn tiers(&self) -> bool {
        self.remote_storage_enable && !self.remote_log_copy_disable
    }

    /// How long local segments are kept, in milliseconds; `None` for ever.
    pub fn local_retention_limit_ms(&self) -> Option<u64> {
        let inherits = !self.tiers() || self.local_retention_ms == -2;
        u64::try_from(if inherits { self.retention_ms } else { self.local_retention_ms }).ok()
    }

    /// How many bytes of local segments are kept; `None` for all.
    pub fn local_retention_limit_bytes(&self) -> Option<u64> {
        let inherits = !self.tiers() || self.local_retention_bytes == -2;
        u64::try_from(if inherits { self.retention_bytes } else { self.local_retention_bytes }).ok()
    }

    /// Age at which the active segment is closed: a compacted topic's must not wait longer than `max.compaction.lag.ms`.
    pub fn segment_ms_max(&self) -> i64 {
        let lag = self.max_compaction_lag_ms;
        if self.cleanup_policy.compact && lag > 0 { self.segment_ms.min(lag) } else { self.segment_ms }
    }

    /// Largest offset index, a whole number of entries.
    pub(crate) fn index_entries_max(&self, entry_len: usize) -> u32 {
        u32::try_from(self.segment_index_bytes.max(0)).unwrap_or(0) / entry_len as u32
    }
}
