//! What one replica knows of its partition's leadership, and the rules that follow from it. Pure: no log, no clock, no waiting.
//!
//! The shell tells what happened (an assignment from the controller, an append, a follower's fetch) and does what the answer
//! says. A *tenure* is an unbroken time as leader: from the epoch in which this replica began to lead until it is told that another does.
//! Nothing that belongs to one tenure is ever applied to another, because the log may have been cut in between.

mod follower;
mod isr;
mod leadership;
#[cfg(test)]
mod model_test;

pub use isr::{IsrAnswer, IsrProposal};
pub use leadership::{FollowerFault, FollowerFetch};

use esker_env::Instant;
use esker_model::{BrokerEpoch, BrokerId, LeaderEpoch, NO_LEADER_EPOCH, Offset};
use leadership::Leadership;
use std::time::Duration;

/// What the controller has decided about a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// All replicas.
    pub replicas: Box<[BrokerId]>,
    /// Those that hold every acknowledged record.
    pub isr: Box<[BrokerId]>,
    /// The leader; `None` while there is none.
    pub leader: Option<BrokerId>,
    /// Number of the leadership.
    pub leader_epoch: LeaderEpoch,
    /// Number of the decision.
    pub partition_epoch: i32,
}

/// The offsets of the local log that the rules need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogEnds {
    /// First offset that is not replicated, as last known.
    pub high_watermark: Offset,
    /// First offset behind the last record that this replica vouches for: the log end, or what is durable where the topic
    /// acknowledges durable records only.
    pub own_end: Offset,
    /// First offset behind the last record.
    pub log_end: Offset,
}

/// One leadership of this replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The leader epoch now.
    pub epoch: LeaderEpoch,
    /// The epoch in which the tenure began.
    pub since: LeaderEpoch,
}

/// What an assignment means for this replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assigned {
    /// It is older than what is known, or the same.
    Nothing,
    /// The role stays; the in-sync set or the replicas differ.
    Same,
    /// This replica leads in a new epoch, which begins at its log end.
    Leads {
        /// The epoch and the tenure.
        term: Term,
        /// Whether it led before without a break: then whoever waits for it may go on waiting.
        continues: bool,
    },
    /// Another replica leads, or none does.
    Follows {
        /// Who leads.
        leader: Option<BrokerId>,
        /// In which epoch.
        epoch: LeaderEpoch,
        /// Whether this replica led until now.
        resigned: bool,
    },
}

/// The leader epoch that a client named is not the current one (KIP-320).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EpochFault {
    /// It is over.
    #[error("leader epoch {asked} is over, the current one is {current}")]
    Fenced {
        /// What the client named.
        asked: LeaderEpoch,
        /// What is current here.
        current: LeaderEpoch,
    },
    /// It is not known here yet.
    #[error("leader epoch {asked} is not known here, the current one is {current}")]
    Unknown {
        /// What the client named.
        asked: LeaderEpoch,
        /// What is current here.
        current: LeaderEpoch,
    },
}

/// This replica does not lead, or not any more in the tenure that is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this broker does not lead the partition; in epoch {epoch} {leader:?} does")]
pub struct NotLeader {
    /// Who does; `None` where nobody does.
    pub leader: Option<BrokerId>,
    /// In which epoch.
    pub epoch: LeaderEpoch,
}

/// Fewer replicas are in sync than `min.insync.replicas` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{in_sync} replicas are in sync, {min} are needed")]
pub struct NotEnoughReplicas {
    /// Replicas in sync.
    pub in_sync: usize,
    /// Replicas needed.
    pub min: usize,
}

/// What has become of records that wait for all in-sync replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replicated {
    /// They are not on all of them yet.
    NotYet,
    /// They are on all, and these are enough.
    Done,
    /// They are on all, but these have become too few while they were waited for.
    TooFew(NotEnoughReplicas),
    /// The tenure in which they were appended is over.
    TenureOver(NotLeader),
}

/// A partition's state on this broker.
#[derive(Clone, Debug)]
pub struct PartitionState {
    me: BrokerId,
    /// `min.insync.replicas`, as configured.
    min_isr: usize,
    /// For how long a follower counts as caught up without being so: `replica.lag.time.max.ms`.
    lag_max: Duration,
    /// The newest decision known. Its partition epoch only grows.
    assignment: Assignment,
    /// There exactly while `assignment.leader` is this replica.
    leading: Option<Box<Leadership>>,
}

