//! The controller, the leaders and the followers of the simulated partition.

use crate::keys::PartitionHome;
use crate::local_log::TieredUpTo;
use crate::manifest::test_roots::HOME;
use crate::partition::{Input, Planner, PlannerSettings, Standing};
use crate::simulation::log::{Batch, Log};
use crate::simulation::mutants::Mutant;
use crate::simulation::world::{Lead, World};
use crate::token::WriterToken;
use esker_model::Offset;
use std::collections::BTreeMap;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

impl World {
    /// The controller picks a leader: one of the in-sync set, or, unclean, any other.
    pub(super) fn elect(&mut self, allows_unclean: bool) {
        let at = self.any_broker();
        let is_clean = self.leader_epoch == 0 || self.isr.contains(&at);
        if self.brokers[at].asleep || (!is_clean && !allows_unclean) {
            return;
        }
        if !is_clean {
            self.count("unclean elections", 1);
            self.is_recovering = true;
            self.isr = [at].into();
            // Only what was tiered survives for certain.
            let tiered_end = self.bucket.newest().map_or(0, |newest| newest.root.tiered_end);
            for offset in 0..self.acked.len() {
                let is_tiered =
                    (offset as Offset) < tiered_end && self.bucket.id_at(offset as Offset) == Some(self.acked[offset]);
                self.acked[offset] *= i64::from(is_tiered);
            }
        }
        self.isr.insert(at);
        self.leader_epoch += 1;
        self.is_checked = false;
        self.lead(at);
    }

    fn lead(&mut self, at: usize) {
        self.end_lead(at);
        let has_fence = self.mutant != Some(Mutant::HasNoFence);
        let leader_epoch = if has_fence { self.leader_epoch } else { 1 };
        let token = WriterToken { generation: 1, leader_epoch, broker_epoch: 1 };
        let grace = if self.mutant == Some(Mutant::HasNoGrace) { Duration::ZERO } else { HOUR };
        let settings =
            PlannerSettings { uploads_max: 3, grace, interval: Duration::from_secs(30), scrub_interval: None };
        let standing = Standing {
            is_new: self.leader_epoch == 1,
            log_is_whole: self.brokers[at].is_whole,
            led_last: self.led_last == Some(at),
            is_unclean: self.is_recovering,
        };
        let broker = &mut self.brokers[at];
        let home: PartitionHome = HOME;
        let planner = Planner::new(home, token, settings, standing, broker.checkpoint.as_ref(), &broker.log.bounds());
        let (isr, followed, open, answers) = (self.isr.clone(), BTreeMap::new(), Vec::new(), Vec::new());
        broker.lead = Some(Lead { planner, isr, epoch: self.leader_epoch, followed, serves: false, open, answers });
        (self.leader, self.led_last) = (Some(at), Some(at));
        self.handle(at, Input::Time);
    }

    /// A leader appends, whether or not it is one still.
    pub(super) fn append(&mut self, at: usize) {
        let (count, timestamp) = (1 + self.dice.below(12) as i64, self.wall_ms());
        let broker = &mut self.brokers[at];
        let Some(lead) = broker.lead.as_ref().filter(|lead| lead.serves) else { return };
        self.last_id += 1;
        let base = broker.log.end;
        broker.log.append(Batch { base, next: base + count, epoch: lead.epoch, id: self.last_id, timestamp });
        self.advance(at);
    }

    /// The high watermark follows the in-sync set; what it passes is acknowledged.
    fn advance(&mut self, at: usize) {
        let is_leader = self.leader == Some(at);
        let Some(lead) = self.brokers[at].lead.as_ref() else { return };
        let (serves, isr) = (lead.serves, if is_leader { &self.isr } else { &lead.isr });
        let others = isr.iter().filter(|member| **member != at);
        let replicated = others.map(|member| lead.followed.get(member).copied().unwrap_or(0)).min();
        let log = &mut self.brokers[at].log;
        let before = log.high_watermark;
        log.high_watermark = before.max(replicated.unwrap_or(log.end).min(log.end));
        let after = log.high_watermark;
        if after == before {
            return;
        }
        if is_leader && serves {
            self.acked.resize(self.acked.len().max(after as usize), 0);
            for offset in before..after {
                self.acked[offset as usize] = self.brokers[at].log.id_at(offset).unwrap_or(0);
            }
            self.count("acknowledged", 1);
        }
        self.handle(at, Input::Change);
    }

