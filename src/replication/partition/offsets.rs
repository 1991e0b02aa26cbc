//! Which offset stands for a place in the partition: its ends, a time, the end of a leader epoch.

use super::{Partition, View};
use crate::fault::{EpochEndFault, ListFault};
use crate::fetch::Isolation;
use esker_env::{Instant, Pool};
use esker_log::{Bounds, FoundRecord, NO_TIMESTAMP, ReadError};
use esker_model::{LeaderEpoch, Offset, TimestampMs};
use esker_record::{BatchRef, Batches, Records, TimestampType};
use esker_tiering::{TierReadError, TimestampHit};
use std::sync::Arc;

/// What the records of one batch may decompress to while a time is looked up in it.
const DECOMPRESSED_MAX: usize = 32 << 20;

/// Which offset is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetSpec {
    /// First offset that anyone may see (-2).
    Earliest,
    /// Where readers stop (-1).
    Latest,
    /// The record with the largest timestamp (-3).
    MaxTimestamp,
    /// First offset on the local disk (-4).
    EarliestLocal,
    /// Last offset in the tier (-5).
    LatestTiered,
    /// First offset that is not in the tier (-6).
    EarliestPendingUpload,
    /// The first record that is not older.
    At(TimestampMs),
}

/// An offset that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundOffset {
    /// The offset.
    pub offset: Offset,
    /// The record's time; -1 where no record is meant.
    pub timestamp: TimestampMs,
    /// The epoch that goes with it; `None` where it is not known.
    pub leader_epoch: Option<LeaderEpoch>,
}

/// What can be said without waiting.
pub(crate) enum LocalAnswer {
    Now(Option<FoundOffset>),
    /// Records have to be looked into.
    Search(Search),
}

/// A search in the records of one partition.
pub(crate) struct Search {
    partition: Arc<Partition>,
    what: OffsetSpec,
    /// Only what lies below is told.
    upper: Offset,
    /// What is to be said of an offset that is not below it.
    beyond: Option<ListFault>,
}

impl Partition {
    /// Answers, or says what has to be searched.
    pub(crate) fn list(
        self: &Arc<Self>,
        what: OffsetSpec,
        epoch: Option<LeaderEpoch>,
        isolation: Option<Isolation>,
    ) -> Result<LocalAnswer, ListFault> {
        let view = self.view.load();
        self.serves(&view, epoch)?;
        self.log.check().map_err(|error| ListFault::Storage(error.to_string()))?;
        let bounds = self.log.bounds();
        let lagging = isolation.and_then(|_| lagging(&view, &bounds));
        let upper = match isolation {
            Some(Isolation::Committed) => bounds.last_stable(),
            Some(Isolation::Uncommitted) => bounds.high_watermark,
            None => bounds.log_end,
        };
        let found = match what {
            OffsetSpec::Latest => match lagging {
                Some(fault) => return Err(fault),
                None => Some(FoundOffset { offset: upper, timestamp: NO_TIMESTAMP, leader_epoch: Some(view.epoch) }),
            },
            OffsetSpec::Earliest => Some(self.at(self.known_start(&bounds)?)),
            OffsetSpec::EarliestLocal => Some(self.at(bounds.local_log_start)),
            OffsetSpec::LatestTiered => self.latest_tiered(&bounds),
            OffsetSpec::EarliestPendingUpload => self.pending_upload(&bounds)?,
            OffsetSpec::MaxTimestamp | OffsetSpec::At(_) => {
                let partition = Arc::clone(self);
                return Ok(LocalAnswer::Search(Search { partition, what, upper, beyond: lagging }));
            }
        };
        Ok(LocalAnswer::Now(below(found, what, upper, lagging)?))
    }

    fn known_start(&self, bounds: &Bounds) -> Result<Offset, ListFault> {
        self.log_start(bounds).ok_or_else(|| {
            ListFault::Unserved(crate::fault::Unserved::NotReady("the log start is not known yet".into()))
        })
    }

    fn at(&self, offset: Offset) -> FoundOffset {
        FoundOffset { offset, timestamp: NO_TIMESTAMP, leader_epoch: self.log.epoch_for_offset(offset) }
    }

    /// First offset that is not in the tier; `None` where that is not known or nothing is.
    fn tiered_end(&self, bounds: &Bounds) -> Option<Offset> {
        let tier = self.tier()?;
        let known = tier.bounds().map(|tiered| tiered.tiered_end).max(bounds.tiered_end)?;
        (known > bounds.log_start).then_some(known)
    }

    fn latest_tiered(&self, bounds: &Bounds) -> Option<FoundOffset> {
        self.tiered_end(bounds).map(|end| self.at(end - 1))
    }

    fn pending_upload(&self, bounds: &Bounds) -> Result<Option<FoundOffset>, ListFault> {
        if self.tier().is_none() {
            return Ok(None);
        }
        let log_start = self.known_start(bounds)?;
        let pending = match self.tiered_end(bounds) {
            Some(end) => Some(end.max(log_start)),
            None if bounds.local_log_start == log_start => Some(log_start),
            None => None,
        };
        Ok(pending.map(|offset| self.at(offset)))
    }

