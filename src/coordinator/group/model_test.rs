//! Groups under long random sequences of what clients and time can do, against what must always hold: a partition has one
//! owner, generations and epochs only grow, and an offset that was acknowledged is there, also after the log was read again.

use crate::StateLogError;
use crate::group::error::GroupFault;
use crate::group::record::Partitions;
use crate::group::request::*;
use crate::group::shard::Kind;
use crate::group::testing::{Rig, Waiting, committing, entering, joining, owning, subscription, syncing};
use esker_env::Random;
use esker_env::sim::SeededRandom;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A classic member as its client sees it.
#[derive(Default)]
struct ClassicClient {
    id: Arc<str>,
    joined: Option<JoinAnswer>,
    joining: Option<Waiting>,
    syncing: Option<Waiting>,
    instance: Option<Arc<str>>,
}

/// A consumer as its client sees it.
#[derive(Default)]
struct ConsumerClient {
    answer: Option<ConsumerAnswer>,
    owned: Partitions,
    /// What it still reads although it was told not to.
    reading: Partitions,
}

struct Walk {
    rig: Rig,
    random: SeededRandom,
    classic: Vec<ClassicClient>,
    consumers: Vec<ConsumerClient>,
    /// Offsets that were acknowledged.
    acknowledged: BTreeMap<(&'static str, i32), i64>,
    pending: BTreeMap<i64, BTreeMap<i32, i64>>,
    generation: i32,
    epoch: i32,
    next_offset: i64,
    next_name: u64,
    steps: u64,
}

const CLASSIC: &str = "classic";
const CONSUMER: &str = "consumer";
const SIMPLE: &str = "simple";

impl Walk {
    fn new(seed: u64) -> Self {
        let mut rig = Rig::new("group.max.size=6\ngroup.consumer.max.size=8\ngroup.initial.rebalance.delay.ms=500\n");
        rig.cluster.topic("t", 7);
        rig.cluster.topic("u", 3);
        Self {
            rig,
            random: SeededRandom::new(seed),
            classic: (0..5)
                .map(|n| ClassicClient {
                    instance: (n < 2).then(|| format!("i{n}").into()),
                    id: "".into(),
                    ..ClassicClient::default()
                })
                .collect(),
            consumers: (0..6).map(|_| ConsumerClient::default()).collect(),
            acknowledged: BTreeMap::new(),
            pending: BTreeMap::new(),
            generation: 0,
            epoch: 0,
            next_offset: 0,
            next_name: 0,
            steps: 0,
        }
    }

    fn below(&self, bound: u64) -> u64 {
        self.random.below(bound)
    }

    fn step(&mut self) {
        match self.below(100) {
            0..30 => self.classic_step(),
            30..60 => self.consumer_step(),
            60..80 => self.commit(),
            80..86 => self.transaction(),
            86..97 => self.rig.advance([10, 500, 1_500, 4_000][self.below(4) as usize]),
            97 => self.rig.log.fail_next(0, StateLogError::NotEnoughReplicas),
            98 => {
                self.rig.reload(None);
                // A generation that never got its assignment is not stored: nobody has read anything in it.
                self.generation = 0;
            }
            _ => {
                let topic = self.rig.cluster.image.topic_named("u").unwrap().clone();
                if topic.partition_count() < 40 {
                    self.rig.cluster.partition(topic.id, topic.partition_count());
                }
            }
        }
        self.steps += 1;
        self.check();
        // All of them at every step would take longer than the steps.
        if self.steps.is_multiple_of(16) {
            self.check_offsets();
        }
    }

    fn classic_step(&mut self) {
        let at = self.below(5) as usize;
        let random = self.random.below(20);
        let Self { rig, classic, .. } = self;
        let client = &mut classic[at];
        if client.joining.is_some() {
            return;
        }
        client.syncing = client.syncing.take().filter(|_| random > 9);
        match (random, &client.joined) {
            (0, _) => {
                *client = ClassicClient { instance: client.instance.clone(), id: "".into(), ..Default::default() }
            }
            (1, Some(_)) => {
                let leaving = LeavingMember { member: Arc::clone(&client.id), ..LeavingMember::default() };
                let _left = rig.leave(CLASSIC, &[leaving]);
                client.joined = None;
            }
            (2..=7, Some(joined)) => {
                let beat = HeartbeatRequest {
                    group: CLASSIC.into(),
                    generation: joined.generation,
                    member: Arc::clone(&client.id),
                    instance: client.instance.clone(),
                };
                if rig.heartbeat(&beat).is_err() {
                    client.joined = None;
                }
            }
            (8..=16, Some(joined)) => {
                let given: Vec<(String, Vec<u8>)> = joined
                    .members
                    .iter()
                    .map(|member| (member.id.to_string(), member.id.as_bytes().to_vec()))
                    .collect();
                let given: Vec<(&str, &[u8])> = given.iter().map(|(id, data)| (id.as_str(), data.as_slice())).collect();
                let mut request = syncing(CLASSIC, joined, &given);
                request.instance = client.instance.clone();
                client.syncing = Some(rig.sync(&request));
            }
            _ => join(rig, client, random),
        }
    }

