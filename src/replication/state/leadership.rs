//! One tenure as leader: the high watermark and the in-sync set.

use super::follower::Follower;
use super::isr::{Isr, IsrProposal};
use super::{Assignment, LogEnds, NotLeader, Term};
use esker_env::Instant;
use esker_model::{BrokerEpoch, BrokerId, LeaderEpoch, Monotonic, Offset};
use std::time::Duration;

/// A follower's fetch: it has everything below `offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FollowerFetch {
    /// The follower.
    pub id: BrokerId,
    /// Its registration; `None` where it says nothing.
    pub broker_epoch: Option<BrokerEpoch>,
    /// The offset that it asks for.
    pub offset: Offset,
    /// Where the leader's log ends.
    pub log_end: Offset,
    /// When it arrived.
    pub now: Instant,
}

/// Why a follower's fetch does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FollowerFault {
    /// This replica does not lead.
    #[error(transparent)]
    NotLeader(NotLeader),
    /// It is not a replica of the partition.
    #[error("broker {0} is no replica of the partition")]
    NotReplica(BrokerId),
    /// It fetches in a registration that is over.
    #[error("broker {id} fetches in registration {epoch}, which is over")]
    StaleBroker {
        /// The follower.
        id: BrokerId,
        /// Its registration.
        epoch: BrokerEpoch,
    },
}

/// What a leader keeps for as long as it leads.
#[derive(Clone, Debug)]
pub(super) struct Leadership {
    term: Term,
    /// Where the present epoch began.
    epoch_start: Offset,
    /// First offset that this replica does not vouch for. Never goes back within a tenure.
    own_end: Monotonic<Offset>,
    /// First offset that is not replicated. Never goes back within a tenure.
    high_watermark: Monotonic<Offset>,
    isr: Isr,
    /// All other replicas.
    followers: Vec<Follower>,
}

impl Leadership {
    pub(super) fn new(me: BrokerId, assignment: &Assignment, ends: LogEnds, now: Instant) -> Self {
        let epoch = assignment.leader_epoch;
        let mut leadership = Self {
            term: Term { epoch, since: epoch },
            epoch_start: ends.log_end,
            own_end: Monotonic::new(ends.own_end),
            high_watermark: Monotonic::new(ends.high_watermark),
            isr: Isr::default(),
            followers: Vec::new(),
        };
        leadership.replicas_changed(me, assignment, now, false);
        leadership
    }

    pub(super) fn term(&self) -> Term {
        self.term
    }

    pub(super) fn epoch_start(&self) -> Offset {
        self.epoch_start
    }

    pub(super) fn own_end(&self) -> Offset {
        self.own_end.get()
    }

    pub(super) fn high_watermark(&self) -> Offset {
        self.high_watermark.get()
    }

    pub(super) fn isr(&self) -> &Isr {
        &self.isr
    }

    /// Goes on with the decision that was just taken in; in a new epoch unless `same_epoch`.
    pub(super) fn begin(&mut self, epoch: LeaderEpoch, ends: LogEnds, same_epoch: bool) -> Term {
        self.isr.settled();
        if !same_epoch {
            self.term.epoch = epoch;
            self.epoch_start = ends.log_end;
        }
        self.term
    }

    /// Replicas came or left, or a new epoch began.
    pub(super) fn replicas_changed(&mut self, me: BrokerId, assignment: &Assignment, now: Instant, new_epoch: bool) {
        self.followers.retain(|follower| assignment.replicas.contains(&follower.id));
        for &id in assignment.replicas.iter().filter(|id| **id != me) {
            let in_sync = assignment.isr.contains(&id);
            match self.followers.iter_mut().find(|follower| follower.id == id) {
                Some(follower) if new_epoch => follower.new_epoch(in_sync, now),
                Some(_) => {}
                None => self.followers.push(Follower::new(id, in_sync, now)),
            }
        }
    }

