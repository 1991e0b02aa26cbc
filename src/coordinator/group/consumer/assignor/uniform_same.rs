//! All members want the same topics: each gets its even share and keeps of what it has as much as that allows.

use super::{Assigned, Spec};
use crate::group::record::Partitions;
use esker_model::TopicId;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

pub(super) fn assign(spec: &Spec<'_>) -> Assigned {
    let Some(topics) = spec.members.values().next().map(|member| Arc::clone(&member.subscribed)) else {
        return Assigned::new();
    };
    if topics.is_empty() {
        return spec.members.keys().map(|id| (Arc::clone(id), Partitions::new())).collect();
    }
    let mut sharing = Sharing::new(spec, &topics);
    let mut assigned = Assigned::new();
    let mut short: Vec<(Arc<str>, i32)> = Vec::new();
    for (at, (id, member)) in spec.members.iter().enumerate() {
        let (kept, missing) = sharing.keep(&member.assigned, spec.members.len() - at);
        if missing > 0 {
            short.push((Arc::clone(id), missing));
        }
        assigned.insert(Arc::clone(id), kept);
    }
    let mut free = sharing.free.into_iter();
    for (id, missing) in short {
        let Some(own) = assigned.get_mut(&id) else { continue };
        for (topic, partition) in free.by_ref().take(usize::try_from(missing).unwrap_or(0)) {
            own.entry(topic).or_default().insert(partition);
        }
    }
    assigned
}

/// What is shared out, and how.
struct Sharing<'a> {
    topics: &'a BTreeSet<TopicId>,
    /// Least number of partitions that each gets.
    quota: i32,
    /// How many of those who are still to come get one more.
    extra: i32,
    /// Partitions without an owner.
    free: Vec<(TopicId, i32)>,
}

impl<'a> Sharing<'a> {
    fn new(spec: &Spec<'_>, topics: &'a BTreeSet<TopicId>) -> Self {
        let owned: HashSet<(TopicId, i32)> = spec
            .members
            .values()
            .flat_map(|member| &member.assigned)
            .flat_map(|(topic, numbers)| numbers.iter().map(|partition| (*topic, *partition)))
            .collect();
        let (mut total, mut free) = (0, Vec::new());
        for topic in topics {
            let count = (spec.partitions)(*topic).max(0);
            total += count;
            free.extend((0..count).map(|partition| (*topic, partition)).filter(|one| !owned.contains(one)));
        }
        let members = i32::try_from(spec.members.len()).unwrap_or(i32::MAX);
        Self { topics, quota: total / members, extra: total % members, free }
    }

    /// What a member keeps of what it had, and how much it lacks then. `left` members are still to come, this one included.
    fn keep(&mut self, had: &Partitions, left: usize) -> (Partitions, i32) {
        let mut with_extra = self.extra > 0;
        let mut quota = self.quota + i32::from(with_extra);
        let mut kept = Partitions::new();
        for (topic, numbers) in had.iter().filter(|(topic, _)| self.topics.contains(topic)) {
            for partition in numbers {
                if quota > 0 {
                    quota -= 1;
                    kept.entry(*topic).or_default().insert(*partition);
                } else {
                    self.free.push((*topic, *partition));
                }
            }
        }
        // One who would have to be given the extra partition leaves it to a later one who may have it already, as long as
        // there are enough of those.
        if quota > 0 && with_extra && left > usize::try_from(self.extra).unwrap_or(0) {
            quota -= 1;
            with_extra = false;
        }
        self.extra -= i32::from(with_extra);
        (kept, quota)
    }
}
