//! One partition of a request, of an answer, and as a session remembers it.

use esker_model::{LeaderEpoch, Offset, TopicId};
use std::sync::Arc;

/// What a client calls a topic: its name up to version 12 of the request, its id from 13 on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TopicKey {
    /// By name.
    Name(Arc<str>),
    /// By id.
    Id(TopicId),
}

/// What a client calls a partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PartitionKey {
    /// The topic.
    pub topic: TopicKey,
    /// The partition's number.
    pub partition: i32,
}

/// What a client asks of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// First offset that it wants.
    pub offset: Offset,
    /// Where its own log begins, if it is a follower; -1 otherwise.
    pub log_start: Offset,
    /// Most bytes that it takes of this partition.
    pub bytes_max: i32,
    /// The leader epoch that it knows of; `None` asks for no check.
    pub current_leader_epoch: Option<LeaderEpoch>,
    /// The epoch of the last record that it has.
    pub last_fetched_epoch: Option<LeaderEpoch>,
}

/// A partition that is to be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// What the client calls it.
    pub key: PartitionKey,
    /// Its topic's name; `None` for an id that was never known here. A session keeps the name that it has once learnt, also
    /// when the topic is created anew.
    pub name: Option<Arc<str>>,
    /// What is asked.
    pub asked: Asked,
}

/// What the answer for a partition tells, as far as it decides whether the partition must be in an answer at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The high watermark in the answer.
    pub high_watermark: Offset,
    /// The log start in the answer.
    pub log_start: Offset,
    /// Whether records are in it.
    pub has_records: bool,
    /// Whether an error is in it.
    pub failed: bool,
    /// Whether the client is told something that it must act upon: another replica to read from, or that its log diverges.
    pub urgent: bool,
}

/// A partition as a session remembers it.
#[derive(Clone, Debug)]
pub(super) struct Cached {
    /// The client's next request for it, as long as it does not say otherwise.
    pub wanted: Wanted,
    /// The high watermark that the client was told last; -1 where it must be told anew.
    high_watermark: Offset,
    /// The log start that the client was told last; -1 for none.
    log_start: Offset,
}

impl Cached {
    /// A partition of which the client was told nothing yet.
    pub fn new(wanted: Wanted) -> Self {
        Self { wanted, high_watermark: -1, log_start: -1 }
    }

    /// A partition of which the client was just told `shown`.
    pub fn told(wanted: Wanted, shown: &Shown) -> Self {
        Self { wanted, high_watermark: shown.high_watermark, log_start: shown.log_start }
    }

    /// Whether `shown` is news to the client. It counts as told from now on.
    pub fn tell(&mut self, shown: &Shown) -> bool {
        let moved = self.high_watermark != shown.high_watermark || self.log_start != shown.log_start;
        // When an error goes away the client must hear of it: nothing equals this high watermark.
        self.high_watermark = if shown.failed { -1 } else { shown.high_watermark };
        self.log_start = shown.log_start;
        moved || shown.has_records || shown.failed || shown.urgent
    }
}
