//! A consumer group's state. It changes by its records only, whether they were just appended or are being loaded.

use crate::group::consumer::member::{ConsumerMember, LEFT, MemberState};
use crate::group::record::{EpochPartitions, Fact, GroupRecord, Partitions, RegexValue};
use esker_model::{Offset, TimestampMs, TopicId};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// How often a topic is wanted by name, and by how many patterns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub by_name: usize,
    pub by_regex: usize,
}

/// How often each topic is wanted. No entry is empty.
pub(crate) type WantedTopics = BTreeMap<Arc<str>, Wanted>;

/// A consumer group.
#[derive(Clone, Debug)]
pub(crate) struct ConsumerGroup {
    pub id: Arc<str>,
    /// Only grows.
    pub epoch: i32,
    /// Hash of the metadata of the topics that its members want, as of `epoch`.
    pub metadata_hash: u64,
    /// The epoch for which the target was computed.
    pub target_epoch: i32,
    pub target_computed_at: TimestampMs,
    pub target: HashMap<Arc<str>, Partitions>,
    pub members: BTreeMap<Arc<str>, ConsumerMember>,
    /// Member ids by instance id.
    pub static_members: HashMap<Arc<str>, Arc<str>>,
    pub wanted: WantedTopics,
    /// How many members want each pattern.
    pub regex_members: BTreeMap<Arc<str>, usize>,
    pub regexes: BTreeMap<Arc<str>, RegexValue>,
    /// How many members prefer each assignor.
    pub assignors: BTreeMap<Arc<str>, usize>,
    pub classic_members: usize,
    /// How many of the classic members can do each protocol.
    pub classic_protocols: HashMap<Arc<str>, usize>,
    /// Who has each partition, by the epoch of that member: at most one, which is what the protocol is for.
    owners: HashMap<TopicId, HashMap<i32, i32>>,
    /// Soft: the image in which the topics' metadata was last looked at; -1 for none.
    pub looked_at: Offset,
    /// Soft: the epoch that came of it; where the group's is older, the record of it was refused.
    pub looked_epoch: i32,
    /// Soft: whether patterns are being looked up.
    pub resolving: bool,
    weight: usize,
}

impl ConsumerGroup {
    pub fn new(id: Arc<str>) -> Self {
        Self {
            id,
            epoch: 1,
            metadata_hash: 0,
            target_epoch: 0,
            target_computed_at: 0,
            target: HashMap::new(),
            members: BTreeMap::new(),
            static_members: HashMap::new(),
            wanted: BTreeMap::new(),
            regex_members: BTreeMap::new(),
            regexes: BTreeMap::new(),
            assignors: BTreeMap::new(),
            classic_members: 0,
            classic_protocols: HashMap::new(),
            owners: HashMap::new(),
            looked_at: -1,
            looked_epoch: 0,
            resolving: false,
            weight: 0,
        }
    }

    pub fn weight(&self) -> usize {
        self.weight
    }

