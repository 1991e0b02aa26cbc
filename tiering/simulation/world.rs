//! The brokers' planners between the bucket and their logs: inputs in, effects out, time, sleep. It holds against them: what is confirmed is in the
//! chain; local bytes go only below a tiered end that is in the chain, and only where the tier has the same.

use crate::checkpoint::Checkpoint;
use crate::local_log::TieredUpTo;
use crate::manifest::{Action, Now, Phase, Root};
use crate::options::TierTopicConfig;
use crate::partition::{Done, Effect, Input, Planner, Sight};
use crate::simulation::bucket::Bucket;
use crate::simulation::dice::Dice;
use crate::simulation::log::{Batch, Log};
use crate::simulation::mutants::Mutant;
use crate::token::WriterToken;
use esker_env::Instant;
use esker_model::{LeaderEpoch, Offset, TimestampMs};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Requests of a broker that is awake end within this time.
const REQUEST_MAX: Duration = Duration::from_secs(60);

/// A leadership, as the broker sees it.
#[derive(Debug)]
pub(super) struct Lead {
    pub(super) planner: Planner,
    pub(super) isr: BTreeSet<usize>,
    pub(super) epoch: LeaderEpoch,
    /// How far each replica has followed this leadership.
    pub(super) followed: BTreeMap<usize, Offset>,
    pub(super) serves: bool,
    /// Decided, perhaps not sent yet.
    pub(super) open: Vec<(Instant, Effect)>,
    pub(super) answers: Vec<Done>,
}

#[derive(Debug)]
pub(super) struct Broker {
    pub(super) log: Log,
    pub(super) checkpoint: Option<Checkpoint>,
    pub(super) lead: Option<Lead>,
    pub(super) asleep: bool,
    /// It has followed the leader to its end, or led, since it started.
    pub(super) is_whole: bool,
}

/// A request of a leadership that has ended.
#[derive(Debug)]
pub(super) struct Stray {
    at: usize,
    token: WriterToken,
    asked_at: Instant,
    effect: Effect,
}

/// How often what happened: a run in which something never did proves nothing.
pub(super) type Coverage = BTreeMap<&'static str, u64>;

/// See the module.
#[derive(Debug)]
pub(super) struct World {
    pub(super) dice: Dice,
    pub(super) now: Duration,
    pub(super) bucket: Bucket,
    pub(super) brokers: Vec<Broker>,
    /// Whom the controller made leader.
    pub(super) leader: Option<usize>,
    pub(super) led_last: Option<usize>,
    pub(super) leader_epoch: i32,
    /// The leader was elected outside of the in-sync set and has not served yet.
    pub(super) is_recovering: bool,
    pub(super) isr: BTreeSet<usize>,
    /// Ids of the records that producers were told are safe; 0 for none.
    pub(super) acked: Vec<i64>,
    pub(super) acked_checked: Offset,
    /// Whether nothing has happened since that could lose a record.
    pub(super) is_checked: bool,
    pub(super) config: TierTopicConfig,
    pub(super) strays: Vec<Stray>,
    /// The topic is being deleted.
    pub(super) is_ending: bool,
    /// Whether versions rot, and when the newest one did.
    pub(super) rots: bool,
    pub(super) spoilt_at: Duration,
    pub(super) last_id: i64,
    pub(super) coverage: Coverage,
    pub(super) faults: bool,
    pub(super) mutant: Option<Mutant>,
    /// Whether pruning keeps writers' first versions: they alone already stop most sleepers.
    pub(super) keeps_firsts: bool,
}

impl World {
    pub(super) fn at(&self) -> Instant {
        Instant::from_start(self.now)
    }

    pub(super) fn wall_ms(&self) -> TimestampMs {
        self.now.as_millis() as i64
    }

    pub(super) fn count(&mut self, what: &'static str, by: u64) {
        *self.coverage.entry(what).or_default() += by;
    }

    pub(super) fn any_broker(&mut self) -> usize {
        let count = self.brokers.len() as u64;
        self.dice.below(count) as usize
    }

    fn sight(&mut self, at: usize) -> Sight {
        let now = Now { at: self.at(), wall_ms: self.wall_ms(), fresh: self.dice.uuid() };
        let Broker { log, lead, .. } = &self.brokers[at];
        let tiered_end = lead.as_ref().map_or(0, |lead| lead.planner.tiered_end());
        Sight {
            now,
            store_is_ready: true,
            trusts_time: true,
            config: self.config,
            bounds: log.bounds(),
            bytes_behind: log.bytes_from(tiered_end),
        }
    }

