//! What the trailer of one object says.

use crate::bucket::{BucketError, BucketPartition, EntrySummary};
use crate::chain::{Chain, ChainError};
use crate::manifest::Entry;
use crate::object::{AbortedTransaction, FOOTER_LEN, Footer, OpenTransaction, TrailerHead, TrailerTail};
use crate::store::Reason;
use esker_model::{EpochEntry, Offset, TimestampMs};

/// An object, its entry and its trailer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectSummary {
    /// As the version names it.
    pub entry: EntrySummary,
    /// Its chunks.
    pub chunks: Vec<ChunkSummary>,
    /// Aborted transactions that overlap it.
    pub aborted: Vec<AbortedTransaction>,
    /// Transactions that have their marker behind it.
    pub open: Vec<OpenTransaction>,
    /// Leader epochs from the log's beginning to its end.
    pub epochs: Vec<EpochEntry>,
    /// Length of the producer snapshot at its end.
    pub producer_snapshot_len: usize,
}

/// A chunk of an object's log part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkSummary {
    /// Base offset of the first batch that starts in it.
    pub first_offset: Offset,
    /// Position of that batch.
    pub first_position: u64,
    /// Largest timestamp of all batches that start up to its end.
    pub max_timestamp: TimestampMs,
    /// Checksum of its bytes.
    pub crc: u32,
}

/// The three parts of a trailer, each against its checksum and the entry.
#[derive(Debug)]
pub(crate) struct Trailer {
    pub(crate) head: TrailerHead,
    pub(crate) tail: TrailerTail,
    pub(crate) footer: Footer,
}

/// What of a footer contradicts the entry that names it.
fn contradiction(chain: &Chain, entry: &Entry, footer: &Footer) -> Option<String> {
    let says = |what: &str, footer: &dyn std::fmt::Display, manifest: &dyn std::fmt::Display| {
        Some(format!("its footer says {what} {footer}, and the manifest {manifest}"))
    };
    if footer.home != entry.home.unwrap_or(chain.home) {
        return Some("its footer is that of another partition".to_owned());
    }
    if footer.uuid != entry.uuid {
        return says("name", &footer.uuid.simple(), &entry.uuid.simple());
    }
    if footer.token != entry.token {
        return says("token", &footer.token, &entry.token);
    }
    if (footer.base, footer.next) != (entry.base, entry.next) {
        let range = |base, next| format!("offsets {base} to {next}");
        return says("", &range(footer.base, footer.next), &range(entry.base, entry.next));
    }
    if footer.log_len != entry.log_len || footer.head_len != entry.head_len {
        return says("log length", &footer.log_len, &entry.log_len);
    }
    if footer.trailer_len() != u64::from(entry.trailer_len) {
        return says("trailer length", &footer.trailer_len(), &entry.trailer_len);
    }
    if footer.max_timestamp != entry.max_timestamp {
        return says("largest timestamp", &footer.max_timestamp, &entry.max_timestamp);
    }
    None
}

/// Reads an object's trailer in one request and checks all of it.
pub(crate) async fn read_trailer(chain: &Chain, entry: &Entry, why: Reason) -> Result<Trailer, ChainError> {
    let key = chain.segment_key(entry);
    let wrong = |reason: String| ChainError::Unreadable { key: key.clone(), reason };
    let bytes = chain.store.get_range(why, &key, entry.log_len..entry.object_len()).await?;
    let Some(footer_at) = bytes.len().checked_sub(FOOTER_LEN) else {
        return Err(wrong("it is shorter than its footer".to_owned()));
    };
    let footer = Footer::decode(&bytes[footer_at..]).map_err(|error| wrong(format!("its footer: {error}")))?;
    if let Some(reason) = contradiction(chain, entry, &footer) {
        return Err(wrong(reason));
    }
    let head_len = footer.head_len as usize;
    if head_len > footer_at {
        return Err(wrong("its trailer head is longer than its trailer".to_owned()));
    }
    let head = TrailerHead::decode(&bytes[..head_len], entry.log_len, entry.uuid);
    let head = head.map_err(|error| wrong(format!("its trailer head: {error}")))?;
    let tail = TrailerTail::decode(&bytes.slice(head_len..footer_at), &footer);
    let tail = tail.map_err(|error| wrong(format!("its trailer's tail: {error}")))?;
    Ok(Trailer { head, tail, footer })
}

impl BucketPartition {
    /// The object that holds `offset`; `None` where no object does.
    pub async fn object_at(&self, offset: Offset) -> Result<Option<ObjectSummary>, BucketError> {
        let root = self.expect_newest().await?;
        let Some(entry) = self.chain.entry_at(&root, offset).await? else { return Ok(None) };
        let Trailer { head, tail, .. } = read_trailer(&self.chain, &entry, Reason::Trailer).await?;
        let chunks = head.chunks.iter().map(|chunk| ChunkSummary {
            first_offset: chunk.first_offset,
            first_position: chunk.first_position,
            max_timestamp: chunk.max_timestamp,
            crc: chunk.crc,
        });
        Ok(Some(ObjectSummary {
            entry: self.entry_summary(&entry),
            chunks: chunks.collect(),
            aborted: head.aborted,
            open: tail.open,
            epochs: tail.epochs.entries().to_vec(),
            producer_snapshot_len: tail.producer_snapshot.len(),
        }))
    }
}
