//! A member of a classic group says that it is alive.

use crate::group::classic::action::Classic;
use crate::group::classic::group::ClassicState;
use crate::group::error::GroupFault;
use crate::group::request::HeartbeatRequest;

impl Classic<'_> {
    /// A member is heard of, and told whether it has to join again.
    pub fn heartbeat(&mut self, request: &HeartbeatRequest) -> Result<(), GroupFault> {
        self.group.check_member(&request.member, request.instance.as_deref())?;
        if request.generation != self.group.generation {
            return Err(GroupFault::IllegalGeneration);
        }
        self.renew_session(&request.member);
        match self.group.state {
            ClassicState::Empty => Err(GroupFault::UnknownMemberId),
            ClassicState::PreparingRebalance => Err(GroupFault::RebalanceInProgress),
            ClassicState::CompletingRebalance | ClassicState::Stable => Ok(()),
        }
    }
}
