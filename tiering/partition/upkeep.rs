//! What a leader does beside uploading: retention, garbage, sealing of pages, sweeping of orphans, pruning of old versions.

use crate::manifest::{Cut, GARBAGE_MAX, Garbage, PageDrops, Phase, RetentionLimits, Root, SealPlan, Sealed};
use crate::partition::jobs::Done;
use crate::partition::planner::{Effect, Planner, Sight};
use esker_env::Instant;
use esker_model::{Offset, TimestampMs};
use std::sync::Arc;
use std::time::Duration;

/// Garbage items deleted in one go.
const COLLECT_MAX: usize = 128;
/// Versions that are worth a listing.
const PRUNE_AT: u64 = 64;
const PRUNE_INTERVAL: Duration = Duration::from_secs(3600);

/// What a sweep looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Extent {
    /// What lies behind the end of the last sweep.
    #[default]
    New,
    All,
}

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
    /// Of all objects, or from where the last one ended.
    sweeping: Option<Extent>,
    sweep_at: Option<Instant>,
    next_sweep: Extent,
    pruning: bool,
    prune_at: Option<Instant>,
    pruned_to: u64,
    retry_at: Option<Instant>,
    failures: u32,
}

impl Planner {
    pub(super) fn upkeep_confirmed(&mut self, root: &Arc<Root>, advanced: bool, sight: &Sight) {
        let (now, grace) = (sight.now.at, self.settings.grace);
        self.upkeep.pruned_to = root.pruned_to;
        if self.upkeep.sweep_at.is_none() && self.upkeep.sweeping.is_none() {
            // After the grace no request of an earlier writer can be on its way any more.
            self.upkeep.sweep_at = Some(now + grace);
            self.upkeep.prune_at = Some(now + grace / 6);
            self.upkeep.cut_at = Some(now);
        }
        if advanced && sight.config.retention_bytes.is_some() {
            self.upkeep.cut_at = Some(now);
        }
        self.start_sealing(root, sight);
        self.start_page_drops(root);
    }

    pub(super) fn start_upkeep(&mut self, sight: &Sight) {
        let now = sight.now.at;
        if *self.phase() != Phase::Leading || self.upkeep.retry_at.is_some_and(|at| at > now) {
            return;
        }
        self.upkeep.retry_at = None;
        self.start_cut(sight);
        let due = self.collector.due(self.settings.grace, now, COLLECT_MAX);
        if !due.is_empty() && !self.upkeep.collecting && self.may_act_or_ask(sight) {
            self.upkeep.collecting = true;
            self.put(Effect::Collect(due));
        }
        if self.sweep_at().is_some_and(|at| at <= now) && self.may_act_or_ask(sight) {
            self.upkeep.sweep_at = None;
            let extent = std::mem::take(&mut self.upkeep.next_sweep);
            self.upkeep.sweeping = Some(extent);
            self.put(Effect::Sweep { sequence: self.sequence(), extent });
        }
        let prune_due = self.upkeep.prune_at.is_some_and(|at| at <= now) && self.has_versions_to_prune();
        if prune_due && !self.upkeep.pruning && self.may_act_or_ask(sight) {
            self.upkeep.pruning = true;
            self.upkeep.prune_at = Some(now + PRUNE_INTERVAL);
            self.put(Effect::Prune { sequence: self.sequence() });
        }
    }

    /// Not while pages are written that no version refers to yet: a sweep might take them for orphans if it slept.
    fn sweep_at(&self) -> Option<Instant> {
        let writes_pages = self.upkeep.sealing || self.scrub.is_rewriting() || self.writer.has_new_pages();
        self.upkeep.sweep_at.filter(|_| !writes_pages)
    }

    /// All objects are swept, now or when the next sweep is due: what was left among those that were swept before is found.
    pub(super) fn sweep_all(&mut self, sight: &Sight) {
        self.upkeep.next_sweep = Extent::All;
        // The first sweep of a leadership waits for requests of the one before.
        if self.upkeep.sweeping.is_none() {
            self.upkeep.sweep_at.get_or_insert(sight.now.at);
        }
    }

    fn sequence(&self) -> u64 {
        self.writer.summary().map_or(0, |summary| summary.sequence)
    }

    fn has_versions_to_prune(&self) -> bool {
        self.sequence().saturating_sub(self.upkeep.pruned_to) >= PRUNE_AT
    }

    pub(super) fn upkeep_wake(&self) -> Option<Instant> {
        if *self.phase() != Phase::Leading {
            return None;
        }
        let collect = self.collector.next_due(self.settings.grace).filter(|_| !self.upkeep.collecting);
        let prune = self.upkeep.prune_at.filter(|_| self.has_versions_to_prune() && !self.upkeep.pruning);
        let cut = self.upkeep.cut_at.filter(|_| !self.upkeep.cutting);
        let next = [collect, self.sweep_at(), prune, cut].into_iter().flatten().min()?;
        Some(self.upkeep.retry_at.map_or(next, |retry| next.max(retry)))
    }

