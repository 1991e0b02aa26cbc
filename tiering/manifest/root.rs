//! What a manifest version says, as values.

use crate::keys::{ObjectId, PartitionHome};
use crate::manifest::{ENTRIES_MAX, PAGE_REFS, REFS_MAX};
use crate::token::WriterToken;
use esker_model::{EpochHistory, Offset, OffsetRange, TimestampMs};
use uuid::Uuid;

/// What an entry's object is. Readers refuse kinds that they do not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum EntryKind {
    /// A segment's bytes and their trailer.
    Segment,
}

/// One object that holds the offsets `[base, next)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    pub(crate) kind: EntryKind,
    /// First offset that it covers.
    pub(crate) base: Offset,
    /// First offset behind it; the next entry begins there.
    pub(crate) next: Offset,
    pub(crate) token: WriterToken,
    pub(crate) uuid: Uuid,
    /// The partition whose folder holds the object, where that is another one.
    pub(crate) home: Option<PartitionHome>,
    /// Bytes of log at the object's front.
    pub(crate) log_len: u64,
    /// Bytes behind the log.
    pub(crate) trailer_len: u32,
    /// Bytes of the trailer's head.
    pub(crate) head_len: u32,
    /// Largest timestamp of its batches.
    pub(crate) max_timestamp: TimestampMs,
}

impl Entry {
    pub(crate) fn id(&self) -> ObjectId {
        ObjectId { base: self.base, token: self.token, uuid: self.uuid }
    }

    /// All bytes of the object.
    pub(crate) fn object_len(&self) -> u64 {
        self.log_len + u64::from(self.trailer_len)
    }
}

/// A sealed page that holds the entries of `[base, next)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PageRef {
    /// 1 for a page of entries, one more for each level of pages above it.
    pub(crate) level: u8,
    pub(crate) uuid: Uuid,
    pub(crate) base: Offset,
    pub(crate) next: Offset,
    /// Entries beneath it.
    pub(crate) entries: u64,
    /// Object bytes beneath it.
    pub(crate) bytes: u64,
    /// Largest timestamp beneath it.
    pub(crate) max_timestamp: TimestampMs,
}

/// What no version names any more and the leader deletes after the grace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Garbage {
    /// One segment object.
    Object(ObjectId),
    /// A page and everything beneath it.
    PageTree(Uuid),
    /// A page alone: it was written and never referenced.
    PageAlone(Uuid),
}

/// A range that a reader or fork needs: nothing in it is collected before the expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pin {
    pub(crate) id: Uuid,
    pub(crate) range: OffsetRange,
    pub(crate) expiry_ms: TimestampMs,
}

/// One version of a partition's manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Root {
    pub(crate) home: PartitionHome,
    /// Its number; the first version has 1.
    pub(crate) sequence: u64,
    pub(crate) token: WriterToken,
    /// Drawn anew for every body that is sent, so that no two attempts are the same bytes.
    pub(crate) attempt: Uuid,
    /// The partition was deleted; no version follows.
    pub(crate) is_final: bool,
    /// First offset that readers may see.
    pub(crate) log_start: Offset,
    /// First offset that is not tiered.
    pub(crate) tiered_end: Offset,
    /// Objects of entries that end at or below it are on the garbage list or gone, even where a page still names them.
    pub(crate) dropped_to: Offset,
    /// Of the first page's bytes, those that `dropped_to` has passed.
    pub(crate) dropped_bytes: u64,
    /// Bytes of all objects not dropped yet.
    pub(crate) live_bytes: u64,
    /// The newest leader epochs of what is tiered.
    pub(crate) epochs: EpochHistory,
    /// Sealed pages, oldest first; levels do not grow from one to the next.
    pub(crate) pages: Vec<PageRef>,
    /// Entries behind the pages, oldest first; each begins where the one before it ends, except below log start.
    pub(crate) entries: Vec<Entry>,
    pub(crate) garbage: Vec<Garbage>,
    pub(crate) pins: Vec<Pin>,
    /// How long garbage is kept after the collector first saw it, milliseconds.
    pub(crate) grace_ms: u64,
    /// Objects below it that no version names were swept.
    pub(crate) swept_to: Offset,
    /// Tiered end at the present writer's fence: what the next sweep may record.
    pub(crate) fenced_at: Offset,
    /// Versions below it were pruned, but for writers' firsts.
    pub(crate) pruned_to: u64,
    /// Sequences at which a new writer took over, not below `pruned_to`.
    pub(crate) firsts: Vec<u64>,
}

/// Where an offset is to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In this object.
    Entry(Entry),
    /// Beneath this page.
    Page(PageRef),
    /// Nowhere: before the first or behind the last entry.
    Outside,
}

