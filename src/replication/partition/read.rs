//! Looking for records from an offset on: in the local log now, or where else they are.

use super::Partition;
use crate::fault::FetchFault;
use crate::fetch::{Aborted, Fetched, FetchedRecords, FollowerInfo, Isolation};
use crate::purgatory::Edge;
use crate::state::{FollowerFault, FollowerFetch};
use esker_env::Instant;
use esker_log::{Access, Bounds, FileSlice, LogRead, ReadError, ReadRequest, UpTo};
use esker_model::{LeaderEpoch, NO_LEADER_EPOCH, Offset};
use esker_record::{BatchHeader, HEADER_LEN};
use esker_tiering::{TierPartition, TierReadError};
use std::sync::Arc;

/// What is asked of one partition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    pub(crate) offset: Offset,
    /// The request's share for this partition.
    pub(crate) share: usize,
    /// Whether one batch is returned even where it is larger than the share (KIP-74).
    pub(crate) at_least_one: bool,
    pub(crate) isolation: Isolation,
    pub(crate) follower: Option<FollowerInfo>,
    pub(crate) leader_epoch: Option<LeaderEpoch>,
    pub(crate) last_fetched_epoch: Option<LeaderEpoch>,
}

impl Ask {
    /// The offset that a reader of this kind waits for.
    pub(crate) fn edge(&self) -> Edge {
        match (self.follower, self.isolation) {
            (Some(_), _) => Edge::LogEnd,
            (None, Isolation::Uncommitted) => Edge::HighWatermark,
            (None, Isolation::Committed) => Edge::LastStable,
        }
    }

    fn up_to(&self) -> UpTo {
        match self.edge() {
            Edge::LastStable => UpTo::LastStable,
            Edge::HighWatermark => UpTo::HighWatermark,
            Edge::LogEnd | Edge::OwnEnd => UpTo::LogEnd,
        }
    }

    fn upper(&self, bounds: &Bounds) -> Offset {
        match self.edge() {
            Edge::LastStable => bounds.last_stable(),
            Edge::HighWatermark => bounds.high_watermark,
            Edge::LogEnd | Edge::OwnEnd => bounds.log_end,
        }
    }
}

/// An answer, and up to where its reader could see.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) fetched: Fetched,
    pub(crate) upper: Offset,
}

/// What a look at a partition found.
#[derive(Debug)]
pub(crate) enum Look {
    /// The answer for now, with records or without.
    Found(Seen),
    /// The disk has to be waited for: look again from the disk pool.
    Disk(Seen),
    /// The records are in the tier.
    Cold(Cold),
}

/// Records to be read from the tier.
#[derive(Debug)]
pub(crate) struct Cold {
    partition: Arc<Partition>,
    tier: Arc<TierPartition>,
    ask: Ask,
    bounds: Bounds,
}

impl Partition {
    /// Looks for the records that are asked for, in the local log.
    pub(crate) fn look(self: &Arc<Self>, ask: &Ask, access: Access) -> Result<Look, FetchFault> {
        self.serves(&self.view.load(), ask.leader_epoch)?;
        if let Some(diverging) = self.diverging(ask)? {
            return Ok(Look::Found(self.nothing(ask, &self.log.bounds(), Some(diverging))));
        }
        let request = ReadRequest {
            offset: ask.offset,
            max_bytes: ask.share,
            up_to: ask.up_to(),
            min_one_batch: ask.at_least_one,
            access,
        };
        match self.log.read(&request) {
            Ok(read) => self.found(ask, read, access),
            Err(ReadError::WouldBlock) => Ok(Look::Disk(self.nothing(ask, &self.log.bounds(), None))),
            Err(ReadError::BelowLocal(bounds)) => self.below_local(ask, bounds),
            Err(ReadError::OutOfRange(bounds)) => Err(self.out_of_range(&bounds)),
            Err(ReadError::Storage(error)) => Err(FetchFault::Storage(error.to_string())),
        }
    }

    /// An answer without records.
    fn nothing(&self, ask: &Ask, bounds: &Bounds, diverging: Option<(LeaderEpoch, Offset)>) -> Seen {
        let fetched = Fetched {
            high_watermark: bounds.high_watermark,
            last_stable: bounds.last_stable(),
            log_start: self.log_start(bounds).unwrap_or(bounds.log_start),
            records: FetchedRecords::Empty,
            aborted: Vec::new(),
            diverging,
        };
        Seen { fetched, upper: ask.upper(bounds) }
    }

    fn out_of_range(&self, bounds: &Bounds) -> FetchFault {
        let log_start = self.log_start(bounds).unwrap_or(bounds.log_start);
        FetchFault::OutOfRange { log_start, log_end: bounds.log_end, high_watermark: bounds.high_watermark }
    }

    /// Where the reader's history parts from this log's (KIP-595), if it does.
    fn diverging(&self, ask: &Ask) -> Result<Option<(LeaderEpoch, Offset)>, FetchFault> {
        let Some(last_fetched) = ask.last_fetched_epoch else { return Ok(None) };
        let bounds = self.log.bounds();
        let (epoch, end) = self.log.end_offset_for_epoch(last_fetched);
        if epoch == NO_LEADER_EPOCH || end < 0 || ask.offset < bounds.log_start {
            return Err(self.out_of_range(&bounds));
        }
        Ok((epoch < last_fetched || end < ask.offset).then_some((epoch, end)))
    }

