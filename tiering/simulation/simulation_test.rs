//! A million steps of leaders, followers, sleepers and lost answers; and what the judges of the simulation are worth.

use crate::manifest::test_roots::{HOME, History, entry, history, token};
use crate::manifest::{Action, Entry, Phase};
use crate::options::TierTopicConfig;
use crate::partition::Effect;
use crate::simulation::bucket::Bucket;
use crate::simulation::deletion::{Job, others};
use crate::simulation::dice::Dice;
use crate::simulation::log::{BATCH_LEN, Batch, Log};
use crate::simulation::mutants::{ALL, Mutant};
use crate::simulation::world::{Broker, Coverage, World};
use esker_model::Offset;
use std::collections::BTreeSet;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
const STEPS_PER_SEED: u64 = 14_000;
/// Steps of the brokers beside a deletion.
const STEPS_OF_DELETION: u64 = 1_500;
const SEEDS: u64 = 72;
/// What one run of the tests takes.
const STEPS_MIN: u64 = 1_000_000;
/// Every so many seeds one begins with a history that is about to be sealed into a page.
const LONG_EVERY: u64 = 16;
const LONG: i64 = 1_260;
/// Seeds in which a broken rule must be noticed.
const SEEDS_TO_NOTICE: u64 = 24;

impl World {
    fn new(seed: u64, mutant: Option<Mutant>) -> Self {
        // Two brokers pass a chain to and fro; with three, one may sleep through two take-overs.
        let writers = if seed.is_multiple_of(2) { 2 } else { 3 };
        let mut world = Self {
            dice: Dice(seed),
            now: HOUR * 10,
            bucket: Bucket::default(),
            brokers: Vec::new(),
            leader: None,
            led_last: None,
            leader_epoch: 0,
            is_recovering: false,
            isr: (0..writers).collect(),
            acked: Vec::new(),
            acked_checked: 0,
            is_checked: false,
            config: TierTopicConfig::default(),
            strays: Vec::new(),
            is_ending: false,
            rots: seed % 3 == 1,
            spoilt_at: Duration::ZERO,
            last_id: 0,
            coverage: Coverage::default(),
            faults: true,
            mutant,
            keeps_firsts: (seed / 2).is_multiple_of(2),
        };
        world.bucket.now_ms = world.wall_ms();
        world.bucket.others = others();
        let mut log = Log::at(0);
        if seed % LONG_EVERY == 7 {
            log = world.begin_long();
        }
        let broker = || Broker { log: log.clone(), checkpoint: None, lead: None, asleep: false, is_whole: true };
        world.brokers = (0..writers).map(|_| broker()).collect();
        world
    }

    /// A bucket that holds many segments already; the log that continues it comes back.
    fn begin_long(&mut self) -> Log {
        let now_ms = self.wall_ms();
        let make = |base: Offset| Entry {
            log_len: BATCH_LEN,
            trailer_len: 60,
            max_timestamp: now_ms,
            ..entry(base, base + 1)
        };
        let History { root, .. } = history(HOME, LONG, make);
        for entry in &root.entries {
            let batch = Batch { base: entry.base, next: entry.next, epoch: 1, id: entry.base + 1, timestamp: now_ms };
            self.bucket.put(*entry, root.epochs.up_to(entry.next), vec![batch]);
        }
        self.bucket.create(root.sequence, crate::manifest::encode_root(&root), false);
        (self.last_id, self.leader_epoch) = (LONG, token(1).leader_epoch);
        let mut log = Log::at(0);
        log.reset(LONG, 0, Bucket::epochs_at_end(&root));
        log
    }

    /// Whether a version is on its way: the worst moment to fall asleep.
    fn is_creating(&self, at: usize) -> bool {
        let lead = self.brokers[at].lead.as_ref();
        let is_create = |effect: &Effect| matches!(effect, Effect::Chain(Action::Create { .. }));
        lead.is_some_and(|lead| lead.open.iter().any(|(_, effect)| is_create(effect)))
    }

    fn step(&mut self) {
        let at = self.any_broker();
        let kind = self.dice.below(1000);
        if self.brokers[at].asleep {
            // What a sleeper decided before it slept is sent when it wakes, hours later.
            if kind < 1 {
                self.brokers[at].asleep = false;
                if self.wakes_to_nothing(at) {
                    return;
                }
                while self.open(at) > 0 {
                    self.execute(at, 0);
                }
                self.wake_if_due(at);
            }
            return;
        }
        let (open, answers) = (self.open(at) as u64, self.answers(at) as u64);
        match kind {
            0..=299 if answers > 0 => {
                let number = self.dice.below(answers) as usize;
                self.hear(at, number);
            }
            300..=599 if open > 0 => {
                let number = self.dice.below(open) as usize;
                self.execute(at, number);
            }
            600..=699 => self.append(at),
            700..=739 => self.roll(at),
            740..=819 => {
                let count = 1 + self.dice.below(12) as usize;
                self.follow(at, count);
            }
            820..=829 => self.shrink(at),
            830..=839 => self.delete_records(at),
            840..=844 => self.configure(),
            845..=854 if !self.strays.is_empty() => self.execute_stray(0),
            855..=949 => {
                let millis = self.dice.below(3000);
                self.pass_time(Duration::from_millis(millis));
            }
            950..=953 => {
                let quarters = self.dice.below(24) as u32;
                self.pass_time(HOUR / 4 * quarters);
            }
            960..=967 => self.brokers[at].asleep = self.is_creating(at),
            970..=971 => self.restart(at),
            // What an unclean election gave up may be all that a repair finds.
            980..=984 if !self.is_ending => self.elect(!self.rots),
            985..=992 if self.leader.is_none() && !self.is_ending => self.elect(false),
            993 if self.rots && self.dice.percent(40) => self.spoil(),
            994..=999 if self.rots => self.repair(),
            _ => {}
        }
    }

