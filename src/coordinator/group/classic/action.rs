//! Deciding about a classic group: what is changed, what it is decided by, and what is wanted done.

use crate::group::classic::group::ClassicGroup;
use crate::group::classic::member::Protocol;
use crate::group::cx::Cx;
use crate::group::effects::Effects;
use crate::group::timers::{TimerKey, Timers};
use esker_env::Instant;
use std::sync::Arc;

/// A classic group in the hands of a decision.
pub(crate) struct Classic<'a> {
    pub group: &'a mut ClassicGroup,
    pub timers: &'a mut Timers,
    pub cx: &'a Cx<'a>,
    pub effects: &'a mut Effects,
}

/// What is needed to take back the new id of a static member that could not be stored.
#[derive(Debug)]
pub(crate) struct UndoStatic {
    pub group: Arc<str>,
    pub instance: Arc<str>,
    pub old_id: Arc<str>,
    pub new_id: Arc<str>,
    pub old_protocols: Vec<Protocol>,
    pub old_rebalance_timeout: i32,
    pub old_session_timeout: i32,
    /// The leader as the member knew it when it came back.
    pub leader_before: Option<Arc<str>>,
    pub can_skip_assignment: bool,
}

impl Classic<'_> {
    pub(super) fn join_key(&self) -> TimerKey {
        TimerKey::ClassicJoin(Arc::clone(&self.group.id))
    }

    pub(super) fn sync_key(&self) -> TimerKey {
        TimerKey::ClassicSync(Arc::clone(&self.group.id))
    }

    pub(super) fn session_key(&self, member: &Arc<str>) -> TimerKey {
        TimerKey::ClassicSession(Arc::clone(&self.group.id), Arc::clone(member))
    }

    /// A member was heard of.
    pub(crate) fn renew_session(&mut self, member: &Arc<str>) {
        if let Some(timeout) = self.group.members.get(member).map(|member| member.session_timeout) {
            self.expect(member, self.cx.after_ms(timeout));
        }
    }

    /// A member, or an id that was given out, is to be heard of by then.
    pub(super) fn expect(&mut self, member: &Arc<str>, by: Instant) {
        let key = self.session_key(member);
        self.timers.set(key, by);
    }

    /// A member is not waited for any more.
    pub(super) fn forget_session(&mut self, member: &Arc<str>) {
        let key = self.session_key(member);
        self.timers.cancel(&key);
    }
}
