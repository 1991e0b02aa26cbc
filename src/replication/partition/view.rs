//! What readers see of a partition's leadership: one immutable picture, replaced as a whole.

use crate::state::{EpochFault, NotEnoughReplicas, NotLeader, PartitionState, Term};
use esker_model::{LeaderEpoch, Offset};

/// A partition's leadership at one moment.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// The newest leader epoch known.
    pub(crate) epoch: LeaderEpoch,
    /// This replica's leadership.
    pub(crate) leads: Result<Term, NotLeader>,
    /// Where the present epoch began; `None` where this replica does not lead.
    pub(crate) epoch_start: Option<Offset>,
    /// Whether acks=all may append.
    pub(crate) in_sync: Result<(), NotEnoughReplicas>,
}

impl View {
    pub(crate) fn of(state: &PartitionState) -> Self {
        Self {
            epoch: state.assignment().leader_epoch,
            leads: state.term(),
            epoch_start: state.epoch_start(),
            in_sync: state.check_in_sync(),
        }
    }

    /// Whether the epoch that a client names is the current one; `None` asks for no check.
    pub(crate) fn check_epoch(&self, asked: Option<LeaderEpoch>) -> Result<(), EpochFault> {
        let current = self.epoch;
        match asked {
            Some(asked) if asked < current => Err(EpochFault::Fenced { asked, current }),
            Some(asked) if asked > current => Err(EpochFault::Unknown { asked, current }),
            _ => Ok(()),
        }
    }
}