impl PartitionState {
    /// The state of a replica on broker `me` that has not heard from the controller yet.
    pub fn new(me: BrokerId, min_isr: usize, lag_max: Duration) -> Self {
        let assignment = Assignment { leader_epoch: NO_LEADER_EPOCH, partition_epoch: -1, ..Assignment::default() };
        Self { me, min_isr, lag_max, assignment, leading: None }
    }

    /// The newest decision known.
    pub fn assignment(&self) -> &Assignment {
        &self.assignment
    }

    /// Changes `min.insync.replicas`; where the high watermark is now.
    pub fn set_min_isr(&mut self, min_isr: usize, now: Instant) -> Option<Offset> {
        self.min_isr = min_isr;
        self.settle(now)
    }

    /// Replicas that must be in sync: the setting, capped at what there is.
    pub fn effective_min_isr(&self) -> usize {
        self.min_isr.min(self.assignment.replicas.len()).max(1)
    }

    /// Takes a decision of the controller in. A new leader's epoch begins at `ends.log_end`.
    pub fn assign(&mut self, new: Assignment, ends: LogEnds, now: Instant) -> Assigned {
        let old = &self.assignment;
        // Decisions reach a broker on several ways and may come out of order: the partition epoch tells which is the newest.
        if new.partition_epoch <= old.partition_epoch || new.leader_epoch < old.leader_epoch {
            return Assigned::Nothing;
        }
        let led = self.leading.take();
        let resigned = led.is_some();
        let same_epoch = new.leader_epoch == old.leader_epoch;
        let next_epoch = new.leader_epoch.checked_sub(1) == Some(old.leader_epoch);
        self.assignment = new;
        let (leader, epoch) = (self.assignment.leader, self.assignment.leader_epoch);
        let assigned = match (leader == Some(self.me), led) {
            (true, Some(mut leadership)) if same_epoch || next_epoch => {
                leadership.replicas_changed(self.me, &self.assignment, now, !same_epoch);
                let term = leadership.begin(epoch, ends, same_epoch);
                self.leading = Some(leadership);
                if same_epoch { Assigned::Same } else { Assigned::Leads { term, continues: true } }
            }
            // An epoch that was missed may have been another leader's: that is a break, even where this replica led before it.
            (true, _) => {
                let leadership = Leadership::new(self.me, &self.assignment, ends, now);
                let term = leadership.term();
                self.leading = Some(Box::new(leadership));
                Assigned::Leads { term, continues: false }
            }
            (false, None) if same_epoch => Assigned::Same,
            (false, _) => Assigned::Follows { leader, epoch, resigned },
        };
        self.settle(now);
        self.assert_sound();
        assigned
    }

    /// Whether the epoch that a client names is the current one; `None` asks for no check.
    pub fn check_epoch(&self, asked: Option<LeaderEpoch>) -> Result<(), EpochFault> {
        let current = self.assignment.leader_epoch;
        match asked {
            Some(asked) if asked < current => Err(EpochFault::Fenced { asked, current }),
            Some(asked) if asked > current => Err(EpochFault::Unknown { asked, current }),
            _ => Ok(()),
        }
    }

    /// The present leadership of this replica.
    pub fn term(&self) -> Result<Term, NotLeader> {
        self.leading.as_ref().map(|leading| leading.term()).ok_or_else(|| self.not_leader())
    }

    /// Who leads instead.
    pub fn not_leader(&self) -> NotLeader {
        NotLeader { leader: self.assignment.leader, epoch: self.assignment.leader_epoch }
    }

    /// First offset that is not replicated, as far as this replica's leadership knows; `None` where it does not lead.
    pub fn high_watermark(&self) -> Option<Offset> {
        self.leading.as_ref().map(|leading| leading.high_watermark())
    }

    /// Whether records may be appended that must reach all in-sync replicas.
    pub fn check_in_sync(&self) -> Result<(), NotEnoughReplicas> {
        let (in_sync, min) = (self.assignment.isr.len(), self.effective_min_isr());
        if in_sync < min { Err(NotEnoughReplicas { in_sync, min }) } else { Ok(()) }
    }

    /// Where the present epoch began; `None` where this replica does not lead.
    pub fn epoch_start(&self) -> Option<Offset> {
        self.leading.as_ref().map(|leading| leading.epoch_start())
    }

    /// This replica vouches for everything below `end` in the tenure that began in `since`; where the high watermark moves to, if it does.
    pub fn own_end_moved(&mut self, since: LeaderEpoch, end: Offset, now: Instant) -> Option<Offset> {
        let leading = self.leading.as_mut().filter(|leading| leading.term().since == since)?;
        leading.own_end_moved(end);
        self.settle(now)
    }

