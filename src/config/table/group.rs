//! Consumer groups and their offsets.

use super::*;

keys! { Broker:
    /// Shortest session time-out that a classic member may ask for.
    "group.min.session.timeout.ms": Int = "6000", Medium, ReadOnly, Millis, Honoured, any();
    /// Longest session time-out that a classic member may ask for.
    "group.max.session.timeout.ms": Int = "1800000", Medium, ReadOnly, Millis, Honoured, any();
    /// How long an empty classic group waits for more members before its first rebalance.
    "group.initial.rebalance.delay.ms": Int = "3000", Medium, ReadOnly, Millis, Honoured, any();
    /// Most members of a classic group.
    "group.max.size": Int = "2147483647", Medium, ReadOnly, None, Honoured, at_least(1);
    /// Kinds of groups that are served.
    "group.coordinator.rebalance.protocols": List = "classic,consumer,streams", Medium, ReadOnly, None, Honoured, list_of(&["consumer", "classic", "share", "streams"]);
    /// Kafka's threads of the group coordinator.
    "group.coordinator.threads": Int = "4", High, ReadOnly, None, Accepted, at_least(1);
    /// Kafka's threads for long work of the group coordinator.
    "group.coordinator.background.threads": Int = "2", High, ReadOnly, None, Accepted, at_least(1);
    /// How long the coordinator gathers records before it writes them; -1 lets it choose.
    "group.coordinator.append.linger.ms": Int = "-1", Medium, ReadOnly, Millis, Accepted, at_least(-1);
    /// Largest write buffer that the coordinator keeps for reuse.
    "group.coordinator.cached.buffer.max.bytes": Int = "1048588", Medium, ClusterWide, Bytes, Accepted, at_least(524288);
    /// A consumer (KIP-848) that is silent for this long leaves its group.
    "group.consumer.session.timeout.ms": Int = "45000", Medium, ReadOnly, Millis, Honoured, at_least(1);
    /// Least value that group.consumer.session.timeout.ms and a group's own consumer.session.timeout.ms may take.
    "group.consumer.min.session.timeout.ms": Int = "45000", Medium, ReadOnly, Millis, Honoured, at_least(1);
    /// Greatest value that group.consumer.session.timeout.ms and a group's own consumer.session.timeout.ms may take.
    "group.consumer.max.session.timeout.ms": Int = "60000", Medium, ReadOnly, Millis, Honoured, at_least(1);
    /// Time between two heartbeats of a consumer.
    "group.consumer.heartbeat.interval.ms": Int = "5000", Medium, ReadOnly, Millis, Honoured, at_least(1);
    /// Least value that group.consumer.heartbeat.interval.ms and a group's own consumer.heartbeat.interval.ms may take.
    "group.consumer.min.heartbeat.interval.ms": Int = "5000", Medium, ReadOnly, Millis, Honoured, at_least(1);
    /// Greatest value that group.consumer.heartbeat.interval.ms and a group's own consumer.heartbeat.interval.ms may take.
    "group.consumer.max.heartbeat.interval.ms": Int = "15000", Medium, ReadOnly, Millis, Honoured, at_least(1);
    /// Least time between two assignments of a consumer group.
    "group.consumer.assignment.interval.ms": Int = "1000", Medium, ClusterWide, Millis, Honoured, at_least(0);
    /// Least value that group.consumer.assignment.interval.ms and a group's own consumer.assignment.interval.ms may take.
    "group.consumer.min.assignment.interval.ms": Int = "0", Medium, ReadOnly, Millis, Honoured, at_least(0);
    /// Greatest value that group.consumer.assignment.interval.ms and a group's own consumer.assignment.interval.ms may take.
    "group.consumer.max.assignment.interval.ms": Int = "15000", Medium, ReadOnly, Millis, Honoured, at_least(0);
    /// Most members of a consumer group.
    "group.consumer.max.size": Int = "2147483647", Medium, ReadOnly, None, Honoured, at_least(1);
    /// Assignors on the broker; the first is the default.
    "group.consumer.assignors": List = "uniform,range", Medium, ReadOnly, None, Honoured, list();
    /// Which way a group may change between the classic and the consumer protocol.
    "group.consumer.migration.policy": String = "bidirectional", Medium, ReadOnly, None, Honoured, one_of_any_case(&["DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"]);
    /// How often a subscription by pattern is matched again.
    "group.consumer.regex.refresh.interval.ms": Int = "600000", Medium, ReadOnly, Millis, Honoured, at_least(10000), internal;
    /// A streams member that is silent for this long leaves its group.
    "group.streams.session.timeout.ms": Int = "45000", Medium, ReadOnly, Millis, Accepted, at_least(1);
    /// Least value that group.streams.session.timeout.ms and a group's own streams.session.timeout.ms may take.
    "group.streams.min.session.timeout.ms": Int = "45000", Medium, ReadOnly, Millis, Accepted, at_least(1);
    /// Greatest value that group.streams.session.timeout.ms and a group's own streams.session.timeout.ms may take.
    "group.streams.max.session.timeout.ms": Int = "60000", Medium, ReadOnly, Millis, Accepted, at_least(1);
    /// Time between two heartbeats of a streams member.
    "group.streams.heartbeat.interval.ms": Int = "5000", Medium, ReadOnly, Millis, Accepted, at_least(1);
    /// Least value that group.streams.heartbeat.interval.ms and a group's own streams.heartbeat.interval.ms may take.
    "group.streams.min.heartbeat.interval.ms": Int = "5000", Medium, ReadOnly, Millis, Accepted, at_least(1);
    /// Greatest value that group.streams.heartbeat.interval.ms and a group's own streams.heartbeat.interval.ms may take.
    "group.streams.max.heartbeat.interval.ms": Int = "15000", Medium, ReadOnly, Millis, Accepted, at_least(1);
    /// Least time between two assignments of a streams group.
    "group.streams.assignment.interval.ms": Int = "1000", Medium, ClusterWide, Millis, Accepted, at_least(0);
    /// Least value that group.streams.assignment.interval.ms and a group's own streams.assignment.interval.ms may take.
    "group.streams.min.assignment.interval.ms": Int = "0", Medium, ReadOnly, Millis, Accepted, at_least(0);
    /// Greatest value that group.streams.assignment.interval.ms and a group's own streams.assignment.interval.ms may take.
    "group.streams.max.assignment.interval.ms": Int = "15000", Medium, ReadOnly, Millis, Accepted, at_least(0);
    /// How long an empty streams group waits for more members.
    "group.streams.initial.rebalance.delay.ms": Int = "3000", Medium, ReadOnly, Millis, Accepted, at_least(0);
    /// Most members of a streams group.
    "group.streams.max.size": Int = "2147483647", Medium, ReadOnly, None, Accepted, at_least(1);
    /// Standby copies of each streams task.
    "group.streams.num.standby.replicas": Int = "0", Medium, ReadOnly, None, Accepted, at_least(0);
    /// Most standby copies that a group may configure.
    "group.streams.max.standby.replicas": Int = "2", Medium, ReadOnly, None, Accepted, at_least(0);
    /// Partitions of __consumer_offsets; never changed afterwards.
    "offsets.topic.num.partitions": Int = "50", High, ReadOnly, None, Honoured, at_least(1);
    /// Replicas of __consumer_offsets.
    "offsets.topic.replication.factor": Short = "3", High, ReadOnly, None, Honoured, at_least(1);
    /// Segment size of __consumer_offsets.
    "offsets.topic.segment.bytes": Int = "104857600", High, ReadOnly, Bytes, Honoured, at_least(1);
    /// Codec of __consumer_offsets: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.
    "offsets.topic.compression.codec": Int = "0", High, ReadOnly, None, Honoured, any();
    /// How long the offsets of a group without members are kept.
    "offsets.retention.minutes": Int = "10080", High, ReadOnly, Minutes, Honoured, at_least(1);
    /// Time between two looks for offsets to forget.
    "offsets.retention.check.interval.ms": Long = "600000", High, ReadOnly, Millis, Honoured, at_least(1);
    /// Longest wait for the replicas of an offset commit.
    "offsets.commit.timeout.ms": Int = "5000", High, ReadOnly, Millis, Honoured, at_least(1);
    /// Bytes read at once when offsets are loaded.
    "offsets.load.buffer.size": Int = "5242880", High, ReadOnly, Bytes, Accepted, at_least(1);
    /// Most bytes of text beside a committed offset.
    "offset.metadata.max.bytes": Int = "4096", High, ReadOnly, Bytes, Honoured, any();
}
