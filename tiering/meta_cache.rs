//! Manifest versions, pages and trailer heads, decoded, in one cache bounded in bytes: least recently used goes first.

use crate::keys::PartitionHome;
use crate::manifest::{Entry, Page, PageRef, Root};
use crate::object::{AbortedTransaction, ChunkEntry, TrailerHead};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Root(PartitionHome, u64),
    Page(Uuid),
    Head(Uuid),
}

#[derive(Clone, Debug)]
enum Value {
    Root(Arc<Root>),
    Page(Arc<Page>),
    Head(Arc<TrailerHead>),
}

#[derive(Debug, Default)]
struct State {
    values: HashMap<Key, (Value, usize, u64)>,
    /// When each was last used, in a count of uses.
    used: BTreeMap<u64, Key>,
    uses: u64,
    bytes: usize,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct MetaCache {
    bytes_max: usize,
    state: Mutex<State>,
}

const OVERHEAD: usize = 200;

fn weigh_entries(entries: usize) -> usize {
    entries * size_of::<Entry>()
}

impl MetaCache {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, state: Mutex::default() }
    }

    /// Bytes held now.
    pub(crate) fn bytes(&self) -> usize {
        self.state.lock().bytes
    }

    fn get(&self, key: Key) -> Option<Value> {
        let mut state = self.state.lock();
        let state = &mut *state;
        state.uses += 1;
        let (value, _, used) = state.values.get_mut(&key)?;
        state.used.remove(used);
        *used = state.uses;
        state.used.insert(state.uses, key);
        Some(value.clone())
    }

    fn insert(&self, key: Key, value: Value, weight: usize) {
        let weight = weight + OVERHEAD;
        if weight > self.bytes_max {
            return;
        }
        let mut state = self.state.lock();
        state.uses += 1;
        let uses = state.uses;
        if let Some((_, old_weight, used)) = state.values.insert(key, (value, weight, uses)) {
            state.bytes -= old_weight;
            state.used.remove(&used);
        }
        state.used.insert(uses, key);
        state.bytes += weight;
        while state.bytes > self.bytes_max {
            let Some((_, oldest)) = state.used.pop_first() else { break };
            if let Some((_, weight, _)) = state.values.remove(&oldest) {
                state.bytes -= weight;
            }
        }
    }

    pub(crate) fn root(&self, home: PartitionHome, sequence: u64) -> Option<Arc<Root>> {
        match self.get(Key::Root(home, sequence))? {
            Value::Root(root) => Some(root),
            _ => None,
        }
    }

    pub(crate) fn insert_root(&self, root: Arc<Root>) {
        let refs = root.pages.len() * size_of::<PageRef>();
        let weight =
            weigh_entries(root.entries.len()) + refs + root.garbage.len() * 48 + root.epochs.entries().len() * 16;
        let key = Key::Root(root.home, root.sequence);
        self.insert(key, Value::Root(root), weight);
    }

    pub(crate) fn page(&self, uuid: Uuid) -> Option<Arc<Page>> {
        match self.get(Key::Page(uuid))? {
            Value::Page(page) => Some(page),
            _ => None,
        }
    }

    pub(crate) fn insert_page(&self, uuid: Uuid, page: Arc<Page>) {
        let weight = match &*page {
            Page::Entries(entries) => weigh_entries(entries.len()),
            Page::Refs(refs) => refs.len() * size_of::<PageRef>(),
        };
        self.insert(Key::Page(uuid), Value::Page(page), weight);
    }

    pub(crate) fn head(&self, uuid: Uuid) -> Option<Arc<TrailerHead>> {
        match self.get(Key::Head(uuid))? {
            Value::Head(head) => Some(head),
            _ => None,
        }
    }

    pub(crate) fn insert_head(&self, uuid: Uuid, head: Arc<TrailerHead>) {
        let chunks = head.chunks.len() * size_of::<ChunkEntry>();
        let weight = chunks + head.aborted.len() * size_of::<AbortedTransaction>();
        self.insert(Key::Head(uuid), Value::Head(head), weight);
    }
}
