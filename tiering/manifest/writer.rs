//! The writer of one partition's chain, as a state machine: events in, actions out, no I/O.
//!
//! One version is on its way at any time. All that may happen to it ends in one of four ways: it is confirmed; another one won and
//! becomes the base for the same changes; a greater token fences this writer; the answer is lost and the key is read back.
//! [`Changes`] survive all of them, because [`next_version`] recognises what is already there.

use crate::keys::PartitionHome;
use crate::manifest::change::fence_version;
use crate::manifest::{
    Changes, Finished, Garbage, Lineage, Rewrite, Root, Summary, Version, compare, encode_root, next_version,
};
use crate::token::WriterToken;
use bytes::Bytes;
use esker_env::Instant;
use esker_model::{EpochHistory, Offset, TimestampMs};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Knowledge of the newest version that is older is not trusted. Versions are pruned after three hours at the earliest.
pub(crate) const TRUST: Duration = Duration::from_secs(30 * 60);
/// Lost races after which the newest version is looked for instead of walking on by one.
const CONFLICTS_MAX: u32 = 4;
const BACKOFF_MIN: Duration = Duration::from_millis(100);
/// With a task that wakes in time, uploads resume well within five seconds of the store's return.
const BACKOFF_MAX: Duration = Duration::from_secs(2);

/// The moment and the fresh randomness at which an event is handled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) at: Instant,
    pub(crate) wall_ms: TimestampMs,
    /// A uuid never used before.
    pub(crate) fresh: Uuid,
}

/// What the machine must know of the local log when it meets a foreign version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LocalView {
    pub(crate) epochs: EpochHistory,
    pub(crate) log_end: Offset,
}

/// Where the writer stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Its fence is not confirmed yet: nothing is uploaded or deleted.
    Taking,
    /// It leads.
    Leading,
    /// A greater token was met; it stopped for good.
    Fenced(WriterToken),
    /// The chain's end cannot be understood: nothing is written until it is repaired.
    ReadOnly(String),
    /// The partition was deleted.
    Final,
}

/// The newest version as found by listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// No version exists.
    Nothing,
    /// This one.
    Version(Arc<Root>),
    /// One that cannot be decoded, and why.
    Unreadable(String),
}

/// What a create came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CreateOutcome {
    /// The store said that it wrote it.
    Written,
    /// The store said that the key exists.
    Exists,
    /// No answer that says which.
    Unknown,
    /// It certainly was not written.
    NotWritten,
}

/// What reading a key back came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReadBack {
    /// Byte for byte what was sent.
    Same,
    /// The key does not exist.
    Absent,
    /// Another body.
    Other(Arc<Root>),
    /// A body that cannot be decoded, and why.
    Unreadable(String),
    /// No answer.
    Failed,
}

/// What happens to the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Changes were added, or time has passed.
    Wake,
    /// The answer to [`Action::Find`], asked at that moment.
    Found { asked_at: Instant, found: Found, local: LocalView },
    /// [`Action::Find`] or [`Action::Load`] had no answer.
    Failed,
    /// The answer to [`Action::Load`].
    Loaded(Arc<Root>),
    /// The version to load is gone: it was pruned.
    LoadedNothing,
    /// The answer to [`Action::Create`].
    Created(CreateOutcome),
    /// The answer to [`Action::ReadBack`].
    ReadBack { outcome: ReadBack, local: LocalView },
    /// The answer to [`Action::ResetLog`].
    LogReset { done: bool },
}

/// What the shell is to do. One question is open at a time: the first four and `ResetLog` are answered by an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// List versions with numbers above `after` and read the highest.
    Find { after: u64 },
    /// Read this version.
    Load { sequence: u64 },
    /// Create this version.
    Create { sequence: u64, bytes: Bytes },
    /// Read this key and compare.
    ReadBack { sequence: u64, expected: Bytes },
    /// Cut the local log: it continues at this version's tiered end.
    ResetLog { root: Arc<Root>, lineage: Lineage },
    /// This version's history is one's own: the high watermark is at least its tiered end.
    Adopted(Arc<Root>),
    /// This version is in the chain by this writer: announce it, then delete locally.
    Confirmed(Arc<Root>),
    /// The phase has become a last one.
    Stopped,
}

