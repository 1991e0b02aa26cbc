//! Creating and deleting topics.

use super::*;

keys! { Broker:
    /// Whether a client that asks for an unknown topic gets it created.
    "auto.create.topics.enable": Boolean = "true", High, ReadOnly, None, Honoured, any();
    /// Whether topics can be deleted.
    "delete.topic.enable": Boolean = "true", High, ReadOnly, None, Honoured, any();
    /// Partitions of a topic whose creator names no count.
    "num.partitions": Int = "1", Medium, ReadOnly, None, Honoured, at_least(1);
    /// Replicas of a topic whose creator names no count.
    "default.replication.factor": Int = "1", Medium, ReadOnly, None, Honoured, any();
    /// Java class that judges new topics; this build can load none and refuses to start with one.
    "create.topic.policy.class.name": Class = null, Low, ReadOnly, None, Accepted, any();
    /// Java class that judges changed configurations; this build can load none and refuses to start with one.
    "alter.config.policy.class.name": Class = null, Low, ReadOnly, None, Accepted, any();
}