    pub(super) fn handle(&mut self, at: usize, input: Input) {
        let sight = self.sight(at);
        let Some(lead) = self.brokers[at].lead.as_mut().filter(|lead| !lead.planner.is_over()) else { return };
        for effect in lead.planner.handle(input, &sight) {
            self.take_effect(at, effect);
        }
    }

    /// What needs nobody is done at once, the rest is asked.
    fn take_effect(&mut self, at: usize, effect: Effect) {
        let now = self.at();
        match effect {
            Effect::Serve => self.serves(at),
            Effect::Chain(Action::Adopted(root)) => {
                let log = &mut self.brokers[at].log;
                log.high_watermark = log.high_watermark.max(root.tiered_end.min(log.end));
            }
            Effect::Chain(Action::Confirmed(root)) => self.check_confirmed(&root),
            Effect::Chain(Action::Stopped) => self.stopped(at),
            Effect::Damaged(reason) => panic!("nothing rots here: {reason}"),
            question => {
                if let (Some(Mutant::DeletesBeforeConfirmation), Effect::Chain(Action::Create { sequence, bytes })) =
                    (self.mutant, &question)
                {
                    let root =
                        crate::manifest::decode_root(bytes, crate::manifest::test_roots::HOME, *sequence).unwrap();
                    let (log_start, tiered_end) = (root.log_start, root.tiered_end);
                    self.delete_locally(at, TieredUpTo { sequence: *sequence, log_start, tiered_end });
                }
                let lead = self.brokers[at].lead.as_mut().expect("who decides leads");
                lead.open.push((now, question));
            }
        }
    }

    fn serves(&mut self, at: usize) {
        let lead = self.brokers[at].lead.as_mut().expect("who decides leads");
        lead.serves = true;
        if self.leader == Some(at) {
            self.is_recovering = false;
        }
    }

    fn check_confirmed(&mut self, root: &Arc<Root>) {
        let stored = self.bucket.versions.get(&root.sequence).expect("a confirmed version exists");
        assert_eq!(stored.root, *root, "a version was confirmed that another one won");
        let is_dead = self.bucket.dead.contains(&root.sequence) && !self.is_deleting();
        assert!(!is_dead, "a version on a pruned branch was confirmed");
    }

    fn stopped(&mut self, at: usize) {
        let lead = self.brokers[at].lead.take().expect("who stops led");
        match lead.planner.phase() {
            Phase::Fenced(by) => {
                let by_end = self.is_ending && by.leader_epoch == i32::MAX;
                assert!(self.leader != Some(at) || by_end, "the newest leader was fenced");
            }
            Phase::Final => assert!(self.is_ending, "nobody has deleted the topic"),
            Phase::ReadOnly(_) => return self.stopped_by_damage(at, lead),
            phase => panic!("nothing else ends a leader here: {phase:?}"),
        }
        self.count("fenced", 1);
        self.leave_behind(at, lead);
    }

    /// The chain cannot be continued until it is repaired. As the product does: the partition is served on, if it was served.
    fn stopped_by_damage(&mut self, at: usize, mut lead: Lead) {
        // The answer may be older than the repair.
        assert!(self.coverage.contains_key("versions spoilt"), "what can be read was called unreadable");
        self.count("read-only", 1);
        let requests = std::mem::take(&mut lead.open);
        lead.answers.clear();
        self.leave_requests(at, lead.planner.token(), requests);
        if lead.planner.serves() {
            self.brokers[at].lead = Some(lead);
        } else if self.leader == Some(at) {
            self.leader = None;
        }
    }

    fn leave_behind(&mut self, at: usize, lead: Lead) {
        self.leave_requests(at, lead.planner.token(), lead.open);
    }

    fn leave_requests(&mut self, at: usize, token: WriterToken, open: Vec<(Instant, Effect)>) {
        // What was to be done to the log ended with the leadership.
        let is_local = |effect: &Effect| {
            matches!(effect, Effect::Next { .. } | Effect::Announce(_) | Effect::Chain(Action::ResetLog { .. }))
        };
        let requests = open.into_iter().filter(|(_, effect)| !is_local(effect));
        self.strays.extend(requests.map(|(asked_at, effect)| Stray { at, token, asked_at, effect }));
    }

    /// What a confirmed version lets go.
    pub(super) fn delete_locally(&mut self, at: usize, version: TieredUpTo) {
        if self.is_deleting() {
            self.brokers[at].log.confirmed(version);
            return; // nobody reads it any more
        }
        let newest = &self.bucket.newest().expect("something is confirmed").root;
        let (tiered_end, log_start) = (newest.tiered_end, newest.log_start);
        assert!(tiered_end >= version.tiered_end, "the log was told of {version:?}, which is not in the chain");
        for Batch { base, next, id, .. } in self.brokers[at].log.confirmed(version) {
            assert!(next <= tiered_end, "local bytes went that are not tiered");
            let tiered = self.bucket.id_at(next - 1);
            assert!(next <= log_start || tiered == Some(id), "local bytes went, and the tier has others at {base}");
            self.count("local deletions", 1);
        }
        self.is_checked = false;
    }

