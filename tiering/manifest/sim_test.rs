//! Two or three brokers and one chain in a seeded world that loses answers, pauses writers for hours and elects the wrong leaders.
//!
//! Checked after every step: the chain is one line without gap or overlap; what is tiered never changes; no object that the newest
//! version names is deleted; local bytes go only below a tiered end that is in the chain; a fenced writer never commits again.

use crate::keys::{ObjectId, PartitionHome};
use crate::manifest::test_roots::{HOME, entry, epochs};
use crate::manifest::{
    Action, ChainWriter, Collector, CreateOutcome, Entry, Event, Finished, Found, Garbage, LocalView, Now, Phase,
    ReadBack, Root, decode_root,
};
use crate::token::WriterToken;
use bytes::Bytes;
use esker_env::Instant;
use esker_model::{EpochHistory, Offset};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const HOUR: Duration = Duration::from_secs(3600);
const STEPS_PER_SEED: u32 = 6_000;
/// Steps in which one leader must get everything into the chain once the faults are over.
const STEPS_TO_SETTLE: u32 = 1_500;
/// Enough for a million steps.
const SEEDS: u64 = 136;
/// What one run of the tests takes.
const STEPS_MIN: u64 = 1_000_000;

/// A small generator (splitmix64): the seed replays a run exactly.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    fn uuid(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.next(), self.next())
    }
}

#[derive(Clone, Debug, Default)]
struct Log {
    epochs: EpochHistory,
    start: Offset,
    end: Offset,
}

#[derive(Debug)]
enum Request {
    Ask(Action),
    DeleteObjects(Vec<Garbage>),
    Prune { below: u64 },
}

struct Broker {
    log: Log,
    writer: Option<ChainWriter>,
    clean: bool,
    asleep: bool,
    /// Decided, perhaps not sent yet.
    requests: Vec<(Instant, Request)>,
    answers: Vec<(Instant, Event)>,
    collector: Collector,
    /// Highest tiered end of a confirmed version.
    confirmed: Offset,
    fenced_since: Option<Instant>,
    planned: Offset,
}

#[derive(Default, Debug)]
struct Coverage {
    lost: u32,
    conflicts: u32,
    fenced: u32,
    resets: u32,
    pruned: u32,
    dead_branches: u32,
    deleted: u32,
    committed: u32,
    local_deletions: u32,
}

struct World {
    dice: Dice,
    now: Duration,
    versions: BTreeMap<u64, (Bytes, Duration)>,
    /// What each stored object holds.
    objects: HashMap<Uuid, (ObjectId, Offset, EpochHistory)>,
    /// Epoch of every offset that a version of the chain ever held: it must never change.
    truth: BTreeMap<Offset, i32>,
    brokers: Vec<Broker>,
    leader_epoch: i32,
    coverage: Coverage,
    faults: bool,
    /// Whether pruning keeps writers' first versions: they alone already stop most sleepers.
    keeps_firsts: bool,
}

fn broker() -> Broker {
    Broker {
        log: Log::default(),
        writer: None,
        clean: true,
        asleep: false,
        requests: Vec::new(),
        answers: Vec::new(),
        collector: Collector::default(),
        confirmed: 0,
        fenced_since: None,
        planned: 0,
    }
}

fn decode(sequence: u64, bytes: &Bytes) -> Arc<Root> {
    Arc::new(decode_root(bytes, HOME, sequence).expect("every stored version is readable"))
}

/// Two brokers pass a chain to and fro; with three, one may sleep through two take-overs.
fn writers_of(seed: u64) -> usize {
    if seed.is_multiple_of(2) { 2 } else { 3 }
}

impl World {
    fn any_broker(&mut self) -> usize {
        let count = self.brokers.len() as u64;
        self.dice.below(count) as usize
    }

    fn new(seed: u64) -> Self {
        Self {
            dice: Dice(seed),
            now: HOUR * 10,
            versions: BTreeMap::new(),
            objects: HashMap::new(),
            truth: BTreeMap::new(),
            brokers: (0..writers_of(seed)).map(|_| broker()).collect(),
            leader_epoch: 0,
            coverage: Coverage::default(),
            faults: true,
            keeps_firsts: (seed / 2).is_multiple_of(2),
        }
    }

    fn newest(&self) -> Option<Arc<Root>> {
        self.versions.last_key_value().map(|(sequence, (bytes, _))| decode(*sequence, bytes))
    }