impl Root {
    /// The state before the first version.
    pub(crate) fn empty(home: PartitionHome, start: Offset, grace_ms: u64) -> Self {
        Self {
            home,
            sequence: 0,
            token: WriterToken::NONE,
            attempt: Uuid::nil(),
            is_final: false,
            log_start: start,
            tiered_end: start,
            dropped_to: start,
            dropped_bytes: 0,
            live_bytes: 0,
            epochs: EpochHistory::default(),
            pages: Vec::new(),
            entries: Vec::new(),
            garbage: Vec::new(),
            pins: Vec::new(),
            grace_ms,
            swept_to: start,
            fenced_at: start,
            pruned_to: 1,
            firsts: Vec::new(),
        }
    }

    /// Where the record at `offset` is. An offset in a hole below log start is found behind it.
    pub(crate) fn place_of(&self, offset: Offset) -> Place {
        place_in(&self.pages, &self.entries, offset)
    }

    /// The first entry or page with a record at or behind log start whose largest timestamp is at least `timestamp`.
    pub(crate) fn place_of_timestamp(&self, timestamp: TimestampMs, from: Offset) -> Place {
        let late = |max: TimestampMs, next: Offset| next > from && max >= timestamp;
        if let Some(page) = self.pages.iter().find(|page| late(page.max_timestamp, page.next)) {
            return Place::Page(*page);
        }
        let entry = self.entries.iter().find(|entry| late(entry.max_timestamp, entry.next));
        entry.map_or(Place::Outside, |entry| Place::Entry(*entry))
    }

    /// What must hold of every version; the name of what does not.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let mut at: Option<Offset> = None;
        let page_ranges = self.pages.iter().map(|page| (page.base, page.next));
        let entry_ranges = self.entries.iter().map(|entry| (entry.base, entry.next));
        for (base, next) in page_ranges.chain(entry_ranges) {
            if base < 0 || base >= next {
                return Err("an entry without offsets");
            }
            let abuts = at.is_none_or(|at| base == at || (base > at && base <= self.log_start));
            if !abuts {
                return Err("entries that do not abut");
            }
            at = Some(next);
        }
        let end_fits = match at {
            Some(at) => at == self.tiered_end || (at < self.tiered_end && self.tiered_end <= self.log_start),
            None => self.tiered_end == self.log_start,
        };
        if !end_fits {
            return Err("a tiered end that is not the last entry's");
        }
        let first = self.pages.first().map(|page| page.base).or(self.entries.first().map(|entry| entry.base));
        if first.is_some_and(|base| base > self.log_start) {
            return Err("a log start before the first entry");
        }
        if self.log_start < 0 || self.dropped_to > self.log_start {
            return Err("a log start below what was dropped");
        }
        if self.tiered_end < self.log_start {
            return Err("a tiered end below log start");
        }
        if self.entries.len() > ENTRIES_MAX || self.pages.len() > REFS_MAX + PAGE_REFS {
            return Err("more entries than a root may hold");
        }
        Ok(())
    }

    /// What a partition keeps in memory of its newest version.
    pub(crate) fn summary(&self) -> Summary {
        let page = self.pages.first().map(|page| (page.next, page.max_timestamp));
        let oldest = page.or(self.entries.first().map(|entry| (entry.next, entry.max_timestamp)));
        Summary {
            sequence: self.sequence,
            token: self.token,
            is_final: self.is_final,
            log_start: self.log_start,
            tiered_end: self.tiered_end,
            live_bytes: self.live_bytes,
            oldest_next: oldest.map(|(next, _)| next),
            oldest_max_timestamp: oldest.map(|(_, timestamp)| timestamp),
            garbage: self.garbage.len() as u32,
            drops_pending: oldest.is_some_and(|(next, _)| next <= self.log_start),
        }
    }
}

/// Finds `offset` among pages and the entries behind them.
pub(crate) fn place_in(pages: &[PageRef], entries: &[Entry], offset: Offset) -> Place {
    let page = pages.partition_point(|page| page.next <= offset);
    if let Some(page) = pages.get(page).filter(|page| page.base <= offset) {
        return Place::Page(*page);
    }
    let entry = entries.partition_point(|entry| entry.next <= offset);
    match entries.get(entry).filter(|entry| entry.base <= offset) {
        Some(entry) => Place::Entry(*entry),
        None => Place::Outside,
    }
}

/// The newest version in a few words: all that an idle partition keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) sequence: u64,
    pub(crate) token: WriterToken,
    pub(crate) is_final: bool,
    pub(crate) log_start: Offset,
    pub(crate) tiered_end: Offset,
    pub(crate) live_bytes: u64,
    /// End of the oldest entry or page.
    pub(crate) oldest_next: Option<Offset>,
    /// Its largest timestamp.
    pub(crate) oldest_max_timestamp: Option<TimestampMs>,
    /// Items on the garbage list.
    pub(crate) garbage: u32,
    /// Whether whole entries below log start wait to be dropped.
    pub(crate) drops_pending: bool,
}