    /// A replica fetches from the leader; one that led until now finds out that it does so no longer.
    pub(super) fn follow(&mut self, at: usize, count: usize) {
        let Some(leader) = self.leader.filter(|leader| *leader != at && !self.brokers[*leader].asleep) else { return };
        let Some(lead) = self.brokers[leader].lead.as_ref().filter(|lead| lead.serves) else { return };
        let announced = lead.planner.announced().copied();
        self.end_lead(at);
        let mut log = std::mem::replace(&mut self.brokers[at].log, Log::at(0));
        log.follow(&self.brokers[leader].log, count);
        let end = log.end;
        self.brokers[at].log = log;
        if end == self.brokers[leader].log.end {
            self.brokers[at].is_whole = true;
            self.isr.insert(at);
        }
        let is_in_sync = self.isr.contains(&at);
        if let Some(lead) = self.brokers[leader].lead.as_mut() {
            lead.followed.insert(at, end);
            if is_in_sync {
                // Whoever asked the controller to let a replica in waits for that replica, also when it leads no more.
                lead.isr.insert(at);
            }
        }
        if let Some(known) = announced {
            let (sequence, log_start, tiered_end) = (known.sequence, known.log_start, known.tiered_end);
            self.delete_locally(at, TieredUpTo { sequence, log_start, tiered_end });
        }
        self.advance(leader);
    }

    /// The leader drops a replica that does not follow.
    pub(super) fn shrink(&mut self, at: usize) {
        let leads = self.leader.filter(|leader| *leader != at && !self.brokers[*leader].asleep);
        let Some(leader) = leads.filter(|leader| self.brokers[*leader].lead.is_some()) else { return };
        self.isr.remove(&at);
        if let Some(lead) = self.brokers[leader].lead.as_mut() {
            lead.isr.remove(&at);
        }
        self.advance(leader);
    }

    /// A broker is killed and starts again: its disk stays, its requests may still arrive.
    pub(super) fn restart(&mut self, at: usize) {
        self.count("restarts", 1);
        self.end_lead(at);
        let broker = &mut self.brokers[at];
        (broker.asleep, broker.is_whole) = (false, false);
        broker.log.high_watermark = broker.log.start();
        if self.isr.len() > 1 {
            self.isr.remove(&at);
        }
        if self.leader == Some(at) {
            self.leader = None;
        }
    }

    pub(super) fn roll(&mut self, at: usize) {
        if self.brokers[at].log.roll() {
            self.handle(at, Input::Change);
        }
    }

    /// Somebody asks the leader for a higher log start.
    pub(super) fn delete_records(&mut self, at: usize) {
        let raise = self.dice.below(40) as i64;
        let broker = &self.brokers[at];
        if broker.lead.as_ref().is_some_and(|lead| lead.serves) && !self.is_to_be_sealed() {
            let wanted = (broker.log.log_start + raise).min(broker.log.high_watermark);
            self.bucket.log_start_allowed = self.bucket.log_start_allowed.max(wanted);
            let epochs = broker.log.epochs.clone();
            self.handle(at, Input::RaiseLogStart(wanted, epochs));
        }
    }

    /// Whether the history is long and must grow first.
    fn is_to_be_sealed(&self) -> bool {
        self.bucket.sealed == 0 && self.bucket.newest().is_some_and(|newest| newest.root.entries.len() > 1000)
    }

    /// The topic's configuration changes.
    pub(super) fn configure(&mut self) {
        if self.is_to_be_sealed() {
            return;
        }
        let hours = |hours: u64| hours * 3_600_000;
        let config = &mut self.config;
        match self.dice.below(6) {
            0 => config.retention_ms = Some(hours(3 + self.dice.below(20))),
            1 => config.retention_ms = None,
            2 => config.retention_bytes = self.dice.percent(50).then(|| 2_000 + self.dice.below(10_000)),
            3 => config.max_lag_ms = self.dice.percent(50).then(|| self.dice.below(20_000)),
            4 => config.copy_disabled = self.dice.percent(30),
            _ => (config.copy_lag_ms, config.copy_lag_bytes) = (self.dice.below(3) * 5_000, self.dice.below(3) * 400),
        }
        (0..self.brokers.len()).filter(|at| !self.brokers[*at].asleep).collect::<Vec<_>>().into_iter().for_each(|at| {
            self.handle(at, Input::Change);
        });
    }
}
