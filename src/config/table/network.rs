//! Listeners, sockets, connections and requests.

use super::*;

keys! { Broker:
    /// Addresses to listen on, NAME://host:port; an empty host means all interfaces.
    "listeners": List = "PLAINTEXT://:9092", High, PerBroker, None, Honoured, list();
    /// Addresses that clients are told; where not set, those of listeners.
    "advertised.listeners": List = null, High, ReadOnly, None, Honoured, list();
    /// Security protocol of each listener name, NAME:PROTOCOL.
    "listener.security.protocol.map": String = "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT", Low, PerBroker, None, Honoured, any();
    /// Listener through which brokers reach one another.
    "inter.broker.listener.name": String = null, Medium, ReadOnly, None, Honoured, any();
    /// Protocol between brokers; says the same as inter.broker.listener.name for listeners named after their protocol.
    "security.inter.broker.protocol": String = "PLAINTEXT", Medium, ReadOnly, None, Honoured, one_of(&["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]);
    /// Listeners that accept connections before the authorizer is ready.
    "early.start.listeners": List = null, High, ReadOnly, None, Accepted, list_or_empty();
    /// Most connections at once on all listeners together; listener.name.<name>.max.connections bounds one.
    "max.connections": Int = "2147483647", Medium, ClusterWide, None, Honoured, at_least(0);
    /// Most connections at once from one address.
    "max.connections.per.ip": Int = "2147483647", Medium, ClusterWide, None, Honoured, at_least(0);
    /// Bounds for single addresses, host:count.
    "max.connections.per.ip.overrides": String = "", Medium, ClusterWide, None, Honoured, any();
    /// Most new connections a second.
    "max.connection.creation.rate": Int = "2147483647", Medium, ClusterWide, None, Honoured, at_least(0);
    /// A connection that is silent for this long is closed.
    "connections.max.idle.ms": Long = "600000", Medium, ReadOnly, Millis, Honoured, any();
    /// Pause before a connection that failed to authenticate is closed.
    "connection.failed.authentication.delay.ms": Int = "100", Low, ReadOnly, Millis, Accepted, at_least(0);
    /// Longest life of a SASL session before the client must authenticate again; 0 sets no bound.
    "connections.max.reauth.ms": Long = "0", Medium, ReadOnly, Millis, Accepted, any();
    /// Largest request; a longer one closes its connection before memory is reserved.
    "socket.request.max.bytes": Int = "104857600", High, ReadOnly, Bytes, Honoured, at_least(1);
    /// SO_SNDBUF of client connections; -1 leaves it to the system.
    "socket.send.buffer.bytes": Int = "102400", High, ReadOnly, Bytes, Honoured, any();
    /// SO_RCVBUF of client connections; -1 leaves it to the system.
    "socket.receive.buffer.bytes": Int = "102400", High, ReadOnly, Bytes, Honoured, any();
    /// Connections that may wait to be accepted.
    "socket.listen.backlog.size": Int = "50", Medium, ReadOnly, None, Honoured, at_least(1);
    /// First deadline for opening a connection to another node.
    "socket.connection.setup.timeout.ms": Long = "10000", Medium, ReadOnly, Millis, Accepted, any();
    /// Upper bound of the growing deadline for opening a connection to another node.
    "socket.connection.setup.timeout.max.ms": Long = "30000", Medium, ReadOnly, Millis, Accepted, any();
    /// Kafka's network threads. Esker's network runtime has one thread per core.
    "num.network.threads": Int = "3", High, ClusterWide, None, Accepted, at_least(1);
    /// Kafka's request threads. esker.disk.threads sizes what blocks in Esker.
    "num.io.threads": Int = "8", High, ClusterWide, None, Accepted, at_least(1);
    /// Kafka's threads for work in the background.
    "background.threads": Int = "10", High, ClusterWide, None, Accepted, at_least(1);
    /// Requests in hand on all connections together before reading stops.
    "queued.max.requests": Int = "500", High, ReadOnly, None, Honoured, at_least(1);
    /// Bytes of requests in hand before reading stops; -1 leaves it to esker.request.memory.bytes.
    "queued.max.request.bytes": Long = "-1", Medium, ReadOnly, Bytes, Honoured, any();
    /// Deadline of a request from this node to another.
    "request.timeout.ms": Int = "30000", High, ReadOnly, Millis, Honoured, any();
    /// Fetch sessions that are remembered (KIP-227).
    "max.incremental.fetch.session.cache.slots": Int = "1000", Medium, ReadOnly, None, Honoured, at_least(0);
    /// Most partitions in one answer to DescribeTopicPartitions.
    "max.request.partition.size.limit": Int = "2000", Medium, ReadOnly, None, Honoured, at_least(1);
    /// Most bytes in one answer to a fetch.
    "fetch.max.bytes": Int = "57671680", Medium, ReadOnly, Bytes, Honoured, at_least(1024);
    /// Kafka's interval for sweeping finished fetches; Esker removes them at once.
    "fetch.purgatory.purge.interval.requests": Int = "1000", Medium, ReadOnly, None, Accepted, any();
    /// Kafka's interval for sweeping finished produces; Esker removes them at once.
    "producer.purgatory.purge.interval.requests": Int = "1000", Medium, ReadOnly, None, Accepted, any();
    /// Kafka's interval for sweeping finished record deletions; Esker removes them at once.
    "delete.records.purgatory.purge.interval.requests": Int = "1", Medium, ReadOnly, None, Accepted, any();
    /// Kafka's interval for sweeping finished share fetches; Esker removes them at once.
    "share.fetch.purgatory.purge.interval.requests": Int = "1000", Medium, ReadOnly, None, Accepted, any();
}