    /// The tier has everything below `end`, which the log has too: that much is replicated in any case.
    pub(super) fn tiered_to(&mut self, end: Offset) -> Option<Offset> {
        self.high_watermark.advance_if_greater(end).then_some(end)
    }

    pub(super) fn own_end_moved(&mut self, end: Offset) {
        // Two appends may report in another order than they were made in: the further one counts.
        self.own_end.advance_if_greater(end);
    }

    pub(super) fn follower_fetched(&mut self, fetch: &FollowerFetch) -> Result<(), FollowerFault> {
        let follower = self.followers.iter_mut().find(|follower| follower.id == fetch.id);
        let follower = follower.ok_or(FollowerFault::NotReplica(fetch.id))?;
        if let (Some(epoch), Some(known)) = (fetch.broker_epoch, follower.broker_epoch)
            && epoch < known
        {
            return Err(FollowerFault::StaleBroker { id: fetch.id, epoch });
        }
        follower.fetched(fetch.offset, fetch.log_end, fetch.broker_epoch, fetch.now);
        Ok(())
    }

    pub(super) fn brokers_changed(&mut self, active_epoch: impl Fn(BrokerId) -> Option<BrokerEpoch>) {
        for follower in &mut self.followers {
            follower.active_epoch = active_epoch(follower.id);
        }
    }

    /// Moves the high watermark as far as all have come who are in sync, may be by now, or are about to be.
    pub(super) fn settle(&mut self, assignment: &Assignment, now: Instant, lag_max: Duration) -> Option<Offset> {
        let own_end = self.own_end.get();
        let mut end = own_end;
        for follower in &self.followers {
            // Waiting for one that has caught up and may be added spares it from falling behind again at once.
            let joins = follower.is_eligible() && follower.is_caught_up(own_end, now, lag_max);
            if self.isr.may_contain(&assignment.isr, follower.id) || joins {
                end = end.min(follower.log_end.unwrap_or(-1));
            }
        }
        self.high_watermark.advance_if_greater(end).then_some(end)
    }

    /// A follower to add, or followers to remove; one question at a time.
    pub(super) fn propose_isr(
        &mut self,
        me: BrokerId,
        assignment: &Assignment,
        ends: LogEnds,
        now: Instant,
        lag_max: Duration,
    ) -> Option<IsrProposal> {
        if self.isr.is_pending() {
            return None;
        }
        let in_sync = |id: BrokerId| assignment.isr.contains(&id);
        let lags = |one: &Follower| in_sync(one.id) && !one.is_caught_up(ends.log_end, now, lag_max);
        let joins = |one: &Follower| !in_sync(one.id) && one.is_eligible() && self.is_in_sync(one);
        let removed: Vec<BrokerId> = self.followers.iter().filter(|one| lags(one)).map(|one| one.id).collect();
        let added = self.followers.iter().find(|one| joins(one)).map(|one| one.id);
        let mut isr: Vec<BrokerId> = assignment.isr.to_vec();
        match added {
            _ if !removed.is_empty() => {
                isr.retain(|id| !removed.contains(id));
                self.isr.ask_to_remove();
            }
            Some(id) => {
                isr.push(id);
                self.isr.ask_to_add(id);
            }
            None => return None,
        }
        let epoch_of = |id| self.followers.iter().find(|one| one.id == id).and_then(|one| one.broker_epoch);
        assert!(isr.contains(&me), "a leader never leaves its own in-sync set");
        Some(IsrProposal {
            isr: isr.into_iter().map(|id| (id, epoch_of(id))).collect(),
            leader_epoch: self.term.epoch,
            partition_epoch: assignment.partition_epoch,
        })
    }

    /// Whether a follower has everything that was acknowledged: up to the high watermark, and up to where this epoch began, because
    /// a new leader's high watermark may lag behind what its predecessor acknowledged.
    fn is_in_sync(&self, follower: &Follower) -> bool {
        follower.log_end.is_some_and(|end| end >= self.high_watermark.get() && end >= self.epoch_start)
    }

    pub(super) fn isr_refused(&mut self) {
        self.isr.settled();
    }
}