    /// Delivers one answer.
    pub(super) fn hear(&mut self, at: usize, number: usize) {
        let Some(lead) = self.brokers[at].lead.as_mut() else { return };
        let done = lead.answers.remove(number);
        self.handle(at, Input::Done(Box::new(done)));
    }

    /// Lets one request have its effect.
    pub(super) fn execute(&mut self, at: usize, number: usize) {
        let Some(lead) = self.brokers[at].lead.as_mut() else { return };
        let (token, (asked_at, effect)) = (lead.planner.token(), lead.open.swap_remove(number));
        let done = self.carry_out(at, token, asked_at, effect);
        if let Some(lead) = self.brokers[at].lead.as_mut() {
            lead.answers.push(done);
        }
    }

    /// A request of a leadership that has ended reaches the store after all.
    pub(super) fn execute_stray(&mut self, number: usize) {
        let Stray { at, token, asked_at, effect } = self.strays.swap_remove(number);
        self.carry_out(at, token, asked_at, effect);
    }

    pub(super) fn open(&self, at: usize) -> usize {
        self.brokers[at].lead.as_ref().map_or(0, |lead| lead.open.len())
    }

    pub(super) fn answers(&self, at: usize) -> usize {
        self.brokers[at].lead.as_ref().map_or(0, |lead| lead.answers.len())
    }

    /// Everything that a broker has asked and not heard yet happens.
    pub(super) fn finish_requests(&mut self, at: usize) {
        while self.open(at) + self.answers(at) > 0 {
            if self.open(at) > 0 {
                self.execute(at, 0);
            } else {
                self.hear(at, 0);
            }
        }
    }

    /// Time passes; whoever is awake and wanted to be woken is.
    pub(super) fn pass_time(&mut self, by: Duration) {
        while let Some(late) = self.strays.iter().position(|stray| (self.at() + by).since(stray.asked_at) > REQUEST_MAX)
        {
            self.execute_stray(late);
        }
        for at in (0..self.brokers.len()).filter(|at| !self.brokers[*at].asleep).collect::<Vec<_>>() {
            let now = self.at();
            let lead = self.brokers[at].lead.as_ref();
            let is_late =
                lead.is_some_and(|lead| lead.open.iter().any(|(asked, _)| (now + by).since(*asked) > REQUEST_MAX));
            if is_late {
                self.finish_requests(at);
            }
        }
        self.now += by;
        self.bucket.now_ms = self.wall_ms();
        for at in (0..self.brokers.len()).filter(|at| !self.brokers[*at].asleep).collect::<Vec<_>>() {
            self.wake_if_due(at);
        }
    }

    pub(super) fn wake_if_due(&mut self, at: usize) {
        let (sight, now) = (self.sight(at), self.at());
        let due = self.brokers[at].lead.as_ref().and_then(|lead| lead.planner.wake_at(&sight));
        if due.is_some_and(|due| due <= now) {
            self.handle(at, Input::Time);
        }
    }

    /// Ends what a broker believed to lead.
    pub(super) fn end_lead(&mut self, at: usize) {
        if let Some(lead) = self.brokers[at].lead.take() {
            self.leave_behind(at, lead);
        }
    }

    /// The records that producers were told are safe are in the tier or in the leader's log. What is tiered never changes, so it is looked at
    /// once.
    pub(super) fn check_acknowledged(&mut self) {
        if self.is_deleting() || std::mem::replace(&mut self.is_checked, true) {
            return;
        }
        let newest = self.bucket.newest().map(|newest| (newest.root.log_start, newest.root.tiered_end));
        let (Some(leader), (log_start, tiered_end)) = (self.leader, newest.unwrap_or((0, 0))) else { return };
        let log = &self.brokers[leader].log;
        for offset in self.acked_checked.max(log_start)..self.acked.len() as Offset {
            let id = self.acked[offset as usize];
            let found = if offset < tiered_end { self.bucket.id_at(offset) } else { log.id_at(offset) };
            assert!(
                id == 0 || found == Some(id),
                "the acknowledged record at {offset} is lost; tiered to {tiered_end}"
            );
        }
        self.acked_checked = self.acked_checked.max(tiered_end);
    }
}
