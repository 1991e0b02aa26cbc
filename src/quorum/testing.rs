//! A state machine that only remembers, and helpers for the tests of this room.

use crate::types::{Batch, Entry, Payload, StoredProposal, log_id};
use crate::*;
use bytes::Bytes;
use esker_env::Env;
use esker_model::Offset;
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub const LONG: Duration = Duration::from_secs(20);

/// All records that were ever applied, in order.
#[derive(Default)]
pub struct Ledger {
    pub records: Mutex<Vec<Bytes>>,
    /// Applying a record with this content fails.
    pub refuses: Option<Bytes>,
}

impl Ledger {
    pub fn texts(&self) -> Vec<String> {
        self.records.lock().iter().map(|record| String::from_utf8_lossy(record).into_owned()).collect()
    }
}

impl StateMachine for Ledger {
    fn apply(&self, offset: Offset, records: &[Bytes]) -> Result<(), MachineError> {
        let mut known = self.records.lock();
        assert_eq!(known.len() as Offset, offset, "offsets must follow one another");
        if records.iter().any(|record| Some(record) == self.refuses.as_ref()) {
            return Err(MachineError(format!("the record at offset {offset} was written by a newer version")));
        }
        known.extend_from_slice(records);
        Ok(())
    }

    fn publish(&self) {}

    fn capture(&self) -> Box<dyn FnOnce() -> Vec<u8> + Send> {
        let records = self.records.lock().clone();
        Box::new(move || serde_json::to_vec(&records).unwrap())
    }

    fn restore(&self, snapshot: &[u8]) -> Result<(), MachineError> {
        *self.records.lock() = serde_json::from_slice(snapshot).map_err(|error| MachineError(error.to_string()))?;
        Ok(())
    }
}

pub fn voter(id: i32) -> Member {
    Member { id, address: format!("node-{id}:9093"), voter: true }
}

pub fn options(dir: &Path) -> Options {
    Options { node_id: 1, dir: dir.to_owned(), voters: vec![voter(1)], tuning: Tuning::default() }
}

pub async fn start(env: &Env, dir: &Path) -> Result<(Arc<QuorumNode>, Arc<Ledger>), OpenError> {
    let ledger = Arc::new(Ledger::default());
    let node = QuorumNode::start(env, options(dir), ledger.clone(), Arc::new(NoPeers)).await?;
    Ok((node, ledger))
}

pub fn records(texts: &[&str]) -> Proposal {
    Proposal { expected: None, records: texts.iter().map(|text| Bytes::from(text.to_string())).collect() }
}

/// Runs a future on a runtime of its own, whose tasks are gone when this returns.
pub fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future)
}

pub fn entry(index: u64, text: &str) -> Entry {
    let records = vec![Bytes::from(text.to_owned())];
    let proposals = vec![StoredProposal { expected: None, records }];
    Entry { log_id: log_id(1, 1, index), payload: Payload::Normal(Batch { proposals }) }
}