    /// The topic is deleted while its leader goes on, and everybody else.
    fn delete_topic(&mut self) {
        let mut job = Job::begin(self.at());
        self.is_ending = true;
        for step in 0..STEPS_OF_DELETION {
            self.step();
            self.check_acknowledged();
            if step % 5 == 0 {
                job = self.go_on_deleting(job);
            }
        }
        self.end_deletion(job);
    }

    /// With the faults over, a leader gets everything it has into the chain, and after the graces the bucket holds what is named and
    /// nothing else.
    fn settle(&mut self) {
        self.faults = false;
        self.pass_time(HOUR + HOUR);
        self.repair();
        self.config = TierTopicConfig::default();
        while !self.strays.is_empty() {
            self.execute_stray(0);
        }
        for at in 0..self.brokers.len() {
            self.brokers[at].asleep = false;
            self.finish_requests(at);
        }
        let before = self.leader_epoch;
        while self.leader_epoch == before {
            self.elect(false);
        }
        let leader = self.leader.expect("one was elected");
        for _ in 0..300 {
            (0..self.brokers.len()).for_each(|at| self.finish_requests(at));
            (0..self.brokers.len()).for_each(|at| self.follow(at, usize::MAX));
            self.roll(leader);
            self.pass_time(Duration::from_secs(120));
        }
        let lead = self.brokers[leader].lead.as_ref().expect("nobody fenced it");
        assert_eq!(*lead.planner.phase(), Phase::Leading);
        let root = &self.bucket.newest().expect("a chain").root;
        assert_eq!(root.tiered_end, self.brokers[leader].log.end, "what is closed and decided is tiered");
        assert!(root.garbage.is_empty(), "garbage is left: {:?}", root.garbage);
        let named: BTreeSet<_> = self.bucket.entries(root).expect("its pages exist").iter().map(Entry::id).collect();
        let orphans: Vec<_> = self.bucket.objects.keys().filter(|id| !named.contains(id)).collect();
        let late = orphans.iter().all(|id| self.bucket.late.contains(&id.uuid));
        assert!(late, "orphans are left: {orphans:?}");
    }
}

fn run(seed: u64, mutant: Option<Mutant>) -> Coverage {
    let mut world = World::new(seed, mutant);
    while world.leader.is_none() {
        world.elect(false);
    }
    for step in 0..STEPS_PER_SEED {
        world.step();
        world.check_acknowledged();
        if step % 512 == 0 {
            world.bucket.check_all();
        }
    }
    if seed % 3 == 2 {
        world.delete_topic();
    } else {
        world.settle();
    }
    world.bucket.check_all();
    world.check_acknowledged();
    let Bucket { committed, sealed, dead, .. } = &world.bucket;
    let of_bucket = [("committed", *committed), ("sealed", *sealed), ("dead branches", dead.len() as u64)];
    world.coverage.into_iter().chain(of_bucket).collect()
}

const MUST_HAPPEN: [&str; 21] = [
    "lost answers",
    "conflicts",
    "fenced",
    "resets",
    "unclean elections",
    "acknowledged",
    "committed",
    "sealed",
    "local deletions",
    "retention",
    "deleted",
    "swept",
    "pruned",
    "dead branches",
    "restarts",
    "versions spoilt",
    "read-only",
    "repairs",
    "topics deleted",
    "deletions cut short",
    "deleted with the topic",
];

#[test]
fn nothing_is_lost_by_lost_answers_sleepers_and_wrong_leaders() {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let (from, seeds) = (number("ESKER_SIM_FROM").unwrap_or(0), number("ESKER_SIM_SEEDS").unwrap_or(SEEDS));
    let mut total = Coverage::default();
    for seed in from..from + seeds {
        let ran = std::panic::catch_unwind(|| run(seed, None));
        let ran = ran.unwrap_or_else(|_| panic!("seed {seed}: run again with ESKER_SIM_FROM={seed} ESKER_SIM_SEEDS=1"));
        ran.into_iter().for_each(|(what, count)| *total.entry(what).or_default() += count);
    }
    let steps = seeds * STEPS_PER_SEED;
    println!("{seeds} seeds, {steps} steps: {total:?}");
    if seeds >= SEEDS {
        assert!(steps >= STEPS_MIN);
        let happened = |what: &&str| total.get(what).is_some_and(|count| *count > 0);
        assert!(MUST_HAPPEN.iter().all(happened), "a run in which a fault did not fire proves nothing: {total:?}");
    }
}

#[test]
fn each_broken_rule_is_noticed() {
    for mutant in ALL {
        let noticed = (0..SEEDS_TO_NOTICE).find(|seed| std::panic::catch_unwind(|| run(*seed, Some(mutant))).is_err());
        println!("{mutant:?}: noticed with seed {noticed:?}");
        assert!(noticed.is_some(), "{mutant:?} goes unnoticed");
    }
}
