//! The groups of one partition of `__consumer_offsets`: what their records make of them.

use crate::group::budget::Budget;
use crate::group::classic::{ClassicGroup, ClassicState};
use crate::group::consumer::ConsumerGroup;
use crate::group::effects::{Effects, Reply, Ticket};
use crate::group::error::{GroupError, GroupFault};
use crate::group::offsets::{OffsetTable, OpenTransactions, PendingOffsets, StoredOffset};
use crate::group::record::{Fact, GroupRecord};
use crate::group::timers::Timers;
use esker_model::{Offset, ProducerId};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::oneshot;

/// What kind of group it is.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Nothing but offsets: its consumers are their own masters.
    Simple,
    Classic(Box<ClassicGroup>),
    Consumer(Box<ConsumerGroup>),
}

/// One group.
#[derive(Debug)]
pub(crate) struct Group {
    pub kind: Kind,
    pub offsets: OffsetTable,
    /// Offsets in transactions that are open.
    pub open: OpenTransactions,
    /// Memory that the budget has been told of.
    accounted: usize,
}

/// Memory of a group apart from what is in it, about.
const GROUP_WEIGHT: usize = 256;

impl Group {
    fn new(kind: Kind) -> Self {
        Self { kind, offsets: OffsetTable::default(), open: OpenTransactions::new(), accounted: 0 }
    }

    /// Whether it has no members.
    pub fn is_empty(&self) -> bool {
        match &self.kind {
            Kind::Simple => true,
            Kind::Classic(group) => group.is_empty(),
            Kind::Consumer(group) => group.members.is_empty(),
        }
    }

    /// Whether one of its members reads the topic, or may.
    pub fn reads(&self, topic: &str) -> bool {
        match &self.kind {
            Kind::Simple => false,
            Kind::Classic(group) => group.reads(topic),
            Kind::Consumer(group) => group.wanted.contains_key(topic),
        }
    }

    /// The records that take it away.
    pub fn tombstones(&self, id: &Arc<str>) -> Vec<GroupRecord> {
        match &self.kind {
            Kind::Simple | Kind::Classic(_) => {
                vec![GroupRecord { group: Arc::clone(id), fact: Fact::Classic(None) }]
            }
            Kind::Consumer(group) => group.tombstones(Arc::clone),
        }
    }

    fn weight(&self, id: &str) -> usize {
        let kind = match &self.kind {
            Kind::Simple => 0,
            Kind::Classic(group) => 512 + group.weight(),
            Kind::Consumer(group) => 1024 + group.weight(),
        };
        GROUP_WEIGHT + 2 * id.len() + kind + self.offsets.weight() + 160 * self.open.len()
    }
}

/// The groups of one partition.
#[derive(Debug)]
pub(crate) struct GroupShard {
    pub groups: HashMap<Arc<str>, Group>,
    /// What open transactions have committed, by their producer.
    pub pending: HashMap<ProducerId, PendingOffsets>,
    pub timers: Timers,
    budget: Budget,
    /// Memory of `pending` that the budget has been told of.
    pending_weight: usize,
    waiting: HashMap<Ticket, oneshot::Sender<Reply>>,
    last_ticket: Ticket,
}

impl GroupShard {
    pub fn new(budget: Budget) -> Self {
        Self {
            groups: HashMap::new(),
            pending: HashMap::new(),
            timers: Timers::default(),
            budget,
            pending_weight: 0,
            waiting: HashMap::new(),
            last_ticket: 0,
        }
    }

    /// Lets somebody wait for an answer.
    pub fn expect_reply(&mut self, to: oneshot::Sender<Reply>) -> Ticket {
        self.last_ticket += 1;
        self.waiting.insert(self.last_ticket, to);
        self.last_ticket
    }

    /// Answers somebody who waits; whoever has left meanwhile is not told.
    pub fn deliver(&mut self, ticket: Ticket, reply: Reply) {
        if let Some(waiting) = self.waiting.remove(&ticket) {
            let _gone = waiting.send(reply);
        }
    }

    /// Whether something new that brings so many bytes may be taken in.
    pub fn has_room_for(&self, bytes: usize) -> bool {
        self.budget.has_room() && self.budget.may_grow(bytes)
    }

    /// Whether what is there may bring so many bytes. Nothing always may.
    pub fn may_grow(&self, bytes: usize) -> bool {
        bytes == 0 || self.budget.may_grow(bytes)
    }

    /// Tells the budget of a change of what open transactions have.
    pub fn settle_pending(&mut self, before: usize, now: usize) {
        self.budget.adjust(before, now);
        self.pending_weight = self.pending_weight + now - before;
    }

    /// What is answered where there is no room.
    pub fn no_room(&self) -> GroupError {
        GroupError::new(GroupFault::GroupMaxSizeReached, "The group coordinator has reached its maximum capacity.")
    }

    pub fn unknown_group(&self, id: &str) -> GroupError {
        GroupError::new(GroupFault::GroupIdNotFound, format!("Group {id} not found."))
    }

    /// The group, made as one that has nothing but offsets where it is not there.
    pub fn group_or_simple(&mut self, id: &Arc<str>) -> &mut Group {
        self.groups.entry(Arc::clone(id)).or_insert_with(|| Group::new(Kind::Simple))
    }

