//! Copies between brokers.

use super::*;

keys! { Broker:
    /// Fetchers per source broker.
    "num.replica.fetchers": Int = "1", High, ClusterWide, None, Accepted, at_least(1);
    /// Threads that move replicas between directories; one per directory where not set.
    "num.replica.alter.log.dirs.threads": Int = null, High, ReadOnly, None, Accepted, any();
    /// Longest wait of a follower's fetch.
    "replica.fetch.wait.max.ms": Int = "500", High, ReadOnly, Millis, Accepted, any();
    /// Bytes for which a follower's fetch waits.
    "replica.fetch.min.bytes": Int = "1", High, ReadOnly, Bytes, Accepted, any();
    /// Bytes asked for per partition in a follower's fetch.
    "replica.fetch.max.bytes": Int = "1048576", Medium, ReadOnly, Bytes, Accepted, at_least(0);
    /// Bytes asked for in one follower's fetch.
    "replica.fetch.response.max.bytes": Int = "10485760", Medium, ReadOnly, Bytes, Accepted, at_least(0);
    /// Pause after a failed follower's fetch.
    "replica.fetch.backoff.ms": Int = "1000", Medium, ReadOnly, Millis, Accepted, at_least(0);
    /// Time between two writes of the high-watermark checkpoint.
    "replica.high.watermark.checkpoint.interval.ms": Long = "5000", High, ReadOnly, Millis, Honoured, any();
    /// A follower that has not caught up for this long leaves the in-sync set.
    "replica.lag.time.max.ms": Long = "30000", High, ReadOnly, Millis, Accepted, any();
    /// Deadline of a follower's request.
    "replica.socket.timeout.ms": Int = "30000", High, ReadOnly, Millis, Accepted, any();
    /// SO_RCVBUF of followers' connections.
    "replica.socket.receive.buffer.bytes": Int = "65536", High, ReadOnly, Bytes, Accepted, any();
    /// Class that chooses the replica a consumer reads from.
    "replica.selector.class": String = null, Medium, ReadOnly, None, Accepted, any();
    /// Whether a new follower starts at the newest tiered offset.
    "follower.fetch.last.tiered.offset.enable": Boolean = "false", Medium, ClusterWide, None, Accepted, any();
    /// Whether leaderships return to the preferred replicas by themselves.
    "auto.leader.rebalance.enable": Boolean = "true", High, ReadOnly, None, Accepted, any();
    /// Time between two looks for leaders that are not preferred.
    "leader.imbalance.check.interval.seconds": Long = "300", High, ReadOnly, Seconds, Accepted, at_least(1);
    /// Bytes a second that leaders send to throttled followers.
    "leader.replication.throttled.rate": Long = null, Medium, ClusterWide, BytesPerSecond, Accepted, at_least(0), internal;
    /// Bytes a second that throttled followers fetch.
    "follower.replication.throttled.rate": Long = null, Medium, ClusterWide, BytesPerSecond, Accepted, at_least(0), internal;
    /// Bytes a second that moves between directories copy.
    "replica.alter.log.dirs.io.max.bytes.per.second": Long = null, Medium, ClusterWide, BytesPerSecond, Accepted, at_least(0), internal;
}