    fn found(&self, ask: &Ask, read: LogRead, access: Access) -> Result<Look, FetchFault> {
        if let Some(follower) = ask.follower {
            self.follower_fetched(follower, ask.offset, &read.bounds)?;
        }
        let mut seen = self.nothing(ask, &read.bounds, None);
        let Some(slice) = read.slice.clone() else { return Ok(Look::Found(seen)) };
        let committed = ask.isolation == Isolation::Committed && ask.follower.is_none();
        if committed && read.may_have_aborted(ask.offset) {
            if access == Access::Cached {
                return Ok(Look::Disk(seen));
            }
            seen.fetched.aborted = self.aborted(ask.offset, &read, &slice, seen.upper)?;
        }
        seen.fetched.records = FetchedRecords::File(slice);
        Ok(Look::Found(seen))
    }

    /// Aborted transactions that a reader of `slice`, which `read` has found, has to know of.
    fn aborted(
        &self,
        from: Offset,
        read: &LogRead,
        slice: &FileSlice,
        upper: Offset,
    ) -> Result<Vec<Aborted>, FetchFault> {
        let storage = |error: &dyn std::fmt::Display| FetchFault::Storage(error.to_string());
        let end = end_of(slice).map_err(|error| storage(&error))?.unwrap_or(upper).min(upper);
        let aborted = self.log.aborted_of(read, from, end).map_err(|error| storage(&error))?;
        Ok(aborted.iter().map(|txn| Aborted { producer_id: txn.producer_id, first_offset: txn.first_offset }).collect())
    }

    fn below_local(self: &Arc<Self>, ask: &Ask, bounds: Bounds) -> Result<Look, FetchFault> {
        let unknown = || FetchFault::NotReady("the log start is not known yet".into());
        let log_start = self.log_start(&bounds).ok_or_else(unknown)?;
        if ask.offset < log_start {
            return Err(self.out_of_range(&bounds));
        }
        if ask.follower.is_some() {
            return Err(FetchFault::MovedToTier(bounds.local_log_start));
        }
        match self.tier() {
            Some(tier) => Ok(Look::Cold(Cold { partition: Arc::clone(self), tier, ask: *ask, bounds })),
            None => Err(FetchFault::Storage("the records are in the tier, and this broker has none".into())),
        }
    }

    fn follower_fetched(&self, follower: FollowerInfo, offset: Offset, bounds: &Bounds) -> Result<(), FetchFault> {
        let FollowerInfo { id, broker_epoch } = follower;
        let fetch = FollowerFetch { id, broker_epoch, offset, log_end: bounds.log_end, now: self.now() };
        let fetched = self.step(|state| match state.follower_fetched(&fetch) {
            Ok(moved) => (Ok(()), moved),
            Err(fault) => (Err(fault), None),
        });
        fetched.map_err(|fault| match fault {
            FollowerFault::NotLeader(fault) => FetchFault::NotLeader(fault),
            FollowerFault::NotReplica(id) => FetchFault::NotReplica(id),
            FollowerFault::StaleBroker { id, .. } => FetchFault::StaleBroker(id),
        })
    }
}

/// First offset behind the last batch of a slice; reads the headers. `None` where it holds no batch.
fn end_of(slice: &FileSlice) -> std::io::Result<Option<Offset>> {
    let (mut position, end) = (slice.position, slice.position + slice.len as u64);
    let (mut head, mut next) = ([0; HEADER_LEN], None);
    while end.saturating_sub(position) >= HEADER_LEN as u64 {
        slice.file.read_exact_at(&mut head, position)?;
        let header = BatchHeader::parse(&head);
        let Some((header, size)) = header.and_then(|header| Some((header, header.size()?))) else { break };
        next = Some(header.next_offset());
        position += size as u64;
    }
    Ok(next)
}

impl Cold {
    /// An answer without records.
    pub(crate) fn nothing(&self) -> Seen {
        self.partition.nothing(&self.ask, &self.bounds, None)
    }

    /// Reads. What was not ready at `deadline` is left out of the answer; what cannot be read at all is a fault, never an empty answer.
    pub(crate) async fn read(&self, deadline: Instant) -> Result<Seen, FetchFault> {
        let (ask, mut seen) = (&self.ask, self.nothing());
        match self.tier.read(ask.offset, 1..=ask.share as u64, seen.upper, deadline).await {
            Ok(read) if read.len == 0 => Ok(seen),
            // A single batch that is larger than the share is for the request's first partition with records only.
            Ok(read) if read.len > ask.share as u64 && !ask.at_least_one => Ok(seen),
            Ok(read) => {
                if ask.isolation == Isolation::Committed {
                    let aborted = read.aborted.iter();
                    seen.fetched.aborted = aborted
                        .map(|txn| Aborted { producer_id: txn.producer_id, first_offset: txn.first_offset })
                        .collect();
                }
                seen.fetched.records = FetchedRecords::Tiered(read);
                Ok(seen)
            }
            Err(TierReadError::NotTiered { log_start, tiered_end }) => self.not_tiered(log_start, tiered_end),
            Err(TierReadError::Storage(reason)) => Err(FetchFault::Storage(reason)),
            Err(TierReadError::Deadline) => match self.partition.store_trouble() {
                None => Ok(seen),
                Some(reason) => Err(FetchFault::Storage(reason)),
            },
        }
    }

    /// The tier does not hold the offset: retention has taken it since, or the local log has it again.
    fn not_tiered(&self, log_start: Offset, tiered_end: Offset) -> Result<Seen, FetchFault> {
        let bounds = self.partition.log.bounds();
        if self.ask.offset < log_start.max(bounds.log_start) {
            return Err(self.partition.out_of_range(&bounds));
        }
        if self.ask.offset >= bounds.local_log_start {
            return Ok(self.nothing());
        }
        let (offset, local) = (self.ask.offset, bounds.local_log_start);
        let reason =
            format!("offset {offset} is neither in the tier, which ends at {tiered_end}, nor local from {local}");
        tracing::error!(partition = %self.partition.id, reason, "records are missing");
        Err(FetchFault::Storage(reason))
    }
}
