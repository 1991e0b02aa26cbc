//! Finding a place in a segment's log: the index says where to begin, the headers of the batches say the rest. No checksum covers an
//! index or a batch's base offset, so that both are believed only as far as they agree.

use super::handle::{Access, Segment, SegmentError};
use super::index::{OFFSET_ENTRY_LEN, OffsetEntry};
use super::walk::{PlacedBatch, Walk, WalkError};
use esker_env::{Disk, DiskFile};
use esker_model::Offset;

/// Where a walk begins.
#[derive(Clone, Copy, Debug)]
struct Start {
    position: u64,
    /// The index says that the first batch there begins at or below this offset.
    at_most: Option<Offset>,
    /// And that it begins at or above this one: behind the batch that the entry before is of.
    at_least: Option<Offset>,
}

/// A walk over batches that must follow each other.
struct InOrder<'a> {
    segment: &'a Segment,
    walk: Walk<'a>,
    at_most: Option<Offset>,
    /// First offset that the next batch may have.
    lowest: Option<Offset>,
}

impl InOrder<'_> {
    fn next(&mut self) -> Result<Option<PlacedBatch>, SegmentError> {
        let Some(batch) = self.walk.next().map_err(|error| self.segment.walk_failed(error))? else { return Ok(None) };
        let base = batch.header.base_offset;
        // The first batch of a replica that began in the middle of it begins below its segment.
        let is_before = batch.header.last_offset() < self.segment.base_offset;
        let is_behind = self.at_most.take().is_some_and(|most| base > most);
        if is_before || is_behind || self.lowest.is_some_and(|lowest| base < lowest) {
            let reason = format!("base offset {base} is not the next");
            return Err(self.segment.walk_failed(WalkError::Bad { position: batch.position, reason }));
        }
        self.lowest = Some(batch.header.next_offset());
        Ok(Some(batch))
    }
}

impl Segment {
    fn in_order<'a>(&'a self, log: &'a dyn DiskFile, start: Start, end: u64, access: Access) -> InOrder<'a> {
        let walk = Walk::short(log, start.position, end, access == Access::MayBlock);
        InOrder { segment: self, walk, at_most: start.at_most, lowest: start.at_least }
    }

    /// The last place in the index that `is_below` takes.
    fn start(
        &self,
        disk: &dyn Disk,
        log: &dyn DiskFile,
        access: Access,
        is_below: impl Fn(OffsetEntry) -> bool,
    ) -> Result<Option<Start>, SegmentError> {
        let below = |bytes: [u8; OFFSET_ENTRY_LEN]| is_below(OffsetEntry::parse(bytes));
        let found = self.offset_entries(disk, log, access)?.last_two_where(below);
        Ok(found.map(|(before, entry)| {
            let entry = OffsetEntry::parse(entry);
            // No entry is of a segment's first batch.
            let before = before.map_or(0, |before| OffsetEntry::parse(before).relative_offset);
            Start {
                position: u64::from(entry.position),
                at_most: Some(self.base_offset + i64::from(entry.relative_offset)),
                at_least: Some(self.base_offset + i64::from(before) + 1),
            }
        }))
    }

    /// Does `search` from where the index says; from `beginning` where it meets something bad there, because the index may be what is bad.
    fn search<T>(
        &self,
        (disk, log): (&dyn Disk, &dyn DiskFile),
        access: Access,
        (start, beginning): (Option<Start>, u64),
        search: impl Fn(Start) -> Result<T, SegmentError>,
    ) -> Result<T, SegmentError> {
        let from_beginning = Start { position: beginning, at_most: None, at_least: None };
        match search(start.unwrap_or(from_beginning)) {
            Err(SegmentError::Bad { .. }) if start.is_some() => {
                if access == Access::Cached {
                    return Err(SegmentError::WouldBlock);
                }
                let found = search(from_beginning)?;
                self.mistrust_index(disk, log)?;
                Ok(found)
            }
            found => found,
        }
    }

    /// The first batch that ends at or behind `offset`, where one begins below `end`.
    pub(crate) fn locate(
        &self,
        disk: &dyn Disk,
        log: &dyn DiskFile,
        offset: Offset,
        end: u64,
        access: Access,
    ) -> Result<Option<PlacedBatch>, SegmentError> {
        let relative = offset.saturating_sub(self.base_offset);
        let start = self.start(disk, log, access, |entry| i64::from(entry.relative_offset) <= relative)?;
        self.search((disk, log), access, (start, 0), |start| {
            if start.position > 0 && start.position >= end {
                let (position, reason) = (start.position, format!("the log ends at {end}"));
                return Err(self.walk_failed(WalkError::Bad { position, reason }));
            }
            let mut batches = self.in_order(log, start, end, access);
            while let Some(batch) = batches.next()? {
                if batch.header.last_offset() >= offset {
                    return Ok(Some(batch));
                }
            }
            Ok(None)
        })
    }

    /// The end of the last batch that ends at or below `limit`, for a batch that begins at `from`; `from` where there is none.
    pub(crate) fn last_border(
        &self,
        disk: &dyn Disk,
        log: &dyn DiskFile,
        from: u64,
        limit: u64,
        access: Access,
    ) -> Result<u64, SegmentError> {
        // Below the limit, so that the batch there is looked at: the index alone makes no border.
        let start = self.start(disk, log, access, |entry| u64::from(entry.position) < limit)?;
        let start = start.filter(|start| start.position > from);
        self.search((disk, log), access, (start, from), |start| {
            let mut border = start.position;
            let mut batches = self.in_order(log, start, self.size(), access);
            while border < limit {
                match batches.next()? {
                    Some(batch) if batch.end() <= limit => border = batch.end(),
                    _ => break,
                }
            }
            Ok(border)
        })
    }
}