#[derive(Clone, Debug)]
enum Step {
    Idle,
    Waiting { until: Instant },
    Finding,
    Loading,
    Resetting { root: Arc<Root> },
    Creating { version: Box<Version>, bytes: Bytes, sent_at: Instant },
    Reading { version: Box<Version>, sent_at: Instant },
}

/// The machine. See the module.
#[derive(Debug)]
pub(crate) struct ChainWriter {
    home: PartitionHome,
    token: WriterToken,
    grace_ms: u64,
    /// Where a chain without a version begins.
    start: Offset,
    phase: Phase,
    step: Step,
    changes: Changes,
    /// The newest known version's number; 0 for none. Only grows.
    sequence: u64,
    root: Option<Arc<Root>>,
    summary: Option<Summary>,
    /// When what is known was the newest for sure.
    trusted_at: Option<Instant>,
    wants_trust: bool,
    conflicts: u32,
    failures: u32,
}

impl ChainWriter {
    /// A writer that has yet to take over. `sequence` is the newest version known from a checkpoint, 0 for none; `start` is where
    /// a chain without versions begins.
    pub(crate) fn new(home: PartitionHome, token: WriterToken, grace_ms: u64, sequence: u64, start: Offset) -> Self {
        Self {
            home,
            token,
            grace_ms,
            start,
            phase: Phase::Taking,
            step: Step::Idle,
            changes: Changes::default(),
            sequence,
            root: None,
            summary: None,
            trusted_at: None,
            wants_trust: false,
            conflicts: 0,
            failures: 0,
        }
    }

    pub(crate) fn phase(&self) -> &Phase {
        &self.phase
    }

    pub(crate) fn token(&self) -> WriterToken {
        self.token
    }

    pub(crate) fn summary(&self) -> Option<&Summary> {
        self.summary.as_ref()
    }

    /// What is wanted of the next version; wake the machine after a change.
    pub(crate) fn changes(&mut self) -> &mut Changes {
        &mut self.changes
    }

    /// Uploads that wait for the version which names them, by base offset.
    pub(crate) fn finished(&self) -> &BTreeMap<Offset, Finished> {
        &self.changes.finished
    }

    /// Whether pages that name a good copy wait for a version.
    pub(crate) fn wants_rewrite(&self) -> bool {
        self.changes.rewrite.is_some()
    }

    /// Whether pages wait for the version that refers to them.
    pub(crate) fn has_new_pages(&self) -> bool {
        self.changes.sealed.is_some() || self.changes.rewrite.is_some()
    }

    /// Whether objects may be created and deleted, and local segments go.
    pub(crate) fn may_act(&self, now: Instant) -> bool {
        self.phase == Phase::Leading && self.is_trusted(now)
    }

    /// Asks for trust to be renewed where it has aged; wake the machine after it.
    pub(crate) fn want_trust(&mut self) {
        self.wants_trust = true;
    }

    /// Whether nothing is under way and nothing is wanted.
    pub(crate) fn is_idle(&self) -> bool {
        matches!(self.step, Step::Idle) && self.changes.is_empty() && !self.wants_trust && self.phase != Phase::Taking
    }

    /// Whether it holds a version, or is about to, because it takes over.
    pub(crate) fn is_taking_over(&self) -> bool {
        self.phase == Phase::Taking && !matches!(self.step, Step::Idle | Step::Waiting { .. })
    }

