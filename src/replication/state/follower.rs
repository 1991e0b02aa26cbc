//! How far a follower has come, as its leader sees it.

use esker_env::Instant;
use esker_model::{BrokerEpoch, BrokerId, Offset};
use std::time::Duration;

/// One follower in one tenure of its leader.
#[derive(Clone, Debug)]
pub(super) struct Follower {
    pub(super) id: BrokerId,
    /// First offset that it lacks; `None` before its first fetch.
    pub(super) log_end: Option<Offset>,
    /// The registration in which it fetched last.
    pub(super) broker_epoch: Option<BrokerEpoch>,
    /// The registration in which it is active, as the cluster knows it.
    pub(super) active_epoch: Option<BrokerEpoch>,
    /// When it last had everything that there was.
    caught_up: Option<Instant>,
    last_fetch: Option<Instant>,
    /// Where the leader's log ended at its last fetch.
    leader_end_then: Option<Offset>,
}

impl Follower {
    /// A follower of a new leader: one in sync counts as caught up now, so that it has time to make its first fetch.
    pub(super) fn new(id: BrokerId, in_sync: bool, now: Instant) -> Self {
        Self {
            id,
            log_end: None,
            broker_epoch: None,
            active_epoch: None,
            caught_up: in_sync.then_some(now),
            last_fetch: None,
            leader_end_then: None,
        }
    }

    /// The leader goes on in a new epoch: what is known of the follower's log stays, its time begins anew.
    pub(super) fn new_epoch(&mut self, in_sync: bool, now: Instant) {
        self.caught_up = in_sync.then_some(now);
        self.last_fetch = in_sync.then_some(now);
    }

    pub(super) fn fetched(
        &mut self,
        offset: Offset,
        leader_end: Offset,
        broker_epoch: Option<BrokerEpoch>,
        now: Instant,
    ) {
        if offset >= leader_end {
            self.caught_up = self.caught_up.max(Some(now));
        } else if self.leader_end_then.is_some_and(|then| offset >= then) {
            // It has all that there was at its fetch before: it was caught up then.
            self.caught_up = self.caught_up.max(self.last_fetch);
        }
        self.log_end = Some(offset);
        self.leader_end_then = self.leader_end_then.max(Some(leader_end));
        self.last_fetch = Some(now);
        self.broker_epoch = broker_epoch;
    }

    /// Whether it has everything, or had not long ago.
    pub(super) fn is_caught_up(&self, leader_end: Offset, now: Instant, lag_max: Duration) -> bool {
        self.log_end >= Some(leader_end) || self.caught_up.is_some_and(|then| now.since(then) <= lag_max)
    }

    /// Whether it may be in sync: its broker is active, and the one that fetched is that very registration (KIP-903).
    pub(super) fn is_eligible(&self) -> bool {
        self.active_epoch.is_some() && self.broker_epoch == self.active_epoch
    }
}