    fn at(&self) -> Instant {
        Instant::from_start(self.now)
    }

    fn handle(&mut self, at: usize, event: Event) {
        let now = Now { at: self.at(), wall_ms: self.now.as_millis() as i64, fresh: self.dice.uuid() };
        let Some(writer) = self.brokers[at].writer.as_mut() else { return };
        for action in writer.handle(event, now) {
            self.act(at, action);
        }
    }

    fn act(&mut self, at: usize, action: Action) {
        let now = self.at();
        match action {
            Action::ResetLog { root, .. } => {
                self.coverage.resets += 1;
                let broker = &mut self.brokers[at];
                broker.log = Log { epochs: root.epochs.clone(), start: root.tiered_end, end: root.tiered_end };
                broker.answers.push((now, Event::LogReset { done: true }));
            }
            Action::Adopted(_) => {}
            Action::Confirmed(root) => self.confirmed(at, &root),
            Action::Stopped => {
                let phase = self.brokers[at].writer.as_ref().map(|writer| writer.phase().clone());
                assert!(matches!(phase, Some(Phase::Fenced(_))), "nothing else ends a writer here: {phase:?}");
                self.coverage.fenced += 1;
                self.brokers[at].writer = None;
            }
            question => self.brokers[at].requests.push((now, Request::Ask(question))),
        }
    }

    fn confirmed(&mut self, at: usize, root: &Arc<Root>) {
        let (bytes, _) = self.versions.get(&root.sequence).expect("a confirmed version exists");
        assert_eq!(decode(root.sequence, bytes), *root, "and is what was confirmed");
        let newest = self.newest().expect("there is one");
        assert!(newest.sequence - root.sequence < 4000 && newest.tiered_end >= root.tiered_end, "on the chain itself");
        let now = self.at();
        let broker = &mut self.brokers[at];
        broker.collector.observe(&root.garbage, now);
        broker.confirmed = broker.confirmed.max(root.tiered_end);
        broker.planned = broker.planned.max(root.tiered_end);
        broker.fenced_since.get_or_insert(now);
    }

    /// The store executes a request; the answer may be lost before or behind it.
    fn execute(&mut self, at: usize, number: usize) {
        let (asked_at, request) = self.brokers[at].requests.swap_remove(number);
        let lost = self.faults && self.dice.percent(15);
        let applied = !lost || self.dice.percent(50);
        self.coverage.lost += u32::from(lost);
        let local = || {
            let log = &self.brokers[at].log;
            LocalView { epochs: log.epochs.clone(), log_end: log.end }
        };
        let event = match request {
            Request::DeleteObjects(items) => {
                return if applied {
                    self.delete(at, items)
                };
            }
            Request::Prune { below } => return self.prune(below),
            Request::Ask(Action::Find { .. } | Action::Load { .. }) if lost => Event::Failed,
            Request::Ask(Action::Find { after }) => {
                let newest = self.newest().filter(|root| root.sequence > after);
                let found = newest.map_or(Found::Nothing, Found::Version);
                Event::Found { asked_at, found, local: local() }
            }
            Request::Ask(Action::Load { sequence }) => match self.versions.get(&sequence) {
                Some((bytes, _)) => Event::Loaded(decode(sequence, bytes)),
                None => Event::LoadedNothing,
            },
            Request::Ask(Action::Create { sequence, bytes }) => {
                let outcome = if applied { self.create(sequence, bytes) } else { CreateOutcome::Unknown };
                Event::Created(if lost { CreateOutcome::Unknown } else { outcome })
            }
            Request::Ask(Action::ReadBack { sequence, expected }) => {
                let outcome = match self.versions.get(&sequence) {
                    _ if lost => ReadBack::Failed,
                    None => ReadBack::Absent,
                    Some((bytes, _)) if *bytes == expected => ReadBack::Same,
                    Some((bytes, _)) => {
                        self.coverage.conflicts += 1;
                        ReadBack::Other(decode(sequence, bytes))
                    }
                };
                Event::ReadBack { outcome, local: local() }
            }
            Request::Ask(other) => panic!("{other:?} asks the store nothing"),
        };
        self.brokers[at].answers.push((asked_at, event));
    }

