//! Members leave a classic group.

use crate::group::classic::action::Classic;
use crate::group::classic::group::ClassicState;
use crate::group::error::GroupFault;
use crate::group::request::{JoinAnswer, LeavingMember, LeftMember};
use std::sync::Arc;

impl Classic<'_> {
    /// Members leave; the others rebalance once.
    pub fn leave(&mut self, members: &[LeavingMember]) -> Vec<LeftMember> {
        let mut left = Vec::with_capacity(members.len());
        for leaving in members {
            let fault = self.leave_one(leaving).err();
            left.push(LeftMember { member: Arc::clone(&leaving.member), instance: leaving.instance.clone(), fault });
        }
        if left.iter().any(|left| left.fault.is_none()) {
            match self.group.state {
                ClassicState::Stable | ClassicState::CompletingRebalance => self.prepare_rebalance("members left"),
                ClassicState::PreparingRebalance => self.complete_if_ready(),
                ClassicState::Empty => {}
            }
        }
        left
    }

    fn leave_one(&mut self, leaving: &LeavingMember) -> Result<(), GroupFault> {
        let instance = leaving.instance.as_deref();
        let id = if leaving.member.is_empty() {
            // An operator removes a static member by its instance id.
            let known = instance.and_then(|instance| self.group.static_members.get(instance));
            known.cloned().ok_or(GroupFault::UnknownMemberId)?
        } else if self.group.pending.contains(&leaving.member) {
            Arc::clone(&leaving.member)
        } else {
            self.group.check_member(&leaving.member, instance)?;
            Arc::clone(&leaving.member)
        };
        let reason = leaving.reason.as_deref().unwrap_or("not provided");
        tracing::info!(group = %self.group.id, member = %id, reason, "member leaves");
        self.forget_session(&id);
        let answer = JoinAnswer::refused(&Arc::from(""), GroupFault::UnknownMemberId);
        self.group.answer_join(&id, answer, self.effects);
        self.group.answer_sync(&id, GroupFault::UnknownMemberId.into(), self.effects);
        self.group.remove(&id);
        Ok(())
    }
}
