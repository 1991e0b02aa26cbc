//! A leader's task: it shows the planner what is there, turns its effects into requests, and brings back what came of them.
//!
//! Nothing here decides anything: [`Planner`] does. The task sleeps until somebody or something is due.

use crate::checkpoint::Checkpoint;
use crate::manifest::{Action, Now, Phase, Root};
use crate::partition::jobs::{self, Done};
use crate::partition::planner::{Effect, Input, Planner, PlannerSettings, Sight};
use crate::partition::{Command, Known, RaiseError, Readiness, Role, Shared, Standing, rewrite, scrub, tasks};
use crate::process::add;
use crate::token::WriterToken;
use esker_model::Offset;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Requests to raise log start that wait at once.
const WAITERS_MAX: usize = 1024;

/// See the module.
#[derive(Debug)]
pub(crate) struct Driver {
    shared: Arc<Shared>,
    planner: Planner,
    jobs: FuturesUnordered<BoxFuture<'static, Done>>,
    commands: mpsc::Receiver<Command>,
    waiters: Vec<(Offset, oneshot::Sender<Result<(), RaiseError>>)>,
    /// Held for as long as a take-over is under way.
    turn: jobs::Turn,
}

impl Driver {
    /// Leads until the handle leads no more, or the chain's writer has stopped for good.
    pub(crate) async fn run(
        shared: Arc<Shared>,
        token: WriterToken,
        standing: Standing,
        commands: mpsc::Receiver<Command>,
    ) {
        let checkpoint = jobs::read_checkpoint(&shared).await;
        if let Some(Checkpoint { sequence, log_start, tiered_end, .. }) = checkpoint {
            shared.learn(Known { sequence, log_start, tiered_end, bytes: None });
        }
        let options = &shared.core.options;
        let settings = PlannerSettings {
            uploads_max: options.uploads_per_partition_max,
            grace: options.garbage_grace,
            interval: options.task_interval,
            scrub_interval: options.scrub_interval,
        };
        let bounds = shared.local.bounds();
        let planner = Planner::new(shared.home(), token, settings, standing, checkpoint.as_ref(), &bounds);
        let driver = Self {
            shared,
            planner,
            jobs: FuturesUnordered::new(),
            commands,
            waiters: Vec::new(),
            turn: jobs::Turn::default(),
        };
        driver.lead().await;
    }