    fn create(&mut self, sequence: u64, bytes: Bytes) -> CreateOutcome {
        if self.versions.contains_key(&sequence) {
            return CreateOutcome::Exists;
        }
        let newest = self.newest();
        let root = decode(sequence, &bytes);
        if newest.as_ref().is_some_and(|newest| newest.sequence > sequence) {
            self.coverage.dead_branches += 1; // a sleeper on a pruned branch: it must find out before it acts on it
        } else {
            self.check_successor(newest.as_deref(), &root);
        }
        self.versions.insert(sequence, (bytes, self.now));
        CreateOutcome::Written
    }

    fn check_successor(&mut self, before: Option<&Root>, root: &Root) {
        assert_eq!(root.check(), Ok(()));
        let mut known = BTreeSet::new();
        if let Some(before) = before {
            assert_eq!(root.sequence, before.sequence + 1, "a line without holes");
            assert!(root.token >= before.token, "a fenced writer committed");
            assert!(root.log_start >= before.log_start && root.tiered_end >= before.tiered_end);
            known = before.entries.iter().map(|entry| entry.uuid).collect();
            let dropped = |entry: &&Entry| !root.entries.contains(entry);
            assert!(
                before.entries.iter().filter(dropped).all(|entry| entry.next <= root.log_start),
                "a visible entry vanished"
            );
        }
        for entry in root.entries.iter().filter(|entry| !known.contains(&entry.uuid)) {
            let (id, next, epochs) = self.objects.get(&entry.uuid).expect("a version names an object that exists");
            assert_eq!((id.base, *next), (entry.base, entry.next));
            for offset in entry.base..entry.next {
                let epoch = epochs.epoch_for_offset(offset).expect("every record has an epoch");
                assert_eq!(
                    self.truth.insert(offset, epoch).unwrap_or(epoch),
                    epoch,
                    "tiered history changed at {offset}"
                );
            }
            self.coverage.committed += 1;
        }
    }

    fn delete(&mut self, at: usize, items: Vec<Garbage>) {
        let newest = self.newest().expect("somebody fenced before");
        for item in &items {
            let Garbage::Object(id) = item else { continue };
            assert!(!newest.entries.iter().any(|entry| entry.uuid == id.uuid), "a referenced object was deleted");
            self.objects.remove(&id.uuid);
            self.coverage.deleted += 1;
        }
        if let Some(writer) = self.brokers[at].writer.as_mut() {
            writer.changes().collected.extend(items);
        }
    }

    /// Deletes versions three hours older than the newest by the store's clock, keeping sixteen and the writers' firsts.
    fn prune(&mut self, below: u64) {
        let (Some(newest), Some((_, (_, newest_at)))) = (self.newest(), self.versions.last_key_value()) else { return };
        let newest_at = *newest_at;
        let old = self.versions.iter().filter(|(sequence, (_, written))| {
            **sequence < below
                && **sequence + 16 <= newest.sequence
                && *written + HOUR * 3 < newest_at
                && !(self.keeps_firsts && newest.firsts.contains(sequence))
        });
        let old: Vec<u64> = old.map(|(sequence, _)| *sequence).collect();
        self.coverage.pruned += old.len() as u32;
        old.iter().for_each(|sequence| drop(self.versions.remove(sequence)));
    }

    fn elect(&mut self) {
        let at = self.any_broker();
        let leader = (0..self.brokers.len())
            .filter(|other| self.brokers[*other].writer.is_some())
            .max_by_key(|other| self.brokers[*other].writer.as_ref().map(|writer| writer.token()));
        let clean = leader.is_none() || self.dice.percent(60);
        if let Some(leader) = leader.filter(|leader| clean && *leader != at) {
            self.replicate(leader, at);
        }
        self.leader_epoch += 1;
        let token = WriterToken { generation: 1, leader_epoch: self.leader_epoch, broker_epoch: 1 };
        let broker = &mut self.brokers[at];
        let sequence =
            broker.writer.as_ref().and_then(|writer| writer.summary().map(|summary| summary.sequence)).unwrap_or(0);
        let kept = (broker.log.clone(), broker.confirmed);
        *broker = self::broker();
        (broker.log, broker.confirmed) = kept;
        broker.clean = clean;
        broker.writer = Some(ChainWriter::new(HOME, token, HOUR.as_millis() as u64, sequence, 0));
        self.handle(at, Event::Wake);
    }

    fn replicate(&mut self, from: usize, to: usize) {
        let source = self.brokers[from].log.clone();
        let target = &mut self.brokers[to].log;
        let start = target.start.clamp(source.start, source.end);
        *target = Log { start, ..source };
    }

