//! Which segments are uploaded when: several at once, from the tiered end on without a gap.

use crate::local_log::{UploadPolicy, UploadSource};
use crate::manifest::{Finished, Garbage, Phase};
use crate::partition::jobs::NextSource;
use crate::partition::planner::{Effect, Planner, Sight};
use crate::upload::UploadError;
use esker_env::Instant;
use esker_model::Offset;
use std::collections::BTreeMap;
use std::time::Duration;

/// The uploads of one leadership.
#[derive(Debug, Default)]
pub(crate) struct Uploads {
    /// End offsets of what is under way, by base offset.
    running: BTreeMap<Offset, Offset>,
    /// A source that waits for its turn.
    held: Option<UploadSource>,
    asking: bool,
    /// Something has happened since the log was asked: an answer of "nothing" does not count any more.
    asks_again: bool,
    /// The log had nothing when it was asked last; something has to happen first.
    exhausted: bool,
    retry_at: Option<Instant>,
    failures: u32,
    /// The local bytes are damaged: nothing more is uploaded of this log.
    damaged: bool,
    /// Uploads and questions of a log that was cut, still under way. Until all have ended nothing is begun, so that none is taken for a new one.
    outdated: usize,
}

impl Uploads {
    pub(crate) fn look_again(&mut self) {
        self.exhausted = false;
        self.asks_again = self.asking;
    }

    /// Nothing is to be uploaded until something happens, unless it has happened meanwhile.
    fn found_nothing(&mut self) {
        self.exhausted = !std::mem::take(&mut self.asks_again);
    }

    /// Whether a failure is so young that nothing is tried. A pause that is over is one more reason to look: it may end in the middle of other
    /// business, and then no timer wakes for it.
    fn pauses(&mut self, now: Instant) -> bool {
        let pauses = self.retry_at.is_some_and(|at| at > now);
        if !pauses && self.retry_at.take().is_some() {
            self.look_again();
        }
        pauses
    }

    pub(crate) fn running(&self) -> usize {
        self.running.len()
    }

    /// Whether what has ended here was begun before the log was cut.
    fn ends_outdated(&mut self) -> bool {
        let is_outdated = self.outdated > 0;
        self.outdated = self.outdated.saturating_sub(1);
        is_outdated
    }

    /// The log was cut: what is under way is of no use.
    pub(crate) fn forget(&mut self) {
        let outdated = self.outdated + self.running.len() + usize::from(self.asking);
        *self = Self { outdated, ..Self::default() };
    }
}

impl Planner {
    /// The first offset that is neither tiered nor on its way.
    pub(crate) fn planned_end(&self) -> Offset {
        let mut end = self.writer.summary().map_or(0, |summary| summary.tiered_end);
        let finished = self.writer.finished();
        while let Some(next) =
            self.uploads.running.get(&end).copied().or(finished.get(&end).map(|done| done.entry.next))
        {
            end = next;
        }
        end
    }

    pub(super) fn start_uploads(&mut self, sight: &Sight) {
        let uploads = &mut self.uploads;
        if uploads.pauses(sight.now.at) || sight.config.copy_disabled || uploads.damaged || uploads.outdated > 0 {
            return;
        }
        if *self.phase() != Phase::Leading {
            return;
        }
        if let Some(source) = self.uploads.held.take() {
            self.start_upload(source, sight);
        }
        let room = self.uploads.running.len() < self.settings.uploads_max;
        let from = self.planned_end();
        let idle = !self.uploads.asking && self.uploads.held.is_none() && !self.uploads.exhausted;
        if room && idle && sight.bounds.last_stable_offset > from {
            (self.uploads.asking, self.uploads.asks_again) = (true, false);
            let policy = UploadPolicy { now_ms: sight.now.wall_ms, roll_after_ms: sight.config.roll_after_ms() };
            self.put(Effect::Next { from, policy });
        }
    }

    fn start_upload(&mut self, source: UploadSource, sight: &Sight) {
        if source.base != self.planned_end() {
            return; // the log was asked before the tiered end moved
        }
        if !self.may_act_or_ask(sight) {
            self.uploads.held = Some(source);
            return;
        }
        self.uploads.running.insert(source.base, source.end);
        self.put(Effect::Upload(source));
    }

    pub(super) fn next_source(&mut self, next: NextSource, sight: &Sight) {
        if self.uploads.ends_outdated() {
            return;
        }
        self.uploads.asking = false;
        match next {
            Ok(Some((source, bytes_behind))) => {
                let age = sight.now.wall_ms.saturating_sub(source.max_timestamp);
                if sight.config.lag_is_over(age, bytes_behind) {
                    self.uploads.held = Some(source);
                } else {
                    self.uploads.found_nothing();
                }
            }
            Ok(None) => self.uploads.found_nothing(),
            Err(_) => self.upload_failed(sight),
        }
    }

    fn upload_failed(&mut self, sight: &Sight) {
        self.uploads.retry_at = Some(Self::retry_at(sight, self.uploads.failures));
        self.uploads.failures += 1;
    }

    pub(super) fn uploaded(&mut self, base: Offset, result: Result<Finished, UploadError>, sight: &Sight) {
        let was_running = !self.uploads.ends_outdated() && self.uploads.running.remove(&base).is_some();
        match result {
            Ok(finished) if was_running => {
                self.uploads.failures = 0;
                self.writer.changes().finished.insert(base, finished);
            }
            // Of a log that was cut meanwhile.
            Ok(finished) => {
                self.writer.changes().discarded.insert(Garbage::Object(finished.entry.id()));
            }
            Err(UploadError::Damaged(_)) if !was_running => {}
            Err(UploadError::Damaged(damage)) => {
                self.uploads.damaged = true;
                self.put(Effect::Damaged(format!("the segment at offset {base}: {damage}")));
            }
            Err(UploadError::Store { left, .. }) => {
                self.writer.changes().discarded.insert(left);
                self.upload_failed(sight);
            }
            Err(_) => self.upload_failed(sight),
        }
    }

    /// When uploads want to be looked at again without anybody asking.
    pub(super) fn upload_wake(&self, sight: &Sight) -> Option<Instant> {
        let (now, config) = (sight.now.at, &sight.config);
        if let Some(at) = self.uploads.retry_at.filter(|at| *at > now) {
            return Some(at);
        }
        let waits_for_time = config.roll_after_ms().is_some() || config.copy_lag_ms > 0;
        // Also where there is nothing to upload yet: whoever appends to an active segment wakes nobody.
        waits_for_time.then(|| {
            let roll = config.roll_after_ms().and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
            let interval = self.settings.interval;
            now + roll.map_or(interval, |roll| interval.min(roll.max(Duration::from_millis(100))))
        })
    }
}
