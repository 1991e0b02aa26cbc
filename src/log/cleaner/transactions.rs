//! Transactions as they pass while a log is compacted, from its beginning on. Pure.
//!
//! Records of an aborted transaction go at once. Its marker, and that of a committed one, may go once none of the transaction's batches was
//! seen any more, and then only after `delete.retention.ms`: until then somebody may have read records and still need the end.

use crate::txn_index::AbortedTxn;
use esker_model::{Offset, ProducerId};
use esker_record::{BatchHeader, ControlRecord, EndMarker};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

/// What is known of the transactions at the place that was reached.
#[derive(Debug, Default)]
pub(crate) struct Transactions {
    /// Aborted ones that lie ahead, by first offset.
    ahead: BinaryHeap<Reverse<(Offset, AbortedTxn)>>,
    /// Aborted ones that have begun, and whether a batch of theirs was seen.
    aborting: HashMap<ProducerId, (AbortedTxn, bool)>,
    /// Producers with a transaction, committed later, of which a batch was seen.
    committing: HashSet<ProducerId>,
    /// Aborted ones whose marker stays: the index of what is written.
    kept: Vec<AbortedTxn>,
}

impl Transactions {
    /// Makes aborted transactions known before their first batch is reached. One that is known already changes nothing.
    pub(crate) fn expect(&mut self, aborted: impl IntoIterator<Item = AbortedTxn>) {
        self.ahead.extend(aborted.into_iter().map(|txn| Reverse((txn.first_offset, txn))));
    }

    /// Takes a batch in that is no control batch; whether it belongs to an aborted transaction.
    pub(crate) fn pass_batch(&mut self, header: &BatchHeader) -> bool {
        self.begin_up_to(header.last_offset());
        if !header.attributes.is_transactional() {
            return false;
        }
        if let Some((_, seen)) = self.aborting.get_mut(&header.producer_id) {
            *seen = true;
            return true;
        }
        self.committing.insert(header.producer_id);
        false
    }

    /// Takes a control batch in, whose record is `control` or gone already; whether nothing of its transaction was seen.
    pub(crate) fn pass_marker(&mut self, header: &BatchHeader, control: Option<ControlRecord>) -> bool {
        self.begin_up_to(header.last_offset());
        match control {
            None => true,
            Some(ControlRecord::EndTransaction { marker: EndMarker::Abort, .. }) => {
                match self.aborting.remove(&header.producer_id) {
                    Some((txn, true)) => {
                        self.kept.push(txn);
                        false
                    }
                    _ => true,
                }
            }
            Some(ControlRecord::EndTransaction { marker: EndMarker::Commit, .. }) => {
                !self.committing.remove(&header.producer_id)
            }
            Some(ControlRecord::Other(_)) => false,
        }
    }

    /// The aborted transactions whose markers were kept since the last call, in marker order.
    pub(crate) fn take_kept(&mut self) -> Vec<AbortedTxn> {
        std::mem::take(&mut self.kept)
    }

    fn begin_up_to(&mut self, offset: Offset) {
        while let Some(Reverse((first_offset, txn))) = self.ahead.peek().copied()
            && first_offset <= offset
        {
            self.ahead.pop();
            self.aborting.entry(txn.producer_id).or_insert((txn, false));
        }
    }
}