    fn consumer_step(&mut self) {
        let at = self.below(6) as usize;
        let random = self.random.below(12);
        let name: Arc<str> = format!("m{at}-{}", self.next_name).into();
        let Self { rig, consumers, next_name, .. } = self;
        let client = &mut consumers[at];
        let Some(answer) = &client.answer else {
            *next_name += 1;
            let topics: &[&str] = if random.is_multiple_of(3) { &["t", "u"] } else { &["t"] };
            let mut join = entering(CONSUMER, &name, topics);
            join.instance = (at < 2).then(|| format!("s{at}").into());
            if let Ok(answer) = rig.consumer(&join) {
                client.owned = answer.assignment.clone().unwrap();
                client.reading = client.owned.clone();
                client.answer = Some(answer);
            }
            return;
        };
        if random == 0 {
            *client = ConsumerClient::default(); // it vanishes
            return;
        }
        let mut beat = owning(CONSUMER, answer, client.reading.clone());
        beat.instance = (at < 2).then(|| format!("s{at}").into());
        match random {
            1 => (beat.epoch, beat.owned) = (if at < 2 { -2 } else { -1 }, None),
            2 => beat.topics = Some(vec!["u".into()]),
            3..=5 => beat.owned = None,
            _ => {}
        }
        match rig.consumer(&beat) {
            Ok(_) if beat.epoch < 0 => *client = ConsumerClient::default(),
            Ok(next) => {
                if let Some(assignment) = &next.assignment {
                    client.owned = assignment.clone();
                }
                client.answer = Some(next);
                if random > 7 {
                    client.reading = client.owned.clone();
                }
            }
            Err(error) if error.fault == GroupFault::CoordinatorNotAvailable => {}
            Err(_) => *client = ConsumerClient::default(),
        }
    }

    fn commit(&mut self) {
        self.next_offset += 1;
        let offset = self.next_offset;
        let partition = self.below(7) as i32;
        let (group, request) = match self.below(3) {
            0 => (SIMPLE, committing(SIMPLE, "", -1, "t", partition, offset)),
            1 => {
                let client = &self.classic[self.below(5) as usize];
                let generation = client.joined.as_ref().map_or(-1, |joined| joined.generation);
                (CLASSIC, committing(CLASSIC, &client.id, generation, "t", partition, offset))
            }
            _ => {
                let client = &self.consumers[self.below(6) as usize];
                let Some(answer) = &client.answer else { return };
                let topic = self.rig.cluster.image.topic_named("t").unwrap().id;
                let mut request = committing(CONSUMER, &answer.member, answer.epoch, "t", partition, offset);
                request.topics[0].id = topic;
                (CONSUMER, request)
            }
        };
        if self.rig.commit(&request).is_ok_and(|faults| faults == [[None]]) {
            self.acknowledged.insert((group, partition), offset);
        }
    }

    fn transaction(&mut self) {
        let producer = self.below(3) as i64;
        self.next_offset += 1;
        match self.below(3) {
            0 | 1 => {
                let partition = self.below(7) as i32;
                let request = CommitRequest {
                    producer: Some((producer, 0)),
                    ..committing("eos", "", -1, "t", partition, self.next_offset)
                };
                if self.rig.commit(&request).is_ok() {
                    self.pending.entry(producer).or_default().insert(partition, self.next_offset);
                }
            }
            _ => {
                let commit = self.below(2) == 0;
                self.rig.log.clear_failure(0);
                self.rig.end_transaction(producer, 0, commit);
                for (partition, offset) in self.pending.remove(&producer).unwrap_or_default() {
                    // Of two transactions with the same partition the later commit counts, whichever ends first.
                    let known = self.acknowledged.entry(("eos", partition)).or_insert(-1);
                    if commit {
                        *known = offset.max(*known);
                    }
                }
            }
        }
    }

