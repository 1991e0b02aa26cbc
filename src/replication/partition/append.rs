//! Appending as the leader.

use super::{Partition, View};
use crate::acks::{AckTicket, Acks, Awaited, Need};
use crate::fault::AppendFault;
use crate::purgatory::Edge;
use crate::state::Term;
use esker_log::{
    AppendContext, AppendError, AppendInfo, MarkerRule, Origin, ToVerify, Verification, VerificationGuard,
};
use esker_model::LeaderEpoch;
use esker_record::Depth;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// How a batch is appended.
#[derive(Clone, Copy, Debug)]
pub struct Append {
    /// What is waited for.
    pub acks: Acks,
    /// Who appends.
    pub origin: Origin,
    /// The epoch in which the caller believes this broker to lead; `None` asks for no check.
    pub leader_epoch: Option<LeaderEpoch>,
    /// Whether the request may use Zstandard: from Produce version 7 on (KIP-110).
    pub zstd_allowed: bool,
    /// Whether transactions are served.
    pub transactions: bool,
    /// How far the batch is looked into.
    pub depth: Depth,
    /// By which rule a transaction marker is judged.
    pub marker_rule: MarkerRule,
    /// Whether a batch that begins a transaction here must have been verified.
    pub verification: Verification,
}

impl Append {
    /// A client's batch, looked into as Kafka does.
    pub fn client(acks: Acks) -> Self {
        Self {
            acks,
            origin: Origin::Client,
            leader_epoch: None,
            zstd_allowed: true,
            transactions: true,
            depth: Depth::Records,
            marker_rule: MarkerRule::NotOlder,
            verification: Verification::NotNeeded,
        }
    }

    /// A batch of a coordinator that leads in `epoch`, to be replicated to all.
    pub fn coordinator(epoch: LeaderEpoch) -> Self {
        Self { origin: Origin::Coordinator, leader_epoch: Some(epoch), ..Self::client(Acks::All) }
    }
}

/// An append that was made.
#[derive(Clone, Debug)]
pub struct Appended {
    /// What became of the batch.
    pub info: AppendInfo,
    /// What must still happen before it is acknowledged.
    pub ticket: AckTicket,
}

impl Partition {
    /// Appends one batch. Never waits for the disk beyond writes to the page cache.
    pub fn append(self: &Arc<Self>, batch: &[u8], how: &Append) -> Result<Appended, AppendFault> {
        let appended = self.append_uncounted(batch, how);
        self.traffic.produced(batch.len(), &appended);
        appended
    }

    fn append_uncounted(self: &Arc<Self>, batch: &[u8], how: &Append) -> Result<Appended, AppendFault> {
        let serving = self.serving.read();
        let term = self.may_append(&self.view.load(), how)?;
        let context = AppendContext {
            leader_epoch: term.epoch,
            origin: how.origin,
            now_ms: self.common.env.clock.wall_ms(),
            zstd_allowed: how.zstd_allowed,
            depth: how.depth,
            transactions: how.transactions,
            marker_rule: how.marker_rule,
            verification: how.verification,
        };
        let info = self.log.append_as_leader(batch, &context).map_err(|error| self.append_failed(error))?;
        let life = self.lives.load(Ordering::Acquire);
        drop(serving);
        let end = info.last_offset + 1;
        if !info.duplicate {
            self.appended(&info);
        }
        if info.flush_due {
            self.log.sync_soon();
        } else if !info.duplicate {
            self.own_end_moved(term.since, end);
        }
        let need = match how.acks {
            Acks::All => Need::Replicated,
            Acks::Leader if info.flush_due => Need::OwnEnd,
            Acks::Leader | Acks::None => return Ok(Appended { info, ticket: AckTicket::decided(Ok(())) }),
        };
        let awaited = Awaited { partition: Arc::clone(self), since: term.since, life, end, need };
        Ok(Appended { info, ticket: AckTicket::new(awaited) })
    }

    /// Begins to verify the transaction that a client's batch belongs to, before its coordinator is asked. The guard goes with
    /// the batch; `None` where the transaction is open here, so that nothing has to be asked.
    pub fn begin_verification(&self, who: &ToVerify) -> Result<Option<VerificationGuard>, AppendFault> {
        self.serves(&self.view.load(), None)?;
        self.log.begin_verification(who).map_err(|error| AppendFault::Log(error.into()))
    }

    fn may_append(&self, view: &View, how: &Append) -> Result<Term, AppendFault> {
        let term = self.serves(view, how.leader_epoch)?;
        if how.acks == Acks::All {
            view.in_sync?;
        }
        Ok(term)
    }

    fn append_failed(&self, error: AppendError) -> AppendFault {
        match error {
            AppendError::StaleEpoch { .. } => AppendFault::NotLeader(self.state.lock().not_leader()),
            error => AppendFault::Log(error),
        }
    }

    /// Tells followers and, where a segment was closed, the tier.
    fn appended(&self, info: &AppendInfo) {
        self.waits.moved(Edge::LogEnd, info.last_offset + 1);
        if info.rolled.is_some() && self.tier.load().is_some() {
            self.upload_due_at.store(info.base_offset, Ordering::Release);
        }
    }
}
