//! What a leader does next, as a state machine: what happened and what is seen come in, effects go out, no I/O.
//!
//! The chain's writer decides what a version says; the planner decides what is uploaded, announced, kept up and swept, and lets the writer ask.
//! [`Driver`](crate::partition::Driver) carries the effects out and brings back what came of them.

use crate::checkpoint::Checkpoint;
use crate::keys::PartitionHome;
use crate::local_log::{LocalBounds, UploadPolicy, UploadSource};
use crate::manifest::{
    Action, ChainWriter, Collector, Event, Garbage, Now, PageRef, Phase, RetentionLimits, Root, SealPlan,
};
use crate::options::TierTopicConfig;
use crate::partition::Standing;
use crate::partition::announcing::Announcing;
use crate::partition::jobs::{Done, backoff};
use crate::partition::rewrite::Misnamed;
use crate::partition::scrub::Scrub;
use crate::partition::upkeep::{Extent, Upkeep};
use crate::partition::uploads::Uploads;
use crate::partition::view::Gate;
use crate::token::WriterToken;
use esker_env::Instant;
use esker_model::{EpochHistory, Offset, TimestampMs};
use std::sync::Arc;
use std::time::Duration;

/// What never changes while a leader leads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlannerSettings {
    /// Uploads under way at once.
    pub(crate) uploads_max: usize,
    /// How long objects stay after no version names them.
    pub(crate) grace: Duration,
    /// Upper bound between two looks at retention and rolling.
    pub(crate) interval: Duration,
    /// In how long all that is in the bucket is read and checked, once; `None`: never.
    pub(crate) scrub_interval: Option<Duration>,
}

/// All that is seen of the world, at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight {
    pub(crate) now: Now,
    /// Whether the store may be used.
    pub(crate) store_is_ready: bool,
    /// Whether the wall clock is good enough to end retention.
    pub(crate) trusts_time: bool,
    pub(crate) config: TierTopicConfig,
    pub(crate) bounds: LocalBounds,
    /// Bytes of the local log behind the tiered end.
    pub(crate) bytes_behind: u64,
}

/// What happened.
#[derive(Debug)]
pub(crate) enum Input {
    /// Time has passed, or the store's state has changed.
    Time,
    /// The log or the configuration has changed.
    Change,
    /// Log start is to be raised, in a log with these leader epochs.
    RaiseLogStart(Offset, EpochHistory),
    /// An effect has ended.
    Done(Box<Done>),
}

/// What is to be done. All but the last three end in a [`Done`], and of the writer's actions its questions do.
#[derive(Debug)]
pub(crate) enum Effect {
    /// As the chain's writer says.
    Chain(Action),
    /// Ask the local log what to upload from there on.
    Next { from: Offset, policy: UploadPolicy },
    /// Upload this under a new name.
    Upload(UploadSource),
    /// Record this version on the disk, then tell the local log of it.
    Announce(Checkpoint),
    /// Delete garbage for good.
    Collect(Vec<Garbage>),
    /// Write a page.
    Seal(SealPlan),
    /// Read out of the page what ends in `[from, to)`.
    ReadDrops { page: PageRef, from: Offset, to: Offset },
    /// Walk for retention.
    Cut { sequence: u64, limits: RetentionLimits, wall_ms: TimestampMs },
    /// Delete what earlier writers left.
    Sweep { sequence: u64, extent: Extent },
    /// Delete old versions.
    Prune { sequence: u64 },
    /// Look at the object that holds `from`, and upload it again where it is bad.
    Scrub { sequence: u64, from: Offset },
    /// Write the pages anew that name a bad object, so that they name the good copy.
    Rewrite(Box<Misnamed>),
    /// The local bytes are not what was written.
    Damaged(String),
    /// So many bad objects have good ones in their place.
    Healed(u64),
    /// The partition may be served.
    Serve,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Planner {
    pub(super) writer: ChainWriter,
    pub(super) collector: Collector,
    pub(super) uploads: Uploads,
    pub(super) upkeep: Upkeep,
    pub(super) scrub: Scrub,
    pub(super) announcing: Announcing,
    pub(super) settings: PlannerSettings,
    gate: Gate,
    /// Highest tiered end that was confirmed or adopted.
    tiered_end: Offset,
    effects: Vec<Effect>,
}

impl Planner {
    /// A leader that begins: `checkpoint` is what this broker's disk knows of the bucket.
    pub(crate) fn new(
        home: PartitionHome,
        token: WriterToken,
        settings: PlannerSettings,
        standing: Standing,
        checkpoint: Option<&Checkpoint>,
        bounds: &LocalBounds,
    ) -> Self {
        let grace_ms = u64::try_from(settings.grace.as_millis()).unwrap_or(u64::MAX);
        let known = checkpoint.map_or(0, |checkpoint| checkpoint.sequence);
        let gate = standing.gate(checkpoint, bounds);
        Self {
            writer: ChainWriter::new(home, token, grace_ms, known, bounds.local_log_start),
            collector: Collector::default(),
            uploads: Uploads::default(),
            upkeep: Upkeep::default(),
            scrub: Scrub::default(),
            announcing: Announcing::default(),
            settings,
            gate,
            tiered_end: checkpoint.map_or(0, |checkpoint| checkpoint.tiered_end),
            effects: if gate == Gate::Nothing { vec![Effect::Serve] } else { Vec::new() },
        }
    }

