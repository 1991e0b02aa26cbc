//! Compaction.

use super::*;

keys! { Broker:
    /// Whether compacted topics are compacted.
    "log.cleaner.enable": Boolean = "true", Medium, ReadOnly, None, Honoured, any();
    /// Threads that compact.
    "log.cleaner.threads": Int = "1", Medium, ClusterWide, None, Honoured, at_least(0);
    /// Pause when there is nothing to compact.
    "log.cleaner.backoff.ms": Long = "15000", Medium, ClusterWide, Millis, Honoured, at_least(0);
    /// Memory for the newest offset of each key, all threads together.
    "log.cleaner.dedupe.buffer.size": Long = "134217728", Medium, ClusterWide, Bytes, Honoured, any();
    /// Memory for reading and writing, all threads together.
    "log.cleaner.io.buffer.size": Int = "524288", Medium, ClusterWide, Bytes, Honoured, at_least(0);
    /// How full the offset map may become.
    "log.cleaner.io.buffer.load.factor": Double = "0.9", Medium, ClusterWide, None, Honoured, any();
    /// Bound on the bytes that compaction reads and writes.
    "log.cleaner.io.max.bytes.per.second": Double = "1.7976931348623157E308", Medium, ClusterWide, BytesPerSecond, Honoured, any();
    /// Share of a log that must be uncompacted before it is compacted again.
    "log.cleaner.min.cleanable.ratio": Double = "0.5", Medium, ClusterWide, None, Honoured, ratio(1.0);
    /// Time for which a record is safe from compaction.
    "log.cleaner.min.compaction.lag.ms": Long = "0", Medium, ClusterWide, Millis, Honoured, at_least(0);
    /// Time after which a record is compacted whatever the ratio.
    "log.cleaner.max.compaction.lag.ms": Long = "9223372036854775807", Medium, ClusterWide, Millis, Honoured, at_least(1);
    /// Time for which a deletion's marker stays readable.
    "log.cleaner.delete.retention.ms": Long = "86400000", Medium, ClusterWide, Millis, Honoured, at_least(0);
}
