//! The little that the tier needs of a partition's local log. The room that owns both implements it.

use crate::object::{AbortedTransaction, OpenTransaction};
use bytes::Bytes;
use esker_model::{EpochHistory, LeaderEpoch, Offset, TimestampMs};
use std::fmt::Debug;
use std::io;
use std::sync::Arc;

/// The local log's offsets at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocalBounds {
    /// First offset that readers may see, in any tier.
    pub log_start: Offset,
    /// First offset on the local disk.
    pub local_log_start: Offset,
    /// Everything below it is decided and replicated.
    pub last_stable_offset: Offset,
    /// First offset that is not assigned.
    pub log_end: Offset,
}

/// When the log should roll its active segment so that it can be uploaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UploadPolicy {
    /// Wall time, milliseconds since the Unix epoch.
    pub now_ms: i64,
    /// Roll the active segment if its first batch was appended longer ago than this, milliseconds; `None`: never for the tier.
    pub roll_after_ms: Option<i64>,
}

/// A closed part of the log that is to become one object.
#[derive(Debug)]
pub struct UploadSource {
    /// First offset to cover: the one that was asked for. The first batch contains it.
    pub base: Offset,
    /// First offset behind it: a batch border, at or below the last stable offset.
    pub end: Offset,
    /// Length in bytes of whole batches.
    pub len: u64,
    /// The bytes.
    pub bytes: Arc<dyn SegmentBytes>,
    /// Leader epochs of the log from its beginning up to `end`.
    pub epochs: EpochHistory,
    /// Producer state at `end`, in the format of Kafka's `.snapshot` files.
    pub producer_snapshot: Bytes,
    /// Every aborted transaction that overlaps `[base, end)`, wherever its marker is, in the order of the markers.
    pub aborted: Vec<AbortedTransaction>,
    /// Transactions with records below `end` and their marker behind it.
    pub open: Vec<OpenTransaction>,
    /// Largest timestamp, for the copy lag.
    pub max_timestamp: i64,
}

/// The bytes of an [`UploadSource`]. They do not change while it exists, whatever happens to the log's segments.
pub trait SegmentBytes: Send + Sync + Debug + 'static {
    /// Fills `into` from `position`, counted from the source's first byte. Blocks.
    fn read_exact_at(&self, into: &mut [u8], position: u64) -> io::Result<()>;

    /// Makes the bytes durable locally. Blocks.
    fn sync(&self) -> io::Result<()>;
}

/// What a replica needs that begins at the tiered end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TieredEndState {
    /// First offset that is not tiered.
    pub tiered_end: Offset,
    /// First offset that readers may see.
    pub log_start: Offset,
    /// All leader epochs up to `tiered_end`.
    pub epochs: EpochHistory,
    /// Producer state at `tiered_end`, in the format of Kafka's `.snapshot` files; empty where there is none.
    pub producer_snapshot: Bytes,
    /// Transactions open at `tiered_end` and how they ended: a leader that adopts this history appends these outcomes as markers
    /// before anything else.
    pub open: Vec<OpenTransaction>,
}

/// A version of the manifest that is in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TieredUpTo {
    /// The version's number.
    pub sequence: u64,
    /// First offset that readers may see.
    pub log_start: Offset,
    /// First offset that is not tiered.
    pub tiered_end: Offset,
}

/// The local log could not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LocalLogError(pub String);

/// One partition's local log.
///
/// Calls marked "blocks" may touch the disk and are made on a disk pool; the others answer from memory. All may be made from any
/// thread, at most one blocking call at a time for each partition apart from reads of sources.
pub trait LocalLog: Send + Sync + Debug + 'static {
    /// The log's offsets.
    fn bounds(&self) -> LocalBounds;

    /// All leader epochs that are known.
    fn epoch_history(&self) -> EpochHistory;

    /// Bytes of the log at and behind `offset`, to the precision of segments.
    fn bytes_from(&self, offset: Offset) -> u64;

    /// Since when the segment that contains `offset` is closed, milliseconds since the Unix epoch; `None` where it is the active one.
    fn closed_since_ms(&self, offset: Offset) -> Option<TimestampMs>;

    /// The part to upload next: from `from`, a former end or the log start, to the end of the closed segment that contains it, cut at
    /// a batch border at or below the last stable offset. `None` while there is none. Blocks.
    fn next_upload(&self, from: Offset, policy: UploadPolicy) -> Result<Option<UploadSource>, LocalLogError>;

    /// What `[base, end)` holds, where one closed segment of the log still has all of it: a good copy of an object that is damaged.
    /// Blocks.
    fn copy_of(&self, base: Offset, end: Offset) -> Result<Option<UploadSource>, LocalLogError>;

    /// The tiered history agrees with the log: the high watermark is at least `tiered_end`.
    fn adopted(&self, tiered_end: Offset);

    /// The version is confirmed: log start rises to its log start, and local segments that end at or below its tiered end may be
    /// deleted by the log's own rules. Called again with the same or a later version at any time. Blocks.
    fn confirmed(&self, version: TieredUpTo) -> Result<(), LocalLogError>;

    /// The log diverges from the tiered history or ends below it: everything local goes, the log continues at `tiered_end` with the
    /// epochs and producers given. Refused where the replica does not lead in `leader_epoch` any more: what it holds is another leader's to
    /// judge then, and this call may have waited since it was made. Blocks.
    fn reset_to(&self, leader_epoch: LeaderEpoch, state: TieredEndState) -> Result<(), LocalLogError>;

    /// Bytes of the log are not what was written. The replica must not lead while that is so.
    fn damaged(&self, reason: &str);
}
