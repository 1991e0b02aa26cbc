//! Quotas and their windows.

use super::*;

keys! { Broker:
    /// Samples over which a client's rate is measured.
    "quota.window.num": Int = "11", Low, ReadOnly, None, Honoured, at_least(1);
    /// Length of one sample of a client's rate.
    "quota.window.size.seconds": Int = "1", Low, ReadOnly, Seconds, Honoured, at_least(1);
    /// Samples over which the replication rate is measured.
    "replication.quota.window.num": Int = "11", Low, ReadOnly, None, Accepted, at_least(1);
    /// Length of one sample of the replication rate.
    "replication.quota.window.size.seconds": Int = "1", Low, ReadOnly, Seconds, Accepted, at_least(1);
    /// Samples over which moves between directories are measured.
    "alter.log.dirs.replication.quota.window.num": Int = "11", Low, ReadOnly, None, Accepted, at_least(1);
    /// Length of one sample of moves between directories.
    "alter.log.dirs.replication.quota.window.size.seconds": Int = "1", Low, ReadOnly, Seconds, Accepted, at_least(1);
    /// Samples over which changes of topics are measured.
    "controller.quota.window.num": Int = "11", Low, ReadOnly, None, Honoured, at_least(1);
    /// Length of one sample of changes of topics.
    "controller.quota.window.size.seconds": Int = "1", Low, ReadOnly, Seconds, Honoured, at_least(1);
    /// Java class that decides quotas; this build can load none and refuses to start with one.
    "client.quota.callback.class": Class = null, Low, ReadOnly, None, Accepted, any();
}
