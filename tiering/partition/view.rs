//! What a partition knows, for readers and for those who wait.

use crate::checkpoint::Checkpoint;
use crate::local_log::LocalBounds;
use crate::manifest::Summary;
use crate::token::WriterToken;
use esker_model::Offset;

/// The newest version that is known, whoever wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) sequence: u64,
    pub(crate) log_start: Offset,
    pub(crate) tiered_end: Offset,
    /// Bytes of all objects; `None` where only the leader's word is known.
    pub(crate) bytes: Option<u64>,
}

impl From<&Summary> for Known {
    fn from(summary: &Summary) -> Self {
        Self {
            sequence: summary.sequence,
            log_start: summary.log_start,
            tiered_end: summary.tiered_end,
            bytes: Some(summary.live_bytes),
        }
    }
}

/// What this broker is to the partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// It reads; what is tiered it learns from the leader.
    Follower,
    /// It leads with this token.
    Leader(WriterToken),
    /// It led and stopped: fenced, read-only, or the partition is deleted.
    Stopped(String),
}

/// Whether a leader may serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// The bucket has to be asked first.
    Waiting,
    /// It may.
    Ready,
    /// It must not lead: a later leader has written, or the chain is not understood.
    Stopped(String),
}

/// How a leader came to lead; it decides what has to be known before it serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The partition was created just now and has never had a record.
    pub is_new: bool,
    /// The log was closed cleanly, or this replica had caught up with the leader before.
    pub log_is_whole: bool,
    /// No other replica can have led since this broker last did.
    pub led_last: bool,
    /// The election was unclean: the fence comes before the first append.
    pub is_unclean: bool,
}

/// What has to have happened before a leader serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    Nothing,
    /// The newest version was read and the lineages agree.
    Read,
    /// The fence is confirmed.
    Fence,
}

impl Standing {
    /// Whether nothing has to be asked, not even this broker's own disk, before it serves.
    pub(crate) fn serves_at_once(&self) -> bool {
        !self.is_unclean && (self.is_new || self.log_is_whole)
    }

    /// Lineage, not length: a leader trusts its log without asking the bucket only where nothing can have gone beyond it.
    pub(crate) fn gate(&self, checkpoint: Option<&Checkpoint>, bounds: &LocalBounds) -> Gate {
        let wrote_the_newest = checkpoint.is_some_and(|checkpoint| {
            bounds.log_end >= checkpoint.tiered_end && bounds.local_log_start <= checkpoint.tiered_end
        });
        if self.is_unclean {
            Gate::Fence
        } else if self.serves_at_once() || (self.led_last && wrote_the_newest) {
            Gate::Nothing
        } else {
            Gate::Read
        }
    }
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) role: Role,
    pub(crate) known: Option<Known>,
    /// End of what is uploaded or being uploaded.
    pub(crate) planned_end: Offset,
    pub(crate) uploads: usize,
    pub(crate) last_upload_ms: i64,
    pub(crate) last_error: Option<String>,
}

impl View {
    pub(crate) fn new() -> Self {
        Self { role: Role::Follower, known: None, planned_end: 0, uploads: 0, last_upload_ms: -1, last_error: None }
    }

    /// Takes a version in; an older one than known changes nothing.
    pub(crate) fn learn(&mut self, known: Known) -> bool {
        let is_news = self.known.is_none_or(|old| {
            known.sequence > old.sequence
                || (known.sequence == old.sequence && old.bytes.is_none() && known.bytes.is_some())
        });
        if is_news {
            self.known = Some(known);
        }
        is_news
    }
}
