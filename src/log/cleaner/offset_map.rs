//! The newest offset of each key in the dirty part of a log, in bounded memory.
//!
//! A slot is 24 bytes: the key's hash and the offset. The map never grows: where it is full, the log is compacted as far as it was read.

use super::key_hash::{Hash128, KeyHash};
use esker_model::Offset;

/// Bytes of a slot.
pub(crate) const SLOT_LEN: usize = 24;
/// Places that a key's hash names before its slot is searched for one by one.
const JUMPS: usize = 6;

/// Newest offset by key.
#[derive(Debug)]
pub(crate) struct OffsetMap {
    /// Hash and offset; a hash of zero is an empty slot.
    slots: Vec<[u64; 3]>,
    hash: KeyHash,
    len: usize,
    /// Keys that it may hold, fewer than there are slots: a search ends at an empty one.
    len_max: usize,
    /// Last offset up to which all keys are in here; below the first offset while nothing is.
    latest: Offset,
}

impl OffsetMap {
    /// An empty map for the records from `start` on: as many slots as `bytes_max` allows, no more than `records` records need, filled up
    /// to `load_factor`.
    pub(crate) fn new(bytes_max: u64, records: u64, load_factor: f64, start: Offset, hash: KeyHash) -> Self {
        let load_factor = load_factor.clamp(0.01, 0.99);
        let slots_max = usize::try_from(bytes_max / SLOT_LEN as u64).unwrap_or(usize::MAX);
        let needed = (records.saturating_add(1) as f64 / load_factor) as usize;
        let slots = needed.saturating_add(1).min(slots_max).max(2);
        let len_max = ((slots as f64 * load_factor) as usize).clamp(1, slots - 1);
        // Zeroed memory that is not touched costs nothing.
        Self { slots: vec![[0; 3]; slots], hash, len: 0, len_max, latest: start - 1 }
    }

    /// Number of keys.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Share of the slots in use, of 1.
    pub(crate) fn utilization(&self) -> f64 {
        self.len as f64 / self.slots.len() as f64
    }

    /// Last offset up to which all keys are in here.
    pub(crate) fn latest(&self) -> Offset {
        self.latest
    }

    /// States that every key up to `offset` is in here.
    pub(crate) fn advance(&mut self, offset: Offset) {
        self.latest = self.latest.max(offset);
    }

    /// Enters the offset of a record that lies behind all that were entered before; false where the map is full.
    pub(crate) fn put(&mut self, key: &[u8], offset: Offset) -> bool {
        if self.len >= self.len_max {
            return false;
        }
        let hash = self.hash.of(key);
        let at = self.slot_of(hash);
        self.len += usize::from(is_empty(&self.slots[at]));
        self.slots[at] = [hash[0], hash[1], offset as u64];
        true
    }

    /// The newest offset entered for a key.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Offset> {
        let slot = &self.slots[self.slot_of(self.hash.of(key))];
        (!is_empty(slot)).then_some(slot[2] as Offset)
    }

    /// The slot of a hash, or the empty one that it would take.
    fn slot_of(&self, hash: Hash128) -> usize {
        let count = self.slots.len();
        let fits = |slot: &[u64; 3]| is_empty(slot) || (slot[0], slot[1]) == (hash[0], hash[1]);
        let mut at = 0;
        for jump in 0..JUMPS {
            let word = hash[0].rotate_left(jump as u32 * 11) ^ hash[1].wrapping_mul(2 * jump as u64 + 1);
            // The upper half of the product: an even share of the slots without a division.
            at = ((u128::from(word) * count as u128) >> 64) as usize;
            if fits(&self.slots[at]) {
                return at;
            }
        }
        loop {
            at = if at + 1 == count { 0 } else { at + 1 };
            if fits(&self.slots[at]) {
                return at;
            }
        }
    }
}

fn is_empty(slot: &[u64; 3]) -> bool {
    slot[0] == 0 && slot[1] == 0
}
