//! Why a transaction does not do as it was asked.

/// Why a request about a transactional id is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TxnError {
    /// The request makes no sense.
    #[error("the request makes no sense")]
    InvalidRequest,
    /// The time-out is not positive or larger than allowed.
    #[error("the transaction time-out is not positive or larger than transaction.max.timeout.ms")]
    InvalidTimeout,
    /// Another broker coordinates the id.
    #[error("this broker does not coordinate the transactional id")]
    NotCoordinator,
    /// What is known of the id is still being read.
    #[error("the coordinator is loading")]
    Loading,
    /// The coordinator cannot write now.
    #[error("the coordinator is not available")]
    NotAvailable,
    /// Something else is under way with the id.
    #[error("something else is under way with the transactional id")]
    Concurrent,
    /// A newer incarnation of the producer has taken over.
    #[error("a newer producer has the transactional id")]
    Fenced,
    /// The producer id is not the one of the transactional id.
    #[error("the producer id is not the one of the transactional id")]
    WrongProducerId,
    /// The transaction is not in a state in which this is possible.
    #[error("the transaction is not in a state in which this is possible")]
    InvalidState,
    /// Nothing is known of the id.
    #[error("the transactional id is not known")]
    UnknownId,
    /// A producer id could not be had in time.
    #[error("no producer id could be had")]
    NoProducerId,
    /// As many transactional ids are known as may be.
    #[error("too many transactional ids are known")]
    TooManyIds,
    /// What is to be stored is larger than a record may be.
    #[error("the transaction has too many partitions")]
    TooLarge,
}
