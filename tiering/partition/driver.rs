//! A leader's task: it owns the chain's writer, turns its actions into requests, and everything else into its events.
//!
//! Nothing here decides what is written: [`ChainWriter`] does. The task only keeps one question open at a time, several uploads and one of
//! each kind of upkeep, and sleeps until somebody or something is due.

use crate::checkpoint::Checkpoint;
use crate::local_log::TieredUpTo;
use crate::manifest::{Action, ChainWriter, Collector, Event, Found, LocalView, Now, Phase, ReadBack, Root};
use crate::partition::jobs::{self, Done};
use crate::partition::scrub::Scrub;
use crate::partition::upkeep::Upkeep;
use crate::partition::uploads::Uploads;
use crate::partition::view::Gate;
use crate::partition::{Command, Known, RaiseError, Readiness, Role, Shared, Standing};
use crate::process::add;
use crate::token::WriterToken;
use esker_env::Instant;
use esker_model::Offset;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Pause after a failure of the local disk.
const LOCAL_RETRY: Duration = Duration::from_secs(1);

/// Telling the local log what is confirmed: one at a time, the latest wins.
#[derive(Debug, Default)]
struct Announcing {
    running: bool,
    pending: Option<Checkpoint>,
    done: Option<Checkpoint>,
    retry_at: Option<Instant>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Driver {
    pub(super) shared: Arc<Shared>,
    pub(super) writer: ChainWriter,
    pub(super) jobs: FuturesUnordered<BoxFuture<'static, Done>>,
    pub(super) collector: Collector,
    pub(super) uploads: Uploads,
    pub(super) upkeep: Upkeep,
    pub(super) scrub: Scrub,
    commands: mpsc::Receiver<Command>,
    standing: Standing,
    gate: Gate,
    announcing: Announcing,
    waiters: Vec<(Offset, oneshot::Sender<Result<(), RaiseError>>)>,
}

impl Driver {
    pub(crate) fn new(
        shared: Arc<Shared>,
        token: WriterToken,
        standing: Standing,
        commands: mpsc::Receiver<Command>,
    ) -> Self {
        let writer = ChainWriter::new(shared.home(), token, 0, 0, 0);
        Self {
            shared,
            writer,
            jobs: FuturesUnordered::new(),
            collector: Collector::default(),
            uploads: Uploads::default(),
            upkeep: Upkeep::default(),
            scrub: Scrub::default(),
            commands,
            standing,
            gate: Gate::Fence,
            announcing: Announcing::default(),
            waiters: Vec::new(),
        }
    }

