//! Versions and entries for tests.

use crate::keys::{Keys, PartitionHome};
use crate::manifest::{
    Changes, Entry, EntryKind, Finished, Page, Root, SealPlan, Sealed, encode_page, encode_root, next_version,
};
use crate::store::{Backend, PutMode};
use crate::token::WriterToken;
use bytes::Bytes;
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

/// A chain's newest version and all pages beneath it, as a long life leaves them.
pub(crate) struct History {
    pub(crate) root: Root,
    pub(crate) pages: Vec<(Uuid, u8, Page)>,
    /// Length of the longest version on the way.
    pub(crate) largest: usize,
}

/// A history of `count` segments of one offset each, sealed whenever a leader would have done so.
pub(crate) fn history(home: PartitionHome, count: i64, make: impl Fn(Offset) -> Entry) -> History {
    let mut root = Root::empty(home, 0, 3_600_000);
    (root.sequence, root.token, root.epochs) = (1, token(1), epochs(&[(1, 0)]));
    let (mut pages, mut largest) = (Vec::new(), 0);
    for base in 0..count {
        let entry = make(base);
        root.tiered_end = entry.next;
        root.live_bytes += entry.object_len();
        root.entries.push(entry);
        while let Some(plan) = SealPlan::of(&root, Uuid::from_u128((pages.len() as u128 + 1) << 64)) {
            largest = largest.max(encode_root(&root).len());
            let SealPlan { page, content, replaces } = plan;
            pages.push((page.uuid, page.level, content));
            let changes = Changes { sealed: Some(Sealed { page, replaces }), ..Changes::default() };
            root = next_version(&root, token(1), Uuid::nil(), &changes, 0).expect("a page changes the version").root;
        }
    }
    assert_eq!(root.check(), Ok(()));
    History { largest: largest.max(encode_root(&root).len()), root, pages }
}

impl History {
    /// Puts the version and the pages where the tier looks for them.
    pub(crate) async fn put(&self, store: &dyn Backend, keys: &Keys) {
        let home = self.root.home;
        for (uuid, level, page) in &self.pages {
            store.put(&keys.page(home, *uuid), &vec![encode_page(home, *level, page)], PutMode::Create).await.unwrap();
        }
        let key = keys.manifest(home, self.root.sequence);
        store.put(&key, &vec![encode_root(&self.root)], PutMode::Create).await.unwrap();
        store.put(&keys.topic_json(home.topic_id), &vec![Bytes::from_static(b"{}")], PutMode::Create).await.unwrap();
    }
}
