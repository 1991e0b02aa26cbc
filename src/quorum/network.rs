//! How members reach one another: openraft's network over a transport that is given.

use crate::quorum::Member;
use crate::rpc::{Request, decode_answer};
use crate::types::{Snapshot, TypeConfig, Vote};
use async_trait::async_trait;
use bytes::Bytes;
use openraft::error::{Fatal, NetworkError, RPCError, RaftError, ReplicationClosed, StreamingError, Unreachable};
use openraft::network::{RPCOption, RaftNetwork, RaftNetworkFactory};
use openraft::raft::{AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, VoteRequest, VoteResponse};
use openraft::{AnyError, BasicNode};
use serde::de::DeserializeOwned;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// A peer did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("controller {id} at {address:?} is unreachable: {reason}")]
pub struct PeerUnreachable {
    /// The peer's `node.id`.
    pub id: i32,
    /// Where it should be.
    pub address: String,
    /// What happened.
    pub reason: String,
}

/// Carries requests between members. The other end hands them to [`QuorumNode::answer`](crate::QuorumNode::answer).
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Sends one request to `peer` and returns its answer, within `limit`. Requests may overtake one another, be lost
    /// or arrive twice. The transport authenticates peers; the bytes are trusted.
    async fn call(&self, peer: &Member, request: Bytes, limit: Duration) -> Result<Bytes, PeerUnreachable>;
}

/// The transport of a quorum with a single voter: there is nobody to reach.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPeers;

#[async_trait]
impl Transport for NoPeers {
    async fn call(&self, peer: &Member, _: Bytes, _: Duration) -> Result<Bytes, PeerUnreachable> {
        let reason = "this node has no transport to other controllers".to_owned();
        Err(PeerUnreachable { id: peer.id, address: peer.address.clone(), reason })
    }
}

/// A member as openraft names it.
pub fn member(id: u64, node: &BasicNode, voter: bool) -> Member {
    Member { id: i32::try_from(id).unwrap_or(i32::MAX), address: node.addr.clone(), voter }
}

/// Makes the clients through which openraft talks to peers.
pub struct Peers(pub Arc<dyn Transport>);

impl RaftNetworkFactory<TypeConfig> for Peers {
    type Network = Peer;

    async fn new_client(&mut self, target: u64, node: &BasicNode) -> Peer {
        Peer { transport: Arc::clone(&self.0), member: member(target, node, true) }
    }
}

/// One peer.
pub struct Peer {
    transport: Arc<dyn Transport>,
    member: Member,
}

enum CallError {
    Unreachable(PeerUnreachable),
    Garbled(crate::RpcError),
}

impl Peer {
    async fn call<T: DeserializeOwned>(&self, request: Request, limit: Duration) -> Result<T, CallError> {
        let request = request.encode().map_err(CallError::Garbled)?;
        let answer = self.transport.call(&self.member, request, limit).await.map_err(CallError::Unreachable)?;
        decode_answer(&answer).map_err(CallError::Garbled)
    }
}

impl From<CallError> for RPCError<u64, BasicNode, RaftError<u64>> {
    fn from(error: CallError) -> Self {
        match error {
            // Unreachable makes openraft wait before it tries again; another error makes it try at once.
            CallError::Unreachable(error) => RPCError::Unreachable(Unreachable::new(&error)),
            CallError::Garbled(error) => RPCError::Network(NetworkError::new(&error)),
        }
    }
}

impl RaftNetwork<TypeConfig> for Peer {
    async fn append_entries(
        &mut self,
        request: AppendEntriesRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<AppendEntriesResponse<u64>, RPCError<u64, BasicNode, RaftError<u64>>> {
        Ok(self.call(Request::Append(request), option.hard_ttl()).await?)
    }

    async fn vote(
        &mut self,
        request: VoteRequest<u64>,
        option: RPCOption,
    ) -> Result<VoteResponse<u64>, RPCError<u64, BasicNode, RaftError<u64>>> {
        Ok(self.call(Request::Vote(request), option.hard_ttl()).await?)
    }

    async fn full_snapshot(
        &mut self,
        vote: Vote,
        snapshot: Snapshot,
        cancel: impl Future<Output = ReplicationClosed> + Send + 'static,
        option: RPCOption,
    ) -> Result<SnapshotResponse<u64>, StreamingError<TypeConfig, Fatal<u64>>> {
        let request = Request::Snapshot { vote, meta: snapshot.meta, data: *snapshot.snapshot };
        tokio::select! {
            answer = self.call(request, option.hard_ttl()) => answer.map_err(|error| match error {
                CallError::Unreachable(error) => StreamingError::Unreachable(Unreachable::new(&error)),
                CallError::Garbled(error) => StreamingError::Network(NetworkError::new(&AnyError::new(&error))),
            }),
            closed = cancel => Err(StreamingError::Closed(closed)),
        }
    }
}
