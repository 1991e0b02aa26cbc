//! Each topic is cut into ranges, one for each of those who want it. Static members come first, by instance id, so that who
//! has what survives a restart; topics with as many partitions are cut alike.

use super::{Assigned, MemberSpec, Spec};
use esker_model::TopicId;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How much of a topic is given out.
struct Cut {
    partitions: i32,
    /// Least number of partitions that each gets.
    quota: i32,
    /// How many get one more.
    extra: i32,
    next: i32,
}

pub(super) fn assign(spec: &Spec<'_>) -> Assigned {
    let mut members: Vec<(&Arc<str>, &MemberSpec)> = spec.members.iter().collect();
    members.sort_by(|one, other| order(*one, *other));
    let mut readers: BTreeMap<TopicId, i32> = BTreeMap::new();
    for topic in members.iter().flat_map(|(_, member)| member.subscribed.iter()) {
        *readers.entry(*topic).or_default() += 1;
    }
    let cut = |(topic, readers): (TopicId, i32)| {
        let partitions = (spec.partitions)(topic).max(0);
        (topic, Cut { partitions, quota: partitions / readers, extra: partitions % readers, next: 0 })
    };
    let mut cuts: BTreeMap<TopicId, Cut> = readers.into_iter().map(cut).collect();
    let mut assigned = Assigned::new();
    for (id, member) in members {
        let own = assigned.entry(Arc::clone(id)).or_default();
        for topic in member.subscribed.iter() {
            let Some(cut) = cuts.get_mut(topic) else { continue };
            let range = cut.take();
            if !range.is_empty() {
                own.insert(*topic, range.collect());
            }
        }
    }
    assigned
}

impl Cut {
    fn take(&mut self) -> std::ops::Range<i32> {
        let more = i32::from(self.extra > 0);
        self.extra -= more;
        let start = self.next;
        self.next = (start + self.quota + more).min(self.partitions);
        start..self.next
    }
}

fn order(one: (&Arc<str>, &MemberSpec), other: (&Arc<str>, &MemberSpec)) -> Ordering {
    match (&one.1.instance, &other.1.instance) {
        (Some(one), Some(other)) => one.cmp(other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => one.0.cmp(other.0),
    }
}
