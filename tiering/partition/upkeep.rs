//! What a leader does beside uploading: retention, garbage, sealing of pages, sweeping of orphans, pruning of old versions.

use crate::manifest::{Cut, Event, GARBAGE_MAX, PageDrops, Phase, RetentionLimits, Root, SealPlan, Sealed};
use crate::partition::driver::Driver;
use crate::partition::jobs::{Done, backoff};
use crate::partition::tasks;
use esker_env::Instant;
use esker_model::{Offset, TimestampMs};
use std::sync::Arc;
use std::time::Duration;

/// Garbage items deleted in one go.
const COLLECT_MAX: usize = 128;
/// Versions that are worth a listing.
const PRUNE_AT: u64 = 64;
const PRUNE_INTERVAL: Duration = Duration::from_secs(3600);

/// The state of all upkeep of one leadership.
#[derive(Debug, Default)]
pub(crate) struct Upkeep {
    collecting: bool,
    sealing: bool,
    dropping: bool,
    /// Dropped-to and log start when the first page was last looked into.
    drops_checked: Option<(Offset, Offset)>,
    cutting: bool,
    /// When retention is looked at next.
    cut_at: Option<Instant>,
    /// When the oldest entry's time is over; `None`: not known, look.
    oldest_due_ms: Option<TimestampMs>,
    sweeping: bool,
    sweep_at: Option<Instant>,
    pruning: bool,
    prune_at: Option<Instant>,
    pruned_to: u64,
    retry_at: Option<Instant>,
    failures: u32,
}

impl Driver {
    pub(super) fn upkeep_confirmed(&mut self, root: &Arc<Root>, advanced: bool) {
        let now = self.now();
        let grace = self.shared.core.options.garbage_grace;
        self.upkeep.pruned_to = root.pruned_to;
        if self.upkeep.sweep_at.is_none() && !self.upkeep.sweeping {
            // After the grace no request of an earlier writer can be on its way any more.
            self.upkeep.sweep_at = Some(now + grace);
            self.upkeep.prune_at = Some(now + grace / 6);
            self.upkeep.cut_at = Some(now);
        }
        let by_size = self.shared.config.read().retention_bytes.is_some();
        if advanced && by_size {
            self.upkeep.cut_at = Some(now);
        }
        self.start_sealing(root);
        self.start_page_drops(root);
    }

    pub(super) fn start_upkeep(&mut self) {
        let now = self.now();
        if *self.writer.phase() != Phase::Leading || self.upkeep.retry_at.is_some_and(|at| at > now) {
            return;
        }
        self.upkeep.retry_at = None;
        self.start_cut(now);
        let grace = self.shared.core.options.garbage_grace;
        let due = self.collector.due(grace, now, COLLECT_MAX);
        if !due.is_empty() && !self.upkeep.collecting && self.may_act_or_ask(now) {
            self.upkeep.collecting = true;
            self.spawn(tasks::collect(Arc::clone(&self.shared), due));
        }
        if self.upkeep.sweep_at.is_some_and(|at| at <= now) && self.may_act_or_ask(now) {
            self.upkeep.sweep_at = None;
            self.upkeep.sweeping = true;
            let sequence = self.sequence();
            self.spawn(tasks::sweep(Arc::clone(&self.shared), sequence));
        }
        let versions = self.sequence().saturating_sub(self.upkeep.pruned_to);
        let prune_due = self.upkeep.prune_at.is_some_and(|at| at <= now) && versions >= PRUNE_AT;
        if prune_due && !self.upkeep.pruning && self.may_act_or_ask(now) {
            self.upkeep.pruning = true;
            self.upkeep.prune_at = Some(now + PRUNE_INTERVAL);
            self.spawn(tasks::prune(Arc::clone(&self.shared), self.sequence()));
        }
    }

    fn sequence(&self) -> u64 {
        self.writer.summary().map_or(0, |summary| summary.sequence)
    }

    /// Whether deleting is allowed now; where knowledge has aged, it is renewed first.
    pub(super) fn may_act_or_ask(&mut self, now: Instant) -> bool {
        let may = self.writer.may_act(now);
        if !may {
            self.writer.want_trust();
            self.event(Event::Wake);
        }
        may
    }

    pub(super) fn upkeep_wake(&self) -> Option<Instant> {
        if *self.writer.phase() != Phase::Leading {
            return None;
        }
        let collect =
            self.collector.next_due(self.shared.core.options.garbage_grace).filter(|_| !self.upkeep.collecting);
        let versions = self.sequence().saturating_sub(self.upkeep.pruned_to);
        let prune = self.upkeep.prune_at.filter(|_| versions >= PRUNE_AT && !self.upkeep.pruning);
        let cut = self.upkeep.cut_at.filter(|_| !self.upkeep.cutting);
        let next = [collect, self.upkeep.sweep_at, prune, cut].into_iter().flatten().min()?;
        Some(self.upkeep.retry_at.map_or(next, |retry| next.max(retry)))
    }

    fn limits(&self) -> RetentionLimits {
        let config = *self.shared.config.read();
        let trusts_time = self.shared.core.clock_guard.lock().is_trusted(&*self.shared.core.env.clock);
        let time_ms = config.retention_ms.filter(|_| trusts_time).and_then(|ms| i64::try_from(ms).ok());
        RetentionLimits { time_ms, bytes: config.retention_bytes }
    }

