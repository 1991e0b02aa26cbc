//! Members of a classic group ask for their assignments; the leader brings those of all.

use crate::group::classic::action::Classic;
use crate::group::classic::group::ClassicState;
use crate::group::effects::{After, Reply, Ticket};
use crate::group::error::GroupFault;
use crate::group::request::{SyncAnswer, SyncRequest};
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::Arc;

impl Classic<'_> {
    /// A member asks; `ticket` is answered now or when the leader's assignment is stored.
    pub fn sync(&mut self, request: &SyncRequest, ticket: Ticket) {
        let refused = match self.check_sync(request) {
            Err(fault) => Some(fault),
            Ok(()) => match self.group.state {
                ClassicState::Empty => Some(GroupFault::UnknownMemberId),
                ClassicState::PreparingRebalance => Some(GroupFault::RebalanceInProgress),
                ClassicState::CompletingRebalance | ClassicState::Stable => None,
            },
        };
        if let Some(fault) = refused {
            return self.effects.reply(ticket, Reply::Sync(fault.into()));
        }
        self.group.unsynced.remove(&request.member);
        if self.group.unsynced.is_empty() {
            let key = self.sync_key();
            self.timers.cancel(&key);
        }
        if self.group.state == ClassicState::Stable {
            let answer = self.assignment_of(&request.member);
            return self.effects.reply(ticket, Reply::Sync(answer));
        }
        if let Some(member) = self.group.members.get_mut(&request.member) {
            member.syncing = Some(ticket);
        }
        if self.group.is_leader(&request.member) {
            self.store_assignments(request);
        }
    }

    fn check_sync(&self, request: &SyncRequest) -> Result<(), GroupFault> {
        self.group.check_member(&request.member, request.instance.as_deref())?;
        let differs =
            |asked: &Option<Arc<str>>, known: &Option<Arc<str>>| asked.is_some() && known.is_some() && asked != known;
        if request.generation != self.group.generation {
            Err(GroupFault::IllegalGeneration)
        } else if differs(&request.protocol_type, &self.group.protocol_type)
            || differs(&request.protocol, &self.group.protocol)
        {
            Err(GroupFault::InconsistentGroupProtocol)
        } else {
            Ok(())
        }
    }

    /// Has the leader's assignment stored. Members that it forgot get nothing; what it gives to others is dropped.
    fn store_assignments(&mut self, request: &SyncRequest) {
        let members = &self.group.members;
        let given = request.assignments.iter().filter(|(id, _)| members.contains_key(id)).cloned();
        let assignments: HashMap<Arc<str>, Bytes> = given.collect();
        let forgotten = members.len() - assignments.len();
        if forgotten > 0 {
            tracing::warn!(group = %self.group.id, members = forgotten, "leader gave no assignment");
        }
        self.effects.records.push(self.group.record(Some(&assignments)));
        self.effects.after.push(After::Assign {
            group: Arc::clone(&self.group.id),
            generation: self.group.generation,
            assignments,
        });
    }

    /// The assignment is stored: everybody who waits gets theirs. Nothing happens where the group has moved on meanwhile.
    pub fn assign(&mut self, generation: i32, mut assignments: HashMap<Arc<str>, Bytes>) {
        if self.group.state != ClassicState::CompletingRebalance || self.group.generation != generation {
            return;
        }
        for id in self.group.members.keys().cloned().collect::<Vec<_>>() {
            let assignment = assignments.remove(&id).unwrap_or_default();
            self.group.change(&id, |member| member.assignment = assignment);
            let answer = self.assignment_of(&id);
            if self.group.answer_sync(&id, answer, self.effects) {
                self.renew_session(&id);
            }
        }
        self.group.transition(ClassicState::Stable, self.cx.wall_ms);
    }

    /// The assignment is not stored: everybody has to join again.
    pub fn assign_refused(&mut self, generation: i32, fault: GroupFault) {
        if self.group.state == ClassicState::CompletingRebalance && self.group.generation == generation {
            self.withdraw_assignments(fault);
            self.prepare_rebalance("the assignment could not be stored");
        }
    }

    fn assignment_of(&self, id: &str) -> SyncAnswer {
        SyncAnswer {
            fault: None,
            protocol_type: self.group.protocol_type.clone(),
            protocol: self.group.protocol.clone(),
            assignment: self.group.members.get(id).map(|member| member.assignment.clone()).unwrap_or_default(),
        }
    }
}
