//! Members want different topics: each keeps what it has, what is free goes to who has least, and then topics are evened out
//! one after another until none gets better.

use super::spread::Spread;
use super::{Assigned, Spec};
use crate::group::record::Partitions;
use esker_model::TopicId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most rounds of evening out. Few ever need more than two.
const ROUNDS_MAX: usize = 16;

/// Nobody.
const FREE: usize = usize::MAX;

/// An assignment in the making. Members go by their place in the spec.
struct Making {
    /// Who wants each topic, ascending.
    readers: BTreeMap<TopicId, Vec<usize>>,
    /// Who has each partition.
    owners: BTreeMap<TopicId, Vec<usize>>,
    /// How much each member has.
    sizes: Vec<usize>,
}

pub(super) fn assign(spec: &Spec<'_>) -> Assigned {
    let mut making = Making::new(spec);
    let topics = making.sorted_topics();
    for topic in &topics {
        making.give_out(*topic);
    }
    making.even_out(&topics);
    making.finish(spec)
}

impl Making {
    fn new(spec: &Spec<'_>) -> Self {
        let (mut readers, mut owners) = (BTreeMap::<TopicId, Vec<usize>>::new(), BTreeMap::new());
        for (at, member) in spec.members.values().enumerate() {
            for topic in member.subscribed.iter() {
                readers.entry(*topic).or_default().push(at);
                let count = usize::try_from((spec.partitions)(*topic)).unwrap_or(0);
                owners.entry(*topic).or_insert_with(|| vec![FREE; count]);
            }
        }
        let mut making = Self { readers, owners, sizes: vec![0; spec.members.len()] };
        for (at, member) in spec.members.values().enumerate() {
            for (topic, numbers) in member.assigned.iter().filter(|(topic, _)| member.subscribed.contains(topic)) {
                for partition in numbers {
                    making.keep(*topic, *partition, at);
                }
            }
        }
        making
    }

    fn keep(&mut self, topic: TopicId, partition: i32, member: usize) {
        let place = self.owners.get_mut(&topic).and_then(|owners| owners.get_mut(usize::try_from(partition).ok()?));
        if let Some(owner) = place
            && *owner == FREE
        {
            *owner = member;
            self.sizes[member] += 1;
        }
    }

    /// Topics with many partitions for each reader first; they weigh most.
    fn sorted_topics(&self) -> Vec<TopicId> {
        let mut topics: Vec<TopicId> = self.readers.keys().copied().collect();
        let load = |topic: &TopicId| (self.owners[topic].len() as u64, self.readers[topic].len() as u64);
        topics.sort_by(|one, other| {
            let ((one_partitions, one_readers), (other_partitions, other_readers)) = (load(one), load(other));
            // partitions / readers, compared without dividing
            (other_partitions * one_readers)
                .cmp(&(one_partitions * other_readers))
                .then(one_readers.cmp(&other_readers))
                .then(one.cmp(other))
        });
        topics
    }

    fn give_out(&mut self, topic: TopicId) {
        let free: Vec<usize> = (0..self.owners[&topic].len()).filter(|at| self.owners[&topic][*at] == FREE).collect();
        if free.is_empty() {
            return;
        }
        let mut spread = Spread::new(&self.readers[&topic], &self.sizes);
        for partition in free {
            let member = spread.next_least(&self.sizes);
            self.give(topic, partition, member);
        }
    }

    fn give(&mut self, topic: TopicId, partition: usize, member: usize) {
        let Some(owner) = self.owners.get_mut(&topic).and_then(|owners| owners.get_mut(partition)) else { return };
        if *owner != FREE {
            self.sizes[*owner] -= 1;
        }
        *owner = member;
        self.sizes[member] += 1;
    }

    /// Goes over the topics until a whole round changes nothing.
    fn even_out(&mut self, topics: &[TopicId]) {
        let topics: Vec<TopicId> = topics.iter().filter(|topic| self.readers[topic].len() >= 2).copied().collect();
        let mut last_changed = None;
        for _ in 0..ROUNDS_MAX {
            for (at, topic) in topics.iter().enumerate() {
                if last_changed == Some(at) {
                    return;
                }
                if self.even_out_topic(*topic) > 0 || last_changed.is_none() {
                    last_changed = Some(at);
                }
            }
        }
    }

    /// Moves partitions of one topic from who has most to who has least; says how many.
    fn even_out_topic(&mut self, topic: TopicId) -> usize {
        let mut spread = Spread::new(&self.readers[&topic], &self.sizes);
        if spread.imbalance(&self.sizes) <= 1 {
            return 0;
        }
        let mut of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (partition, owner) in self.owners[&topic].iter().enumerate() {
            of.entry(*owner).or_default().push(partition);
        }
        let mut moved = 0;
        while !spread.is_even() {
            let Some((from, partition)) = next_to_move(&mut spread, &mut of, &self.sizes) else { break };
            let to = spread.next_least(&self.sizes);
            if spread.is_even() {
                break;
            }
            debug_assert_eq!(self.owners[&topic][partition], from);
            self.give(topic, partition, to);
            moved += 1;
        }
        moved
    }

    fn finish(self, spec: &Spec<'_>) -> Assigned {
        let ids: Vec<&Arc<str>> = spec.members.keys().collect();
        let mut assigned: Assigned = ids.iter().map(|id| (Arc::clone(id), Partitions::new())).collect();
        for (topic, owners) in self.owners {
            for (partition, owner) in (0..).zip(owners) {
                if let Some(own) = ids.get(owner).and_then(|id| assigned.get_mut(*id)) {
                    own.entry(topic).or_default().insert(partition);
                }
            }
        }
        assigned
    }
}

/// The last partition of who has most and has any of this topic.
fn next_to_move(spread: &mut Spread, of: &mut BTreeMap<usize, Vec<usize>>, sizes: &[usize]) -> Option<(usize, usize)> {
    loop {
        let member = spread.next_most(sizes)?;
        match of.get_mut(&member).and_then(Vec::pop) {
            Some(partition) => return Some((member, partition)),
            None => spread.exclude_most(),
        }
    }
}
