//! Keys of a group.

use super::*;

keys! { Group:
    /// Least time between two assignments of this consumer group.
    "consumer.assignment.interval.ms": Int = "1000", Medium, ReadOnly, Millis, Honoured, at_least(0), from(&["group.consumer.assignment.interval.ms"]);
    /// Time between two heartbeats of this group's consumers.
    "consumer.heartbeat.interval.ms": Int = "5000", Medium, ReadOnly, Millis, Honoured, at_least(1), from(&["group.consumer.heartbeat.interval.ms"]);
    /// A consumer that is silent for this long leaves this group.
    "consumer.session.timeout.ms": Int = "45000", Medium, ReadOnly, Millis, Honoured, at_least(1), from(&["group.consumer.session.timeout.ms"]);
    /// Least time between two assignments of this share group.
    "share.assignment.interval.ms": Int = "1000", Medium, ReadOnly, Millis, Accepted, at_least(0), from(&["group.share.assignment.interval.ms"]);
    /// Where a share group begins: latest, earliest or by_duration:<ISO 8601 duration>.
    "share.auto.offset.reset": String = "latest", Medium, ReadOnly, None, Accepted, offset_reset();
    /// How often a record is delivered before it is given up.
    "share.delivery.count.limit": Int = "5", Medium, ReadOnly, None, Accepted, at_least(2), from(&["group.share.delivery.count.limit"]);
    /// Time between two heartbeats of this group's share consumers.
    "share.heartbeat.interval.ms": Int = "5000", Medium, ReadOnly, Millis, Accepted, at_least(1), from(&["group.share.heartbeat.interval.ms"]);
    /// Whether a share group sees records of open transactions.
    "share.isolation.level": String = "read_uncommitted", Medium, ReadOnly, None, Accepted, one_of(&["read_committed", "read_uncommitted"]);
    /// Records of one partition in flight to this share group.
    "share.partition.max.record.locks": Int = "2000", Medium, ReadOnly, None, Accepted, at_least(100), from(&["group.share.partition.max.record.locks"]);
    /// How long a delivered record stays with its consumer.
    "share.record.lock.duration.ms": Int = "30000", Medium, ReadOnly, Millis, Accepted, at_least(1000), from(&["group.share.record.lock.duration.ms"]);
    /// Whether a consumer may keep a record for longer.
    "share.renew.acknowledge.enable": Boolean = "true", Medium, ReadOnly, None, Accepted, any();
    /// A share consumer that is silent for this long leaves this group.
    "share.session.timeout.ms": Int = "45000", Medium, ReadOnly, Millis, Accepted, at_least(1), from(&["group.share.session.timeout.ms"]);
    /// Least time between two assignments of this streams group.
    "streams.assignment.interval.ms": Int = "1000", Medium, ReadOnly, Millis, Accepted, at_least(0), from(&["group.streams.assignment.interval.ms"]);
    /// Time between two heartbeats of this group's streams members.
    "streams.heartbeat.interval.ms": Int = "5000", Medium, ReadOnly, Millis, Accepted, at_least(1), from(&["group.streams.heartbeat.interval.ms"]);
    /// How long this streams group waits for more members while it is empty.
    "streams.initial.rebalance.delay.ms": Int = "3000", Medium, ReadOnly, Millis, Accepted, at_least(0), from(&["group.streams.initial.rebalance.delay.ms"]);
    /// Standby copies of each of this streams group's tasks.
    "streams.num.standby.replicas": Int = "0", Medium, ReadOnly, None, Accepted, at_least(0), from(&["group.streams.num.standby.replicas"]);
    /// A streams member that is silent for this long leaves this group.
    "streams.session.timeout.ms": Int = "45000", Medium, ReadOnly, Millis, Accepted, at_least(1), from(&["group.streams.session.timeout.ms"]);
}
