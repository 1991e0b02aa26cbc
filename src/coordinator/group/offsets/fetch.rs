//! Offsets are asked for.

use crate::group::error::{GroupError, GroupFault};
use crate::group::offsets::StoredOffset;
use crate::group::request::{FetchRequest, FetchTopic, FetchedOffset, FetchedTopic};
use crate::group::shard::{Group, GroupShard, Kind};
use esker_model::TopicId;
use std::sync::Arc;

impl GroupShard {
    pub(crate) fn fetch(&self, request: &FetchRequest) -> Result<Vec<FetchedTopic>, GroupError> {
        let group = self.groups.get(&request.group);
        if let Some(Kind::Consumer(consumer)) = group.map(|group| &group.kind) {
            consumer.check_fetch(request.member.as_deref(), request.epoch)?;
        }
        let stable = request.require_stable;
        Ok(match (&request.topics, group) {
            (Some(topics), group) => topics.iter().map(|topic| some_of_topic(group, topic, stable)).collect(),
            (None, Some(group)) => all(group, stable),
            (None, None) => Vec::new(),
        })
    }
}

fn some_of_topic(group: Option<&Group>, topic: &FetchTopic, stable: bool) -> FetchedTopic {
    let one = |partition: &i32| {
        let known = group.and_then(|group| group.offsets.get(&topic.name, *partition));
        // A topic that was deleted and created again begins without offsets.
        let meant = |known: &&StoredOffset| {
            let (own, asked) = (known.value.topic_id, topic.id);
            own.is_zero() || asked.is_zero() || own == asked
        };
        fetched(group, &topic.name, *partition, known.filter(meant), stable)
    };
    let partitions = topic.partitions.iter().map(one).collect();
    FetchedTopic { name: Arc::clone(&topic.name), id: topic.id, partitions }
}

fn all(group: &Group, stable: bool) -> Vec<FetchedTopic> {
    let topic = |(name, partitions): (&Arc<str>, &[(i32, StoredOffset)])| FetchedTopic {
        name: Arc::clone(name),
        id: TopicId::ZERO,
        partitions: partitions
            .iter()
            .map(|(partition, known)| fetched(Some(group), name, *partition, Some(known), stable))
            .collect(),
    };
    let mut topics: Vec<FetchedTopic> = group.offsets.topics().map(topic).collect();
    topics.sort_by(|one, other| one.name.cmp(&other.name));
    topics
}

fn fetched(
    group: Option<&Group>,
    topic: &Arc<str>,
    partition: i32,
    known: Option<&StoredOffset>,
    stable: bool,
) -> FetchedOffset {
    let open = |group: &Group| !group.open.is_empty() && group.open.contains_key(&(Arc::clone(topic), partition));
    let none = FetchedOffset { partition, offset: -1, leader_epoch: -1, metadata: "".into(), fault: None };
    if stable && group.is_some_and(open) {
        return FetchedOffset { fault: Some(GroupFault::UnstableOffsetCommit), ..none };
    }
    let Some(StoredOffset { value, .. }) = known else { return none };
    FetchedOffset { offset: value.offset, leader_epoch: value.leader_epoch, metadata: value.metadata.clone(), ..none }
}
