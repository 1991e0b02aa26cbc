//! Share groups.

use super::*;

keys! { Broker:
    /// A share consumer that is silent for this long leaves its group.
    "group.share.session.timeout.ms": Int = "45000", Medium, ReadOnly, Millis, Accepted, at_least(1);
    /// Least value that group.share.session.timeout.ms and a group's own share.session.timeout.ms may take.
    "group.share.min.session.timeout.ms": Int = "45000", Medium, ReadOnly, Millis, Accepted, at_least(1);
    /// Greatest value that group.share.session.timeout.ms and a group's own share.session.timeout.ms may take.
    "group.share.max.session.timeout.ms": Int = "60000", Medium, ReadOnly, Millis, Accepted, at_least(1);
    /// Time between two heartbeats of a share consumer.
    "group.share.heartbeat.interval.ms": Int = "5000", Medium, ReadOnly, Millis, Accepted, at_least(1);
    /// Least value that group.share.heartbeat.interval.ms and a group's own share.heartbeat.interval.ms may take.
    "group.share.min.heartbeat.interval.ms": Int = "5000", Medium, ReadOnly, Millis, Accepted, at_least(1);
    /// Greatest value that group.share.heartbeat.interval.ms and a group's own share.heartbeat.interval.ms may take.
    "group.share.max.heartbeat.interval.ms": Int = "15000", Medium, ReadOnly, Millis, Accepted, at_least(1);
    /// Least time between two assignments of a share group.
    "group.share.assignment.interval.ms": Int = "1000", Medium, ClusterWide, Millis, Accepted, at_least(0);
    /// Least value that group.share.assignment.interval.ms and a group's own share.assignment.interval.ms may take.
    "group.share.min.assignment.interval.ms": Int = "0", Medium, ReadOnly, Millis, Accepted, at_least(0);
    /// Greatest value that group.share.assignment.interval.ms and a group's own share.assignment.interval.ms may take.
    "group.share.max.assignment.interval.ms": Int = "15000", Medium, ReadOnly, Millis, Accepted, at_least(0);
    /// Assignors of share groups on the broker.
    "group.share.assignors": List = "simple", Medium, ReadOnly, None, Accepted, list();
    /// Most members of a share group.
    "group.share.max.size": Int = "200", Medium, ReadOnly, None, Accepted, between(1, 1000);
    /// Share sessions that a broker remembers.
    "group.share.max.share.sessions": Int = "2000", Medium, ReadOnly, None, Accepted, at_least(1);
    /// How often a record is delivered before it is given up.
    "group.share.delivery.count.limit": Int = "5", Medium, ReadOnly, None, Accepted, between(2, 10);
    /// Least value that group.share.delivery.count.limit and a group's own share.delivery.count.limit may take.
    "group.share.min.delivery.count.limit": Int = "2", Medium, ReadOnly, None, Accepted, between(2, 5);
    /// Greatest value that group.share.delivery.count.limit and a group's own share.delivery.count.limit may take.
    "group.share.max.delivery.count.limit": Int = "10", Medium, ReadOnly, None, Accepted, between(5, 25);
    /// Records of one partition in flight to a share group.
    "group.share.partition.max.record.locks": Int = "2000", Medium, ReadOnly, None, Accepted, between(100, 10000);
    /// Least value that group.share.partition.max.record.locks and a group's own share.partition.max.record.locks may take.
    "group.share.min.partition.max.record.locks": Int = "100", Medium, ReadOnly, None, Accepted, between(100, 2000);
    /// Greatest value that group.share.partition.max.record.locks and a group's own share.partition.max.record.locks may take.
    "group.share.max.partition.max.record.locks": Int = "4000", Medium, ReadOnly, None, Accepted, between(2000, 10000);
    /// How long a delivered record stays with its consumer.
    "group.share.record.lock.duration.ms": Int = "30000", Medium, ReadOnly, Millis, Accepted, between(1000, 3600000);
    /// Least value that group.share.record.lock.duration.ms and a group's own share.record.lock.duration.ms may take.
    "group.share.min.record.lock.duration.ms": Int = "15000", Medium, ReadOnly, Millis, Accepted, between(1000, 30000);
    /// Greatest value that group.share.record.lock.duration.ms and a group's own share.record.lock.duration.ms may take.
    "group.share.max.record.lock.duration.ms": Int = "60000", Medium, ReadOnly, Millis, Accepted, between(30000, 3600000);
    /// Pause before a share group's state is initialised again.
    "group.share.initialize.retry.interval.ms": Int = "30000", Low, ReadOnly, Millis, Accepted, at_least(1), internal;
    /// Java class that keeps the state of share groups.
    "group.share.persister.class.name": String = "org.apache.kafka.server.share.persister.DefaultStatePersister", Medium, ReadOnly, None, Accepted, any(), internal;
    /// How long the share coordinator gathers records; -1 lets it choose.
    "share.coordinator.append.linger.ms": Int = "-1", Medium, ReadOnly, Millis, Accepted, at_least(-1);
    /// Largest write buffer that the share coordinator keeps for reuse.
    "share.coordinator.cached.buffer.max.bytes": Int = "1048588", Medium, ClusterWide, Bytes, Accepted, at_least(524288);
    /// How often the state of a quiet share partition is written whole.
    "share.coordinator.cold.partition.snapshot.interval.ms": Int = "300000", Low, ReadOnly, Millis, Accepted, at_least(1), internal;
    /// Bytes read at once when share state is loaded.
    "share.coordinator.load.buffer.size": Int = "5242880", High, ReadOnly, Bytes, Accepted, at_least(1);
    /// Changes between two whole writes of a share partition's state.
    "share.coordinator.snapshot.update.records.per.snapshot": Int = "500", Medium, ReadOnly, None, Accepted, between(0, 500);
    /// Codec of __share_group_state.
    "share.coordinator.state.topic.compression.codec": Int = "0", High, ReadOnly, None, Accepted, any();
    /// In-sync replicas that __share_group_state needs.
    "share.coordinator.state.topic.min.isr": Short = "2", High, ReadOnly, None, Accepted, at_least(1);
    /// Partitions of __share_group_state; never changed afterwards.
    "share.coordinator.state.topic.num.partitions": Int = "50", High, ReadOnly, None, Accepted, at_least(1);
    /// Time between two deletions of old share state.
    "share.coordinator.state.topic.prune.interval.ms": Int = "300000", Low, ReadOnly, Millis, Accepted, at_least(1), internal;
    /// Replicas of __share_group_state.
    "share.coordinator.state.topic.replication.factor": Short = "3", High, ReadOnly, None, Accepted, at_least(1);
    /// Segment size of __share_group_state.
    "share.coordinator.state.topic.segment.bytes": Int = "104857600", High, ReadOnly, Bytes, Accepted, at_least(1);
    /// Kafka's threads of the share coordinator.
    "share.coordinator.threads": Int = "1", Medium, ReadOnly, None, Accepted, at_least(1);
    /// Deadline of a write by the share coordinator.
    "share.coordinator.write.timeout.ms": Int = "5000", High, ReadOnly, Millis, Accepted, at_least(1);
}
