//! Transactions: who may write under a transactional id, which partitions a transaction has, and how it ends.
//!
//! | what | where |
//! |---|---|
//! | decisions, pure | `init`, `add`, `end` over `txn` |
//! | all ids of a partition, pure | `book` |
//! | bytes of `__transaction_state` | `codec` |
//! | appending, waiting, acting | `step`, `complete`, `upkeep` |
//! | what others ask | `coordinator`, `admit`, `list` |

mod add;
#[cfg(test)]
mod add_test;
mod admit;
mod book;
mod bytes;
mod codec;
#[cfg(test)]
mod codec_test;
mod complete;
mod coordinator;
#[cfg(test)]
mod coordinator_test;
#[cfg(test)]
mod crash_test;
mod decision;
mod end;
#[cfg(test)]
mod end_test;
mod error;
mod init;
#[cfg(test)]
mod init_test;
mod list;
mod markers;
#[cfg(test)]
mod model_test;
#[cfg(test)]
mod samples;
mod settings;
mod shard;
mod state;
#[cfg(test)]
mod state_test;
mod step;
mod txn;
mod upkeep;
#[cfg(test)]
mod world;

pub use admit::{Admission, NotAdmitted};
pub use book::Book;
pub use codec::{CodecError, decode_key, decode_value, encode_key, encode_value};
pub use coordinator::{ProducerIdSource, TransactionCoordinator, TransactionOptions, TransactionStats};
pub use error::TxnError;
pub use init::InitProducer;
pub use list::{IdPattern, ListFilter, Listed};
pub use markers::{Marker, MarkerFault, MarkerTarget};
pub use settings::TransactionSettings;
pub use state::{Outcome, TransactionVersion, TxnState};
pub use txn::{Busy, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, Producer, Txn, TxnData};

/// The topic that holds what is known of transactional ids.
pub const TRANSACTION_STATE_TOPIC: &str = "__transaction_state";
