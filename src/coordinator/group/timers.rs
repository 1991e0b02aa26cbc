//! Deadlines by what they are for. Moving one further away costs no search; it is sorted in anew when it would have rung.

use esker_env::Instant;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

/// What a deadline is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum TimerKey {
    /// A classic member was heard of, or a member that knows only its id.
    ClassicSession(Arc<str>, Arc<str>),
    /// A classic group waits for its members to join.
    ClassicJoin(Arc<str>),
    /// A classic group waits for its members to ask for their assignments.
    ClassicSync(Arc<str>),
    /// A member of a consumer group was heard of.
    ConsumerSession(Arc<str>, Arc<str>),
    /// A member of a consumer group has to give partitions back.
    ConsumerRevoke(Arc<str>, Arc<str>),
    /// A classic member of a consumer group has to join again.
    ConsumerJoin(Arc<str>, Arc<str>),
    /// A classic member of a consumer group has to ask for its assignment.
    ConsumerSync(Arc<str>, Arc<str>),
    /// Offsets may have expired.
    Expiry,
}

/// The deadlines of a shard.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: HashMap<TimerKey, Instant>,
    /// At least one entry for each in `due`, none later than it; others are stale.
    queue: BinaryHeap<Reverse<(Instant, TimerKey)>>,
}

impl Timers {
    /// Sets or moves a deadline.
    pub fn set(&mut self, key: TimerKey, at: Instant) {
        let before = self.due.insert(key.clone(), at);
        if before.is_none_or(|before| at < before) {
            self.queue.push(Reverse((at, key)));
        }
    }

    /// Sets a deadline that is not set.
    pub fn set_if_absent(&mut self, key: TimerKey, at: Instant) {
        if !self.due.contains_key(&key) {
            self.set(key, at);
        }
    }

    /// Moves a deadline nearer where it lies behind `at`.
    pub fn no_later_than(&mut self, key: TimerKey, at: Instant) {
        if self.due.get(&key).is_some_and(|due| *due > at) {
            self.set(key, at);
        }
    }

    /// Somebody was refused for want of memory: groups that nobody is in are looked for soon, not at the usual time.
    pub fn make_room(&mut self, now: Instant) {
        /// Time between two such looks at least.
        const SOON: std::time::Duration = std::time::Duration::from_secs(5);
        self.no_later_than(TimerKey::Expiry, now + SOON);
    }

    /// Forgets a deadline.
    pub fn cancel(&mut self, key: &TimerKey) {
        self.due.remove(key);
        // Stale entries must not outnumber what is alive.
        if self.queue.len() > 64 && self.queue.len() > 4 * self.due.len() {
            self.queue = self.due.iter().map(|(key, at)| Reverse((*at, key.clone()))).collect();
        }
    }

    /// No later than the next deadline.
    pub fn next(&self) -> Option<Instant> {
        self.queue.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes one deadline that has passed.
    pub fn take_due(&mut self, now: Instant) -> Option<TimerKey> {
        while let Some(Reverse((at, _))) = self.queue.peek() {
            if *at > now {
                return None;
            }
            let Reverse((_, key)) = self.queue.pop()?;
            match self.due.get(&key) {
                Some(due) if *due <= now => {
                    self.due.remove(&key);
                    return Some(key);
                }
                Some(due) => self.queue.push(Reverse((*due, key))),
                None => {}
            }
        }
        None
    }

    /// How many deadlines are set.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.due.len()
    }

    /// The deadline of `key`.
    #[cfg(test)]
    pub fn get(&self, key: &TimerKey) -> Option<Instant> {
        self.due.get(key).copied()
    }
}
