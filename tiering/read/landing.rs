//! Where chunks land when they come from the store: what nobody has read yet stays, what was read goes first.
//!
//! A chunk that was read ahead must still be here when its reader comes, however many others read. So what is read ahead is
//! bounded (see [`Landing::room`]), and only chunks that were read make room, the one whose reading is longest ago first. A reader
//! that went away leaves chunks that nobody reads: once much has come and gone since, they count as read.

use crate::read::ChunkId;
use bytes::Bytes;
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};

/// How often the room is filled anew until a reader that has not come is forgotten.
const TURNOVERS_MAX: u64 = 4;

#[derive(Debug)]
struct Held {
    bytes: Bytes,
    turn: u64,
    /// What had come before it.
    landed: u64,
    is_read: bool,
}

#[derive(Debug, Default)]
struct State {
    chunks: HashMap<ChunkId, Held>,
    /// By the turn of their last reading.
    read: BTreeMap<u64, ChunkId>,
    /// By the turn of their arrival.
    unread: BTreeMap<u64, ChunkId>,
    turns: u64,
    /// Bytes that have come since the start.
    landed: u64,
    read_bytes: u64,
    unread_bytes: u64,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Landing {
    bytes_max: u64,
    state: Mutex<State>,
}

impl Landing {
    pub(crate) fn new(bytes_max: u64) -> Self {
        Self { bytes_max, state: Mutex::default() }
    }

    /// Bytes that may be read ahead at most: the other half is for what readers are in the middle of.
    fn unread_max(&self) -> u64 {
        self.bytes_max / 2
    }

    /// Bytes that may be read ahead without driving out what others have not read yet.
    pub(crate) fn room(&self) -> u64 {
        self.unread_max().saturating_sub(self.state.lock().unread_bytes)
    }

    /// The same with half as much again: what readers ask for themselves may lie unread beside what is read ahead.
    pub(crate) fn room_for_following(&self) -> u64 {
        self.unread_limit().saturating_sub(self.state.lock().unread_bytes)
    }

    /// Unread bytes beyond this make room for others.
    fn unread_limit(&self) -> u64 {
        self.unread_max() + self.unread_max() / 2
    }

    pub(crate) fn bytes(&self) -> u64 {
        let state = self.state.lock();
        state.read_bytes + state.unread_bytes
    }

    pub(crate) fn contains(&self, id: ChunkId) -> bool {
        self.state.lock().chunks.contains_key(&id)
    }

    /// A chunk; `is_read` where a reader takes it.
    pub(crate) fn get(&self, id: ChunkId, is_read: bool) -> Option<Bytes> {
        let mut state = self.state.lock();
        if !is_read {
            return state.chunks.get(&id).map(|held| held.bytes.clone());
        }
        let bytes = state.take(id)?;
        state.put(id, bytes.clone(), true);
        Some(bytes)
    }

    /// Takes a chunk in. What had to make room for it comes back.
    pub(crate) fn insert(&self, id: ChunkId, bytes: Bytes, is_read: bool) -> Vec<(ChunkId, Bytes)> {
        let mut state = self.state.lock();
        state.take(id);
        state.landed += bytes.len() as u64;
        state.put(id, bytes, is_read);
        state.forget_readers(self.bytes_max.saturating_mul(TURNOVERS_MAX));
        let mut gone = Vec::new();
        while state.read_bytes + state.unread_bytes > self.bytes_max {
            // What readers have asked for themselves may be unread beside what is read ahead.
            let keeps_read = state.unread_bytes > self.unread_limit();
            let oldest = if keeps_read { state.unread.values().next() } else { state.read.values().next() };
            let Some(id) = oldest.or_else(|| state.unread.values().next()).copied() else { break };
            gone.extend(state.take(id).map(|bytes| (id, bytes)));
        }
        gone
    }

    pub(crate) fn remove(&self, id: ChunkId) {
        self.state.lock().take(id);
    }

    /// Everything, for whoever keeps it from now on.
    pub(crate) fn drain(&self) -> Vec<(ChunkId, Bytes)> {
        let state = std::mem::take(&mut *self.state.lock());
        state.chunks.into_iter().map(|(id, held)| (id, held.bytes)).collect()
    }
}

impl State {
    fn take(&mut self, id: ChunkId) -> Option<Bytes> {
        let held = self.chunks.remove(&id)?;
        let len = held.bytes.len() as u64;
        if held.is_read {
            self.read.remove(&held.turn);
            self.read_bytes -= len;
        } else {
            self.unread.remove(&held.turn);
            self.unread_bytes -= len;
        }
        Some(held.bytes)
    }

    /// Counts as read what nobody has read while `behind_max` bytes came.
    fn forget_readers(&mut self, behind_max: u64) {
        while let Some(id) = self.unread.values().next().copied() {
            let is_old = self.chunks.get(&id).is_none_or(|held| self.landed - held.landed > behind_max);
            let Some(bytes) = is_old.then(|| self.take(id)).flatten() else { return };
            self.put(id, bytes, true);
        }
    }

    fn put(&mut self, id: ChunkId, bytes: Bytes, is_read: bool) {
        self.turns += 1;
        let (turn, len) = (self.turns, bytes.len() as u64);
        if is_read {
            self.read.insert(turn, id);
            self.read_bytes += len;
        } else {
            self.unread.insert(turn, id);
            self.unread_bytes += len;
        }
        self.chunks.insert(id, Held { bytes, turn, landed: self.landed, is_read });
    }
}