    fn check_offsets(&mut self) {
        for ((group, partition), offset) in &self.acknowledged {
            let topics =
                Some(vec![FetchTopic { name: "t".into(), partitions: vec![*partition], ..FetchTopic::default() }]);
            let ask = FetchRequest { group: (*group).into(), epoch: -1, topics, ..FetchRequest::default() };
            assert_eq!(self.rig.fetch(&ask).unwrap()[0].partitions[0].offset, *offset, "{group} {partition}");
        }
    }

    fn check(&mut self) {
        let groups = &self.rig.shard.machine.shard.groups;
        if let Some(Kind::Classic(group)) = groups.get(CLASSIC).map(|group| &group.kind) {
            assert!(group.joining <= 6);
            assert_eq!(group.joining, group.members.values().filter(|member| member.joining.is_some()).count());
            assert!(group.leader.as_ref().is_none_or(|leader| group.members.contains_key(leader)));
            assert_eq!(group.members.is_empty(), group.leader.is_none());
        }
        if let Some(Kind::Consumer(group)) = groups.get(CONSUMER).map(|group| &group.kind) {
            assert!(group.epoch >= self.epoch && group.target_epoch <= group.epoch);
            self.epoch = group.epoch;
            let owners = group.owned().unwrap();
            for ((topic, partition), owner) in &owners {
                assert_eq!(group.owner_epoch(*topic, *partition), Some(group.members[owner].epoch));
            }
            // No two clients that are members read the same partition.
            let mut readers: BTreeMap<_, &Arc<str>> = BTreeMap::new();
            for client in &self.consumers {
                let Some(answer) = &client.answer else { continue };
                if group.members.get(&answer.member).is_none_or(|member| member.epoch != answer.epoch) {
                    continue;
                }
                for (topic, numbers) in &client.owned {
                    for partition in numbers {
                        let other = readers.insert((*topic, *partition), &answer.member);
                        assert!(other.is_none(), "{topic}-{partition} is read by {other:?} and {}", answer.member);
                    }
                }
            }
        }
    }

    fn watch_generation(&mut self) {
        let groups = &self.rig.shard.machine.shard.groups;
        if let Some(Kind::Classic(group)) = groups.get(CLASSIC).map(|group| &group.kind) {
            assert!(group.generation >= self.generation);
            self.generation = group.generation;
        }
    }
}

fn join(rig: &mut Rig, client: &mut ClassicClient, random: u64) {
    let topics: &[&str] = if random.is_multiple_of(2) { &["t"] } else { &["t", "u"] };
    let mut request = joining(CLASSIC, &client.id, &subscription(topics, &[]));
    request.instance = client.instance.clone();
    request.session_timeout = 30_000;
    if random == 19 {
        request.protocols.push(("sticky".into(), bytes::Bytes::new()));
    }
    let mut waiting = rig.join(&request);
    if waiting.is_waiting() {
        client.joining = Some(waiting);
        client.joined = None;
        return;
    }
    let answer = waiting.join_or_gone();
    let Some(answer) = answer else { return };
    match answer.fault {
        Some(GroupFault::MemberIdRequired) => client.id = answer.member,
        Some(GroupFault::CoordinatorNotAvailable) => {}
        Some(_) => (client.id, client.joined) = ("".into(), None),
        None => {
            client.id = Arc::clone(&answer.member);
            client.joined = Some(answer);
        }
    }
}

/// Takes the answers of those who have waited long enough.
fn collect(walk: &mut Walk) {
    for client in &mut walk.classic {
        let Some(mut waiting) = client.joining.take() else { continue };
        if waiting.is_waiting() {
            client.joining = Some(waiting);
            continue;
        }
        match waiting.join_or_gone() {
            Some(answer) if answer.fault.is_none() => {
                client.id = Arc::clone(&answer.member);
                client.joined = Some(answer);
            }
            _ => (client.id, client.joined) = ("".into(), None),
        }
    }
}

#[test]
fn long_random_walks_never_break_what_must_hold() {
    let mut stable = 0;
    for seed in 0..24 {
        let mut walk = Walk::new(seed);
        for _ in 0..4_000 {
            walk.step();
            collect(&mut walk);
            walk.watch_generation();
            let groups = &walk.rig.shard.machine.shard.groups;
            if let Some(Kind::Classic(group)) = groups.get(CLASSIC).map(|group| &group.kind) {
                stable += usize::from(group.state.name() == "Stable" && group.members.len() > 1);
            }
        }
        assert!(walk.acknowledged.len() > 10);
    }
    assert!(stable > 1_000, "the walk must get somewhere: {stable}");
}