    async fn lead(mut self) {
        let shared = Arc::clone(&self.shared);
        let mut state = shared.core.state.subscribe();
        self.handle(Input::Time);
        while !self.planner.is_over() {
            let pause = self.planner.wake_at(&self.sight()).map(|at| at.since(shared.core.env.clock.now()));
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(Command::RaiseLogStart(offset, answer)) => self.raise_log_start(offset, answer),
                    None => return,
                },
                Some(done) = self.jobs.next(), if !self.jobs.is_empty() => self.done(done),
                () = shared.wake.notified() => self.handle(Input::Change),
                _ = state.changed() => self.handle(Input::Time),
                // Timers end a little early at times; a millisecond spares a round in vain.
                () = esker_env::sleep(pause.unwrap_or_default() + Duration::from_millis(1)), if pause.is_some() => {
                    self.handle(Input::Time);
                }
            }
        }
    }

    fn sight(&self) -> Sight {
        let Shared { core, local, config, .. } = &*self.shared;
        let env = &core.env;
        Sight {
            now: Now { at: env.clock.now(), wall_ms: env.clock.wall_ms(), fresh: env.random.uuid() },
            store_is_ready: core.is_ready(),
            trusts_time: core.clock_guard.lock().is_trusted(&*env.clock),
            config: *config.read(),
            bounds: local.bounds(),
            bytes_behind: local.bytes_from(self.planner.tiered_end()),
        }
    }

    fn handle(&mut self, input: Input) {
        let sight = self.sight();
        for effect in self.planner.handle(input, &sight) {
            self.carry_out(effect);
        }
        if !self.planner.is_taking_over() {
            self.turn.lock().take();
        }
        let mut view = self.shared.view.write();
        (view.planned_end, view.uploads) = (self.planner.planned_end(), self.planner.uploads_running());
    }

    fn done(&mut self, done: Done) {
        if let Some(error) = done.error() {
            tracing::debug!(partition = %self.shared.id, error, "tiering will be tried again");
            self.shared.view.write().last_error = Some(error);
        }
        if let Done::Scrubbed(look) = &done {
            look.note(&self.shared);
        }
        let may_answer = matches!(done, Done::Announced(_, Ok(())));
        self.handle(Input::Done(Box::new(done)));
        if may_answer {
            self.answer_waiters();
        }
    }

    fn spawn(&self, job: impl Future<Output = Done> + Send + 'static) {
        self.jobs.push(Box::pin(job));
    }

    fn carry_out(&mut self, effect: Effect) {
        let shared = Arc::clone(&self.shared);
        match effect {
            Effect::Chain(action) => self.chain(action),
            Effect::Next { from, policy } => self.spawn(jobs::next_source(shared, from, policy)),
            Effect::Upload(source) => self.spawn(jobs::upload(shared, self.planner.token(), source)),
            Effect::Announce(checkpoint) => self.spawn(jobs::announce(shared, checkpoint)),
            Effect::Collect(items) => self.spawn(tasks::collect(shared, items)),
            Effect::Seal(plan) => self.spawn(tasks::seal(shared, plan)),
            Effect::ReadDrops { page, from, to } => self.spawn(tasks::page_drops(shared, page, from, to)),
            Effect::Cut { sequence, limits, wall_ms } => {
                let cut = tasks::cut(Arc::clone(&shared), sequence, limits, wall_ms);
                self.spawn(jobs::in_turn(shared, cut));
            }
            Effect::Sweep { sequence, extent } => {
                self.spawn(jobs::in_turn(Arc::clone(&shared), tasks::sweep(shared, sequence, extent)))
            }
            Effect::Prune { sequence } => {
                self.spawn(jobs::in_turn(Arc::clone(&shared), tasks::prune(shared, sequence)))
            }
            Effect::Scrub { sequence, from } => self.spawn(scrub::look(shared, self.planner.token(), sequence, from)),
            Effect::Rewrite(finding) => self.spawn(rewrite::rewrite(shared, *finding)),
            Effect::Healed(count) => add(&shared.core.totals.scrub_healed, count),
            Effect::Damaged(reason) => {
                tracing::error!(partition = %shared.id, reason, "the local log is damaged; nothing was uploaded");
                shared.local.damaged(&reason);
            }
            Effect::Serve => {
                shared.readiness.send_replace(Readiness::Ready);
            }
        }
    }

    fn chain(&mut self, action: Action) {
        let shared = Arc::clone(&self.shared);
        match action {
            Action::Find { after } if self.planner.is_taking_over() => {
                let turn = Arc::clone(&self.turn);
                self.spawn(jobs::find_in_turn(shared, after, turn));
            }
            Action::Find { after } => self.spawn(jobs::find(shared, after)),
            Action::Load { sequence } => self.spawn(jobs::load(shared, sequence)),
            Action::Create { sequence, bytes } => self.spawn(jobs::create(shared, sequence, bytes)),
            Action::ReadBack { sequence, expected } => self.spawn(jobs::read_back(shared, sequence, expected)),
            Action::ResetLog { root, lineage } => {
                tracing::warn!(
                    partition = %shared.id, tiered_end = root.tiered_end, ?lineage,
                    "the log is not the continuation of what is tiered; it is cut and goes on at the tiered end"
                );
                self.spawn(jobs::reset_log(shared, self.planner.token(), root));
            }
            Action::Adopted(root) => {
                shared.learn(Known::from(&root.summary()));
                shared.local.adopted(root.tiered_end);
            }
            Action::Confirmed(root) => self.confirmed(&root),
            Action::Stopped => self.stopped(),
        }
    }

    fn confirmed(&self, root: &Arc<Root>) {
        let core = &self.shared.core;
        core.meta.insert_root(Arc::clone(root));
        add(&core.totals.versions_written, 1);
        let mut view = self.shared.view.write();
        let before = view.known.map_or(0, |known| known.tiered_end);
        view.learn(Known::from(&root.summary()));
        view.last_error = None;
        if root.tiered_end > before {
            view.last_upload_ms = core.env.clock.wall_ms();
        }
    }

    fn raise_log_start(&mut self, offset: Offset, answer: oneshot::Sender<Result<(), RaiseError>>) {
        self.waiters.retain(|(_, answer)| !answer.is_closed());
        if self.planner.announced().is_some_and(|announced| offset <= announced.log_start) {
            let _ = answer.send(Ok(())); // who asked may have left
        } else if self.waiters.len() >= WAITERS_MAX {
            let _ = answer.send(Err(RaiseError::Busy));
        } else {
            self.waiters.push((offset, answer));
            self.handle(Input::RaiseLogStart(offset, self.shared.local.epoch_history()));
        }
    }

    fn answer_waiters(&mut self) {
        let Some(log_start) = self.planner.announced().map(|announced| announced.log_start) else { return };
        for (_, answer) in self.waiters.extract_if(.., |(offset, _)| *offset <= log_start) {
            let _ = answer.send(Ok(())); // who asked may have left
        }
    }

    fn stopped(&mut self) {
        let reason = match self.planner.phase() {
            Phase::Fenced(token) => format!("a later leader with token {token} has taken over"),
            Phase::ReadOnly(reason) => format!("the manifest chain cannot be continued: {reason}"),
            Phase::Final => "the topic was deleted".to_owned(),
            Phase::Taking | Phase::Leading => return,
        };
        tracing::warn!(partition = %self.shared.id, reason, "tiering of the partition stops");
        let mut view = self.shared.view.write();
        // A later leadership of the same handle has set another role already.
        if view.role == Role::Leader(self.planner.token()) {
            view.role = Role::Stopped(reason.clone());
            // A chain that cannot be continued stops the tier and not the partition, once its lineage is known to be the log's.
            if !(matches!(self.planner.phase(), Phase::ReadOnly(_)) && self.planner.serves()) {
                self.shared.readiness.send_replace(Readiness::Stopped(reason));
            }
        }
        for (_, answer) in self.waiters.drain(..) {
            let _ = answer.send(Err(RaiseError::NotLeader));
        }
    }
}
