//! Transactions.

use super::*;

keys! { Broker:
    /// Longest time-out that a transactional producer may ask for.
    "transaction.max.timeout.ms": Int = "900000", High, ReadOnly, Millis, Accepted, at_least(1);
    /// A transactional id that is silent for this long is forgotten.
    "transactional.id.expiration.ms": Int = "604800000", High, ReadOnly, Millis, Accepted, at_least(1);
    /// Whether producers may prepare transactions that outlive them.
    "transaction.two.phase.commit.enable": Boolean = "false", Low, ReadOnly, None, Accepted, any();
    /// Whether the coordinator is asked before a transaction's first write to a partition.
    "transaction.partition.verification.enable": Boolean = "true", Low, ClusterWide, None, Accepted, any();
    /// Time between two looks for transactions to abort.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": Int = "10000", Low, ReadOnly, Millis, Accepted, at_least(1);
    /// Time between two looks for transactional ids to forget.
    "transaction.remove.expired.transaction.cleanup.interval.ms": Int = "3600000", Low, ReadOnly, Millis, Accepted, at_least(1);
    /// Partitions of __transaction_state; never changed afterwards.
    "transaction.state.log.num.partitions": Int = "50", High, ReadOnly, None, Accepted, at_least(1);
    /// Replicas of __transaction_state.
    "transaction.state.log.replication.factor": Short = "3", High, ReadOnly, None, Accepted, at_least(1);
    /// In-sync replicas that __transaction_state needs.
    "transaction.state.log.min.isr": Int = "2", High, ReadOnly, None, Accepted, at_least(1);
    /// Segment size of __transaction_state.
    "transaction.state.log.segment.bytes": Int = "104857600", High, ReadOnly, Bytes, Accepted, at_least(1);
    /// Bytes read at once when transactions are loaded.
    "transaction.state.log.load.buffer.size": Int = "5242880", High, ReadOnly, Bytes, Accepted, at_least(1);
    /// First pause before partitions are added to a transaction again.
    "add.partitions.to.txn.retry.backoff.ms": Int = "20", High, ReadOnly, Millis, Accepted, at_least(1);
    /// Longest pause before partitions are added to a transaction again.
    "add.partitions.to.txn.retry.backoff.max.ms": Int = "100", High, ReadOnly, Millis, Accepted, at_least(0);
}
