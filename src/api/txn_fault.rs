//! What the coordinator of transactions says, in Kafka's error codes.

use crate::ErrorCode;
use esker_coordinator::transaction::TxnError;

impl From<TxnError> for ErrorCode {
    fn from(error: TxnError) -> Self {
        match error {
            TxnError::InvalidRequest => ErrorCode::InvalidRequest,
            TxnError::InvalidTimeout => ErrorCode::InvalidTransactionTimeout,
            TxnError::NotCoordinator => ErrorCode::NotCoordinator,
            // Without a block of producer ids Kafka has its clients come again as for a coordinator that loads.
            TxnError::Loading | TxnError::NoProducerId => ErrorCode::CoordinatorLoadInProgress,
            TxnError::NotAvailable => ErrorCode::CoordinatorNotAvailable,
            TxnError::Concurrent => ErrorCode::ConcurrentTransactions,
            TxnError::Fenced => ErrorCode::ProducerFenced,
            TxnError::WrongProducerId => ErrorCode::InvalidProducerIdMapping,
            TxnError::InvalidState => ErrorCode::InvalidTxnState,
            TxnError::UnknownId => ErrorCode::TransactionalIdNotFound,
            TxnError::TooManyIds => ErrorCode::PolicyViolation,
            TxnError::TooLarge => ErrorCode::MessageTooLarge,
        }
    }
}

/// The code for a client of a version: those from before `since` know a fenced producer only by its epoch.
pub(crate) fn fenced_since(since: i16, version: i16, code: ErrorCode) -> ErrorCode {
    match code {
        ErrorCode::ProducerFenced if version < since => ErrorCode::InvalidProducerEpoch,
        code => code,
    }
}
