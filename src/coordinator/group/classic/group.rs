//! A classic group's state and the questions that can be asked of it.

use crate::group::classic::member::{ClassicMember, Protocol};
use crate::group::effects::{Effects, Reply};
use crate::group::embedded;
use crate::group::error::GroupFault;
use crate::group::record::{ClassicValue, Fact, GroupRecord};
use crate::group::request::{JoinAnswer, JoinMember, SyncAnswer};
use bytes::Bytes;
use esker_model::TimestampMs;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// Where a classic group stands. A dead one is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ClassicState {
    /// No members; there may be offsets.
    Empty,
    /// Waits for members to join.
    PreparingRebalance,
    /// Waits for the leader's assignment.
    CompletingRebalance,
    /// Everybody has an assignment.
    Stable,
}

impl ClassicState {
    /// As Kafka's tools print it.
    pub fn name(self) -> &'static str {
        match self {
            ClassicState::Empty => "Empty",
            ClassicState::PreparingRebalance => "PreparingRebalance",
            ClassicState::CompletingRebalance => "CompletingRebalance",
            ClassicState::Stable => "Stable",
        }
    }
}

/// The kind of members that consumers are.
pub(crate) const CONSUMER_TYPE: &str = "consumer";

/// A classic group.
#[derive(Clone, Debug)]
pub(crate) struct ClassicGroup {
    pub id: Arc<str>,
    pub state: ClassicState,
    /// The state before this one.
    pub previous: ClassicState,
    /// -1 where it is not known.
    pub state_since: TimestampMs,
    pub protocol_type: Option<Arc<str>>,
    pub protocol: Option<Arc<str>>,
    /// Only grows.
    pub generation: i32,
    /// One of `members`, where there is any.
    pub leader: Option<Arc<str>>,
    pub members: BTreeMap<Arc<str>, ClassicMember>,
    /// Member ids by instance id; each is one of `members`.
    pub static_members: HashMap<Arc<str>, Arc<str>>,
    /// Ids that were given out and did not come back yet. Disjoint from `members`.
    pub pending: HashSet<Arc<str>>,
    /// How many of `members` wait for a join to be answered.
    pub joining: usize,
    /// How many of `members` can do each protocol.
    supported: HashMap<Arc<str>, usize>,
    /// Members that did not ask for their assignment yet.
    pub unsynced: BTreeSet<Arc<str>>,
    /// Topics that its consumers read; `None` where they are none or cannot be understood.
    pub topics: Option<BTreeSet<Arc<str>>>,
    /// Whether a member came while the first rebalance waited.
    pub grew: bool,
    /// How much longer the first rebalance may wait after its present delay; set while it does.
    pub initial_wait_left: Option<Duration>,
    /// Memory of the members, about.
    weight: usize,
}

impl ClassicGroup {
    pub fn new(id: Arc<str>, now: TimestampMs) -> Self {
        Self {
            id,
            state: ClassicState::Empty,
            previous: ClassicState::Empty,
            state_since: now,
            protocol_type: None,
            protocol: None,
            generation: 0,
            leader: None,
            members: BTreeMap::new(),
            static_members: HashMap::new(),
            pending: HashSet::new(),
            joining: 0,
            supported: HashMap::new(),
            unsynced: BTreeSet::new(),
            topics: None,
            grew: false,
            initial_wait_left: None,
            weight: 0,
        }
    }

    /// The group as it was stored.
    pub fn loaded(id: Arc<str>, value: ClassicValue) -> Self {
        let mut group = Self::new(id, value.state_since);
        group.generation = value.generation;
        group.protocol_type = Some(value.protocol_type).filter(|kind| !kind.is_empty());
        group.protocol = value.protocol;
        group.leader = value.leader;
        if !value.members.is_empty() {
            group.state = ClassicState::Stable;
        }
        for member in value.members {
            let member = ClassicMember::loaded(member, group.protocol.as_ref());
            group.add(member);
        }
        group.topics = group.read_topics();
        group
    }

    pub fn is_empty(&self) -> bool {
        self.state == ClassicState::Empty
    }

    pub fn uses_consumer_protocol(&self) -> bool {
        self.protocol_type.as_deref() == Some(CONSUMER_TYPE)
    }

    pub fn is_leader(&self, member: &str) -> bool {
        self.leader.as_deref() == Some(member)
    }

    /// Memory of the group, about.
    pub fn weight(&self) -> usize {
        self.weight + 128 * self.pending.len()
    }

