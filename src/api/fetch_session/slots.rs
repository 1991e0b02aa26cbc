//! Which sessions are kept: as many as there are slots, and by Kafka's rules whose place a new one takes.
//!
//! A new session takes the place of the one that has been idle the longest, if that is for more than [`IDLE_MAX`]. Otherwise it takes
//! the place of the least worthy one that may go, if it is worthier itself. Followers are worthier than consumers, then more
//! partitions count. A consumer's session may go for a follower at any time; for others it may go once it is older than [`IDLE_MAX`].

use super::session::Session;
use esker_env::Instant;
use parking_lot::Mutex;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// Kafka's `MinIncrementalFetchSessionEvictionMs`.
pub(super) const IDLE_MAX: Duration = Duration::from_secs(120);

/// What all sessions together may cost. Kafka has no such bound: there a client can make the broker remember what it likes.
pub(super) const BYTES_MAX: usize = 48 << 20;

/// What a session weighs when another wants its place; compared field by field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Worth {
    privileged: bool,
    partitions: usize,
    id: i32,
}

/// A session that would like to be kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// Whether it is a follower's.
    pub privileged: bool,
    /// Number of its partitions.
    pub partitions: usize,
    /// What it costs.
    pub bytes: usize,
}

#[derive(Debug)]
struct Slot {
    session: Arc<Mutex<Session>>,
    privileged: bool,
    created: Instant,
    used: Instant,
    partitions: usize,
    bytes: usize,
}

impl Slot {
    fn worth(&self, id: i32) -> Worth {
        Worth { privileged: self.privileged, partitions: self.partitions, id }
    }
}

/// The sessions that are kept. All indexes hold what the slots say.
#[derive(Debug, Default)]
pub(super) struct Slots {
    max: usize,
    slots: HashMap<i32, Slot>,
    by_use: BTreeSet<(Instant, i32)>,
    /// May go for any worthier session.
    for_all: BTreeSet<Worth>,
    /// May go for a follower's.
    for_privileged: BTreeSet<Worth>,
    partitions: usize,
    bytes: usize,
    evictions: u64,
}

impl Slots {
    /// Room for `max` sessions.
    pub fn new(max: usize) -> Self {
        Self { max, ..Self::default() }
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Partitions of all sessions.
    pub fn partitions(&self) -> usize {
        self.partitions
    }

    /// Sessions that had to go for others.
    pub fn evictions(&self) -> u64 {
        self.evictions
    }

    pub fn contains(&self, id: i32) -> bool {
        self.slots.contains_key(&id)
    }

    pub fn get(&self, id: i32) -> Option<Arc<Mutex<Session>>> {
        self.slots.get(&id).map(|slot| Arc::clone(&slot.session))
    }

    /// Sees that there is a place for the candidate; false where it gets none.
    pub fn make_room(&mut self, candidate: &Candidate, now: Instant) -> bool {
        if candidate.bytes > BYTES_MAX {
            return false;
        }
        while self.slots.len() >= self.max || self.bytes + candidate.bytes > BYTES_MAX {
            let Some(victim) = self.victim(candidate, now) else { return false };
            self.remove(victim);
            self.evictions += 1;
        }
        true
    }

    /// Whose place the candidate may take.
    fn victim(&self, candidate: &Candidate, now: Instant) -> Option<i32> {
        let (used, id) = *self.by_use.first()?;
        if now.since(used) > IDLE_MAX {
            return Some(id);
        }
        let least = if candidate.privileged { self.for_privileged.first() } else { self.for_all.first() }?;
        // An id of 0 is below every session's: of two with as many partitions the older one stays.
        let worth = Worth { privileged: candidate.privileged, partitions: candidate.partitions, id: 0 };
        (worth > *least).then_some(least.id)
    }

    /// Keeps a session, for which there is room.
    pub fn insert(&mut self, id: i32, session: Session, candidate: &Candidate, now: Instant) {
        assert!(self.slots.len() < self.max, "room is made before a session is kept");
        let slot = Slot {
            session: Arc::new(Mutex::new(session)),
            privileged: candidate.privileged,
            created: now,
            used: now,
            partitions: candidate.partitions,
            bytes: candidate.bytes,
        };
        self.enter(id, &slot, now);
        self.slots.insert(id, slot);
    }

    /// Notes that a session was used, and what it holds now.
    pub fn touch(&mut self, id: i32, partitions: usize, bytes: usize, now: Instant) {
        let Some(mut slot) = self.slots.remove(&id) else { return };
        self.leave(id, &slot);
        slot.partitions = partitions;
        slot.bytes = bytes;
        slot.used = now;
        self.enter(id, &slot, now);
        self.slots.insert(id, slot);
    }

    /// Whether the sessions cost more than they may.
    pub fn is_over_budget(&self) -> bool {
        self.bytes > BYTES_MAX
    }

    /// Ends a session; false where there was none.
    pub fn remove(&mut self, id: i32) -> bool {
        let Some(slot) = self.slots.remove(&id) else { return false };
        self.leave(id, &slot);
        true
    }

    fn enter(&mut self, id: i32, slot: &Slot, now: Instant) {
        self.by_use.insert((slot.used, id));
        let old = now.since(slot.created) > IDLE_MAX;
        if old || !slot.privileged {
            self.for_privileged.insert(slot.worth(id));
        }
        if old {
            self.for_all.insert(slot.worth(id));
        }
        self.partitions += slot.partitions;
        self.bytes += slot.bytes;
    }

    fn leave(&mut self, id: i32, slot: &Slot) {
        self.by_use.remove(&(slot.used, id));
        self.for_privileged.remove(&slot.worth(id));
        self.for_all.remove(&slot.worth(id));
        self.partitions -= slot.partitions;
        self.bytes -= slot.bytes;
    }
}
