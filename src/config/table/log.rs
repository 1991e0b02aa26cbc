//! The logs of partitions on local disks.

use super::*;

keys! { Broker:
    /// Directories that hold the partitions' logs.
    "log.dirs": List = null, High, ReadOnly, None, Honoured, list();
    /// One directory for the logs, where log.dirs is not set.
    "log.dir": List = "/tmp/kafka-logs", High, ReadOnly, None, Honoured, list();
    /// Directories that get no new partitions; * for all.
    "cordoned.log.dirs": List = "", Medium, PerBroker, None, Accepted, list_or_empty();
    /// A broker that cannot tell the controller of a failed directory for this long stops.
    "log.dir.failure.timeout.ms": Long = "30000", Low, ReadOnly, Millis, Accepted, at_least(1);
    /// Threads that recover and close logs, per directory.
    "num.recovery.threads.per.data.dir": Int = "2", High, ClusterWide, None, Honoured, at_least(1);
    /// Size at which a segment is closed.
    "log.segment.bytes": Int = "1073741824", High, ClusterWide, Bytes, Honoured, at_least(1048576);
    /// Age at which a segment is closed.
    "log.roll.ms": Long = null, High, ClusterWide, Millis, Honoured, any();
    /// log.roll.ms in hours, where that is not set.
    "log.roll.hours": Int = "168", High, ReadOnly, Hours, Honoured, at_least(1);
    /// Random part of log.roll.ms, so that segments do not close all at once.
    "log.roll.jitter.ms": Long = null, High, ClusterWide, Millis, Honoured, any();
    /// log.roll.jitter.ms in hours, where that is not set.
    "log.roll.jitter.hours": Int = "0", High, ReadOnly, Hours, Honoured, at_least(0);
    /// Size of a partition above which its oldest segments go; -1 sets no bound.
    "log.retention.bytes": Long = "-1", High, ClusterWide, Bytes, Honoured, any();
    /// Age above which segments go; -1 keeps them for ever.
    "log.retention.ms": Long = null, High, ClusterWide, Millis, Honoured, any();
    /// log.retention.ms in minutes, where that is not set.
    "log.retention.minutes": Int = null, High, ReadOnly, Minutes, Honoured, any();
    /// log.retention.ms in hours, where neither that nor log.retention.minutes is set.
    "log.retention.hours": Int = "168", High, ReadOnly, Hours, Honoured, any();
    /// Longest time between two looks for segments to delete.
    "log.retention.check.interval.ms": Long = "300000", Medium, ReadOnly, Millis, Honoured, at_least(1);
    /// Longest delay of the first round of background work after the start.
    "log.initial.task.delay.ms": Long = "30000", Low, ReadOnly, Millis, Honoured, at_least(0), internal;
    /// Time between the removal of a segment from its log and of its file from the disk.
    "log.segment.delete.delay.ms": Long = "60000", High, ClusterWide, Millis, Honoured, at_least(0);
    /// Largest index; a segment whose index is full is closed.
    "log.index.size.max.bytes": Int = "10485760", Medium, ClusterWide, Bytes, Honoured, at_least(4);
    /// Bytes of records between two entries of the offset index.
    "log.index.interval.bytes": Int = "4096", Medium, ClusterWide, Bytes, Honoured, at_least(0);
    /// Records that may be written before they are synced.
    "log.flush.interval.messages": Long = "9223372036854775807", High, ClusterWide, None, Honoured, at_least(1);
    /// Time that a written record may wait before it is synced.
    "log.flush.interval.ms": Long = null, High, ClusterWide, Millis, Honoured, any();
    /// log.flush.interval.ms where that is not set.
    "log.flush.scheduler.interval.ms": Long = "9223372036854775807", High, ReadOnly, Millis, Honoured, any();
    /// Time between two writes of the recovery-point checkpoint.
    "log.flush.offset.checkpoint.interval.ms": Int = "60000", High, ReadOnly, Millis, Honoured, at_least(0);
    /// Time between two writes of the log-start checkpoint.
    "log.flush.start.offset.checkpoint.interval.ms": Int = "60000", High, ReadOnly, Millis, Honoured, at_least(0);
    /// Whether a new segment file gets its whole length at once.
    "log.preallocate": Boolean = "false", Medium, ClusterWide, None, Honoured, any();
    /// Whose time a record bears: its producer's or this broker's.
    "log.message.timestamp.type": String = "CreateTime", Medium, ClusterWide, None, Honoured, one_of(&["CreateTime", "LogAppendTime"]);
    /// How far a record's time may lie before the broker's.
    "log.message.timestamp.before.max.ms": Long = "9223372036854775807", Medium, ClusterWide, Millis, Honoured, at_least(0);
    /// How far a record's time may lie after the broker's.
    "log.message.timestamp.after.max.ms": Long = "3600000", Medium, ClusterWide, Millis, Honoured, at_least(0);
    /// What happens to old records: delete, compact, both, or nothing where empty.
    "log.cleanup.policy": List = "delete", Medium, ClusterWide, None, Honoured, list_of_or_empty(&["compact", "delete"]);
    /// Largest record batch.
    "message.max.bytes": Int = "1048588", High, ClusterWide, Bytes, Honoured, at_least(0);
    /// In-sync replicas that acks=all needs.
    "min.insync.replicas": Int = "1", High, ClusterWide, None, Honoured, at_least(1);
    /// Whether a replica outside of the in-sync set may become leader.
    "unclean.leader.election.enable": Boolean = "false", High, ClusterWide, None, Accepted, any();
    /// Time between two looks for partitions that need such an election.
    "unclean.leader.election.interval.ms": Long = "300000", Medium, ReadOnly, Millis, Accepted, at_least(1), internal;
    /// Codec of stored batches; producer keeps what the producer chose.
    "compression.type": String = "producer", High, ClusterWide, None, Honoured, one_of(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]);
    /// Effort of gzip, where the broker compresses; -1 is the library's default.
    "compression.gzip.level": Int = "-1", Medium, ClusterWide, None, Honoured, gzip_level();
    /// Effort of lz4, where the broker compresses.
    "compression.lz4.level": Int = "9", Medium, ClusterWide, None, Honoured, between(1, 17);
    /// Effort of zstd, where the broker compresses.
    "compression.zstd.level": Int = "3", Medium, ClusterWide, None, Honoured, between(-131072, 22);
    /// A producer that is silent for this long is forgotten.
    "producer.id.expiration.ms": Int = "86400000", Low, ClusterWide, Millis, Honoured, at_least(1);
    /// Time between two looks for forgotten producers.
    "producer.id.expiration.check.interval.ms": Int = "600000", Low, ReadOnly, Millis, Honoured, at_least(1), internal;
}