    /// Looks at retention where the summary says that something may be due.
    fn start_cut(&mut self, sight: &Sight) {
        let (now, wall_ms, config) = (sight.now.at, sight.now.wall_ms, &sight.config);
        if self.upkeep.cutting || self.upkeep.cut_at.is_none_or(|at| at > now) {
            return;
        }
        let time_ms = config.retention_ms.filter(|_| sight.trusts_time).and_then(|ms| i64::try_from(ms).ok());
        let limits = RetentionLimits { time_ms, bytes: config.retention_bytes };
        let has_limits = config.retention_ms.is_some() || config.retention_bytes.is_some();
        // A configuration that sets a limit later wakes the task, which then looks at once.
        self.upkeep.cut_at = has_limits.then_some(now + self.settings.interval);
        let Some(summary) = self.writer.summary().copied().filter(|summary| summary.oldest_next.is_some()) else {
            return;
        };
        let by_time = limits.time_ms.is_some() && self.upkeep.oldest_due_ms.is_none_or(|due| due <= wall_ms);
        // Where the tiered end has moved just now this counts too much; the walk counts again.
        let total = summary.live_bytes.saturating_add(sight.bytes_behind);
        let by_size = limits.bytes.is_some_and(|bytes| total > bytes);
        if by_time || by_size {
            self.upkeep.cutting = true;
            self.put(Effect::Cut { sequence: summary.sequence, limits, wall_ms });
        }
    }

    /// A changed configuration makes retention due.
    pub(super) fn retention_changed(&mut self, sight: &Sight) {
        self.upkeep.oldest_due_ms = None;
        if self.upkeep.sweep_at.is_some() || self.upkeep.cut_at.is_some() || self.writer.summary().is_some() {
            self.upkeep.cut_at = Some(sight.now.at);
        }
    }

    fn start_sealing(&mut self, root: &Arc<Root>, sight: &Sight) {
        if self.upkeep.sealing {
            return;
        }
        if let Some(plan) = SealPlan::of(root, sight.now.fresh) {
            self.upkeep.sealing = true;
            self.put(Effect::Seal(plan));
        }
    }

    /// Where log start lies inside of the first page, what lies below it is read out of the page.
    fn start_page_drops(&mut self, root: &Arc<Root>) {
        let Some(page) = root.pages.first().copied() else { return };
        let (from, to) = (root.dropped_to, root.log_start);
        let is_inside = page.base < to && to < page.next && from < to;
        let has_room = root.garbage.len() < GARBAGE_MAX;
        if is_inside && has_room && !self.upkeep.dropping && self.upkeep.drops_checked != Some((from, to)) {
            self.upkeep.dropping = true;
            self.upkeep.drops_checked = Some((from, to));
            self.put(Effect::ReadDrops { page, from, to });
        }
    }

    fn upkeep_failed(&mut self, sight: &Sight) {
        self.upkeep.retry_at = Some(Self::retry_at(sight, self.upkeep.failures));
        self.upkeep.failures += 1;
    }

    pub(super) fn upkeep_done(&mut self, done: Done, sight: &Sight) {
        let went_well = match done {
            Done::Collected(items, result) => self.collected(items, result.is_ok()),
            Done::Sealed(plan, result) => self.sealed(plan, result.is_ok()),
            Done::PageDrops(result) => self.read_drops(result.ok()),
            Done::Cut(result) => self.cut(result.ok()),
            Done::Swept(result) => self.swept(result.ok(), sight),
            Done::Pruned(result) => self.pruned(result.ok()),
            _ => true,
        };
        if !went_well {
            self.upkeep_failed(sight);
        }
    }

    fn collected(&mut self, items: Vec<Garbage>, went_well: bool) -> bool {
        self.upkeep.collecting = false;
        if went_well {
            self.collector.collected(&items);
            self.writer.changes().collected.extend(items);
        }
        went_well
    }

    fn sealed(&mut self, plan: SealPlan, went_well: bool) -> bool {
        self.upkeep.sealing = false;
        let SealPlan { page, replaces, .. } = plan;
        if went_well {
            self.writer.changes().sealed = Some(Sealed { page, replaces });
        } else {
            self.writer.changes().discarded.insert(Garbage::PageAlone(page.uuid));
        }
        went_well
    }

    fn read_drops(&mut self, drops: Option<PageDrops>) -> bool {
        self.upkeep.dropping = false;
        let Some(drops) = drops else {
            self.upkeep.drops_checked = None;
            return false;
        };
        if !drops.entries.is_empty() {
            self.writer.changes().page_drops = Some(drops);
        }
        true
    }

    fn cut(&mut self, cut: Option<Cut>) -> bool {
        self.upkeep.cutting = false;
        let Some(cut) = cut else { return false };
        self.upkeep.failures = 0;
        self.upkeep.oldest_due_ms = cut.survives_until_ms;
        if let Some(log_start) = cut.log_start {
            self.want_log_start(log_start);
        }
        true
    }

    fn swept(&mut self, swept_to: Option<Offset>, sight: &Sight) -> bool {
        let extent = self.upkeep.sweeping.take();
        match swept_to {
            Some(_) => self.writer.changes().swept_to = swept_to,
            None if extent == Some(Extent::All) => self.upkeep.next_sweep = Extent::All,
            None => {}
        }
        if swept_to.is_none() || self.upkeep.next_sweep == Extent::All {
            self.upkeep.sweep_at = Some(sight.now.at);
        }
        swept_to.is_some()
    }

    fn pruned(&mut self, pruned_to: Option<u64>) -> bool {
        self.upkeep.pruning = false;
        let Some(pruned_to) = pruned_to else { return false };
        self.upkeep.pruned_to = self.upkeep.pruned_to.max(pruned_to);
        self.writer.changes().pruned_to = Some(pruned_to);
        true
    }
}