    /// Makes the group a classic one, with the offsets that it has.
    pub fn install(&mut self, group: ClassicGroup) {
        let id = Arc::clone(&group.id);
        self.group_or_simple(&id).kind = Kind::Classic(Box::new(group));
        self.settle(&id);
    }

    /// Tells the budget what the group weighs now.
    pub fn settle(&mut self, id: &Arc<str>) {
        let Some(group) = self.groups.get_mut(id) else { return };
        let now = group.weight(id);
        self.budget.adjust(group.accounted, now);
        group.accounted = now;
    }

    /// Applies one record. `live` is one that was just appended: a classic group is then already what it says.
    pub fn apply(
        &mut self,
        record: GroupRecord,
        at: Offset,
        producer: Option<ProducerId>,
        live: bool,
        effects: &mut Effects,
    ) -> Result<(), String> {
        let GroupRecord { group: id, fact } = record;
        match fact {
            Fact::Offset { topic, partition, value: Some(value) } => {
                let offset = StoredOffset { value, record_offset: at };
                match producer {
                    Some(producer) => self.put_pending(producer, &id, &topic, partition, offset),
                    None => self.group_or_simple(&id).offsets.put(&topic, partition, offset),
                }
            }
            Fact::Offset { topic, partition, value: None } => {
                if let Some(group) = self.groups.get_mut(&id) {
                    group.offsets.remove(&topic, partition);
                }
                self.drop_pending(&id, &topic, partition);
            }
            Fact::Classic(Some(_)) if live => {}
            Fact::Classic(Some(value)) => {
                let group = ClassicGroup::loaded(Arc::clone(&id), value);
                self.group_or_simple(&id).kind = Kind::Classic(Box::new(group));
            }
            Fact::Classic(None) => self.take_classic(&id, effects),
            Fact::Epoch(None) => self.take_consumer(&id)?,
            fact => self.apply_consumer(GroupRecord { group: Arc::clone(&id), fact })?,
        }
        self.settle(&id);
        Ok(())
    }

    fn apply_consumer(&mut self, record: GroupRecord) -> Result<(), String> {
        let tombstone = matches!(
            record.fact,
            Fact::TopicsMetadata
                | Fact::Member(_, None)
                | Fact::TargetEpoch(None)
                | Fact::Target(_, None)
                | Fact::Current(_, None)
                | Fact::Regex(_, None)
        );
        let id = Arc::clone(&record.group);
        let group = match self.groups.get_mut(&id) {
            None if tombstone => return Ok(()),
            None => self.group_or_simple(&id),
            Some(group) => group,
        };
        match &mut group.kind {
            Kind::Consumer(consumer) => return consumer.apply(&record),
            Kind::Simple | Kind::Classic(_) if tombstone => return Ok(()),
            Kind::Classic(classic) if !classic.is_empty() => {
                return Err(format!("classic group {id:?} has a record of a consumer group"));
            }
            Kind::Simple | Kind::Classic(_) => {}
        }
        let mut consumer = Box::new(ConsumerGroup::new(id));
        consumer.apply(&record)?;
        group.kind = Kind::Consumer(consumer);
        Ok(())
    }

    /// Takes a classic group away. Whoever waits in it is told to join again: it has changed its protocol.
    fn take_classic(&mut self, id: &Arc<str>, effects: &mut Effects) {
        let Some(group) = self.groups.get_mut(id) else { return };
        match std::mem::replace(&mut group.kind, Kind::Simple) {
            Kind::Consumer(consumer) => group.kind = Kind::Consumer(consumer),
            Kind::Classic(mut classic) => classic.send_away(GroupFault::RebalanceInProgress, effects),
            Kind::Simple => {}
        }
        self.drop_if_bare(id);
    }

    fn take_consumer(&mut self, id: &Arc<str>) -> Result<(), String> {
        let Some(group) = self.groups.get_mut(id) else { return Ok(()) };
        if let Kind::Consumer(consumer) = &group.kind {
            if !consumer.members.is_empty() {
                return Err(format!("group {id:?} is deleted and has {} members", consumer.members.len()));
            }
            group.kind = Kind::Simple;
        }
        self.drop_if_bare(id);
        Ok(())
    }

    fn drop_if_bare(&mut self, id: &Arc<str>) {
        let bare =
            |group: &Group| matches!(group.kind, Kind::Simple) && group.offsets.is_empty() && group.open.is_empty();
        if self.groups.get(id).is_some_and(bare)
            && let Some(group) = self.groups.remove(id)
        {
            self.budget.adjust(group.accounted, 0);
        }
    }

    /// Groups by their id, with protocol type, state and whether they speak the consumer protocol.
    pub fn list(&self) -> impl Iterator<Item = (&Arc<str>, Arc<str>, &'static str, bool)> {
        self.groups.iter().map(|(id, group)| match &group.kind {
            Kind::Simple => (id, Arc::from(""), ClassicState::Empty.name(), false),
            Kind::Classic(classic) => {
                let kind = classic.protocol_type.clone().unwrap_or_else(|| Arc::from(""));
                (id, kind, classic.state.name(), false)
            }
            Kind::Consumer(consumer) => (id, Arc::from(super::classic::CONSUMER_TYPE), consumer.state_name(), true),
        })
    }
}

impl Drop for GroupShard {
    fn drop(&mut self) {
        let groups: usize = self.groups.values().map(|group| group.accounted).sum();
        self.budget.adjust(groups + self.pending_weight, 0);
    }
}
