//! What a partition's newest version says, for people.

use crate::bucket::walk::EntryWalk;
use crate::bucket::{BucketError, BucketPartition};
use crate::manifest::{Entry, PageRef, Root};
use crate::token::WriterToken;
use esker_model::{EpochEntry, Offset, TimestampMs};
use uuid::Uuid;

/// A partition in few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionSummary {
    /// The partition's number.
    pub partition: i32,
    /// Its newest version; an error where it cannot be used, `None` where there is none.
    pub version: Result<Option<VersionSummary>, String>,
}

/// A version in few words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionSummary {
    /// Its number in the chain.
    pub sequence: u64,
    /// Who wrote it.
    pub token: WriterToken,
    /// Whether the partition was deleted and no version may follow.
    pub is_final: bool,
    /// First offset that readers may see.
    pub log_start: Offset,
    /// First offset that is not tiered.
    pub tiered_end: Offset,
    /// Objects that it names.
    pub segments: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Largest timestamp of its records; `None` where there are none.
    pub max_timestamp: Option<TimestampMs>,
}

/// An object as a version names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntrySummary {
    /// First offset that it covers.
    pub base: Offset,
    /// First offset behind it.
    pub next: Offset,
    /// Bytes of log.
    pub log_len: u64,
    /// Bytes behind the log.
    pub trailer_len: u32,
    /// Largest timestamp of its records.
    pub max_timestamp: TimestampMs,
    /// Who uploaded it.
    pub token: WriterToken,
    /// Its key in the bucket.
    pub key: String,
}

/// A sealed page as a version names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSummary {
    /// 1 for a page of entries, more for pages of pages.
    pub level: u8,
    /// Its name.
    pub uuid: Uuid,
    /// First offset beneath it.
    pub base: Offset,
    /// First offset behind it.
    pub next: Offset,
    /// Entries beneath it.
    pub entries: u64,
    /// Object bytes beneath it.
    pub bytes: u64,
}

/// A version in full, apart from its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionDetails {
    /// The same in few words.
    pub summary: VersionSummary,
    /// The newest leader epochs of what is tiered.
    pub epochs: Vec<EpochEntry>,
    /// Its sealed pages.
    pub pages: Vec<PageSummary>,
    /// Entries that are not in a page.
    pub entries: usize,
    /// Objects and pages that are deleted after their grace.
    pub garbage: usize,
    /// Ranges that readers or forks hold.
    pub pins: usize,
    /// How long garbage is kept, milliseconds.
    pub grace_ms: u64,
    /// Versions below it were pruned.
    pub pruned_to: u64,
    /// Objects below it that no version names were swept.
    pub swept_to: Offset,
}

fn summary_of(root: &Root) -> VersionSummary {
    let paged: u64 = root.pages.iter().map(|page| page.entries).sum();
    let newest = root.entries.iter().map(|entry| entry.max_timestamp);
    VersionSummary {
        sequence: root.sequence,
        token: root.token,
        is_final: root.is_final,
        log_start: root.log_start,
        tiered_end: root.tiered_end,
        segments: paged + root.entries.len() as u64,
        bytes: root.live_bytes,
        max_timestamp: newest.chain(root.pages.iter().map(|page| page.max_timestamp)).max(),
    }
}

fn page_of(page: &PageRef) -> PageSummary {
    let PageRef { level, uuid, base, next, entries, bytes, .. } = *page;
    PageSummary { level, uuid, base, next, entries, bytes }
}

impl BucketPartition {
    /// The partition in few words. Only a store that does not answer is an error.
    pub async fn summary(&self) -> Result<PartitionSummary, BucketError> {
        let version = match self.newest().await {
            Ok(root) => Ok(root.map(|root| summary_of(&root))),
            Err(BucketError::Store(error)) => return Err(error.into()),
            Err(error) => Err(error.to_string()),
        };
        Ok(PartitionSummary { partition: self.chain.home.partition, version })
    }

    /// The newest version in full.
    pub async fn details(&self) -> Result<VersionDetails, BucketError> {
        let root = self.expect_newest().await?;
        Ok(VersionDetails {
            summary: summary_of(&root),
            epochs: root.epochs.entries().to_vec(),
            pages: root.pages.iter().map(page_of).collect(),
            entries: root.entries.len(),
            garbage: root.garbage.len(),
            pins: root.pins.len(),
            grace_ms: root.grace_ms,
            pruned_to: root.pruned_to,
            swept_to: root.swept_to,
        })
    }

    /// Up to `count_max` objects that the newest version names, from the one that holds `from` on.
    pub async fn entries(&self, from: Offset, count_max: usize) -> Result<Vec<EntrySummary>, BucketError> {
        let root = self.expect_newest().await?;
        let mut walk = EntryWalk::new(&self.chain, &root, from);
        let mut found = Vec::new();
        while found.len() < count_max {
            match walk.next().await.map_err(|(_, error)| error)? {
                Some(entry) => found.push(self.entry_summary(&entry)),
                None => break,
            }
        }
        Ok(found)
    }

    pub(super) fn entry_summary(&self, entry: &Entry) -> EntrySummary {
        let Entry { base, next, log_len, trailer_len, max_timestamp, token, .. } = *entry;
        EntrySummary { base, next, log_len, trailer_len, max_timestamp, token, key: self.chain.segment_key(entry) }
    }
}
