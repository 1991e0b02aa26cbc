//! Versions and entries for tests.

use crate::keys::PartitionHome;
use crate::manifest::{Entry, EntryKind, Finished, Root};
use crate::token::WriterToken;
use esker_model::{EpochEntry, EpochHistory, Offset, TopicId};
use uuid::Uuid;

pub(crate) const HOME: PartitionHome = PartitionHome { topic_id: TopicId(Uuid::from_u128(77)), partition: 4 };

pub(crate) fn token(leader_epoch: i32) -> WriterToken {
    WriterToken { generation: 1, leader_epoch, broker_epoch: 1 }
}

pub(crate) fn entry(base: Offset, next: Offset) -> Entry {
    Entry {
        kind: EntryKind::Segment,
        base,
        next,
        token: token(1),
        uuid: Uuid::from_u128(base as u128 + 1),
        home: None,
        log_len: 1000,
        trailer_len: 200,
        head_len: 60,
        max_timestamp: base * 10,
    }
}

pub(crate) fn epochs(entries: &[(i32, Offset)]) -> EpochHistory {
    let entries = entries.iter().map(|&(epoch, start_offset)| EpochEntry { epoch, start_offset }).collect();
    EpochHistory::from_entries(entries).unwrap()
}

pub(crate) fn finished(entry: Entry) -> (Offset, Finished) {
    (entry.base, Finished { entry, epochs: epochs(&[(1, 0)]) })
}

/// A version that `token(1)` wrote and whose entries of `step` offsets each cover `[0, count * step)`.
pub(crate) fn root_with(count: i64, step: i64) -> Root {
    let mut root = Root::empty(HOME, 0, 3_600_000);
    root.sequence = 9;
    root.token = token(1);
    root.entries = (0..count).map(|at| entry(at * step, (at + 1) * step)).collect();
    root.tiered_end = count * step;
    root.live_bytes = root.entries.iter().map(Entry::object_len).sum();
    root.epochs = epochs(&[(1, 0)]);
    assert_eq!(root.check(), Ok(()));
    root
}