    /// The state, as Kafka's tools print it.
    pub fn state_name(&self) -> &'static str {
        if self.members.is_empty() {
            "Empty"
        } else if self.epoch > self.target_epoch {
            "Assigning"
        } else if self.members.values().all(|member| member.is_reconciled_to(self.target_epoch)) {
            "Stable"
        } else {
            "Reconciling"
        }
    }

    pub fn static_member(&self, instance: &str) -> Option<&ConsumerMember> {
        self.static_members.get(instance).and_then(|id| self.members.get(id))
    }

    /// The target of a member; of a static one also under the id that it had before.
    pub fn target_of(&self, member: &ConsumerMember) -> Partitions {
        let before = member.says.instance.as_ref().and_then(|instance| self.static_members.get(instance));
        self.target.get(before.unwrap_or(&member.id)).cloned().unwrap_or_default()
    }

    /// The epoch of the member that has a partition.
    pub fn owner_epoch(&self, topic: TopicId, partition: i32) -> Option<i32> {
        self.owners.get(&topic)?.get(&partition).copied()
    }

    /// Applies one record.
    pub fn apply(&mut self, record: &GroupRecord) -> Result<(), String> {
        match &record.fact {
            Fact::Epoch(Some((epoch, hash))) => (self.epoch, self.metadata_hash) = (*epoch, *hash),
            Fact::TargetEpoch(value) => (self.target_epoch, self.target_computed_at) = value.unwrap_or((-1, 0)),
            Fact::Target(id, Some(partitions)) => {
                self.target.insert(Arc::clone(id), partitions.clone());
            }
            Fact::Target(id, None) => {
                self.target.remove(id);
            }
            Fact::Member(id, Some(says)) => {
                let mut member = self.member_or_new(id);
                member.says = says.clone();
                self.put(member)?;
            }
            Fact::Member(id, None) => self.take(id),
            Fact::Current(id, Some(value)) => {
                let mut member = self.member_or_new(id);
                member.set_current(value);
                self.put(member)?;
            }
            Fact::Current(id, None) => {
                if let Some(mut member) = self.members.get(id).cloned() {
                    (member.epoch, member.previous_epoch) = (LEFT, LEFT);
                    (member.assigned, member.revoking) = (EpochPartitions::new(), EpochPartitions::new());
                    self.put(member)?;
                }
            }
            Fact::Regex(regex, value) => self.set_regex(regex, value.as_ref()),
            Fact::Epoch(None) | Fact::TopicsMetadata | Fact::Offset { .. } | Fact::Classic(_) => {}
        }
        Ok(())
    }

    fn member_or_new(&self, id: &Arc<str>) -> ConsumerMember {
        self.members.get(id).cloned().unwrap_or_else(|| ConsumerMember::new(Arc::clone(id)))
    }

    /// Puts a member in its place and keeps what is counted of all members.
    pub fn put(&mut self, member: ConsumerMember) -> Result<(), String> {
        if let Some(old) = self.members.remove(&member.id) {
            self.uncount(&old);
        }
        count_wanted(&mut self.wanted, &member, 1);
        if let Some(regex) = member.regex() {
            *self.regex_members.entry(Arc::clone(regex)).or_default() += 1;
        }
        if let Some(assignor) = &member.says.assignor {
            *self.assignors.entry(Arc::clone(assignor)).or_default() += 1;
        }
        if let Some(classic) = member.classic() {
            self.classic_members += 1;
            for (name, _) in &classic.protocols {
                *self.classic_protocols.entry(Arc::clone(name)).or_default() += 1;
            }
        }
        if let Some(instance) = &member.says.instance {
            self.static_members.insert(Arc::clone(instance), Arc::clone(&member.id));
        }
        self.weight += member.weight();
        let owned = self.own(&member);
        self.members.insert(Arc::clone(&member.id), member);
        owned
    }

    fn take(&mut self, id: &str) {
        let Some(member) = self.members.remove(id) else { return };
        self.uncount(&member);
        if let Some(instance) = &member.says.instance
            && self.static_members.get(instance) == Some(&member.id)
        {
            self.static_members.remove(instance);
        }
    }

    fn uncount(&mut self, member: &ConsumerMember) {
        count_wanted(&mut self.wanted, member, -1);
        if let Some(regex) = member.regex() {
            decrement(&mut self.regex_members, regex);
        }
        if let Some(assignor) = &member.says.assignor {
            decrement(&mut self.assignors, assignor);
        }
        if let Some(classic) = member.classic() {
            self.classic_members -= 1;
            for (name, _) in &classic.protocols {
                if let Some(count) = self.classic_protocols.get_mut(name) {
                    *count -= 1;
                }
            }
            self.classic_protocols.retain(|_, count| *count > 0);
        }
        self.weight = self.weight.saturating_sub(member.weight());
        self.disown(member);
    }

    fn own(&mut self, member: &ConsumerMember) -> Result<(), String> {
        for (topic, numbers) in member.assigned.iter().chain(&member.revoking) {
            let owners = self.owners.entry(*topic).or_default();
            for partition in numbers.keys() {
                match owners.get(partition) {
                    Some(epoch) if *epoch >= member.epoch => {
                        return Err(format!(
                            "partition {topic}-{partition} of group {:?} is owned at epoch {epoch}, not at {}",
                            self.id, member.epoch
                        ));
                    }
                    _ => owners.insert(*partition, member.epoch),
                };
            }
        }
        Ok(())
    }

    fn disown(&mut self, member: &ConsumerMember) {
        for (topic, numbers) in member.assigned.iter().chain(&member.revoking) {
            let Some(owners) = self.owners.get_mut(topic) else { continue };
            for partition in numbers.keys() {
                if owners.get(partition) == Some(&member.epoch) {
                    owners.remove(partition);
                }
            }
            if owners.is_empty() {
                self.owners.remove(topic);
            }
        }
    }

    fn set_regex(&mut self, regex: &Arc<str>, value: Option<&RegexValue>) {
        if let Some(old) = self.regexes.remove(regex) {
            count_matched(&mut self.wanted, &old, -1);
        }
        if let Some(value) = value {
            count_matched(&mut self.wanted, value, 1);
            self.regexes.insert(Arc::clone(regex), value.clone());
        }
    }

    /// Whether a member waits for a partition that another has.
    pub fn waits_for_others(&self, member: &ConsumerMember) -> bool {
        let Some(target) = self.target.get(&member.id) else { return false };
        let held = |topic: &TopicId, partition: &i32| {
            let own = member.assigned.get(topic).is_some_and(|numbers| numbers.contains_key(partition));
            !own && self.owner_epoch(*topic, *partition).is_some()
        };
        member.state == MemberState::UnreleasedPartitions
            && target.iter().any(|(topic, numbers)| numbers.iter().any(|partition| held(topic, partition)))
    }

    /// The records that take the group away. `renamed` gives a member's id in the log where that is not its id here.
    pub fn tombstones(&self, renamed: impl Fn(&Arc<str>) -> Arc<str>) -> Vec<GroupRecord> {
        let ids: Vec<Arc<str>> = self.members.keys().map(renamed).collect();
        let mut facts: Vec<Fact> = ids.iter().map(|id| Fact::Current(Arc::clone(id), None)).collect();
        facts.extend(ids.iter().map(|id| Fact::Target(Arc::clone(id), None)));
        facts.push(Fact::TargetEpoch(None));
        facts.extend(ids.into_iter().map(|id| Fact::Member(id, None)));
        facts.extend(self.regexes.keys().map(|regex| Fact::Regex(Arc::clone(regex), None)));
        facts.push(Fact::TopicsMetadata);
        facts.push(Fact::Epoch(None));
        facts.into_iter().map(|fact| GroupRecord { group: Arc::clone(&self.id), fact }).collect()
    }

    /// The records that make the group.
    pub fn records(&self) -> Vec<GroupRecord> {
        let record = |fact| GroupRecord { group: Arc::clone(&self.id), fact };
        let mut records: Vec<GroupRecord> =
            self.members.values().map(|member| member.member_record(&self.id)).collect();
        records.push(record(Fact::Epoch(Some((self.epoch, self.metadata_hash)))));
        let target = |id: &Arc<str>| self.target.get(id).cloned().unwrap_or_default();
        records.extend(self.members.keys().map(|id| record(Fact::Target(Arc::clone(id), Some(target(id))))));
        records.push(record(Fact::TargetEpoch(Some((self.target_epoch, self.target_computed_at)))));
        records.extend(self.members.values().map(|member| member.current_record(&self.id)));
        records
    }
}

/// Counts the topics that a member wants by name, or counts them no more.
pub(crate) fn count_wanted(wanted: &mut WantedTopics, member: &ConsumerMember, by: isize) {
    for topic in &member.says.topics {
        let entry = wanted.entry(Arc::clone(topic)).or_default();
        entry.by_name = entry.by_name.saturating_add_signed(by);
        if *entry == Wanted::default() {
            wanted.remove(topic);
        }
    }
}

/// Counts the topics of a pattern, or counts them no more.
pub(crate) fn count_matched(wanted: &mut WantedTopics, regex: &RegexValue, by: isize) {
    for topic in &regex.topics {
        let entry = wanted.entry(Arc::clone(topic)).or_default();
        entry.by_regex = entry.by_regex.saturating_add_signed(by);
        if *entry == Wanted::default() {
            wanted.remove(topic);
        }
    }
}

pub(crate) fn decrement(counts: &mut BTreeMap<Arc<str>, usize>, name: &Arc<str>) {
    if let Some(count) = counts.get_mut(name) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(name);
        }
    }
}