    /// Runs until the handle leads no more, or the writer has stopped for good.
    pub(crate) async fn run(mut self) {
        self.begin().await;
        let shared = Arc::clone(&self.shared);
        let mut state = shared.core.state.subscribe();
        loop {
            self.pump();
            if matches!(self.writer.phase(), Phase::Fenced(_) | Phase::ReadOnly(_) | Phase::Final) {
                return;
            }
            let pause = self.next_wake().map(|at| at.since(shared.core.env.clock.now()));
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(Command::RaiseLogStart(offset, answer)) => self.raise_log_start(offset, answer),
                    None => return,
                },
                Some(done) = self.jobs.next(), if !self.jobs.is_empty() => self.done(done),
                () = shared.wake.notified() => {
                    self.uploads.look_again();
                    self.retention_changed();
                }
                _ = state.changed() => {}
                // Timers end a little early at times; a millisecond spares a round in vain.
                () = esker_env::sleep(pause.unwrap_or_default() + Duration::from_millis(1)), if pause.is_some() => {
                    self.uploads.look_again();
                }
            }
        }
    }

    /// Reads the checkpoint and decides what must be known before the partition is served.
    async fn begin(&mut self) {
        let checkpoint = jobs::read_checkpoint(&self.shared).await;
        let bounds = self.shared.local.bounds();
        self.gate = self.standing.gate(checkpoint.as_ref(), &bounds);
        if let Some(checkpoint) = &checkpoint {
            let Checkpoint { sequence, log_start, tiered_end, .. } = *checkpoint;
            self.shared.learn(Known { sequence, log_start, tiered_end, bytes: None });
        }
        if self.gate == Gate::Nothing {
            self.open_gate();
        }
        let known = self.shared.known().map_or(0, |known| known.sequence);
        let grace_ms = u64::try_from(self.shared.core.options.garbage_grace.as_millis()).unwrap_or(u64::MAX);
        let token = self.writer.token();
        self.writer = ChainWriter::new(self.shared.home(), token, grace_ms, known, bounds.local_log_start);
    }

    pub(super) fn now(&self) -> Instant {
        self.shared.core.env.clock.now()
    }

    fn open_gate(&mut self) {
        self.gate = Gate::Nothing;
        self.shared.readiness.send_replace(Readiness::Ready);
    }

    /// Starts whatever can be started now.
    fn pump(&mut self) {
        if !self.shared.core.is_ready() {
            return;
        }
        self.event(Event::Wake);
        self.start_uploads();
        self.start_upkeep();
        self.start_scrub();
        self.start_announcing();
        self.writer.release_root();
    }

    fn next_wake(&self) -> Option<Instant> {
        if !self.shared.core.is_ready() {
            return None; // the state's change wakes
        }
        let upkeep = [self.upload_wake(), self.upkeep_wake(), self.scrub_wake()];
        let mine = upkeep.into_iter().chain([self.writer.wake_at(), self.announcing.retry_at]);
        mine.flatten().min()
    }

    pub(super) fn event(&mut self, event: Event) {
        let env = &self.shared.core.env;
        let now = Now { at: env.clock.now(), wall_ms: env.clock.wall_ms(), fresh: env.random.uuid() };
        for action in self.writer.handle(event, now) {
            self.act(action);
        }
    }

    pub(super) fn spawn(&self, job: impl Future<Output = Done> + Send + 'static) {
        self.jobs.push(Box::pin(job));
    }

    fn act(&mut self, action: Action) {
        let shared = Arc::clone(&self.shared);
        match action {
            Action::Find { after } => {
                let asked_at = self.now();
                self.spawn(async move { Done::Found(asked_at, shared.chain.find(after).await) });
            }
            Action::Load { sequence } => self.spawn(async move { Done::Loaded(shared.chain.root(sequence).await) }),
            Action::Create { sequence, bytes } => {
                if self.gate == Gate::Read {
                    self.open_gate(); // the newest version is known and its lineage is the log's
                }
                self.spawn(jobs::create(shared, sequence, bytes));
            }
            Action::ReadBack { sequence, expected } => {
                self.spawn(async move { Done::ReadBack(shared.chain.read_back(sequence, &expected).await) });
            }
            Action::ResetLog { root, lineage } => {
                tracing::warn!(
                    partition = %shared.id, tiered_end = root.tiered_end, ?lineage,
                    "the log is not the continuation of what is tiered; it is cut and goes on at the tiered end"
                );
                self.uploads.forget();
                self.spawn(jobs::reset_log(shared, root));
            }
            Action::Adopted(root) => {
                shared.learn(Known::from(&root.summary()));
                shared.local.adopted(root.tiered_end);
            }
            Action::Confirmed(root) => self.confirmed(&root),
            Action::Stopped => self.stopped(),
        }
    }

    fn local_view(&self) -> LocalView {
        LocalView { epochs: self.shared.local.epoch_history(), log_end: self.shared.local.bounds().log_end }
    }

    fn done(&mut self, done: Done) {
        match done {
            Done::Found(asked_at, Ok(found)) => {
                if let Found::Unreadable(reason) = &found {
                    tracing::error!(partition = %self.shared.id, reason, "the newest manifest version cannot be used");
                }
                let local = self.local_view();
                self.event(Event::Found { asked_at, found, local });
            }
            Done::Found(_, Err(error)) => {
                self.failed(&error);
                self.event(Event::Failed);
            }
            Done::Loaded(Ok(root)) => self.event(Event::Loaded(root)),
            Done::Loaded(Err(error)) => {
                self.failed(&error);
                self.event(if error.is_not_found() { Event::LoadedNothing } else { Event::Failed });
            }
            Done::Created(outcome) => self.event(Event::Created(outcome)),
            Done::ReadBack(outcome) => {
                if let ReadBack::Unreadable(reason) = &outcome {
                    tracing::error!(partition = %self.shared.id, reason, "a manifest version cannot be used");
                }
                let local = self.local_view();
                self.event(Event::ReadBack { outcome, local });
            }
            Done::Reset(result) => {
                if let Err(error) = &result {
                    self.failed(error);
                }
                self.event(Event::LogReset { done: result.is_ok() });
            }
            Done::Announced(checkpoint, result) => self.announced(checkpoint, result),
            Done::Next(next) => self.next_source(next),
            Done::Uploaded { base, result } => self.uploaded(base, *result),
            Done::Scrubbed(look) => self.scrubbed(look),
            other => self.upkeep_done(other),
        }
    }

    /// Notes a failure for the metrics; it is retried where it came from.
    pub(super) fn failed(&self, error: &dyn std::fmt::Display) {
        tracing::debug!(partition = %self.shared.id, %error, "tiering will be tried again");
        self.shared.view.write().last_error = Some(error.to_string());
    }

    fn confirmed(&mut self, root: &Arc<Root>) {
        let shared = Arc::clone(&self.shared);
        shared.core.meta.insert_root(Arc::clone(root));
        add(&shared.core.totals.versions_written, 1);
        self.collector.observe(&root.garbage, self.now());
        let advanced = {
            let mut view = shared.view.write();
            let before = view.known.map_or(0, |known| known.tiered_end);
            view.learn(Known::from(&root.summary()));
            view.last_error = None;
            let advanced = root.tiered_end > before;
            if advanced {
                view.last_upload_ms = shared.core.env.clock.wall_ms();
            }
            advanced
        };
        if self.gate != Gate::Nothing {
            shared.local.adopted(root.tiered_end);
            self.open_gate();
        }
        self.uploads.look_again();
        self.upkeep_confirmed(root, advanced);
        self.scrub_confirmed(root);
        let Root { sequence, token, tiered_end, log_start, .. } = **root;
        let checkpoint = Checkpoint { sequence, token, tiered_end, log_start };
        if self.announcing.done != Some(checkpoint) {
            self.announcing.pending = Some(checkpoint);
        }
    }

    /// Local deletion follows a confirmed version, and only while what is known is trusted.
    fn start_announcing(&mut self) {
        let now = self.now();
        let waits = self.announcing.retry_at.is_some_and(|at| at > now);
        if self.announcing.running || waits || self.announcing.pending.is_none() {
            return;
        }
        if !self.writer.may_act(now) {
            self.writer.want_trust();
            return;
        }
        let Some(checkpoint) = self.announcing.pending.take() else { return };
        self.announcing.running = true;
        self.announcing.retry_at = None;
        self.spawn(jobs::announce(Arc::clone(&self.shared), checkpoint));
    }

    fn announced(&mut self, checkpoint: Checkpoint, result: Result<(), String>) {
        self.announcing.running = false;
        match result {
            Ok(()) => {
                self.announcing.done = Some(checkpoint);
                let told = |(offset, _): &(Offset, _)| *offset <= checkpoint.log_start;
                let (ready, waiting) = std::mem::take(&mut self.waiters).into_iter().partition(told);
                self.waiters = waiting;
                let ready: Vec<(Offset, oneshot::Sender<_>)> = ready;
                for (_, answer) in ready {
                    let _ = answer.send(Ok(())); // who asked may have left
                }
            }
            Err(error) => {
                self.failed(&error);
                self.announcing.pending.get_or_insert(checkpoint);
                self.announcing.retry_at = Some(self.now() + LOCAL_RETRY);
            }
        }
    }

    fn raise_log_start(&mut self, offset: Offset, answer: oneshot::Sender<Result<(), RaiseError>>) {
        self.waiters.retain(|(_, answer)| !answer.is_closed());
        if self.announcing.done.is_some_and(|done| offset <= done.log_start) {
            let _ = answer.send(Ok(()));
        } else if self.waiters.len() >= 1024 {
            let _ = answer.send(Err(RaiseError::Busy));
        } else {
            let wanted = self.writer.changes().log_start.unwrap_or(0).max(offset);
            self.writer.changes().log_start = Some(wanted);
            self.waiters.push((offset, answer));
        }
    }

    fn stopped(&mut self) {
        let reason = match self.writer.phase() {
            Phase::Fenced(token) => format!("a later leader with token {token} has taken over"),
            Phase::ReadOnly(reason) => format!("the manifest chain cannot be continued: {reason}"),
            Phase::Final => "the topic was deleted".to_owned(),
            Phase::Taking | Phase::Leading => return,
        };
        tracing::warn!(partition = %self.shared.id, reason, "tiering of the partition stops");
        let mut view = self.shared.view.write();
        // A later leadership of the same handle has set another role already.
        if view.role == Role::Leader(self.writer.token()) {
            view.role = Role::Stopped(reason.clone());
            // A chain that cannot be continued stops the tier and not the partition, once its lineage is known to be the log's.
            if !(matches!(self.writer.phase(), Phase::ReadOnly(_)) && self.gate == Gate::Nothing) {
                self.shared.readiness.send_replace(Readiness::Stopped(reason));
            }
        }
        for (_, answer) in self.waiters.drain(..) {
            let _ = answer.send(Err(RaiseError::NotLeader));
        }
    }

    pub(super) fn version(checkpoint: &Checkpoint) -> TieredUpTo {
        let Checkpoint { sequence, log_start, tiered_end, .. } = *checkpoint;
        TieredUpTo { sequence, log_start, tiered_end }
    }
}