    /// When the machine wants to be woken.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        match self.step {
            Step::Waiting { until } if self.is_active() => Some(until),
            _ => None,
        }
    }

    /// Gives the decoded version back where nothing needs it; it will be loaded again.
    pub(crate) fn release_root(&mut self) {
        if self.is_idle() {
            self.root = None;
        }
    }

    fn is_active(&self) -> bool {
        matches!(self.phase, Phase::Taking | Phase::Leading)
    }

    fn is_trusted(&self, now: Instant) -> bool {
        self.trusted_at.is_some_and(|at| now.since(at) <= TRUST)
    }

    /// Handles one event and says what to do next.
    pub(crate) fn handle(&mut self, event: Event, now: Now) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.is_active() {
            self.take(event, now, &mut actions);
            self.advance(now, &mut actions);
        }
        actions
    }

    fn take(&mut self, event: Event, now: Now, actions: &mut Vec<Action>) {
        let step = std::mem::replace(&mut self.step, Step::Idle);
        match (event, step) {
            (Event::Found { asked_at, found, local }, Step::Finding) => {
                self.found(asked_at, found, &local, now, actions)
            }
            (Event::Loaded(root), Step::Loading) => self.root = Some(root),
            (Event::LoadedNothing, Step::Loading) => self.trusted_at = None,
            (Event::Failed, Step::Finding | Step::Loading) => self.back_off(now),
            (Event::Created(outcome), Step::Creating { version, bytes, sent_at }) => match outcome {
                CreateOutcome::Written => self.written(*version, sent_at, now, actions),
                CreateOutcome::NotWritten => self.back_off(now),
                CreateOutcome::Exists | CreateOutcome::Unknown => {
                    actions.push(Action::ReadBack { sequence: version.root.sequence, expected: bytes });
                    self.step = Step::Reading { version, sent_at };
                }
            },
            (Event::ReadBack { outcome, local }, Step::Reading { version, sent_at }) => match outcome {
                ReadBack::Same => self.written(*version, sent_at, now, actions),
                ReadBack::Absent | ReadBack::Failed => self.back_off(now),
                ReadBack::Unreadable(reason) => self.stop(Phase::ReadOnly(reason), actions),
                ReadBack::Other(root) => {
                    self.conflicts += 1;
                    if self.conflicts > CONFLICTS_MAX {
                        self.conflicts = 0;
                        self.trusted_at = None;
                    }
                    self.adopt(root, &local, now, actions);
                }
            },
            (Event::LogReset { done: true }, Step::Resetting { root }) => self.accept(root, now, actions),
            (Event::LogReset { done: false }, Step::Resetting { .. }) => {
                // The version that was found is not adopted; what is known without it may be a branch that was pruned.
                self.trusted_at = None;
                self.back_off(now);
            }
            (_, Step::Waiting { until }) if until > now.at => self.step = Step::Waiting { until },
            (_, Step::Waiting { .. }) => {}
            // An event that answers no open question changes nothing.
            (_, step) => self.step = step,
        }
    }

    fn stop(&mut self, phase: Phase, actions: &mut Vec<Action>) {
        self.phase = phase;
        actions.push(Action::Stopped);
    }

    fn back_off(&mut self, now: Now) {
        let delay = BACKOFF_MIN.saturating_mul(1 << self.failures.min(8)).min(BACKOFF_MAX);
        // Between a half and the whole of the delay, by the fresh uuid's bits, so that writers spread.
        let share = u32::from(now.fresh.as_bytes()[0]);
        self.step = Step::Waiting { until: now.at + delay / 2 + (delay / 2) * share / 256 };
        self.failures = self.failures.saturating_add(1);
    }

    fn found(&mut self, asked_at: Instant, found: Found, local: &LocalView, now: Now, actions: &mut Vec<Action>) {
        self.trusted_at = Some(asked_at); // judged against the present moment wherever it matters
        match found {
            Found::Unreadable(reason) => self.stop(Phase::ReadOnly(reason), actions),
            Found::Version(root) if root.sequence >= self.sequence => {
                self.failures = 0;
                self.wants_trust = false;
                self.adopt(root, local, now, actions);
            }
            Found::Nothing if self.sequence == 0 => {
                self.failures = 0;
                self.wants_trust = false;
            }
            // A listing that lacks what is known to exist is stale or the bucket is not the one it was: believe nothing.
            Found::Nothing | Found::Version(_) => {
                self.trusted_at = None;
                self.back_off(now);
            }
        }
    }

    /// Meets a version of the chain that it did not see confirmed.
    fn adopt(&mut self, root: Arc<Root>, local: &LocalView, now: Now, actions: &mut Vec<Action>) {
        if root.is_final {
            return self.stop(Phase::Final, actions);
        }
        if root.token > self.token {
            return self.stop(Phase::Fenced(root.token), actions);
        }
        if root.token == self.token {
            return self.accept(root, now, actions);
        }
        match compare(&root.epochs, root.tiered_end, &local.epochs, local.log_end) {
            Lineage::Agrees => self.accept(root, now, actions),
            lineage => {
                // What was uploaded of the log that is cut must not be named, even if its offsets fit.
                let finished = std::mem::take(&mut self.changes.finished).into_values();
                let copies = std::mem::take(&mut self.changes.replaced).into_values();
                for finished in finished.chain(copies) {
                    self.changes.discarded.insert(Garbage::Object(finished.entry.id()));
                }
                let rewrite = self.changes.rewrite.take();
                self.changes.discarded.extend(rewrite.iter().flat_map(Rewrite::leftovers));
                // Nor may log start pass what is left.
                (self.changes.log_start, self.changes.epochs) = (None, None);
                actions.push(Action::ResetLog { root: Arc::clone(&root), lineage });
                self.step = Step::Resetting { root };
            }
        }
    }

    fn accept(&mut self, root: Arc<Root>, now: Now, actions: &mut Vec<Action>) {
        assert!(root.sequence >= self.sequence, "a chain must not go back from {} to {}", self.sequence, root.sequence);
        self.learn(&root);
        if root.token != self.token {
            actions.push(Action::Adopted(root));
        } else if self.is_trusted(now.at) {
            // An attempt of one's own whose answer was lost: it is in the chain.
            self.changes.settle_with(&root);
            self.phase = Phase::Leading;
            actions.push(Action::Confirmed(root));
        }
    }

    fn learn(&mut self, root: &Arc<Root>) {
        self.sequence = root.sequence;
        self.summary = Some(root.summary());
        self.root = Some(Arc::clone(root));
    }

    fn written(&mut self, version: Version, sent_at: Instant, now: Now, actions: &mut Vec<Action>) {
        if !self.is_trusted(now.at) {
            // It slept over the answer: what it wrote may lie on a branch that was pruned. Look for the newest.
            self.trusted_at = None;
            return;
        }
        self.trusted_at = Some(sent_at);
        self.conflicts = 0;
        self.failures = 0;
        self.changes.settle(&version);
        self.phase = Phase::Leading;
        let root = Arc::new(version.root);
        self.learn(&root);
        actions.push(Action::Confirmed(Arc::clone(&root)));
        if root.is_final {
            self.stop(Phase::Final, actions);
        }
    }

    /// Where no question is open, asks the next one.
    fn advance(&mut self, now: Now, actions: &mut Vec<Action>) {
        if !matches!(self.step, Step::Idle) || !self.is_active() {
            return;
        }
        let is_trusted = self.is_trusted(now.at);
        self.wants_trust &= !is_trusted;
        if self.phase == Phase::Leading && self.changes.is_empty() && !self.wants_trust {
            return;
        }
        if !is_trusted {
            self.step = Step::Finding;
            return actions.push(Action::Find { after: self.sequence.saturating_sub(1) });
        }
        let base = match &self.root {
            Some(root) => Arc::clone(root),
            None if self.sequence == 0 => Arc::new(Root::empty(self.home, self.start, self.grace_ms)),
            None => {
                self.step = Step::Loading;
                return actions.push(Action::Load { sequence: self.sequence });
            }
        };
        let version = if base.token == self.token {
            next_version(&base, self.token, now.fresh, &self.changes, now.wall_ms)
        } else {
            Some(fence_version(&base, self.token, now.fresh))
        };
        match version {
            None => self.changes.settle_with(&base),
            Some(version) => {
                let bytes = encode_root(&version.root);
                actions.push(Action::Create { sequence: version.root.sequence, bytes: bytes.clone() });
                self.step = Step::Creating { version: Box::new(version), bytes, sent_at: now.at };
            }
        }
    }
}
