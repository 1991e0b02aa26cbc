//! Topics as the cluster has them: their partitions, and a hash by which it shows that something changed.

use crate::group::consumer::group::{ConsumerGroup, WantedTopics};
use crate::group::consumer::member::ConsumerMember;
use crate::group::embedded::NamedPartitions;
use crate::group::record::Partitions;
use esker_metadata::{ClusterImage, Topic};
use esker_model::TopicId;
use std::collections::BTreeSet;
use std::sync::Arc;

/// 64-bit FNV-1a: stored in records, so it must never change.
struct Hash(u64);

impl Hash {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// Hash of all that an assignment depends on: which topics there are, their partitions, and the racks of their replicas.
/// Zero where no topic is there.
pub(crate) fn metadata_hash(wanted: &WantedTopics, image: &ClusterImage) -> u64 {
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    let mut any = false;
    for topic in wanted.keys().filter_map(|name| image.topic_named(name)) {
        any = true;
        hash.add(topic.id.0.as_bytes());
        hash.add(&topic.partition_count().to_be_bytes());
        add_racks(&mut hash, topic, image);
    }
    if any { hash.0.max(1) } else { 0 }
}

fn add_racks(hash: &mut Hash, topic: &Topic, image: &ClusterImage) {
    for (partition, number) in topic.partitions.iter().zip(0_i32..) {
        let mut racks: Vec<&str> =
            partition.replicas.iter().filter_map(|id| image.broker(*id)?.rack.as_deref()).collect();
        racks.sort_unstable();
        hash.add(&number.to_be_bytes());
        for rack in racks {
            hash.add(&(rack.len() as u32).to_be_bytes());
            hash.add(rack.as_bytes());
        }
    }
}

/// The topics that a member wants and that are there: by name, and by what its pattern matched.
pub(super) fn subscribed(group: &ConsumerGroup, member: &ConsumerMember, image: &ClusterImage) -> BTreeSet<TopicId> {
    let matched = member.regex().and_then(|regex| group.regexes.get(regex));
    let names = member.says.topics.iter().chain(matched.iter().flat_map(|regex| &regex.topics));
    names.filter_map(|name| image.topic_named(name)).map(|topic| topic.id).collect()
}

/// Partitions by the names of their topics, those of topics that are gone left out.
pub(crate) fn named(partitions: &Partitions, image: &ClusterImage) -> NamedPartitions {
    let topic = |id: &TopicId, numbers: &BTreeSet<i32>| {
        let topic = image.topic(*id)?;
        Some((Arc::clone(&topic.name), numbers.iter().copied().collect()))
    };
    partitions.iter().filter_map(|(id, numbers)| topic(id, numbers)).collect()
}

/// Partitions by the ids of their topics, those of topics that are not there left out.
pub(crate) fn identified(partitions: &NamedPartitions, image: &ClusterImage) -> Partitions {
    let mut found = Partitions::new();
    for (name, numbers) in partitions {
        if let Some(topic) = image.topic_named(name) {
            found.entry(topic.id).or_default().extend(numbers.iter().copied());
        }
    }
    found
}
