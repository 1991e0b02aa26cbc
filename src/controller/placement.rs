//! Where the replicas of new partitions go: striped over racks, and over the brokers within each rack.
//!
//! Leaders rotate over the racks, and with each partition every rack begins with its next broker, so that both leaders and
//! followers spread evenly. Fenced brokers are taken only when no unfenced one is left, and never lead. After as many
//! partitions as there are unfenced brokers everything is shuffled, lest the same assignments come again and again.

use crate::{ControllerError, ErrorKind};
use esker_env::Random;
use esker_metadata::ClusterImage;
use esker_model::BrokerId;
use std::collections::BTreeMap;

/// Brokers in a circle; each round begins one further.
#[derive(Debug, Default)]
struct Ring {
    brokers: Vec<BrokerId>,
    taken: usize,
    offset: usize,
    round: usize,
}

impl Ring {
    fn start(&mut self, random: &dyn Random) {
        self.brokers.sort_unstable();
        self.offset = below(random, self.brokers.len());
    }

    fn next(&mut self, round: usize) -> Option<BrokerId> {
        let len = self.brokers.len();
        if len == 0 {
            return None;
        }
        if self.round != round {
            self.round = round;
            self.taken = 0;
            self.offset = (self.offset + 1) % len;
        }
        if self.taken == len {
            return None;
        }
        self.taken += 1;
        Some(self.brokers[(self.taken - 1 + self.offset) % len])
    }
}

#[derive(Debug, Default)]
struct Rack {
    unfenced: Ring,
    fenced: Ring,
}

impl Rack {
    fn next(&mut self, round: usize) -> Option<BrokerId> {
        self.unfenced.next(round).or_else(|| self.fenced.next(round))
    }
}

fn below(random: &dyn Random, bound: usize) -> usize {
    usize::try_from(random.below(bound as u64)).unwrap_or(0)
}

fn shuffle<T>(random: &dyn Random, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(random, last + 1));
    }
}

/// Hands out the replicas of one partition after the other.
pub struct Placer<'a> {
    random: &'a dyn Random,
    /// In the order of their names; brokers without a rack are one rack, the first.
    racks: Vec<Rack>,
    total: usize,
    unfenced: usize,
    /// Grows with every partition, so that a ring that sat out some of them begins anew all the same.
    round: usize,
    since_shuffle: usize,
    first: usize,
}

impl<'a> Placer<'a> {
    /// A placer over the registered brokers that are not about to stop.
    pub fn new(image: &ClusterImage, random: &'a dyn Random) -> Self {
        let mut racks: BTreeMap<Option<&str>, Rack> = BTreeMap::new();
        let (mut total, mut unfenced) = (0, 0);
        for broker in image.brokers().filter(|broker| !broker.in_controlled_shutdown) {
            let rack = racks.entry(broker.rack.as_deref()).or_default();
            total += 1;
            if broker.fenced {
                rack.fenced.brokers.push(broker.id);
            } else {
                unfenced += 1;
                rack.unfenced.brokers.push(broker.id);
            }
        }
        let mut racks: Vec<Rack> = racks.into_values().collect();
        for rack in &mut racks {
            rack.unfenced.start(random);
            rack.fenced.start(random);
        }
        let first = below(random, racks.len());
        Self { random, racks, total, unfenced, round: 0, since_shuffle: 0, first }
    }

    /// Checks that partitions of `factor` replicas can be placed.
    pub fn check(&self, factor: i16) -> Result<(), ControllerError> {
        let text = if factor <= 0 {
            format!("Invalid replication factor {factor}: the replication factor must be positive.")
        } else if self.unfenced == 0 {
            "All brokers are currently fenced, or have all their log directories cordoned.".to_owned()
        } else if usize::from(factor.unsigned_abs()) > self.total {
            format!(
                "The target replication factor of {factor} cannot be reached because only {} broker(s) are registered \
                 or some brokers have all their log directories cordoned.",
                self.total
            )
        } else {
            return Ok(());
        };
        Err(ControllerError::new(ErrorKind::InvalidReplicationFactor, text))
    }

    /// The replicas of the next partition, its leader first. `factor` must have passed [`Placer::check`].
    pub fn place(&mut self, factor: i16) -> Vec<BrokerId> {
        let factor = usize::from(factor.unsigned_abs());
        debug_assert!((1..=self.total).contains(&factor) && self.unfenced > 0);
        if self.since_shuffle == self.unfenced && self.unfenced > 1 {
            self.reshuffle();
        }
        if self.first == self.racks.len() {
            self.first = 0;
        }
        let mut replicas = Vec::with_capacity(factor);
        let mut skip = None;
        for step in 0..self.racks.len() {
            let at = (self.first + step) % self.racks.len();
            if let Some(leader) = self.racks[at].unfenced.next(self.round) {
                replicas.push(leader);
                skip = Some(at);
                break;
            }
        }
        let mut at = self.first;
        while replicas.len() < factor {
            // The leader's rack sits out its first turn, so that the second replica stands elsewhere.
            if skip == Some(at) {
                skip = None;
            } else {
                replicas.extend(self.racks[at].next(self.round));
            }
            at = (at + 1) % self.racks.len();
        }
        self.round += 1;
        self.since_shuffle += 1;
        self.first += 1;
        replicas
    }

    fn reshuffle(&mut self) {
        shuffle(self.random, &mut self.racks);
        for rack in &mut self.racks {
            shuffle(self.random, &mut rack.unfenced.brokers);
            shuffle(self.random, &mut rack.fenced.brokers);
        }
        self.since_shuffle = 0;
    }
}
