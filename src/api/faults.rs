//! What goes wrong with partitions, as Kafka's codes: the one place where the faults of replication become numbers.

use crate::ErrorCode;
use esker_log::{AppendError, ProducerError};
use esker_record::{CodecError, InspectError, RecompressError, Severity};
use esker_replication::{
    Absent, AckFault, AppendFault, DeleteFault, EpochEndFault, EpochFault, FetchFault, ListFault, Unserved,
};

/// Of a partition that is not there.
pub(crate) fn absent(fault: &Absent) -> ErrorCode {
    match fault {
        Absent::Unknown => ErrorCode::UnknownTopicOrPartition,
        // Clients look for the leader again; they would not after an unknown topic (KAFKA-6796).
        Absent::NotLeader(_) => ErrorCode::NotLeaderOrFollower,
        Absent::Storage(_) => ErrorCode::KafkaStorageError,
    }
}

fn epoch(fault: &EpochFault) -> ErrorCode {
    match fault {
        EpochFault::Fenced { .. } => ErrorCode::FencedLeaderEpoch,
        EpochFault::Unknown { .. } => ErrorCode::UnknownLeaderEpoch,
    }
}

fn unserved(fault: &Unserved) -> ErrorCode {
    match fault {
        // Whether the topic or only this replica is gone, the newest metadata tells.
        Unserved::Gone | Unserved::NotLeader(_) => ErrorCode::NotLeaderOrFollower,
        Unserved::Epoch(fault) => epoch(fault),
        Unserved::NotReady(_) => ErrorCode::KafkaStorageError,
    }
}

/// Of a batch that was not appended.
pub(crate) fn append(fault: &AppendFault) -> ErrorCode {
    match fault {
        AppendFault::Gone | AppendFault::NotLeader(_) => ErrorCode::NotLeaderOrFollower,
        AppendFault::Epoch(fault) => epoch(fault),
        AppendFault::NotReady(_) => ErrorCode::KafkaStorageError,
        AppendFault::NotEnoughReplicas(_) => ErrorCode::NotEnoughReplicas,
        AppendFault::Log(error) => append_error(error),
    }
}

fn append_error(error: &AppendError) -> ErrorCode {
    match error {
        AppendError::Rejected(rejected) => inspection(rejected),
        AppendError::Recompress(RecompressError::Decompress(CodecError::TooLarge { .. })) => ErrorCode::MessageTooLarge,
        AppendError::Recompress(_) | AppendError::Malformed(_) => ErrorCode::InvalidRecord,
        AppendError::LargerThanSegment { .. } => ErrorCode::RecordListTooLarge,
        AppendError::TransactionsOff => ErrorCode::InvalidTxnState,
        AppendError::Producer(error) => producer(error),
        AppendError::StaleEpoch { .. } => ErrorCode::NotLeaderOrFollower,
        AppendError::OffsetsExhausted(_) | AppendError::UnexpectedOffset { .. } => ErrorCode::UnknownServerError,
        AppendError::Storage(_) => ErrorCode::KafkaStorageError,
    }
}

/// Of a batch that may not be appended.
fn inspection(error: &InspectError) -> ErrorCode {
    match error.severity() {
        Severity::Corrupt => ErrorCode::CorruptMessage,
        Severity::InvalidRecord => ErrorCode::InvalidRecord,
        Severity::InvalidTimestamp => ErrorCode::InvalidTimestamp,
        Severity::UnsupportedCompression => ErrorCode::UnsupportedCompressionType,
        Severity::TooLarge => ErrorCode::MessageTooLarge,
    }
}

fn producer(error: &ProducerError) -> ErrorCode {
    match error {
        ProducerError::InvalidEpoch { .. } => ErrorCode::InvalidProducerEpoch,
        ProducerError::OutOfOrderSequence { .. } => ErrorCode::OutOfOrderSequenceNumber,
        ProducerError::NotInTransaction { .. } | ProducerError::NotVerified { .. } => ErrorCode::InvalidTxnState,
        ProducerError::CoordinatorFenced { .. } => ErrorCode::TransactionCoordinatorFenced,
    }
}

/// Of a batch that was appended and is not acknowledged.
pub(crate) fn ack(fault: &AckFault) -> ErrorCode {
    match fault {
        AckFault::TimedOut => ErrorCode::RequestTimedOut,
        AckFault::NotLeader(_) | AckFault::Gone => ErrorCode::NotLeaderOrFollower,
        AckFault::NotEnoughReplicas(_) => ErrorCode::NotEnoughReplicasAfterAppend,
        AckFault::Storage(_) => ErrorCode::KafkaStorageError,
    }
}

/// Of a partition from which nothing was fetched. `names_epoch`: whether the client named a leader epoch.
pub(crate) fn fetch(fault: &FetchFault, names_epoch: bool) -> ErrorCode {
    match fault {
        FetchFault::Absent(fault) => absent(fault),
        FetchFault::Gone | FetchFault::NotLeader(_) | FetchFault::StaleBroker(_) => ErrorCode::NotLeaderOrFollower,
        FetchFault::Epoch(fault) => epoch(fault),
        FetchFault::NotReady(_) | FetchFault::Storage(_) => ErrorCode::KafkaStorageError,
        FetchFault::OutOfRange { .. } => ErrorCode::OffsetOutOfRange,
        FetchFault::MovedToTier(_) => ErrorCode::OffsetMovedToTieredStorage,
        // The epoch is right, so the follower knows a newer assignment than this broker: it is to try again.
        FetchFault::NotReplica(_) if names_epoch => ErrorCode::UnknownLeaderEpoch,
        FetchFault::NotReplica(_) => ErrorCode::NotLeaderOrFollower,
    }
}

/// Of an offset that was not found out, in some version of ListOffsets.
pub(crate) fn list(fault: &ListFault, version: i16) -> ErrorCode {
    match fault {
        ListFault::Absent(fault) => absent(fault),
        ListFault::Unserved(fault) => unserved(fault),
        ListFault::NotAvailable { .. } if version < 5 => ErrorCode::LeaderNotAvailable,
        ListFault::NotAvailable { .. } => ErrorCode::OffsetNotAvailable,
        ListFault::TimedOut => ErrorCode::RequestTimedOut,
        ListFault::Storage(_) => ErrorCode::KafkaStorageError,
    }
}

/// Of a leader epoch whose end was not told.
pub(crate) fn epoch_end(fault: &EpochEndFault) -> ErrorCode {
    match fault {
        EpochEndFault::Absent(fault) => absent(fault),
        EpochEndFault::Unserved(fault) => unserved(fault),
        EpochEndFault::Storage(_) => ErrorCode::KafkaStorageError,
    }
}

/// Of records that were not deleted.
pub(crate) fn delete(fault: &DeleteFault) -> ErrorCode {
    match fault {
        DeleteFault::Absent(fault) => absent(fault),
        DeleteFault::Unserved(fault) => unserved(fault),
        DeleteFault::OutOfRange { .. } => ErrorCode::OffsetOutOfRange,
        DeleteFault::Policy => ErrorCode::PolicyViolation,
        DeleteFault::TimedOut => ErrorCode::RequestTimedOut,
        DeleteFault::Storage(_) => ErrorCode::KafkaStorageError,
    }
}
