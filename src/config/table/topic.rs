//! Keys of a topic.

use super::*;

keys! { Topic:
    /// What happens to old records: delete, compact, both, or nothing where empty.
    "cleanup.policy": List = "delete", Medium, ReadOnly, None, Honoured, list_of_or_empty(&["compact", "delete"]), from(&["log.cleanup.policy"]);
    /// Codec of stored batches; producer keeps what the producer chose.
    "compression.type": String = "producer", Medium, ReadOnly, None, Honoured, one_of(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]), from(&["compression.type"]);
    /// Effort of gzip, where the broker compresses; -1 is the library's default.
    "compression.gzip.level": Int = "-1", Medium, ReadOnly, None, Honoured, gzip_level(), from(&["compression.gzip.level"]);
    /// Effort of lz4, where the broker compresses.
    "compression.lz4.level": Int = "9", Medium, ReadOnly, None, Honoured, between(1, 17), from(&["compression.lz4.level"]);
    /// Effort of zstd, where the broker compresses.
    "compression.zstd.level": Int = "3", Medium, ReadOnly, None, Honoured, between(-131072, 22), from(&["compression.zstd.level"]);
    /// How long a record may be missing from the bucket before its segment is closed early for it; -1 sets no bound.
    "esker.tier.max.lag.ms": Long = "-1", Medium, ReadOnly, Millis, Honoured, at_least(-1);
    /// Time for which a deletion's marker stays readable in a compacted topic.
    "delete.retention.ms": Long = "86400000", Medium, ReadOnly, Millis, Honoured, at_least(0), from(&["log.cleaner.delete.retention.ms"]);
    /// Time between the removal of a segment from its log and of its file from the disk.
    "file.delete.delay.ms": Long = "60000", Medium, ReadOnly, Millis, Honoured, at_least(0), from(&["log.segment.delete.delay.ms"]);
    /// Records that may be written before they are synced; 1 syncs before the answer.
    "flush.messages": Long = "9223372036854775807", Medium, ReadOnly, None, Honoured, at_least(1), from(&["log.flush.interval.messages"]);
    /// Time that a written record may wait before it is synced.
    "flush.ms": Long = "9223372036854775807", Medium, ReadOnly, Millis, Honoured, at_least(0), from(&["log.flush.interval.ms", "log.flush.scheduler.interval.ms"]);
    /// Replicas whose followers are throttled, partition:broker, or * for all.
    "follower.replication.throttled.replicas": List = "", Medium, ReadOnly, None, Accepted, throttled_replicas();
    /// Replicas whose leaders are throttled, partition:broker, or * for all.
    "leader.replication.throttled.replicas": List = "", Medium, ReadOnly, None, Accepted, throttled_replicas();
    /// Bytes of records between two entries of the offset index.
    "index.interval.bytes": Int = "4096", Medium, ReadOnly, Bytes, Honoured, at_least(0), from(&["log.index.interval.bytes"]);
    /// Test hook: segment size below the ordinary bound.
    "internal.segment.bytes": Int = null, Medium, ReadOnly, Bytes, Honoured, any(), internal;
    /// Local size above which tiered segments leave the local disk; -2 means retention.bytes.
    "local.retention.bytes": Long = "-2", Medium, ReadOnly, Bytes, Honoured, at_least(-2), from(&["log.local.retention.bytes"]);
    /// Age above which tiered segments leave the local disk; -2 means retention.ms.
    "local.retention.ms": Long = "-2", Medium, ReadOnly, Millis, Honoured, at_least(-2), from(&["log.local.retention.ms"]);
    /// Time after which a record is compacted whatever the ratio.
    "max.compaction.lag.ms": Long = "9223372036854775807", Medium, ReadOnly, Millis, Honoured, at_least(1), from(&["log.cleaner.max.compaction.lag.ms"]);
    /// Largest record batch.
    "max.message.bytes": Int = "1048588", Medium, ReadOnly, Bytes, Honoured, at_least(0), from(&["message.max.bytes"]);
    /// How far a record's time may lie after the broker's.
    "message.timestamp.after.max.ms": Long = "3600000", Medium, ReadOnly, Millis, Honoured, at_least(0), from(&["log.message.timestamp.after.max.ms"]);
    /// How far a record's time may lie before the broker's.
    "message.timestamp.before.max.ms": Long = "9223372036854775807", Medium, ReadOnly, Millis, Honoured, at_least(0), from(&["log.message.timestamp.before.max.ms"]);
    /// Whose time a record bears: its producer's or the broker's.
    "message.timestamp.type": String = "CreateTime", Medium, ReadOnly, None, Honoured, one_of(&["CreateTime", "LogAppendTime"]), from(&["log.message.timestamp.type"]);
    /// Share of a log that must be uncompacted before it is compacted again.
    "min.cleanable.dirty.ratio": Double = "0.5", Medium, ReadOnly, None, Honoured, ratio(1.0), from(&["log.cleaner.min.cleanable.ratio"]);
    /// Time for which a record is safe from compaction.
    "min.compaction.lag.ms": Long = "0", Medium, ReadOnly, Millis, Honoured, at_least(0), from(&["log.cleaner.min.compaction.lag.ms"]);
    /// In-sync replicas that acks=all needs; never more than the topic has.
    "min.insync.replicas": Int = "1", Medium, ReadOnly, None, Honoured, at_least(1), from(&["min.insync.replicas"]);
    /// Whether a new segment file gets its whole length at once.
    "preallocate": Boolean = "false", Medium, ReadOnly, None, Honoured, any(), from(&["log.preallocate"]);
    /// Bytes that must be behind a segment before it is uploaded; 0 uploads at once, -1 waits for local.retention.bytes. Age or bytes suffice. A key of Kafka 4.4.
    "remote.copy.lag.bytes": Long = "-1", Medium, ReadOnly, Bytes, Honoured, at_least(-1), from(&["log.remote.copy.lag.bytes"]);
    /// Age that a segment must have before it is uploaded; 0 uploads at once, -1 waits for local.retention.ms. Age or bytes suffice. A key of Kafka 4.4.
    "remote.copy.lag.ms": Long = "0", Medium, ReadOnly, Millis, Honoured, at_least(-1), from(&["log.remote.copy.lag.ms"]);
    /// Whether the tier is closed to new segments; what is there stays readable.
    "remote.log.copy.disable": Boolean = "false", Medium, ReadOnly, None, Honoured, any();
    /// Must be true when remote.storage.enable is switched off: the tiered data goes.
    "remote.log.delete.on.disable": Boolean = "false", Medium, ReadOnly, None, Honoured, any();
    /// Whether closed segments go to object storage.
    "remote.storage.enable": Boolean = "false", Medium, ReadOnly, None, Honoured, any();
    /// Size of a partition, both tiers together, above which its oldest segments go; -1 sets no bound.
    "retention.bytes": Long = "-1", Medium, ReadOnly, Bytes, Honoured, any(), from(&["log.retention.bytes"]);
    /// Age above which segments of both tiers go; -1 keeps them for ever.
    "retention.ms": Long = "604800000", Medium, ReadOnly, Millis, Honoured, at_least(-1), from(&["log.retention.ms", "log.retention.minutes", "log.retention.hours"]);
    /// Size at which a segment is closed.
    "segment.bytes": Int = "1073741824", Medium, ReadOnly, Bytes, Honoured, at_least(1048576), from(&["log.segment.bytes"]);
    /// Largest index; a segment whose index is full is closed.
    "segment.index.bytes": Int = "10485760", Medium, ReadOnly, Bytes, Honoured, at_least(4), from(&["log.index.size.max.bytes"]);
    /// Random part of segment.ms, so that segments do not close all at once.
    "segment.jitter.ms": Long = "0", Medium, ReadOnly, Millis, Honoured, at_least(0), from(&["log.roll.jitter.ms", "log.roll.jitter.hours"]);
    /// Age at which a segment is closed.
    "segment.ms": Long = "604800000", Medium, ReadOnly, Millis, Honoured, at_least(1), from(&["log.roll.ms", "log.roll.hours"]);
    /// Whether a replica outside of the in-sync set may become leader.
    "unclean.leader.election.enable": Boolean = "false", Medium, ReadOnly, None, Accepted, any(), from(&["unclean.leader.election.enable"]);
}
