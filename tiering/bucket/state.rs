//! What a partition's chain says to somebody who rebuilds the cluster.

use crate::bucket::{BucketError, BucketPartition};
use crate::chain::ChainError;
use crate::manifest::Root;
use crate::store::{StoreError, StoreErrorKind};
use bytes::Bytes;
use esker_model::{LeaderEpoch, Offset, TimestampMs};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainState {
    /// First offset that readers may see.
    pub log_start: Offset,
    /// First offset that is not tiered.
    pub tiered_end: Offset,
    /// Objects that are named.
    pub segments: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Largest timestamp; `None` where nothing is tiered.
    pub max_timestamp: Option<TimestampMs>,
    /// The highest leader epoch that wrote to the chain or to what is tiered; -1 for none.
    pub leader_epoch: LeaderEpoch,
    /// Producer state at the tiered end, in the format of Kafka's `.snapshot` files; empty where there is none.
    pub producer_snapshot: Bytes,
    /// The partition was deleted: its topic is on its way out.
    pub is_final: bool,
}

/// What of a chain cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {reason}")]
pub struct ChainDamage {
    /// Of which object, or of which folder.
    pub key: String,
    /// What is wrong.
    pub reason: String,
}

fn highest_epoch(root: &Root) -> LeaderEpoch {
    // The end of a deleted partition has a token above all leaders'.
    let written = if root.is_final { -1 } else { root.token.leader_epoch };
    root.epochs.latest().map_or(-1, |latest| latest.epoch).max(written)
}

impl BucketPartition {
    /// The newest version, and what the trailer of its last object adds. `None` where there is no version.
    ///
    /// # Errors
    /// The outer error: the store does not answer. The inner one: what is there cannot be used.
    pub async fn chain_state(&self) -> Result<Result<Option<ChainState>, ChainDamage>, StoreError> {
        let root = match self.newest().await {
            Ok(None) => return Ok(Ok(None)),
            Ok(Some(root)) => root,
            Err(BucketError::Store(error)) => return Err(error),
            Err(BucketError::Unreadable { key, reason }) => return Ok(Err(ChainDamage { key, reason })),
            Err(error @ BucketError::NoManifest(_)) => {
                return Ok(Err(ChainDamage { key: self.label().to_owned(), reason: error.to_string() }));
            }
        };
        let end = match self.chain.end_state(&root).await {
            Ok(end) => end,
            Err(ChainError::Unreadable { key, reason }) => return Ok(Err(ChainDamage { key, reason })),
            Err(ChainError::Store(error)) => match error.kind {
                StoreErrorKind::NotFound | StoreErrorKind::Damaged => {
                    return Ok(Err(ChainDamage { key: error.key, reason: error.detail }));
                }
                _ => return Err(error),
            },
        };
        let paged: u64 = root.pages.iter().map(|page| page.entries).sum();
        let times = root.entries.iter().map(|entry| entry.max_timestamp);
        Ok(Ok(Some(ChainState {
            log_start: root.log_start,
            tiered_end: root.tiered_end,
            segments: paged + root.entries.len() as u64,
            bytes: root.live_bytes,
            max_timestamp: times.chain(root.pages.iter().map(|page| page.max_timestamp)).max(),
            leader_epoch: highest_epoch(&root).max(end.epochs.latest().map_or(-1, |latest| latest.epoch)),
            producer_snapshot: end.producer_snapshot,
            is_final: root.is_final,
        })))
    }
}
