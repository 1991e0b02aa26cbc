//! What was asked of the store within the last hours, by topic: the ground on which a month is extrapolated.

use crate::cost::Usage;
use esker_env::Instant;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Looks that are kept: a window moves on in steps of this part of its length.
const STEPS: u32 = 24;
/// A month is not extrapolated from less than this part of the window: what happens at a start happens once.
const SHORTEST_PART: u32 = 100;

/// Usage of topics since they were first seen.
type ByTopic = BTreeMap<Arc<str>, Usage>;

/// See the module. Nothing happens between two looks.
#[derive(Debug)]
pub struct CostWindow {
    length: Duration,
    /// Oldest first, at least a step apart; all but the first lie within the window.
    looks: VecDeque<(Instant, ByTopic)>,
}

impl CostWindow {
    /// A window over the last `length`. Until that has passed it reaches back to `start`, when nothing had been asked.
    pub fn new(length: Duration, start: Instant) -> Self {
        Self { length, looks: VecDeque::from([(start, ByTopic::new())]) }
    }

    /// What was used within the window that ends now, and how long that is: zero where it is too short to tell anything.
    pub fn look(&mut self, now: Instant, used: ByTopic) -> (Duration, ByTopic) {
        while self.looks.len() > 1 && self.looks.get(1).is_some_and(|(at, _)| now.since(*at) >= self.length) {
            self.looks.pop_front();
        }
        let Some((since, before)) = self.looks.front() else { return (Duration::ZERO, ByTopic::new()) };
        let period = now.since(*since);
        let within = used.iter().map(|(topic, usage)| {
            let before = before.get(topic).copied().unwrap_or_default();
            (Arc::clone(topic), usage.since(before))
        });
        let within: ByTopic = within.collect();
        if self.looks.back().is_none_or(|(at, _)| now.since(*at) >= self.length / STEPS) {
            self.looks.push_back((now, used));
        }
        if period < self.length / SHORTEST_PART { (Duration::ZERO, ByTopic::new()) } else { (period, within) }
    }
}
