//! One partition of `__transaction_state` as the runtime of shards carries it.

use super::book::Book;
use super::coordinator::TransactionCoordinator;
use crate::runtime::{Machine, ReplayError, Serving};
use esker_env::Instant;
use esker_record::{BatchRef, Records};
use std::sync::Weak;

/// The transactional ids of one partition, and who sees to it that decisions are carried out.
#[derive(Debug)]
pub struct TxnShard {
    pub(super) book: Book,
    owner: Weak<TransactionCoordinator>,
}

impl TxnShard {
    pub(super) fn new(owner: Weak<TransactionCoordinator>) -> Self {
        Self { book: Book::default(), owner }
    }
}

impl Machine for TxnShard {
    fn replay(&mut self, batch: &BatchRef<'_>, records: Records<'_>) -> Result<(), ReplayError> {
        if batch.header.attributes.is_control() {
            return Ok(());
        }
        for record in records {
            let record = record.map_err(|error| ReplayError(error.to_string()))?;
            let key = record.key.ok_or_else(|| ReplayError("a record has no key".to_owned()))?;
            self.book.replay(key, record.value).map_err(|error| ReplayError(error.to_string()))?;
        }
        Ok(())
    }

    fn loaded(shard: &mut Serving<Self>, _now: Instant) {
        let decided = shard.machine.book.resume();
        if let Some(owner) = shard.machine.owner.upgrade() {
            owner.resume(shard.partition(), shard.epoch(), decided);
        }
    }
}
