//! A member joins a classic group with an id that it has from the group.

use crate::group::classic::action::Classic;
use crate::group::classic::group::ClassicState;
use crate::group::classic::join::reason;
use crate::group::effects::{Reply, Ticket};
use crate::group::error::GroupFault;
use crate::group::request::{JoinAnswer, JoinRequest};
use std::sync::Arc;

impl Classic<'_> {
    pub(super) fn join_known(&mut self, request: &JoinRequest, ticket: Ticket) {
        let id = &request.member;
        if self.group.pending.contains(id) {
            // Only members without an instance id are sent to fetch an id first.
            return match request.instance {
                Some(_) => self.refuse(ticket, id, GroupFault::UnknownServerError),
                None => self.add_member(request, Arc::clone(id), ticket),
            };
        }
        if let Err(fault) = self.group.check_member(id, request.instance.as_deref()) {
            return self.effects.reply(ticket, Reply::Join(JoinAnswer::mistaken(id, fault)));
        }
        let unchanged = self.group.members.get(id).is_some_and(|member| member.protocols == request.protocols);
        match self.group.state {
            ClassicState::PreparingRebalance => self.rejoin(request, ticket, "a member joined"),
            // It may have missed the answer to its first attempt.
            ClassicState::CompletingRebalance if unchanged => self.answer_as_is(id, ticket),
            ClassicState::CompletingRebalance => self.rejoin(request, ticket, "a member changed what it can do"),
            // The leader joins again to have something assigned that shows in no member, such as new partitions.
            ClassicState::Stable if self.group.is_leader(id) => self.rejoin(request, ticket, "the leader joined again"),
            ClassicState::Stable if unchanged => self.answer_as_is(id, ticket),
            ClassicState::Stable => self.rejoin(request, ticket, "a member changed what it can do"),
            ClassicState::Empty => self.refuse(ticket, id, GroupFault::UnknownMemberId),
        }
    }

    /// Gives the member the current generation: it will ask for its assignment next.
    fn answer_as_is(&mut self, id: &Arc<str>, ticket: Ticket) {
        let lead = self.group.state == ClassicState::CompletingRebalance && self.group.is_leader(id);
        let members = if lead { self.group.join_members() } else { Vec::new() };
        self.effects.reply(ticket, Reply::Join(self.group.join_answer(id, members)));
    }

    fn rejoin(&mut self, request: &JoinRequest, ticket: Ticket, what: &str) {
        self.update_member(&request.member, request, ticket);
        self.rebalance_or_complete(&reason(request, what));
    }

    /// Takes what a joining member says of itself, and lets it wait.
    pub(super) fn update_member(&mut self, id: &Arc<str>, request: &JoinRequest, ticket: Ticket) {
        let protocols = request.protocols.clone();
        self.group.change(id, |member| {
            member.protocols = protocols;
            member.rebalance_timeout = request.rebalance_timeout;
            member.session_timeout = request.session_timeout;
            member.client_id = Arc::clone(&request.client.id);
            member.client_host = Arc::clone(&request.client.host);
            // An earlier attempt of the same member is over: its connection waits for nothing any more.
            member.joining = Some(ticket);
        });
    }
}