    fn append(&mut self, at: usize) {
        let count = 1 + self.dice.below(20) as i64;
        let broker = &mut self.brokers[at];
        let Some(writer) = &broker.writer else { return };
        if *writer.phase() == Phase::Leading || broker.clean {
            broker.log.epochs.assign(writer.token().leader_epoch, broker.log.end);
            broker.log.end += count;
        }
    }

    fn upload(&mut self, at: usize) {
        let now = self.at();
        let (uuid, len, fails) = (self.dice.uuid(), 1 + self.dice.below(15) as i64, self.dice.percent(10));
        let broker = &mut self.brokers[at];
        let Some(writer) = broker.writer.as_mut().filter(|writer| writer.may_act(now)) else { return };
        let tiered_end = writer.summary().map_or(0, |summary| summary.tiered_end);
        let base = if writer.changes().finished.is_empty() { tiered_end } else { broker.planned.max(tiered_end) };
        let next = (base + len).min(broker.log.end);
        if next <= base || base < broker.log.start {
            return;
        }
        let id = ObjectId { base, token: writer.token(), uuid };
        self.objects.insert(uuid, (id, next, broker.log.epochs.up_to(next)));
        if fails {
            writer.changes().discarded.insert(Garbage::Object(id));
            return;
        }
        broker.planned = next;
        let entry = Entry { uuid, token: id.token, ..entry(base, next) };
        writer.changes().finished.insert(base, Finished { entry, epochs: broker.log.epochs.up_to(next) });
        self.handle(at, Event::Wake);
    }

    fn maintain(&mut self, at: usize) {
        let now = self.at();
        let what = self.dice.below(6);
        let raise = self.dice.below(40) as i64;
        let broker = &mut self.brokers[at];
        let Some(writer) = broker.writer.as_mut() else { return };
        match what {
            0 => {
                let start = writer.summary().map_or(0, |summary| summary.log_start) + raise;
                writer.changes().log_start = Some(start.min(broker.log.end));
            }
            1 => writer.want_trust(),
            2 if writer.may_act(now) => {
                let due = broker.collector.due(HOUR, now, 8);
                broker.requests.push((now, Request::DeleteObjects(due)));
            }
            3 if writer.may_act(now) && broker.fenced_since.is_some_and(|since| now.since(since) > HOUR) => {
                // The sweep: what the newest version does not name and a fenced writer wrote.
                let Some(root) = writer.root().filter(|root| root.token == writer.token()) else { return };
                let stray =
                    |id: &ObjectId| id.token < root.token && !root.entries.iter().any(|entry| entry.uuid == id.uuid);
                let mut stray: Vec<_> =
                    self.objects.values().map(|(id, ..)| *id).filter(stray).map(Garbage::Object).collect();
                stray.sort_unstable();
                broker.requests.push((now, Request::DeleteObjects(stray)));
            }
            4 if writer.may_act(now) => {
                let below = writer.summary().map_or(0, |summary| summary.sequence);
                broker.requests.push((now, Request::Prune { below }));
            }
            5 => {
                let to = broker.confirmed.min(broker.log.end);
                if to > broker.log.start {
                    broker.log.start = to;
                    let newest = self.newest().expect("something is confirmed");
                    assert!(newest.tiered_end >= to, "local bytes went that are not tiered");
                    self.coverage.local_deletions += 1;
                }
            }
            _ => {}
        }
        self.handle(at, Event::Wake);
    }

    fn pass_time(&mut self) {
        let long = self.faults && self.dice.percent(4);
        self.now +=
            if long { HOUR / 4 * self.dice.below(24) as u32 } else { Duration::from_millis(self.dice.below(3000)) };
        // Requests of a broker that is awake end within their deadline; a sleeper's may be sent much later.
        for broker in self.brokers.iter_mut().filter(|broker| !broker.asleep) {
            let now = Instant::from_start(self.now);
            let (late, open) =
                broker.requests.drain(..).partition(|(asked, _)| now.since(*asked) > Duration::from_secs(60));
            broker.requests = open;
            let late: Vec<(Instant, Request)> = late;
            broker.answers.extend(late.into_iter().filter_map(|(asked, request)| {
                let event = match request {
                    Request::Ask(Action::Create { .. }) => Event::Created(CreateOutcome::Unknown),
                    Request::Ask(Action::ReadBack { .. }) => {
                        Event::ReadBack { outcome: ReadBack::Failed, local: LocalView::default() }
                    }
                    Request::Ask(_) => Event::Failed,
                    _ => return None,
                };
                Some((asked, event))
            }));
        }
        for at in 0..self.brokers.len() {
            if !self.brokers[at].asleep {
                self.handle(at, Event::Wake);
            }
        }
    }

