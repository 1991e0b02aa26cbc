//! A consumer group as operators see it.

use crate::group::consumer::group::ConsumerGroup;
use crate::group::consumer::member::{ConsumerMember, without_epochs};
use crate::group::record::Partitions;
#[cfg(test)]
use std::collections::BTreeMap;
use std::sync::Arc;

/// A consumer group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerDescription {
    /// Its state.
    pub state: &'static str,
    /// Its epoch.
    pub epoch: i32,
    /// The epoch for which its target was computed.
    pub target_epoch: i32,
    /// The assignor that most of its members prefer.
    pub assignor: Arc<str>,
    /// Its members.
    pub members: Vec<ConsumerMemberDescription>,
}

/// A member of a consumer group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerMemberDescription {
    /// Its id.
    pub id: Arc<str>,
    /// Its instance id.
    pub instance: Option<Arc<str>>,
    /// Where it stands.
    pub rack: Option<Arc<str>>,
    /// Its epoch.
    pub epoch: i32,
    /// The client's id.
    pub client_id: Arc<str>,
    /// The client's address.
    pub client_host: Arc<str>,
    /// The topics that it wants by name.
    pub topics: Vec<Arc<str>>,
    /// The pattern of topics that it wants.
    pub regex: Option<Arc<str>>,
    /// What it has, and what it has still to give back.
    pub assignment: Partitions,
    /// What it is to have.
    pub target: Partitions,
    /// Whether it speaks the classic protocol.
    pub classic: bool,
}

impl ConsumerGroup {
    pub fn describe(&self, default_assignor: &str) -> ConsumerDescription {
        let most = self.assignors.iter().max_by_key(|(_, count)| **count).map(|(name, _)| Arc::clone(name));
        ConsumerDescription {
            state: self.state_name(),
            epoch: self.epoch,
            target_epoch: self.target_epoch,
            assignor: most.unwrap_or_else(|| Arc::from(default_assignor)),
            members: self.members.values().map(|member| self.describe_member(member)).collect(),
        }
    }

    fn describe_member(&self, member: &ConsumerMember) -> ConsumerMemberDescription {
        ConsumerMemberDescription {
            id: Arc::clone(&member.id),
            instance: member.says.instance.clone(),
            rack: member.says.rack.clone(),
            epoch: member.epoch,
            client_id: Arc::clone(&member.says.client_id),
            client_host: Arc::clone(&member.says.client_host),
            topics: member.says.topics.iter().cloned().collect(),
            regex: member.says.regex.clone(),
            assignment: held(member),
            target: self.target.get(&member.id).cloned().unwrap_or_default(),
            classic: member.classic().is_some(),
        }
    }

    /// The partitions that anybody has, each once: what the protocol promises.
    #[cfg(test)]
    pub fn owned(&self) -> Result<BTreeMap<(esker_model::TopicId, i32), Arc<str>>, String> {
        let mut owners = BTreeMap::new();
        for member in self.members.values() {
            for (topic, numbers) in member.assigned.iter().chain(&member.revoking) {
                for partition in numbers.keys() {
                    if let Some(other) = owners.insert((*topic, *partition), Arc::clone(&member.id)) {
                        return Err(format!("{topic}-{partition} is owned by {other} and {}", member.id));
                    }
                }
            }
        }
        Ok(owners)
    }
}

/// What a member works on: what it was assigned, and what it has not yet given back.
fn held(member: &ConsumerMember) -> Partitions {
    let mut held = without_epochs(&member.assigned);
    for (topic, numbers) in without_epochs(&member.revoking) {
        held.entry(topic).or_default().extend(numbers);
    }
    held
}
