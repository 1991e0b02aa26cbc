//! Telling the local log what is confirmed: one version at a time, the latest wins. Local deletion follows from it.

use crate::checkpoint::Checkpoint;
use crate::manifest::Root;
use crate::partition::planner::{Effect, Planner, Sight};
use esker_env::Instant;
use std::time::Duration;

/// Pause after a failure of the local disk.
const LOCAL_RETRY: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Announcing {
    running: bool,
    pending: Option<Checkpoint>,
    pub(super) done: Option<Checkpoint>,
    pub(super) retry_at: Option<Instant>,
}

impl Announcing {
    pub(super) fn confirmed(&mut self, root: &Root) {
        let Root { sequence, token, tiered_end, log_start, .. } = *root;
        let checkpoint = Checkpoint { sequence, token, tiered_end, log_start };
        if self.done != Some(checkpoint) {
            self.pending = Some(checkpoint);
        }
    }
}

impl Planner {
    /// Only while what is known is trusted.
    pub(super) fn start_announcing(&mut self, sight: &Sight) {
        let now = sight.now.at;
        let waits = self.announcing.retry_at.is_some_and(|at| at > now);
        if self.announcing.running || waits || self.announcing.pending.is_none() {
            return;
        }
        if !self.may_act_or_ask(sight) {
            return;
        }
        let Some(checkpoint) = self.announcing.pending.take() else { return };
        self.announcing.running = true;
        self.announcing.retry_at = None;
        self.put(Effect::Announce(checkpoint));
    }

    pub(super) fn announced_to_log(&mut self, checkpoint: Checkpoint, was_told: bool, sight: &Sight) {
        self.announcing.running = false;
        if was_told {
            self.announcing.done = Some(checkpoint);
        } else {
            self.announcing.pending.get_or_insert(checkpoint);
            self.announcing.retry_at = Some(sight.now.at + LOCAL_RETRY);
        }
    }
}