    /// Takes in what happened and says what to do now.
    pub(crate) fn handle(&mut self, input: Input, sight: &Sight) -> Vec<Effect> {
        match input {
            Input::Time => self.uploads.look_again(),
            Input::Change => {
                self.uploads.look_again();
                self.retention_changed(sight);
            }
            Input::RaiseLogStart(offset, epochs) => {
                self.want_log_start(offset);
                self.writer.changes().epochs = Some(epochs);
            }
            Input::Done(done) => self.done(*done, sight),
        }
        if sight.store_is_ready {
            self.event(Event::Wake, sight);
            self.start_uploads(sight);
            self.start_upkeep(sight);
            self.start_scrub(sight);
            self.start_announcing(sight);
            self.writer.release_root();
        }
        std::mem::take(&mut self.effects)
    }

    /// When it wants to be woken although nothing happens.
    pub(crate) fn wake_at(&self, sight: &Sight) -> Option<Instant> {
        if !sight.store_is_ready {
            return None; // the state's change wakes
        }
        let upkeep = [self.upload_wake(sight), self.upkeep_wake(), self.scrub_wake()];
        let mine = upkeep.into_iter().chain([self.writer.wake_at(), self.announcing.retry_at]);
        mine.flatten().min()
    }

    pub(crate) fn phase(&self) -> &Phase {
        self.writer.phase()
    }

    /// Whether a take-over is under way.
    pub(crate) fn is_taking_over(&self) -> bool {
        self.writer.is_taking_over()
    }

    /// Whether it has stopped for good.
    pub(crate) fn is_over(&self) -> bool {
        !matches!(self.phase(), Phase::Taking | Phase::Leading)
    }

    pub(crate) fn token(&self) -> WriterToken {
        self.writer.token()
    }

    /// Whether the partition may be served.
    pub(crate) fn serves(&self) -> bool {
        self.gate == Gate::Nothing
    }

    /// The newest version of which the local log was told.
    pub(crate) fn announced(&self) -> Option<&Checkpoint> {
        self.announcing.done.as_ref()
    }

    /// Uploads under way.
    pub(crate) fn uploads_running(&self) -> usize {
        self.uploads.running()
    }

    /// Highest tiered end that is confirmed, or adopted as one's own history.
    pub(crate) fn tiered_end(&self) -> Offset {
        self.tiered_end
    }

    pub(super) fn put(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(super) fn want_log_start(&mut self, offset: Offset) {
        let wanted = self.writer.changes().log_start.unwrap_or(0).max(offset);
        self.writer.changes().log_start = Some(wanted);
    }

    pub(super) fn event(&mut self, event: Event, sight: &Sight) {
        for action in self.writer.handle(event, sight.now) {
            self.act(action, sight);
        }
    }

    fn act(&mut self, action: Action, sight: &Sight) {
        match &action {
            // The newest version is known and its lineage is the log's.
            Action::Create { .. } if self.gate == Gate::Read => self.open_gate(),
            Action::ResetLog { .. } => self.uploads.forget(),
            Action::Adopted(root) => self.tiered_end = self.tiered_end.max(root.tiered_end),
            Action::Confirmed(root) => {
                let root = Arc::clone(root);
                self.confirmed(&root, sight);
            }
            _ => {}
        }
        self.put(Effect::Chain(action));
    }

    fn open_gate(&mut self) {
        self.gate = Gate::Nothing;
        self.put(Effect::Serve);
    }

    fn confirmed(&mut self, root: &Arc<Root>, sight: &Sight) {
        self.collector.observe(&root.garbage, sight.now.at);
        if self.gate != Gate::Nothing {
            self.put(Effect::Chain(Action::Adopted(Arc::clone(root))));
            self.open_gate();
        }
        let advanced = root.tiered_end > self.tiered_end;
        self.tiered_end = self.tiered_end.max(root.tiered_end);
        self.uploads.look_again();
        self.upkeep_confirmed(root, advanced, sight);
        self.scrub_confirmed(root);
        self.announcing.confirmed(root);
    }

    fn done(&mut self, done: Done, sight: &Sight) {
        let event = match done {
            Done::Found { asked_at, local, found: Ok(found) } => Event::Found { asked_at, found, local },
            Done::Found { found: Err(_), .. } => Event::Failed,
            Done::Loaded(Ok(root)) => Event::Loaded(root),
            Done::Loaded(Err(error)) if error.is_not_found() => Event::LoadedNothing,
            Done::Loaded(Err(_)) => Event::Failed,
            Done::Created(outcome) => Event::Created(outcome),
            Done::ReadBack { outcome, local } => Event::ReadBack { outcome, local },
            Done::Reset(result) => Event::LogReset { done: result.is_ok() },
            Done::Announced(checkpoint, result) => return self.announced_to_log(checkpoint, result.is_ok(), sight),
            Done::Next(next) => return self.next_source(next, sight),
            Done::Scrubbed(look) => return self.scrubbed(look, sight),
            Done::Rewritten(result) => return self.rewritten(*result),
            Done::Uploaded { base, result } => return self.uploaded(base, *result, sight),
            other => return self.upkeep_done(other, sight),
        };
        self.event(event, sight);
    }

    /// Whether something may be created or deleted now; where knowledge has aged, it is renewed first.
    pub(super) fn may_act_or_ask(&mut self, sight: &Sight) -> bool {
        let may = self.writer.may_act(sight.now.at);
        if !may {
            self.writer.want_trust();
            self.event(Event::Wake, sight);
        }
        may
    }

    /// When to try again after `failures` failures.
    pub(super) fn retry_at(sight: &Sight, failures: u32) -> Instant {
        sight.now.at + backoff(failures)
    }
}