    /// Looks at retention where the summary says that something may be due.
    fn start_cut(&mut self, now: Instant) {
        if self.upkeep.cutting || self.upkeep.cut_at.is_none_or(|at| at > now) {
            return;
        }
        let limits = self.limits();
        let config = *self.shared.config.read();
        let has_limits = config.retention_ms.is_some() || config.retention_bytes.is_some();
        let interval = self.shared.core.options.task_interval;
        // A configuration that sets a limit later wakes the task, which then looks at once.
        self.upkeep.cut_at = has_limits.then_some(now + interval);
        let Some(summary) = self.writer.summary().copied().filter(|summary| summary.oldest_next.is_some()) else {
            return;
        };
        let wall_ms = self.shared.core.env.clock.wall_ms();
        let by_time = limits.time_ms.is_some() && self.upkeep.oldest_due_ms.is_none_or(|due| due <= wall_ms);
        let local_bytes = self.shared.local.bytes_from(summary.tiered_end);
        let by_size = limits.bytes.is_some_and(|bytes| summary.live_bytes.saturating_add(local_bytes) > bytes);
        if by_time || by_size {
            self.upkeep.cutting = true;
            self.spawn(tasks::cut(Arc::clone(&self.shared), summary.sequence, local_bytes, limits, wall_ms));
        }
    }

    /// A changed configuration makes retention due.
    pub(super) fn retention_changed(&mut self) {
        self.upkeep.oldest_due_ms = None;
        if self.upkeep.sweep_at.is_some() || self.upkeep.cut_at.is_some() || self.writer.summary().is_some() {
            self.upkeep.cut_at = Some(self.now());
        }
    }

    fn start_sealing(&mut self, root: &Arc<Root>) {
        if self.upkeep.sealing {
            return;
        }
        if let Some(plan) = SealPlan::of(root, self.shared.core.env.random.uuid()) {
            self.upkeep.sealing = true;
            self.spawn(tasks::seal(Arc::clone(&self.shared), plan));
        }
    }

    /// Where log start lies inside of the first page, what lies below it is read out of the page.
    fn start_page_drops(&mut self, root: &Arc<Root>) {
        let Some(page) = root.pages.first().copied() else { return };
        let state = (root.dropped_to, root.log_start);
        let is_inside = page.base < root.log_start && root.log_start < page.next && root.dropped_to < root.log_start;
        let has_room = root.garbage.len() < GARBAGE_MAX;
        if is_inside && has_room && !self.upkeep.dropping && self.upkeep.drops_checked != Some(state) {
            self.upkeep.dropping = true;
            self.upkeep.drops_checked = Some(state);
            self.spawn(tasks::page_drops(Arc::clone(&self.shared), page, state));
        }
    }

    fn upkeep_failed(&mut self, error: &dyn std::fmt::Display) {
        self.failed(error);
        self.upkeep.retry_at = Some(self.now() + backoff(self.upkeep.failures));
        self.upkeep.failures += 1;
    }

    pub(super) fn upkeep_done(&mut self, done: Done) {
        match done {
            Done::Collected(items, result) => {
                self.upkeep.collecting = false;
                match result {
                    Ok(()) => self.writer.changes().collected.extend(items),
                    Err(error) => self.upkeep_failed(&error),
                }
            }
            Done::Sealed(plan, result) => {
                self.upkeep.sealing = false;
                let SealPlan { page, replaces, .. } = plan;
                match result {
                    Ok(()) => self.writer.changes().sealed = Some(Sealed { page, replaces }),
                    Err(error) => {
                        self.writer.changes().discarded.insert(crate::manifest::Garbage::PageAlone(page.uuid));
                        self.upkeep_failed(&error);
                    }
                }
            }
            Done::PageDrops(result) => {
                self.upkeep.dropping = false;
                match result {
                    Ok(PageDrops { entries, .. }) if entries.is_empty() => {}
                    Ok(drops) => self.writer.changes().page_drops = Some(drops),
                    Err(error) => {
                        self.upkeep.drops_checked = None;
                        self.upkeep_failed(&error);
                    }
                }
            }
            Done::Cut(result) => self.cut(result),
            Done::Swept(result) => {
                self.upkeep.sweeping = false;
                match result {
                    Ok(swept_to) => self.writer.changes().swept_to = Some(swept_to),
                    Err(error) => {
                        self.upkeep.sweep_at = Some(self.now());
                        self.upkeep_failed(&error);
                    }
                }
            }
            Done::Pruned(result) => {
                self.upkeep.pruning = false;
                match result {
                    Ok(pruned_to) => {
                        self.upkeep.pruned_to = self.upkeep.pruned_to.max(pruned_to);
                        self.writer.changes().pruned_to = Some(pruned_to);
                    }
                    Err(error) => self.upkeep_failed(&error),
                }
            }
            _ => {}
        }
    }

    fn cut(&mut self, result: Result<Cut, crate::chain::ChainError>) {
        self.upkeep.cutting = false;
        match result {
            Ok(cut) => {
                self.upkeep.failures = 0;
                self.upkeep.oldest_due_ms = cut.survives_until_ms;
                if let Some(log_start) = cut.log_start {
                    let wanted = self.writer.changes().log_start.unwrap_or(0).max(log_start);
                    self.writer.changes().log_start = Some(wanted);
                }
            }
            Err(error) => self.upkeep_failed(&error),
        }
    }
}
