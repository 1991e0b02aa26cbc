//! A static member comes back without its id: it gets a new one, and the old one is fenced (KIP-345).

use crate::group::classic::action::{Classic, UndoStatic};
use crate::group::classic::group::{ClassicGroup, ClassicState};
use crate::group::classic::join::reason;
use crate::group::effects::{After, Effects, Ticket};
use crate::group::error::GroupFault;
use crate::group::request::{JoinAnswer, JoinRequest};
use std::sync::Arc;

impl ClassicGroup {
    /// Gives a static member another id. Whoever waits under the old one is told that it is fenced.
    pub(super) fn rename_static(&mut self, old: &Arc<str>, new: &Arc<str>, effects: &mut Effects) {
        self.answer_join(old, JoinAnswer::mistaken(old, GroupFault::FencedInstanceId), effects);
        self.answer_sync(old, GroupFault::FencedInstanceId.into(), effects);
        let leads = self.is_leader(old);
        let Some(mut member) = self.remove(old) else { return };
        member.id = Arc::clone(new);
        member.is_new = false;
        self.add(member);
        if leads {
            self.leader = Some(Arc::clone(new));
        }
    }
}

impl Classic<'_> {
    pub(super) fn replace_static(&mut self, request: &JoinRequest, old: &Arc<str>, new: Arc<str>, ticket: Ticket) {
        let leader_before = self.group.leader.clone();
        self.group.rename_static(old, &new, self.effects);
        self.renew_session(&new);
        let Some(member) = self.group.members.get(&new) else { return };
        let undo = UndoStatic {
            group: Arc::clone(&self.group.id),
            instance: member.instance.clone().unwrap_or_else(|| Arc::from("")),
            old_id: Arc::clone(old),
            new_id: Arc::clone(&new),
            old_protocols: member.protocols.clone(),
            old_rebalance_timeout: member.rebalance_timeout,
            old_session_timeout: member.session_timeout,
            leader_before,
            can_skip_assignment: request.can_skip_assignment,
        };
        self.update_member(&new, request, ticket);
        match self.group.state {
            ClassicState::Stable if self.group.protocol == self.group.elect_protocol() => {
                // Nothing changes for the others: the new id is stored, and everybody keeps what they have.
                self.effects.records.push(self.group.record(None));
                self.effects.after.push(After::Static(Box::new(undo)));
            }
            ClassicState::Stable => {
                self.rebalance_or_complete(&reason(request, "a static member changed what it can do"));
            }
            // The leader may be assigning to the old id just now.
            ClassicState::CompletingRebalance => self.prepare_rebalance(&reason(request, "a static member came back")),
            ClassicState::PreparingRebalance | ClassicState::Empty => self.complete_if_ready(),
        }
    }

    /// The new id is stored: the member goes on with the assignment that it had.
    pub fn static_stored(&mut self, stored: &UndoStatic) {
        let new = &stored.new_id;
        let leads = self.group.is_leader(new);
        let members = if stored.can_skip_assignment && leads { self.group.join_members() } else { Vec::new() };
        let mut answer = self.group.join_answer(new, members);
        if stored.can_skip_assignment {
            answer.skip_assignment = leads;
        } else {
            // An older leader that finds itself leading would assign anew: it is shown the id that it had.
            answer.leader = stored.leader_before.clone().unwrap_or_else(|| Arc::from(""));
        }
        self.group.answer_join(new, answer, self.effects);
    }

    /// The new id is not stored: the member has its old one again.
    pub fn static_refused(&mut self, undo: UndoStatic, fault: GroupFault) {
        let UndoStatic { old_id, new_id, old_protocols, old_rebalance_timeout, old_session_timeout, .. } = undo;
        let mut answer = JoinAnswer::refused(&Arc::from(""), fault);
        answer.generation = self.group.generation;
        self.group.answer_join(&new_id, answer, self.effects);
        self.group.change(&new_id, |member| {
            member.protocols = old_protocols;
            member.rebalance_timeout = old_rebalance_timeout;
            member.session_timeout = old_session_timeout;
        });
        if self.group.static_members.get(&undo.instance) == Some(&new_id) {
            self.forget_session(&new_id);
            self.group.rename_static(&new_id, &old_id, self.effects);
            self.renew_session(&old_id);
        }
    }
}
