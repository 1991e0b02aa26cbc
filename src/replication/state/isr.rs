//! The in-sync set between what is committed and what was asked for.

use super::Assignment;
use esker_model::{BrokerEpoch, BrokerId, LeaderEpoch};

/// A change of the in-sync set that a leader asks the controller for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IsrProposal {
    /// The new in-sync set; of followers with the registration in which they fetch.
    pub isr: Vec<(BrokerId, Option<BrokerEpoch>)>,
    /// The leader's epoch.
    pub leader_epoch: LeaderEpoch,
    /// The decision that it builds on.
    pub partition_epoch: i32,
}

/// What the controller answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IsrAnswer {
    /// It is so; the partition as it is now.
    Committed(Assignment),
    /// It is not so and was not tried: what was committed before counts.
    Refused,
}

/// A change that was asked for and not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pending {
    Adding(BrokerId),
    Removing,
}

/// The in-sync set as a leader uses it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Isr {
    pending: Option<Pending>,
}

impl Isr {
    /// Whether a change was asked for and not answered.
    pub(super) fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    pub(super) fn ask_to_add(&mut self, id: BrokerId) {
        assert!(self.pending.is_none(), "one change at a time");
        self.pending = Some(Pending::Adding(id));
    }

    pub(super) fn ask_to_remove(&mut self) {
        assert!(self.pending.is_none(), "one change at a time");
        self.pending = Some(Pending::Removing);
    }

    /// The question has been answered, or a decision has overtaken it.
    pub(super) fn settled(&mut self) {
        self.pending = None;
    }

    /// Whether a replica may be in the in-sync set of the controller by now: the committed set, and whoever was asked to be added. Those
    /// that were asked to be removed stay until that is committed. Records are acknowledged only when all of these have them.
    pub(super) fn may_contain(&self, committed: &[BrokerId], id: BrokerId) -> bool {
        committed.contains(&id) || self.pending == Some(Pending::Adding(id))
    }

    /// How many replicas [`Isr::may_contain`].
    pub(super) fn maximal_len(&self, committed: &[BrokerId]) -> usize {
        match self.pending {
            Some(Pending::Adding(id)) if !committed.contains(&id) => committed.len() + 1,
            _ => committed.len(),
        }
    }
}
