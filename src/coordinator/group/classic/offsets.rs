//! What a classic group has to say about its offsets: who may commit them, and when they are forgotten.

use crate::group::classic::group::{ClassicGroup, ClassicState};
use crate::group::error::GroupFault;
use crate::group::request::CommitRequest;
use esker_model::TimestampMs;

impl ClassicGroup {
    /// Whether the request may commit offsets.
    pub fn check_commit(&self, request: &CommitRequest) -> Result<(), GroupFault> {
        let transactional = request.producer.is_some();
        if request.generation < 0 && self.is_empty() {
            return Ok(()); // a consumer that is its own master, or an operator
        }
        if request.generation >= 0 || !request.member.is_empty() || request.instance.is_some() {
            self.check_member(&request.member, request.instance.as_deref())?;
            if request.generation != self.generation {
                return Err(GroupFault::IllegalGeneration);
            }
        } else if !transactional && !self.is_empty() {
            return Err(GroupFault::UnknownMemberId);
        }
        if !transactional && self.state == ClassicState::CompletingRebalance {
            return Err(GroupFault::RebalanceInProgress);
        }
        Ok(())
    }

    /// Whether offsets may be deleted now.
    pub fn check_delete_offsets(&self) -> Result<(), GroupFault> {
        if self.is_empty() || self.uses_consumer_protocol() { Ok(()) } else { Err(GroupFault::NonEmptyGroup) }
    }

    /// From when on an offset counts as unused, for what is asked with the time of its commit; `None` where offsets do not
    /// expire now.
    pub fn unused_since(&self) -> Option<impl Fn(TimestampMs) -> TimestampMs> {
        let empty_since = match &self.protocol_type {
            Some(_) if self.is_empty() => Some(self.state_since).filter(|since| *since >= 0),
            Some(_) if self.uses_consumer_protocol() && self.topics.is_some() && self.state == ClassicState::Stable => {
                None
            }
            Some(_) => return None,
            None => None,
        };
        Some(move |committed_at| empty_since.unwrap_or(committed_at))
    }
}
