//! What the leader of a partition asks before it takes the first write of a transaction (KIP-890).

use super::coordinator::TransactionCoordinator;
use super::error::TxnError;
use super::state::TransactionVersion;
use super::txn::Producer;
use esker_model::TopicPartition;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How a partition's leader has a write admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The partition joins the transaction, which may begin with it: the producer works by version 2.
    Add,
    /// The partition must have been added by the producer.
    Verify,
}

/// Why a write is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAdmitted {
    /// The partition is not in the transaction.
    NotAdded,
    /// The transaction cannot be looked at or changed.
    Txn(TxnError),
}

impl TransactionCoordinator {
    /// Asks whether a producer may write to `partitions`; the answers come in their order.
    ///
    /// Where something else is under way with the id, such as the markers of the transaction before, this waits for up to
    /// `patience` instead of having the client come again.
    pub async fn admit(
        self: &Arc<Self>,
        id: &str,
        producer: Producer,
        partitions: &BTreeSet<TopicPartition>,
        how: Admission,
        patience: Duration,
    ) -> Vec<Result<(), NotAdmitted>> {
        let began = self.env.clock.now();
        let rows = loop {
            let admitted = match how {
                Admission::Add => {
                    let added = self.add_partitions(id, producer, partitions, TransactionVersion::V2).await;
                    added.map(|()| vec![true; partitions.len()])
                }
                Admission::Verify => self.verify_partitions(id, producer, partitions),
            };
            let waited = self.env.clock.now().since(began);
            let again = admitted == Err(TxnError::Concurrent) && waited < patience;
            if !(again && self.idle(id, patience - waited).await) {
                break admitted;
            }
        };
        let row = |added: bool| if added { Ok(()) } else { Err(NotAdmitted::NotAdded) };
        match rows {
            Ok(rows) => rows.into_iter().map(row).collect(),
            Err(error) => vec![Err(NotAdmitted::Txn(error)); partitions.len()],
        }
    }
}
