//! A member joins a classic group that does not know it.

use crate::group::classic::action::Classic;
use crate::group::classic::group::ClassicState;
use crate::group::classic::member::ClassicMember;
use crate::group::effects::{Reply, Ticket};
use crate::group::error::GroupFault;
use crate::group::request::{JoinAnswer, JoinRequest};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// How long a new member may wait in the group before it is taken for gone: it cannot say that it is alive, having no id yet.
const NEW_MEMBER_TIMEOUT: Duration = Duration::from_secs(5 * 60);

impl Classic<'_> {
    /// A member joins; `ticket` is answered now or when the others have joined.
    pub fn join(&mut self, request: &JoinRequest, ticket: Ticket) {
        let unknown = request.member.is_empty();
        if !self.has_room_for(&request.member) {
            self.group.remove(&request.member);
            self.refuse(ticket, &Arc::from(""), GroupFault::GroupMaxSizeReached);
        } else if !self.group.supports(&request.protocol_type, &request.protocols) {
            self.refuse(ticket, &request.member, GroupFault::InconsistentGroupProtocol);
        } else if unknown {
            self.join_new(request, ticket);
        } else {
            self.join_known(request, ticket);
        }
    }

    pub(super) fn refuse(&mut self, ticket: Ticket, member: &Arc<str>, fault: GroupFault) {
        self.effects.reply(ticket, Reply::Join(JoinAnswer::refused(member, fault)));
    }

    /// Whether the group can take the member. While members join, those who have count, so that a group that was made
    /// smaller sheds the last to come.
    fn has_room_for(&self, member: &str) -> bool {
        let max = self.cx.settings.classic_size_max;
        let known = self.group.members.get(member);
        match self.group.state {
            ClassicState::Empty => true,
            ClassicState::PreparingRebalance => {
                known.is_some_and(|member| member.joining.is_some()) || self.group.joining < max
            }
            ClassicState::CompletingRebalance | ClassicState::Stable => {
                known.is_some() || self.group.members.len() < max
            }
        }
    }

    fn join_new(&mut self, request: &JoinRequest, ticket: Ticket) {
        let prefix = request.instance.as_ref().unwrap_or(&request.client.id);
        let id: Arc<str> = format!("{prefix}-{}", self.cx.random.uuid()).into();
        match &request.instance {
            Some(instance) => match self.group.static_members.get(instance).cloned() {
                Some(old) => self.replace_static(request, &old, id, ticket),
                None => self.add_member(request, id, ticket),
            },
            None if request.known_member_required => {
                self.group.pending.insert(Arc::clone(&id));
                self.expect(&id, self.cx.after_ms(request.session_timeout));
                self.refuse(ticket, &id, GroupFault::MemberIdRequired);
            }
            None => self.add_member(request, id, ticket),
        }
    }

    /// Takes a new member in, and prepares a rebalance or goes on with the one that is under way.
    pub(super) fn add_member(&mut self, request: &JoinRequest, id: Arc<str>, ticket: Ticket) {
        let member = ClassicMember {
            id: Arc::clone(&id),
            instance: request.instance.clone(),
            client_id: Arc::clone(&request.client.id),
            client_host: Arc::clone(&request.client.host),
            rebalance_timeout: request.rebalance_timeout,
            session_timeout: request.session_timeout,
            protocols: request.protocols.clone(),
            assignment: Bytes::new(),
            joining: Some(ticket),
            syncing: None,
            is_new: true,
        };
        if self.group.state == ClassicState::PreparingRebalance && self.group.previous == ClassicState::Empty {
            self.group.grew = true;
        }
        if self.group.members.is_empty() {
            self.group.protocol_type = Some(Arc::clone(&request.protocol_type));
        }
        self.group.add(member);
        self.expect(&id, self.cx.now + NEW_MEMBER_TIMEOUT);
        self.rebalance_or_complete(&reason(request, "a member joined"));
    }
}

/// What is logged of a rebalance: what happened, and why the client says that it did.
pub(super) fn reason(request: &JoinRequest, what: &str) -> String {
    let client = request.reason.as_deref().filter(|reason| !reason.is_empty()).unwrap_or("not provided");
    format!("{what}; client reason: {client}")
}
