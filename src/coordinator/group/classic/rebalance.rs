//! Rebalances of a classic group: when one begins, how long it waits, and how it ends.

use crate::group::classic::action::Classic;
use crate::group::classic::group::ClassicState;
use crate::group::error::GroupFault;
use crate::group::request::{JoinAnswer, SyncAnswer};
use bytes::Bytes;
use std::sync::Arc;

impl Classic<'_> {
    /// Begins a rebalance, or goes on with the one that is under way.
    pub(super) fn rebalance_or_complete(&mut self, why: &str) {
        match self.group.state {
            ClassicState::PreparingRebalance => self.complete_if_ready(),
            _ => self.prepare_rebalance(why),
        }
    }

    /// Begins a rebalance. The first one waits for more members than the one who began it.
    pub fn prepare_rebalance(&mut self, why: &str) {
        if self.group.state == ClassicState::CompletingRebalance {
            self.withdraw_assignments(GroupFault::RebalanceInProgress);
        }
        self.group.unsynced.clear();
        let sync = self.sync_key();
        self.timers.cancel(&sync);
        let first = self.group.is_empty();
        let state = self.group.state.name();
        self.group.transition(ClassicState::PreparingRebalance, self.cx.wall_ms);
        let (group, generation) = (&self.group.id, self.group.generation);
        tracing::info!(%group, state, generation, reason = why, "rebalance begins");
        if first {
            self.group.grew = false;
            let delay = self.cx.settings.initial_delay;
            self.group.initial_wait_left = Some(self.group.rebalance_timeout().saturating_sub(delay));
            let key = self.join_key();
            self.timers.set(key, self.cx.now + delay);
        } else if self.group.all_joined() {
            self.complete_join();
        } else {
            self.wait_for_joins();
        }
    }

    fn wait_for_joins(&mut self) {
        let key = self.join_key();
        self.timers.set(key, self.cx.now + self.group.rebalance_timeout());
    }

    /// Ends the phase in which members join, where all have and it is not the first, which waits out its time.
    pub(super) fn complete_if_ready(&mut self) {
        let preparing = self.group.state == ClassicState::PreparingRebalance;
        if preparing && self.group.previous != ClassicState::Empty && self.group.all_joined() {
            self.complete_join();
        }
    }

    /// The time to join is up. A first rebalance into which members still come waits on, for as long as one of them may take.
    pub fn join_expired(&mut self) {
        if self.group.state != ClassicState::PreparingRebalance {
            return;
        }
        let delay = self.cx.settings.initial_delay;
        match self.group.initial_wait_left {
            Some(left) if self.group.grew && !left.is_zero() => {
                self.group.grew = false;
                self.group.initial_wait_left = Some(left.saturating_sub(delay));
                let key = self.join_key();
                self.timers.set(key, self.cx.now + delay.min(left));
            }
            _ => self.complete_join(),
        }
    }

    /// Begins the next generation with those who joined. Static members stay for as long as their session lasts.
    pub(super) fn complete_join(&mut self) {
        self.group.initial_wait_left = None;
        let key = self.join_key();
        self.timers.cancel(&key);
        let late = self.group.members.values().filter(|member| member.joining.is_none() && member.instance.is_none());
        for id in late.map(|member| Arc::clone(&member.id)).collect::<Vec<_>>() {
            self.group.remove(&id);
            self.forget_session(&id);
        }
        if !self.group.members.is_empty() && !self.group.elect_joined_leader() {
            // Only silent static members are left; their sessions end it.
            return self.wait_for_joins();
        }
        self.group.next_generation(self.cx.wall_ms);
        let (group, generation, members) = (&self.group.id, self.group.generation, self.group.members.len());
        tracing::info!(%group, generation, members, "generation begins");
        if self.group.is_empty() {
            self.effects.records.push(self.group.record(None));
            return;
        }
        for id in self.group.members.keys().cloned().collect::<Vec<_>>() {
            let members = if self.group.is_leader(&id) { self.group.join_members() } else { Vec::new() };
            let answer = self.group.join_answer(&id, members);
            self.group.answer_join(&id, answer, self.effects);
            self.renew_session(&id);
            self.group.unsynced.insert(Arc::clone(&id));
            if let Some(member) = self.group.members.get_mut(&id) {
                member.is_new = false;
            }
        }
        let sync = self.sync_key();
        self.timers.set(sync, self.cx.now + self.group.rebalance_timeout());
    }

    /// Members that never asked for their assignment are taken for gone.
    pub fn sync_expired(&mut self) {
        let waits = matches!(self.group.state, ClassicState::CompletingRebalance | ClassicState::Stable);
        if !waits || self.group.unsynced.is_empty() {
            return;
        }
        for id in std::mem::take(&mut self.group.unsynced) {
            self.group.remove(&id);
            self.forget_session(&id);
        }
        self.prepare_rebalance("members did not ask for their assignments");
    }

    /// Takes the assignments back, and tells those who wait for theirs.
    pub(super) fn withdraw_assignments(&mut self, fault: GroupFault) {
        for id in self.group.members.keys().cloned().collect::<Vec<_>>() {
            self.group.change(&id, |member| member.assignment = Bytes::new());
            if self.group.answer_sync(&id, SyncAnswer::from(fault), self.effects) {
                self.renew_session(&id);
            }
        }
    }

    /// A member was not heard of for too long.
    pub fn session_expired(&mut self, id: &Arc<str>) {
        if self.group.pending.contains(id) {
            self.group.remove(id);
            if self.group.state == ClassicState::PreparingRebalance && self.group.all_joined() {
                self.complete_join();
            }
        } else if self.group.members.get(id).is_some_and(|member| !member.is_excused()) {
            tracing::info!(group = %self.group.id, member = %id, "member was silent for too long");
            self.remove_member(id, "a member was silent for too long");
        }
    }

    /// Removes a member that is taken for gone.
    fn remove_member(&mut self, id: &Arc<str>, why: &str) {
        let answer = JoinAnswer::refused(&Arc::from(""), GroupFault::UnknownMemberId);
        self.group.answer_join(id, answer, self.effects);
        self.group.remove(id);
        match self.group.state {
            ClassicState::Stable | ClassicState::CompletingRebalance => self.prepare_rebalance(why),
            ClassicState::PreparingRebalance if self.group.all_joined() => self.complete_join(),
            _ => {}
        }
    }
}