    pub fn transition(&mut self, to: ClassicState, now: TimestampMs) {
        self.previous = self.state;
        self.state = to;
        self.state_since = now;
    }

    pub fn add(&mut self, member: ClassicMember) {
        if let Some(instance) = &member.instance {
            self.static_members.insert(Arc::clone(instance), Arc::clone(&member.id));
        }
        if self.leader.is_none() {
            self.leader = Some(Arc::clone(&member.id));
        }
        self.pending.remove(&member.id);
        self.count(&member.protocols, 1);
        self.joining += usize::from(member.joining.is_some());
        self.weight += member.weight();
        self.members.insert(Arc::clone(&member.id), member);
    }

    /// Removes a member, or an id that was given out.
    pub fn remove(&mut self, id: &str) -> Option<ClassicMember> {
        self.pending.remove(id);
        self.unsynced.remove(id);
        let member = self.members.remove(id)?;
        self.weight = self.weight.saturating_sub(member.weight());
        self.count(&member.protocols, -1);
        self.joining -= usize::from(member.joining.is_some());
        if let Some(instance) = &member.instance
            && self.static_members.get(instance) == Some(&member.id)
        {
            self.static_members.remove(instance);
        }
        if self.is_leader(id) {
            self.leader = self.members.keys().next().cloned();
        }
        Some(member)
    }

    /// Changes a member in place and keeps what is counted of it.
    pub fn change(&mut self, id: &str, change: impl FnOnce(&mut ClassicMember)) {
        let Some(mut member) = self.members.remove(id) else { return };
        self.weight = self.weight.saturating_sub(member.weight());
        self.joining -= usize::from(member.joining.is_some());
        self.count(&member.protocols, -1);
        change(&mut member);
        self.count(&member.protocols, 1);
        self.joining += usize::from(member.joining.is_some());
        self.weight += member.weight();
        self.members.insert(Arc::clone(&member.id), member);
    }

    fn count(&mut self, protocols: &[Protocol], by: isize) {
        for (name, _) in protocols {
            let count = self.supported.entry(Arc::clone(name)).or_default();
            *count = count.saturating_add_signed(by);
        }
        self.supported.retain(|_, count| *count > 0);
    }

    /// Whether every member has joined, and nobody who was given an id is still to come.
    pub fn all_joined(&self) -> bool {
        self.joining == self.members.len() && self.pending.is_empty()
    }

    /// The longest time that a member may take to join again.
    pub fn rebalance_timeout(&self) -> Duration {
        let longest = self.members.values().map(|member| member.rebalance_timeout).max().unwrap_or(0);
        Duration::from_millis(u64::try_from(longest).unwrap_or(0))
    }

    /// Whether a member with these protocols can be in the group.
    pub fn supports(&self, protocol_type: &str, protocols: &[Protocol]) -> bool {
        if self.is_empty() {
            return !protocol_type.is_empty() && !protocols.is_empty();
        }
        let by_all = |name: &Arc<str>| self.supported.get(name).copied().unwrap_or(0) == self.members.len();
        self.protocol_type.as_deref() == Some(protocol_type) && protocols.iter().any(|(name, _)| by_all(name))
    }

    /// The protocol that all can do and most prefer.
    pub fn elect_protocol(&self) -> Option<Arc<str>> {
        let by_all = self.supported.iter().filter(|(_, count)| **count == self.members.len());
        let candidates: HashSet<&str> = by_all.map(|(name, _)| &**name).collect();
        let mut votes: BTreeMap<&Arc<str>, usize> = BTreeMap::new();
        for vote in self.members.values().filter_map(|member| member.vote(&candidates)) {
            *votes.entry(vote).or_default() += 1;
        }
        votes.into_iter().max_by_key(|(_, votes)| *votes).map(|(name, _)| Arc::clone(name))
    }

    /// Gives the lead to a member that joined, where the leader did not. False where nobody did.
    pub fn elect_joined_leader(&mut self) -> bool {
        let joined = |member: &ClassicMember| member.joining.is_some();
        let Some(leader) = &self.leader else { return false };
        if self.members.get(leader).is_some_and(joined) {
            return true;
        }
        match self.members.values().find(|member| joined(member)) {
            Some(member) => {
                self.leader = Some(Arc::clone(&member.id));
                true
            }
            None => false,
        }
    }