    /// Where epoch `epoch` ended, by the rules of OffsetForLeaderEpoch.
    pub(crate) fn epoch_end(
        &self,
        current: Option<LeaderEpoch>,
        epoch: LeaderEpoch,
    ) -> Result<(LeaderEpoch, Offset), EpochEndFault> {
        self.serves(&self.view.load(), current)?;
        self.log.check().map_err(|error| EpochEndFault::Storage(error.to_string()))?;
        Ok(self.log.end_offset_for_epoch(epoch))
    }
}

/// A new leader whose high watermark is behind the start of its epoch cannot say where its predecessor's acknowledged records end.
fn lagging(view: &View, bounds: &Bounds) -> Option<ListFault> {
    let epoch_start = view.epoch_start?;
    let high_watermark = bounds.high_watermark;
    (epoch_start > high_watermark).then_some(ListFault::NotAvailable { high_watermark, epoch_start })
}

/// Hides what the reader may not see yet.
fn below(
    found: Option<FoundOffset>,
    what: OffsetSpec,
    upper: Offset,
    beyond: Option<ListFault>,
) -> Result<Option<FoundOffset>, ListFault> {
    let shown_always = matches!(what, OffsetSpec::Earliest | OffsetSpec::EarliestLocal | OffsetSpec::Latest);
    match found {
        Some(found) if !shown_always && found.offset >= upper => beyond.map_or(Ok(None), Err),
        found => Ok(found),
    }
}

impl Search {
    /// Searches the tier first, then the local log.
    pub(crate) async fn run(self, pool: Pool, deadline: Instant) -> Result<Option<FoundOffset>, ListFault> {
        let found = match self.what {
            OffsetSpec::At(timestamp) => match self.in_tier(timestamp, &pool, deadline).await? {
                Some(found) => Some(found),
                None => self.in_log(&pool, move |log| log.offset_for_timestamp(timestamp, 0)).await?,
            },
            _ => self.in_log(&pool, |log| log.offset_of_max_timestamp()).await?,
        };
        let found = found.map(|found| FoundOffset {
            offset: found.offset,
            timestamp: found.timestamp,
            leader_epoch: found.leader_epoch,
        });
        below(found, self.what, self.upper, self.beyond)
    }

    async fn in_log(
        &self,
        pool: &Pool,
        search: impl FnOnce(&esker_log::PartitionLog) -> Result<Option<FoundRecord>, ReadError> + Send + 'static,
    ) -> Result<Option<FoundRecord>, ListFault> {
        let partition = Arc::clone(&self.partition);
        let searched = pool.run(move || search(partition.log())).await;
        let storage = |error: &dyn std::fmt::Display| ListFault::Storage(error.to_string());
        searched.map_err(|error| storage(&error))?.map_err(|error| storage(&error))
    }

    async fn in_tier(
        &self,
        timestamp: TimestampMs,
        pool: &Pool,
        deadline: Instant,
    ) -> Result<Option<FoundRecord>, ListFault> {
        let bounds = self.partition.log.bounds();
        let Some(tier) = self.partition.tier() else { return Ok(None) };
        // What is in the tier and local too is found locally.
        let log_start = self.partition.known_start(&bounds)?;
        if bounds.local_log_start <= log_start {
            return Ok(None);
        }
        match tier.offset_for_timestamp(timestamp, deadline).await {
            Ok(None) | Err(TierReadError::NotTiered { .. }) => Ok(None),
            Ok(Some(hit)) => {
                let searched = pool.run(move || search_batch(&hit, timestamp, log_start)).await;
                searched.map_err(|error| ListFault::Storage(error.to_string()))?.map_err(ListFault::Storage)
            }
            Err(TierReadError::Storage(reason)) => Err(ListFault::Storage(reason)),
            Err(TierReadError::Deadline) => {
                Err(self.partition.store_trouble().map_or(ListFault::TimedOut, ListFault::Storage))
            }
        }
    }
}

/// The first record of a batch out of the tier that is not older and not below the log start.
fn search_batch(hit: &TimestampHit, timestamp: TimestampMs, log_start: Offset) -> Result<Option<FoundRecord>, String> {
    let batch: BatchRef<'_> = match Batches::new(&hit.batch).next() {
        Some(batch) => batch.map_err(|error| error.to_string())?,
        None => return Ok(None),
    };
    let header = batch.header;
    let records = batch.decompressed(DECOMPRESSED_MAX).map_err(|error| error.to_string())?;
    let log_start = log_start.max(hit.log_start);
    for record in Records::new(&records, header.record_count) {
        let record = record.map_err(|error| error.to_string())?;
        let found = FoundRecord {
            timestamp: match header.attributes.timestamp_type() {
                TimestampType::LogAppendTime => header.max_timestamp,
                TimestampType::CreateTime => header.base_timestamp.saturating_add(record.timestamp_delta),
            },
            offset: header.base_offset.saturating_add(i64::from(record.offset_delta)),
            leader_epoch: Some(header.partition_leader_epoch).filter(|epoch| *epoch >= 0),
        };
        if found.timestamp >= timestamp && found.offset >= log_start {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
