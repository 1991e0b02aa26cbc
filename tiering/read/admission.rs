//! What may take another chunk's place in the cache: only what has come from the store before.
//!
//! While there is room everything is kept. Once the cache is full, a chunk that is fetched for the first time is only remembered by
//! name. So a scan of the whole history, which fetches everything once, drives out nothing, and what is fetched again stays.

use crate::read::ChunkId;
use parking_lot::Mutex;
use std::collections::HashSet;

/// Names remembered for each chunk that fits.
const NAMES_PER_CHUNK: usize = 4;
const NAMES_MIN: usize = 256;
const NAMES_MAX: usize = 1 << 20;

/// A chunk in eight bytes; two of one name are so rare that it costs nothing.
type Name = u64;

fn name(id: ChunkId) -> Name {
    let (object, _) = id.object.as_u64_pair();
    object ^ u64::from(id.chunk).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[derive(Debug, Default)]
struct State {
    /// Bytes let in so far; what the cache let go is not taken off, because then it was full.
    let_in: u64,
    /// Names in two generations; the older one is forgotten when the younger one is full.
    younger: HashSet<Name>,
    older: HashSet<Name>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Admission {
    room: u64,
    names_max: usize,
    state: Mutex<State>,
}

impl Admission {
    /// For a cache where `room` bytes of chunks fit, of which `used` are taken.
    pub(crate) fn new(room: u64, used: u64) -> Self {
        let chunks = usize::try_from(room / crate::object::CHUNK_LEN).unwrap_or(usize::MAX);
        let names_max = chunks.saturating_mul(NAMES_PER_CHUNK).clamp(NAMES_MIN, NAMES_MAX);
        let state = State { let_in: used, ..State::default() };
        Self { room, names_max, state: Mutex::new(state) }
    }

    /// Whether a chunk of `len` bytes may go into the cache.
    pub(crate) fn admits(&self, id: ChunkId, len: u64) -> bool {
        let mut state = self.state.lock();
        if state.let_in + len <= self.room {
            state.let_in += len;
            return true;
        }
        let name = name(id);
        if state.younger.contains(&name) || state.older.contains(&name) {
            return true;
        }
        if state.younger.len() >= self.names_max / 2 {
            state.older = std::mem::take(&mut state.younger);
        }
        state.younger.insert(name);
        false
    }

    /// How full the cache is, as far as is known.
    pub(crate) fn used(&self) -> u64 {
        self.state.lock().let_in
    }
}