    /// What a sleeper decided before it slept is sent when it wakes, hours later.
    fn perhaps_wake(&mut self, at: usize) {
        if self.dice.below(1000) < 3 {
            self.brokers[at].asleep = false;
            while !self.brokers[at].requests.is_empty() {
                self.execute(at, 0);
            }
        }
    }

    fn step(&mut self) {
        let at = self.any_broker();
        match self.dice.below(100) {
            0..=29 if !self.brokers[at].answers.is_empty() && !self.brokers[at].asleep => {
                let (_, event) = self.brokers[at].answers.remove(0);
                self.handle(at, event);
            }
            30..=59 if !self.brokers[at].requests.is_empty() && !self.brokers[at].asleep => {
                let number = self.dice.below(self.brokers[at].requests.len() as u64) as usize;
                self.execute(at, number);
            }
            _ if self.brokers[at].asleep => self.perhaps_wake(at),
            60..=69 => self.append(at),
            70..=79 => self.upload(at),
            80..=87 => self.maintain(at),
            88..=96 => self.pass_time(),
            97 if self.faults && !self.brokers[at].requests.is_empty() => self.brokers[at].asleep = true,
            98 if self.faults && self.dice.percent(40) => self.elect(),
            99 => {
                let other = self.any_broker();
                if self.brokers[other].writer.is_some() && self.brokers[at].writer.is_none() {
                    self.replicate(other, at);
                }
            }
            _ => {}
        }
    }

    /// With the faults over, one leader must get everything it has into the chain.
    fn settle(&mut self) {
        self.faults = false;
        self.brokers.iter_mut().for_each(|broker| broker.asleep = false);
        self.elect();
        for _ in 0..STEPS_TO_SETTLE {
            self.step();
        }
        let leader = self.brokers.iter().find_map(|broker| {
            broker.writer.as_ref().filter(|writer| writer.token().leader_epoch == self.leader_epoch)
        });
        let leader = leader.expect("nobody fenced it");
        assert_eq!(*leader.phase(), Phase::Leading);
    }
}

fn run(seed: u64) -> Coverage {
    let mut world = World::new(seed);
    world.elect();
    for _ in 0..STEPS_PER_SEED {
        world.step();
    }
    world.settle();
    let home: PartitionHome = world.newest().expect("a chain").home;
    assert_eq!(home, HOME);
    assert!(world.truth.values().is_sorted(), "leader epochs grow along the log: {:?}", epochs(&[]));
    world.coverage
}

#[test]
fn the_chain_survives_lost_answers_sleepers_and_wrong_leaders() {
    let seeds = std::env::var("ESKER_SIM_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SEEDS);
    let from = std::env::var("ESKER_SIM_FROM").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut total = Coverage::default();
    for seed in from..from + seeds {
        let ran = std::panic::catch_unwind(|| run(seed));
        let ran = ran.unwrap_or_else(|_| panic!("seed {seed}: run again with ESKER_SIM_FROM={seed} ESKER_SIM_SEEDS=1"));
        total.lost += ran.lost;
        total.conflicts += ran.conflicts;
        total.fenced += ran.fenced;
        total.resets += ran.resets;
        total.pruned += ran.pruned;
        total.dead_branches += ran.dead_branches;
        total.deleted += ran.deleted;
        total.committed += ran.committed;
        total.local_deletions += ran.local_deletions;
    }
    let steps = seeds * u64::from(STEPS_PER_SEED + STEPS_TO_SETTLE);
    println!("{seeds} seeds, {steps} steps: {total:?}");
    if seeds >= SEEDS {
        assert!(steps >= STEPS_MIN);
        let kinds = [
            total.lost,
            total.conflicts,
            total.fenced,
            total.resets,
            total.pruned,
            total.dead_branches,
            total.deleted,
            total.committed,
            total.local_deletions,
        ];
        assert!(kinds.iter().all(|count| *count > 0), "a run in which a fault did not fire proves nothing: {total:?}");
    }
}