    /// The tier has everything below `end`, and its history is the log's: the high watermark is at least there; where it moves to, if it does.
    pub fn tiered_to(&mut self, end: Offset) -> Option<Offset> {
        self.leading.as_mut()?.tiered_to(end)
    }

    /// The log was replaced by what the tier holds: a leader begins anew with these offsets. What was waited for before is void.
    pub fn log_replaced(&mut self, ends: LogEnds, now: Instant) {
        if self.leading.is_some() {
            self.leading = Some(Box::new(Leadership::new(self.me, &self.assignment, ends, now)));
            self.settle(now);
        }
    }

    /// What has become of records below `end` that were appended in the tenure that began in `since`.
    pub fn replicated(&self, since: LeaderEpoch, end: Offset) -> Replicated {
        let Some(leading) = self.leading.as_ref().filter(|leading| leading.term().since == since) else {
            return Replicated::TenureOver(self.not_leader());
        };
        if leading.high_watermark() < end {
            return Replicated::NotYet;
        }
        let (in_sync, min) = (leading.isr().maximal_len(&self.assignment.isr), self.effective_min_isr());
        if in_sync < min { Replicated::TooFew(NotEnoughReplicas { in_sync, min }) } else { Replicated::Done }
    }

    /// Whether this replica vouches for everything below `end`, as far as the tenure that began in `since` is concerned.
    pub fn vouches_for(&self, since: LeaderEpoch, end: Offset) -> Result<bool, NotLeader> {
        let leading = self.leading.as_ref().filter(|leading| leading.term().since == since);
        leading.map(|leading| leading.own_end() >= end).ok_or_else(|| self.not_leader())
    }

    /// Takes a follower's fetch in: it has everything below the offset that it asks for. Where the high watermark moves to, if it does.
    pub fn follower_fetched(&mut self, fetch: &FollowerFetch) -> Result<Option<Offset>, FollowerFault> {
        let not_leader = self.not_leader();
        let Some(leading) = self.leading.as_mut() else { return Err(FollowerFault::NotLeader(not_leader)) };
        leading.follower_fetched(fetch)?;
        Ok(self.settle(fetch.now))
    }

    /// The registrations of brokers have changed: `active_epoch` says in which a broker is active, if it is.
    pub fn brokers_changed(
        &mut self,
        now: Instant,
        active_epoch: impl Fn(BrokerId) -> Option<BrokerEpoch>,
    ) -> Option<Offset> {
        self.leading.as_mut()?.brokers_changed(active_epoch);
        self.settle(now)
    }

    /// The change of the in-sync set that is called for, if one is and none is under way. From now on it is under way.
    pub fn propose_isr(&mut self, ends: LogEnds, now: Instant) -> Option<IsrProposal> {
        let leading = self.leading.as_mut()?;
        leading.propose_isr(self.me, &self.assignment, ends, now, self.lag_max)
    }

    /// Takes the controller's answer to a proposal in; where the high watermark moves to, if it does.
    pub fn isr_answered(&mut self, answer: IsrAnswer, ends: LogEnds, now: Instant) -> Option<Offset> {
        match answer {
            IsrAnswer::Committed(assignment) => {
                let before = self.leading.as_ref()?.high_watermark();
                self.assign(assignment, ends, now);
                let after = self.leading.as_ref()?.high_watermark();
                (after > before).then_some(after)
            }
            IsrAnswer::Refused => {
                self.leading.as_mut()?.isr_refused();
                self.settle(now)
            }
        }
    }

    /// Works out the high watermark anew; where it is now, if it moved.
    fn settle(&mut self, now: Instant) -> Option<Offset> {
        let enough = self.check_in_sync().is_ok();
        let leading = self.leading.as_mut()?;
        // Below the minimum nothing becomes visible: a record that only too few replicas have could vanish again (KIP-966).
        let moved = if enough { leading.settle(&self.assignment, now, self.lag_max) } else { None };
        self.assert_sound();
        moved
    }

    fn assert_sound(&self) {
        let leads = self.assignment.leader == Some(self.me);
        assert_eq!(leads, self.leading.is_some(), "a leadership exists exactly while this replica leads: {self:?}");
        if let Some(leading) = &self.leading {
            assert_eq!(leading.term().epoch, self.assignment.leader_epoch, "epochs must agree: {self:?}");
        }
    }
}
