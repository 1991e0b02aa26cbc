//! The content of one session: its partitions, in the order in which they are served.

use super::partition::{Cached, PartitionKey, Shown, TopicKey, Wanted};
use esker_model::TopicId;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What a remembered partition costs at most, its topic's name aside.
const PARTITION_BYTES: usize = 320;

/// The epoch of a session's first incremental request.
const FIRST_EPOCH: i32 = 1;

/// The epoch behind `epoch`: never 0, which begins sessions.
pub(super) fn next_epoch(epoch: i32) -> i32 {
    epoch.checked_add(1).unwrap_or(FIRST_EPOCH)
}

/// One session.
#[derive(Debug)]
pub(crate) struct Session {
    id: i32,
    /// The epoch that the next request must have.
    epoch: i32,
    /// Whether topics go by their ids.
    by_id: bool,
    /// Where each partition stands in `order`; both hold the same partitions.
    places: HashMap<PartitionKey, u64>,
    /// First served first.
    order: BTreeMap<u64, Cached>,
    /// The place of the next partition that goes to the end.
    next_place: u64,
    /// What the session costs at most, in bytes.
    bytes: usize,
}

impl Session {
    /// A session of partitions that were just answered.
    pub fn new(id: i32, by_id: bool, told: impl Iterator<Item = (Wanted, Shown)>) -> Self {
        let mut session = Self {
            id,
            epoch: FIRST_EPOCH,
            by_id,
            places: HashMap::new(),
            order: BTreeMap::new(),
            next_place: 0,
            bytes: 0,
        };
        told.for_each(|(wanted, shown)| session.put(Cached::told(wanted, &shown)));
        session
    }

    pub fn id(&self) -> i32 {
        self.id
    }

    pub fn epoch(&self) -> i32 {
        self.epoch
    }

    pub fn is_by_id(&self) -> bool {
        self.by_id
    }

    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes in what a request names, and expects the next epoch from now on.
    pub fn update(&mut self, named: Vec<Wanted>, forgotten: &[PartitionKey]) {
        for wanted in named {
            let known = self.places.get(&wanted.key).and_then(|place| self.order.get_mut(place));
            match known {
                Some(cached) => cached.wanted.asked = wanted.asked,
                None => self.put(Cached::new(wanted)),
            }
        }
        forgotten.iter().for_each(|key| drop(self.take(key)));
        self.epoch = next_epoch(self.epoch);
    }

    /// Everything that is to be fetched, in order. `name_of` is asked for the names of ids that were unknown so far.
    pub fn wanted(&mut self, name_of: impl Fn(TopicId) -> Option<Arc<str>>) -> Vec<Wanted> {
        let learn = |cached: &mut Cached| {
            let wanted = &mut cached.wanted;
            if let (None, TopicKey::Id(id)) = (&wanted.name, &wanted.key.topic) {
                wanted.name = name_of(*id);
            }
            wanted.clone()
        };
        self.order.values_mut().map(learn).collect()
    }

    /// Which of the answers the client must be told. Partitions that had records go to the end, so that none starves.
    pub fn tell<'a>(&mut self, answers: impl Iterator<Item = (&'a PartitionKey, &'a Shown)>) -> Vec<bool> {
        let tell = |(key, shown): (&PartitionKey, &Shown)| {
            let Some(cached) = self.places.get(key).and_then(|place| self.order.get_mut(place)) else { return true };
            let news = cached.tell(shown);
            if shown.has_records
                && let Some(cached) = self.take(key)
            {
                self.put(cached);
            }
            news
        };
        answers.map(tell).collect()
    }

    fn put(&mut self, cached: Cached) {
        self.bytes += cost(&cached.wanted.key);
        let place = self.next_place;
        self.next_place += 1;
        let before = self.places.insert(cached.wanted.key.clone(), place);
        assert!(before.is_none(), "a session holds each partition once: {:?}", cached.wanted.key);
        self.order.insert(place, cached);
    }

    fn take(&mut self, key: &PartitionKey) -> Option<Cached> {
        let place = self.places.remove(key)?;
        self.bytes -= cost(key);
        self.order.remove(&place)
    }
}

/// What remembering a partition costs at most.
pub(super) fn cost(key: &PartitionKey) -> usize {
    let name = match &key.topic {
        TopicKey::Name(name) => name.len(),
        TopicKey::Id(_) => 0,
    };
    PARTITION_BYTES + name
}