    /// The next generation, with those who are there now.
    pub fn next_generation(&mut self, now: TimestampMs) {
        self.generation = self.generation.saturating_add(1);
        self.unsynced.clear();
        self.protocol = if self.members.is_empty() { None } else { self.elect_protocol() };
        self.topics = self.read_topics();
        let next = if self.members.is_empty() { ClassicState::Empty } else { ClassicState::CompletingRebalance };
        self.transition(next, now);
    }

    /// The topics that the members read, as far as they can be understood.
    pub fn read_topics(&self) -> Option<BTreeSet<Arc<str>>> {
        if !self.uses_consumer_protocol() {
            return None;
        }
        if self.members.is_empty() {
            return Some(BTreeSet::new());
        }
        let protocol = self.protocol.as_deref()?;
        let mut all = BTreeSet::new();
        for member in self.members.values() {
            all.extend(embedded::read_subscription(&member.metadata(protocol)).ok()?.topics);
        }
        Some(all)
    }

    /// Whether a consumer of the group reads the topic, or may.
    pub fn reads(&self, topic: &str) -> bool {
        match &self.topics {
            Some(topics) => topics.contains(topic),
            None => self.uses_consumer_protocol(),
        }
    }

    /// Checks that a member is who it says.
    pub fn check_member(&self, member: &str, instance: Option<&str>) -> Result<(), GroupFault> {
        if let Some(instance) = instance {
            let known = self.static_members.get(instance).ok_or(GroupFault::UnknownMemberId)?;
            if &**known != member {
                return Err(GroupFault::FencedInstanceId);
            }
        }
        if self.members.contains_key(member) { Ok(()) } else { Err(GroupFault::UnknownMemberId) }
    }

    /// All members, as the leader is shown them.
    pub fn join_members(&self) -> Vec<JoinMember> {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        let shown = self.members.values().map(|member| JoinMember {
            id: Arc::clone(&member.id),
            instance: member.instance.clone(),
            metadata: member.metadata(protocol),
        });
        shown.collect()
    }

    /// The answer that a member of the current generation gets when it joins.
    pub fn join_answer(&self, member: &Arc<str>, members: Vec<JoinMember>) -> JoinAnswer {
        JoinAnswer {
            fault: None,
            generation: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            leader: self.leader.clone().unwrap_or_else(|| Arc::from("")),
            skip_assignment: false,
            member: Arc::clone(member),
            members,
        }
    }

    /// Answers a member that waits for the others to join.
    pub fn answer_join(&mut self, id: &str, answer: JoinAnswer, effects: &mut Effects) -> bool {
        let Some(member) = self.members.get_mut(id) else { return false };
        let Some(ticket) = member.joining.take() else { return false };
        self.joining -= 1;
        effects.reply(ticket, Reply::Join(answer));
        true
    }

    /// Answers a member that waits for its assignment.
    pub fn answer_sync(&mut self, id: &str, answer: SyncAnswer, effects: &mut Effects) -> bool {
        let Some(member) = self.members.get_mut(id) else { return false };
        let Some(ticket) = member.syncing.take() else { return false };
        effects.reply(ticket, Reply::Sync(answer));
        true
    }

    /// Tells everybody who waits to join again.
    pub fn send_away(&mut self, fault: GroupFault, effects: &mut Effects) {
        for id in self.members.keys().cloned().collect::<Vec<_>>() {
            self.answer_join(&id, JoinAnswer::refused(&id, fault), effects);
            self.answer_sync(&id, fault.into(), effects);
        }
    }

    /// The group as it is stored, with these assignments or those that its members have.
    pub fn record(&self, assignments: Option<&HashMap<Arc<str>, Bytes>>) -> GroupRecord {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        let assignment = |member: &ClassicMember| match assignments {
            Some(all) => all.get(&member.id).cloned().unwrap_or_default(),
            None => member.assignment.clone(),
        };
        let value = ClassicValue {
            protocol_type: self.protocol_type.clone().unwrap_or_else(|| Arc::from("")),
            generation: self.generation,
            protocol: self.protocol.clone(),
            leader: self.leader.clone(),
            state_since: self.state_since,
            members: self.members.values().map(|member| member.stored(protocol, assignment(member))).collect(),
        };
        GroupRecord { group: Arc::clone(&self.id), fact: Fact::Classic(Some(value)) }
    }

    /// What is stored of a group that has only just been heard of.
    pub fn first_record(&self) -> GroupRecord {
        let value = ClassicValue { state_since: self.state_since, ..ClassicValue::default() };
        GroupRecord { group: Arc::clone(&self.id), fact: Fact::Classic(Some(value)) }
    }
}
