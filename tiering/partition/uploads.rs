//! Which segments are uploaded when: several at once, from the tiered end on without a gap.

use crate::keys::ObjectId;
use crate::local_log::{UploadPolicy, UploadSource};
use crate::manifest::{Event, Finished, Garbage, Phase};
use crate::object::TrailerHead;
use crate::partition::driver::Driver;
use crate::partition::jobs::{self, backoff};
use crate::upload::UploadError;
use esker_env::Instant;
use esker_model::Offset;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The uploads of one leadership.
#[derive(Debug, Default)]
pub(crate) struct Uploads {
    /// End offsets of what is under way, by base offset.
    running: BTreeMap<Offset, Offset>,
    /// A source that waits for its turn.
    held: Option<UploadSource>,
    asking: bool,
    /// The log had nothing when it was asked last; something has to happen first.
    exhausted: bool,
    retry_at: Option<Instant>,
    failures: u32,
    /// The local bytes are damaged: nothing more is uploaded of this log.
    damaged: bool,
    /// Counts the logs: what was begun before the log was cut is not used.
    generation: u32,
}

impl Uploads {
    pub(crate) fn look_again(&mut self) {
        self.exhausted = false;
    }

    /// The log was cut: what is under way is of no use.
    pub(crate) fn forget(&mut self) {
        *self = Self { generation: self.generation + 1, asking: self.asking, ..Self::default() };
    }
}

impl Driver {
    /// The first offset that is neither tiered nor on its way.
    fn planned_end(&mut self) -> Offset {
        let mut end = self.writer.summary().map_or(0, |summary| summary.tiered_end);
        let finished = &self.writer.changes().finished;
        while let Some(next) =
            self.uploads.running.get(&end).copied().or(finished.get(&end).map(|done| done.entry.next))
        {
            end = next;
        }
        end
    }

    pub(super) fn start_uploads(&mut self) {
        let now = self.now();
        let config = *self.shared.config.read();
        let waits = self.uploads.retry_at.is_some_and(|at| at > now);
        if *self.writer.phase() != Phase::Leading || config.copy_disabled || self.uploads.damaged || waits {
            return;
        }
        if let Some(source) = self.uploads.held.take() {
            self.start_upload(source, now);
        }
        let room = self.uploads.running.len() < self.shared.core.options.uploads_per_partition_max;
        let planned = self.planned_end();
        let bounds = self.shared.local.bounds();
        let idle = !self.uploads.asking && self.uploads.held.is_none() && !self.uploads.exhausted;
        if room && idle && bounds.last_stable_offset > planned {
            self.uploads.asking = true;
            let policy =
                UploadPolicy { now_ms: self.shared.core.env.clock.wall_ms(), roll_after_ms: config.roll_after_ms() };
            self.spawn(jobs::next_source(Arc::clone(&self.shared), planned, policy));
        }
        let mut view = self.shared.view.write();
        (view.planned_end, view.uploads) = (planned, self.uploads.running.len());
    }

    fn start_upload(&mut self, source: UploadSource, now: Instant) {
        if source.base != self.planned_end() {
            return; // the log was asked before the tiered end moved
        }
        if !self.writer.may_act(now) {
            self.writer.want_trust();
            self.uploads.held = Some(source);
            return self.event(Event::Wake);
        }
        let id = ObjectId { base: source.base, token: self.writer.token(), uuid: self.shared.core.env.random.uuid() };
        self.uploads.running.insert(source.base, source.end);
        self.spawn(jobs::upload(Arc::clone(&self.shared), id, source));
    }

    pub(super) fn next_source(&mut self, next: Result<Option<UploadSource>, String>) {
        self.uploads.asking = false;
        match next {
            Ok(Some(source)) => {
                let config = *self.shared.config.read();
                let age = self.shared.core.env.clock.wall_ms().saturating_sub(source.max_timestamp);
                if config.lag_is_over(age, self.shared.local.bytes_from(source.end)) {
                    self.uploads.held = Some(source);
                } else {
                    self.uploads.exhausted = true;
                }
            }
            Ok(None) => self.uploads.exhausted = true,
            Err(error) => self.upload_failed(&error),
        }
    }

    fn upload_failed(&mut self, error: &dyn std::fmt::Display) {
        self.failed(error);
        self.uploads.retry_at = Some(self.now() + backoff(self.uploads.failures));
        self.uploads.failures += 1;
    }

    pub(super) fn uploaded(&mut self, base: Offset, result: Result<(Finished, TrailerHead), UploadError>) {
        let was_running = self.uploads.running.remove(&base).is_some();
        match result {
            Ok((finished, head)) if was_running => {
                self.uploads.failures = 0;
                self.shared.core.meta.insert_head(finished.entry.uuid, Arc::new(head));
                self.writer.changes().finished.insert(base, finished);
            }
            // Of a log that was cut meanwhile.
            Ok((finished, _)) => {
                self.writer.changes().discarded.insert(Garbage::Object(finished.entry.id()));
            }
            Err(UploadError::Damaged(damage)) => {
                tracing::error!(partition = %self.shared.id, base, %damage, "the local log is damaged; nothing was uploaded");
                self.uploads.damaged = was_running;
                self.failed(&damage);
                self.shared.local.damaged(&format!("the segment at offset {base}: {damage}"));
            }
            Err(UploadError::Store { error, left }) => {
                self.writer.changes().discarded.insert(left);
                self.upload_failed(&error);
            }
            Err(error) => self.upload_failed(&error),
        }
    }

    /// When uploads want to be looked at again without anybody asking.
    pub(super) fn upload_wake(&self) -> Option<Instant> {
        let config = self.shared.config.read();
        let now = self.now();
        if let Some(at) = self.uploads.retry_at.filter(|at| *at > now) {
            return Some(at);
        }
        let waits_for_time = config.roll_after_ms().is_some() || config.copy_lag_ms > 0;
        // Also where there is nothing to upload yet: whoever appends to an active segment wakes nobody.
        waits_for_time.then(|| {
            let roll =
                config.roll_after_ms().and_then(|ms| u64::try_from(ms).ok()).map(std::time::Duration::from_millis);
            let interval = self.shared.core.options.task_interval;
            let interval = roll.map_or(interval, |roll| interval.min(roll.max(std::time::Duration::from_millis(100))));
            now + interval
        })
    }
}
