//! What tools are shown: all transactions that match a filter, and one transaction in full (KIP-664, KIP-994, KIP-1152).

use super::coordinator::TransactionCoordinator;
use super::error::TxnError;
use super::state::TxnState;
use super::txn::TxnData;
use esker_model::{ProducerId, TimestampMs};
use regex::{Regex, RegexBuilder};
use std::collections::BTreeSet;

/// Memory that the program of a pattern may take.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Which transactions are listed: those that every filter lets pass.
#[derive(Clone, Debug, Default)]
pub struct ListFilter {
    /// Only those of these producers; empty for all.
    pub producer_ids: BTreeSet<ProducerId>,
    /// Only those in a state of these names; empty for all. Names that are not known match nothing.
    pub states: BTreeSet<String>,
    /// Only those that began longer ago, milliseconds; negative for all.
    pub duration_ms: i64,
    /// Only ids that match as a whole.
    pub pattern: Option<IdPattern>,
}

/// A pattern of transactional ids.
#[derive(Clone, Debug)]
pub struct IdPattern(Regex);

impl IdPattern {
    /// A pattern from its text.
    ///
    /// # Errors
    /// The text is no regular expression, or one that takes too much memory.
    pub fn new(text: &str) -> Result<Self, regex::Error> {
        // Compiled alone first: in brackets, a closing one too many would make sense.
        let bounded = |text: &str| RegexBuilder::new(text).size_limit(PATTERN_BYTES_MAX).build();
        bounded(text)?;
        bounded(&format!("^(?:{text})$")).map(Self)
    }
}

/// One row of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The transactional id.
    pub id: String,
    /// Its producer.
    pub producer_id: ProducerId,
    /// Where it stands.
    pub state: TxnState,
}

impl ListFilter {
    fn lets_pass(&self, id: &str, data: &TxnData, now: TimestampMs) -> bool {
        let producer = self.producer_ids.is_empty() || self.producer_ids.contains(&data.producer_id);
        let state = self.states.is_empty() || self.states.contains(data.state.name());
        let long = self.duration_ms < 0 || now.saturating_sub(data.start_ms) > self.duration_ms;
        producer && state && long && self.pattern.as_ref().is_none_or(|pattern| pattern.0.is_match(id))
    }

    /// The names of states that are not known.
    pub fn unknown_states(&self) -> impl Iterator<Item = &str> {
        self.states.iter().map(String::as_str).filter(|name| TxnState::from_name(name).is_none())
    }
}

impl TransactionCoordinator {
    /// The transactions on this broker that match a filter.
    ///
    /// # Errors
    /// [`TxnError::Loading`] while a part of them is not known.
    pub fn list(&self, filter: &ListFilter) -> Result<Vec<Listed>, TxnError> {
        if self.is_closed() {
            return Err(TxnError::NotAvailable);
        }
        if !self.shards.loading().is_empty() {
            return Err(TxnError::Loading);
        }
        let now = self.now();
        let mut all = Vec::new();
        for partition in self.shards.served() {
            let listed = self.shards.with(partition, |shard| {
                let passing = shard.machine.book.iter().filter(|(id, txn)| filter.lets_pass(id, txn.data(), now));
                let row = |(id, txn): (&std::sync::Arc<str>, &super::txn::Txn)| Listed {
                    id: id.to_string(),
                    producer_id: txn.data().producer_id,
                    state: txn.data().state,
                };
                all.extend(passing.map(row));
            });
            // A partition that has moved away meanwhile is somebody else's to list.
            listed.unwrap_or_default();
        }
        Ok(all)
    }

    /// One transaction in full.
    ///
    /// # Errors
    /// [`TxnError::UnknownId`] where nothing is known of it.
    pub fn describe(&self, id: &str) -> Result<TxnData, TxnError> {
        if self.is_closed() {
            return Err(TxnError::NotAvailable);
        }
        if id.is_empty() {
            return Err(TxnError::InvalidRequest);
        }
        let described = self.with(id, |shard, id| shard.machine.book.get(id).map(|txn| txn.data().clone()))?;
        described.ok_or(TxnError::UnknownId)
    }
}
