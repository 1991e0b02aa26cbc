//! Identity, roles and the metadata quorum.

use super::*;

keys! { Broker:
    /// Roles of this process. This build runs both in one: broker,controller.
    "process.roles": List = required, High, ReadOnly, None, Honoured, list_of(&["broker", "controller"]);
    /// Number of this node in the cluster; kept in meta.properties and never changed afterwards.
    "node.id": Int = required, High, ReadOnly, None, Honoured, at_least(0);
    /// Older name of node.id; where both are set they must agree.
    "broker.id": Int = "-1", High, ReadOnly, None, Honoured, any();
    /// Where this broker stands, as a free text; consumers that name the same rack may read from it.
    "broker.rack": String = null, Medium, ReadOnly, None, Honoured, any();
    /// Longest wait for the controller to accept this broker at start-up.
    "initial.broker.registration.timeout.ms": Int = "60000", Medium, ReadOnly, Millis, Accepted, any();
    /// Time between two heartbeats to the controller.
    "broker.heartbeat.interval.ms": Int = "2000", Medium, ReadOnly, Millis, Accepted, any();
    /// A broker whose heartbeats stay away for this long is fenced.
    "broker.session.timeout.ms": Int = "9000", Medium, ReadOnly, Millis, Accepted, any();
    /// Whether a stopping broker moves its leaderships away first.
    "controlled.shutdown.enable": Boolean = "true", Medium, ReadOnly, None, Accepted, any();
    /// Longest time that a start may take.
    "server.max.startup.time.ms": Long = "9223372036854775807", Medium, ReadOnly, Millis, Accepted, at_least(0), internal;
    /// Names of the listeners that serve controllers; clients are never sent there.
    "controller.listener.names": List = required, High, ReadOnly, None, Honoured, list();
    /// Fixed voters of the metadata quorum, each id@host:port.
    "controller.quorum.voters": List = "", High, ReadOnly, None, Honoured, voters();
    /// Where a node asks for the metadata quorum's members when voters are not fixed.
    "controller.quorum.bootstrap.servers": List = "", High, ReadOnly, None, Honoured, servers();
    /// Whether a controller adds itself to the voters.
    "controller.quorum.auto.join.enable": Boolean = "false", Low, ReadOnly, None, Accepted, any();
    /// A voter that hears of no leader for this long stands for election.
    "controller.quorum.election.timeout.ms": Int = "1000", High, ReadOnly, Millis, Accepted, at_least(0);
    /// Longest pause before a candidate tries again.
    "controller.quorum.election.backoff.max.ms": Int = "1000", High, ReadOnly, Millis, Accepted, at_least(0);
    /// A follower that cannot fetch for this long looks for another leader.
    "controller.quorum.fetch.timeout.ms": Int = "2000", High, ReadOnly, Millis, Accepted, at_least(0);
    /// Most bytes of metadata records in one fetch between controllers.
    "controller.quorum.fetch.max.bytes": Int = "1048576", Low, ReadOnly, Bytes, Accepted, at_least(1);
    /// Most bytes of a metadata snapshot in one fetch.
    "controller.quorum.fetch.snapshot.max.bytes": Int = "1048576", Low, ReadOnly, Bytes, Accepted, at_least(1);
    /// How long the quorum's leader gathers records before it writes them.
    "controller.quorum.append.linger.ms": Int = "25", Medium, ReadOnly, Millis, Accepted, at_least(0);
    /// Deadline of one request within the quorum.
    "controller.quorum.request.timeout.ms": Int = "2000", Medium, ReadOnly, Millis, Accepted, at_least(0);
    /// Pause before a failed request within the quorum is sent again.
    "controller.quorum.retry.backoff.ms": Int = "20", Low, ReadOnly, Millis, Accepted, at_least(0);
    /// Period over which a controller measures its own events.
    "controller.performance.sample.period.ms": Long = "60000", Medium, ReadOnly, Millis, Accepted, at_least(100), internal;
    /// Controller events slower than this are always logged.
    "controller.performance.always.log.threshold.ms": Long = "2000", Medium, ReadOnly, Millis, Accepted, at_least(0), internal;
    /// Socket deadline of the channel from controller to broker.
    "controller.socket.timeout.ms": Int = "30000", Medium, ReadOnly, Millis, Accepted, any();
    /// Directory of the metadata log; the first of log.dirs where it is not set.
    "metadata.log.dir": String = null, High, ReadOnly, None, Honoured, any();
    /// Bytes of new metadata records after which a snapshot is written.
    "metadata.log.max.record.bytes.between.snapshots": Long = "20971520", High, ReadOnly, Bytes, Honoured, at_least(1);
    /// Longest time between two snapshots while there is something new; 0 sets no bound.
    "metadata.log.max.snapshot.interval.ms": Long = "3600000", High, ReadOnly, Millis, Honoured, at_least(0);
    /// Size at which a segment of the metadata log is closed.
    "metadata.log.segment.bytes": Int = "1073741824", High, ReadOnly, Bytes, Accepted, at_least(8388608);
    /// Age at which a segment of the metadata log is closed.
    "metadata.log.segment.ms": Long = "604800000", High, ReadOnly, Millis, Accepted, any();
    /// Size of metadata log and snapshots above which the oldest go.
    "metadata.max.retention.bytes": Long = "104857600", High, ReadOnly, Bytes, Accepted, any();
    /// Age above which metadata segments and snapshots go.
    "metadata.max.retention.ms": Long = "604800000", High, ReadOnly, Millis, Accepted, any();
    /// How often an idle controller writes a record that proves it is alive; 0 is never.
    "metadata.max.idle.interval.ms": Int = "500", Low, ReadOnly, Millis, Accepted, at_least(0);
    /// Test hook: segment size of the metadata log below the ordinary bound.
    "internal.metadata.log.segment.bytes": Int = null, Low, ReadOnly, Bytes, Accepted, any(), internal;
    /// Test hook: largest batch of metadata records.
    "internal.metadata.max.batch.size.in.bytes": Int = "8388608", Low, ReadOnly, Bytes, Accepted, any(), internal;
    /// Test hook: delay before deleted metadata files leave the disk.
    "internal.metadata.delete.delay.millis": Long = "60000", Low, ReadOnly, Millis, Accepted, any(), internal;
    /// Test hook: advertise API versions that are not final.
    "unstable.api.versions.enable": Boolean = "false", High, ReadOnly, None, Accepted, any(), internal;
    /// Test hook: allow feature levels that are not final.
    "unstable.feature.versions.enable": Boolean = "false", High, ReadOnly, None, Accepted, any(), internal;
}
