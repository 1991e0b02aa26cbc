//! The remote tier, by Kafka's names.

use super::*;

keys! { Broker:
    /// Whether segments go to object storage; true exactly when esker.tier.url is set.
    "remote.log.storage.system.enable": Boolean = "false", Medium, ReadOnly, None, Honoured, any();
    /// Longest time between two rounds of tier work for a partition.
    "remote.log.manager.task.interval.ms": Long = "30000", Low, ReadOnly, Millis, Honoured, at_least(1);
    /// Longest wait for remote data in one fetch.
    "remote.fetch.max.wait.ms": Int = "500", Medium, ClusterWide, Millis, Honoured, at_least(1);
    /// Deadline of a search for an offset in the tier.
    "remote.list.offsets.request.timeout.ms": Long = "30000", Medium, ClusterWide, Millis, Honoured, at_least(1);
    /// Age above which tiered segments leave the local disk; -2 means retention.ms.
    "log.local.retention.ms": Long = "-2", Medium, ClusterWide, Millis, Honoured, at_least(-2);
    /// Local size above which tiered segments leave the local disk; -2 means retention.bytes.
    "log.local.retention.bytes": Long = "-2", Medium, ClusterWide, Bytes, Honoured, at_least(-2);
    /// Age that a segment must have before it is uploaded; 0 uploads at once, -1 waits for local.retention.ms. A key of Kafka 4.4.
    "log.remote.copy.lag.ms": Long = "0", Medium, ClusterWide, Millis, Honoured, at_least(-1);
    /// Bytes that must be behind a segment before it is uploaded; 0 uploads at once, -1 waits for local.retention.bytes. A key of Kafka 4.4.
    "log.remote.copy.lag.bytes": Long = "-1", Medium, ClusterWide, Bytes, Honoured, at_least(-1);
    /// Bound on the bytes that uploads send.
    "remote.log.manager.copy.max.bytes.per.second": Long = "9223372036854775807", Medium, ClusterWide, BytesPerSecond, Honoured, at_least(1);
    /// Samples over which the upload rate is measured.
    "remote.log.manager.copy.quota.window.num": Int = "11", Medium, ReadOnly, None, Accepted, at_least(1);
    /// Length of one sample of the upload rate.
    "remote.log.manager.copy.quota.window.size.seconds": Int = "1", Medium, ReadOnly, Seconds, Accepted, at_least(1);
    /// Bound on the bytes that cold reads fetch.
    "remote.log.manager.fetch.max.bytes.per.second": Long = "9223372036854775807", Medium, ClusterWide, BytesPerSecond, Honoured, at_least(1);
    /// Samples over which the cold-read rate is measured.
    "remote.log.manager.fetch.quota.window.num": Int = "11", Medium, ReadOnly, None, Accepted, at_least(1);
    /// Length of one sample of the cold-read rate.
    "remote.log.manager.fetch.quota.window.size.seconds": Int = "1", Medium, ReadOnly, Seconds, Accepted, at_least(1);
    /// Kafka's upload threads; esker.tier.upload.parallelism bounds Esker's uploads.
    "remote.log.manager.copier.thread.pool.size": Int = "10", Medium, ClusterWide, None, Accepted, at_least(1);
    /// Kafka's threads for remote retention.
    "remote.log.manager.expiration.thread.pool.size": Int = "10", Medium, ClusterWide, None, Accepted, at_least(1);
    /// Kafka's threads for followers of tiered partitions.
    "remote.log.manager.follower.thread.pool.size": Int = "2", Medium, ClusterWide, None, Accepted, at_least(1);
    /// Older name for the sizes of those pools.
    "remote.log.manager.thread.pool.size": Int = "2", Medium, ReadOnly, None, Accepted, at_least(1);
    /// First pause after failed tier work.
    "remote.log.manager.task.retry.backoff.ms": Long = "500", Low, ReadOnly, Millis, Accepted, at_least(1), internal;
    /// Longest pause after failed tier work.
    "remote.log.manager.task.retry.backoff.max.ms": Long = "30000", Low, ReadOnly, Millis, Accepted, at_least(1), internal;
    /// Random part of those pauses.
    "remote.log.manager.task.retry.jitter": Double = "0.2", Low, ReadOnly, None, Accepted, ratio(0.5), internal;
    /// Kafka's threads for cold reads; esker.tier.read.parallelism bounds Esker's.
    "remote.log.reader.threads": Int = "10", Medium, ClusterWide, None, Accepted, at_least(1);
    /// Kafka's queue of cold reads; esker.tier.read.budget.bytes bounds Esker's.
    "remote.log.reader.max.pending.tasks": Int = "100", Medium, ReadOnly, None, Accepted, at_least(1);
    /// Kafka's cache of index files; Esker's objects carry their own index.
    "remote.log.index.file.cache.total.size.bytes": Long = "1073741824", Low, ClusterWide, Bytes, Accepted, at_least(1);
    /// Life of an entry in Kafka's cache of index files.
    "remote.log.index.file.cache.ttl.ms": Long = "900000", Low, ReadOnly, Millis, Accepted, at_least(-1), internal;
    /// Java class of Kafka's storage plugin; esker.tier.url takes its place.
    "remote.log.storage.manager.class.name": String = null, Medium, ReadOnly, None, Accepted, non_empty();
    /// Where that plugin's classes lie.
    "remote.log.storage.manager.class.path": String = null, Medium, ReadOnly, None, Accepted, any();
    /// Prefix of that plugin's own keys.
    "remote.log.storage.manager.impl.prefix": String = "rsm.config.", Medium, ReadOnly, None, Accepted, non_empty();
    /// Java class that keeps Kafka's tier metadata; Esker's lies in the bucket.
    "remote.log.metadata.manager.class.name": String = "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager", Medium, ReadOnly, None, Accepted, non_empty();
    /// Where that class lies.
    "remote.log.metadata.manager.class.path": String = null, Medium, ReadOnly, None, Accepted, any();
    /// Prefix of that class's own keys.
    "remote.log.metadata.manager.impl.prefix": String = "rlmm.config.", Medium, ReadOnly, None, Accepted, non_empty();
    /// Listener through which that class reaches its topic.
    "remote.log.metadata.manager.listener.name": String = null, Medium, ReadOnly, None, Accepted, non_empty();
    /// Most bytes that the storage plugin may attach to a segment.
    "remote.log.metadata.custom.metadata.max.bytes": Int = "128", Low, ReadOnly, Bytes, Accepted, at_least(0);
}
