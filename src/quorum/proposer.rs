//! Gathers the proposals that wait at the same moment into one entry, which costs one sync.

use crate::machine::MachineShared;
use crate::quorum::ProposeError;
use crate::types::{Batch, Outcome, StoredProposal, TypeConfig};
use bytes::Bytes;
use esker_model::{BrokerId, Offset};
use openraft::Raft;
use openraft::error::{ClientWriteError, RaftError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// The most that one proposal may hold, in bytes.
pub const PROPOSAL_BYTES_MAX: usize = 16 << 20;

/// No further proposal joins an entry above this size, in bytes.
const ENTRY_BYTES_FULL: usize = 4 << 20;

/// How many proposals may wait; a further one waits to wait.
pub const WAITING_MAX: usize = 1024;

/// How long an entry may take to commit before its proposers are told that nobody knows.
const COMMIT_LIMIT: Duration = Duration::from_secs(30);

/// With less room than this on the disk, proposals are refused: a log that cannot be written stops the node, a refused
/// proposal does not.
pub const FREE_BYTES_MIN: u64 = 32 << 20;

/// A proposal and where its answer goes.
pub struct Waiting {
    pub proposal: StoredProposal,
    pub reply: oneshot::Sender<Result<Offset, ProposeError>>,
}

/// Size of a proposal's records.
pub fn size(records: &[Bytes]) -> usize {
    records.iter().map(Bytes::len).sum()
}

/// Proposes what arrives until nobody can send any more.
pub async fn run(raft: Raft<TypeConfig>, shared: Arc<MachineShared>, mut arriving: mpsc::Receiver<Waiting>) {
    while let Some(first) = arriving.recv().await {
        let mut group = vec![first];
        let mut bytes = size(&group[0].proposal.records);
        while bytes < ENTRY_BYTES_FULL
            && let Ok(next) = arriving.try_recv()
        {
            bytes += size(&next.proposal.records);
            group.push(next);
        }
        // Whoever has stopped waiting gets nothing committed behind its back.
        group.retain(|waiting| !waiting.reply.is_closed());
        if !group.is_empty() {
            propose(&raft, &shared, group).await;
        }
    }
}

async fn propose(raft: &Raft<TypeConfig>, shared: &MachineShared, group: Vec<Waiting>) {
    let (proposals, replies): (Vec<_>, Vec<_>) = group.into_iter().map(|one| (one.proposal, one.reply)).unzip();
    let expected: Vec<Option<Offset>> = proposals.iter().map(|proposal| proposal.expected).collect();
    let outcomes = match check_room(shared) {
        Ok(()) => commit(raft, shared, Batch { proposals }).await,
        Err(error) => Err(error),
    };
    for (number, (reply, expected)) in replies.into_iter().zip(expected).enumerate() {
        let answer = match &outcomes {
            Err(error) => Err(error.clone()),
            Ok(outcomes) => match outcomes.get(number) {
                Some(Outcome::Accepted(offset)) => Ok(*offset),
                Some(Outcome::Refused(next)) => {
                    Err(ProposeError::Conflict { expected: expected.unwrap_or(-1), next: *next })
                }
                None => Err(ProposeError::Unavailable("an entry came back with fewer outcomes than proposals".into())),
            },
        };
        let _ = reply.send(answer); // whoever asked may be gone
    }
}

fn check_room(shared: &MachineShared) -> Result<(), ProposeError> {
    match shared.log.disk.space(&shared.log.dir) {
        Ok(space) if space.available < FREE_BYTES_MIN => Err(ProposeError::DiskFull { available: space.available }),
        // A disk that cannot say how much room it has is asked by writing.
        Ok(_) | Err(_) => Ok(()),
    }
}

async fn commit(raft: &Raft<TypeConfig>, shared: &MachineShared, batch: Batch) -> Result<Vec<Outcome>, ProposeError> {
    match esker_env::timeout(COMMIT_LIMIT, raft.client_write(batch)).await {
        None => Err(ProposeError::Timeout),
        Some(Ok(response)) => Ok(response.data.0),
        Some(Err(RaftError::APIError(ClientWriteError::ForwardToLeader(to)))) => {
            let leader = to.leader_id.and_then(|id| BrokerId::try_from(id).ok());
            Err(ProposeError::NotLeader { leader })
        }
        Some(Err(error)) => {
            let reason = shared.log.failure.reason().unwrap_or_else(|| error.to_string().into());
            Err(ProposeError::Unavailable(reason))
        }
    }
}
