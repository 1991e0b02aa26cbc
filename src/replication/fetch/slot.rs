//! One partition of a fetch under way.

use super::{FetchAnswer, FetchPartition, FetchRequest};
use crate::fault::{Absent, FetchFault};
use crate::partition::{Ask, Cold, Look, Partition, Seen};
use esker_log::Access;
use std::sync::Arc;

/// What is known of a slot's partition.
#[derive(Debug)]
pub(super) enum Stage {
    /// The answer as of the last look.
    Seen(Seen),
    /// Nothing can be had.
    Fault(FetchFault),
    /// The disk has to be waited for.
    Disk(Seen),
    /// The tier has to be waited for.
    Cold(Cold),
}

/// See the module.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) wanted: FetchPartition,
    pub(super) partition: Option<Arc<Partition>>,
    pub(super) ask: Ask,
    /// The partition's version before the last look.
    pub(super) version: u64,
    pub(super) stage: Stage,
}

impl Slot {
    /// Looks at a partition for the first time.
    pub(super) fn new(
        request: &FetchRequest,
        wanted: FetchPartition,
        partition: Result<Arc<Partition>, Absent>,
        left: Share,
    ) -> Self {
        let ask = Ask {
            offset: wanted.offset,
            share: 0,
            at_least_one: false,
            isolation: request.isolation,
            follower: request.replica,
            leader_epoch: wanted.current_leader_epoch,
            last_fetched_epoch: wanted.last_fetched_epoch,
        };
        let (partition, stage) = match partition {
            Ok(partition) => (Some(partition), Stage::Fault(FetchFault::Gone)),
            Err(absent) => (None, Stage::Fault(absent.into())),
        };
        if let Some(partition) = &partition {
            partition.traffic().fetched();
        }
        let mut slot = Self { wanted, partition, ask, version: 0, stage };
        slot.look(left);
        slot
    }

    /// Looks, from the page cache only.
    pub(super) fn look(&mut self, left: Share) {
        let Some(partition) = &self.partition else { return };
        self.ask.share = self.wanted.max_bytes.min(left.bytes);
        self.ask.at_least_one = left.is_whole;
        // Before the look: what changes after it is noticed when the wait is set up.
        self.version = partition.version();
        self.stage = match partition.look(&self.ask, Access::Cached) {
            // Nothing would fit: it is not worth a wait.
            Ok(Look::Disk(seen)) if self.ask.share == 0 && !self.ask.at_least_one => Stage::Seen(seen),
            Ok(Look::Cold(cold)) if self.ask.share == 0 && !self.ask.at_least_one => Stage::Seen(cold.nothing()),
            other => Stage::of(other),
        };
    }

    /// Bytes that it has.
    pub(super) fn len(&self) -> usize {
        match &self.stage {
            Stage::Seen(seen) => seen.fetched.records.len(),
            _ => 0,
        }
    }

    /// Bytes that it has or may still get.
    pub(super) fn taken(&self) -> usize {
        match &self.stage {
            Stage::Seen(seen) => seen.fetched.records.len(),
            Stage::Fault(_) => 0,
            Stage::Disk(_) | Stage::Cold(_) => self.ask.share.max(1),
        }
    }

    pub(super) fn is_pending(&self) -> bool {
        matches!(self.stage, Stage::Disk(_) | Stage::Cold(_))
    }

    /// Whether the client is to hear of it at once.
    pub(super) fn is_urgent(&self) -> bool {
        match &self.stage {
            Stage::Fault(_) => true,
            Stage::Seen(seen) => seen.fetched.diverging.is_some(),
            Stage::Disk(_) | Stage::Cold(_) => false,
        }
    }

    /// Whether there is something for this reader that it was not given.
    pub(super) fn has_more(&self) -> bool {
        matches!(&self.stage, Stage::Seen(seen) if seen.fetched.records.is_empty() && seen.upper > self.ask.offset)
    }

    pub(super) fn into_answer(self) -> FetchAnswer {
        let answer = match self.stage {
            Stage::Seen(seen) | Stage::Disk(seen) => Ok(seen.fetched),
            Stage::Fault(fault) => Err(fault),
            Stage::Cold(cold) => Ok(cold.nothing().fetched),
        };
        if let Some(partition) = &self.partition {
            match &answer {
                Ok(fetched) if self.ask.follower.is_none() => partition.traffic().sent(fetched.records.len()),
                Err(FetchFault::Storage(_)) => partition.traffic().fetch_failed(),
                Ok(_) | Err(_) => {}
            }
        }
        answer
    }
}

impl Stage {
    pub(super) fn of(look: Result<Look, FetchFault>) -> Self {
        match look {
            Ok(Look::Found(seen)) => Stage::Seen(seen),
            Ok(Look::Disk(seen)) => Stage::Disk(seen),
            Ok(Look::Cold(cold)) => Stage::Cold(cold),
            Err(fault) => Stage::Fault(fault),
        }
    }
}

/// What is left of a request's bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    /// Bytes that nobody has or may still get.
    pub(super) bytes: usize,
    /// Whether nobody has any: then one batch is given whatever its size.
    pub(super) is_whole: bool,
}

/// What is left beside the slots other than `except`.
pub(super) fn left(slots: &[Slot], max_bytes: usize, except: Option<usize>) -> Share {
    let others = slots.iter().enumerate().filter(|(at, _)| Some(*at) != except);
    let taken = others.fold(0usize, |sum, (_, slot)| sum.saturating_add(slot.taken()));
    Share { bytes: max_bytes.saturating_sub(taken), is_whole: taken == 0 }
}
