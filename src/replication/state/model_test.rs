//! Three replicas, a controller and an unreliable network, at random: what was acknowledged is never lost.
//!
//! Every replica runs the real [`PartitionState`]; logs, truncation and the controller are modelled in the simplest way that is right.

use super::{Assigned, Assignment, FollowerFetch, IsrAnswer, IsrProposal, LogEnds, PartitionState, Replicated};
use esker_env::sim::SeededRandom;
use esker_env::{Instant, Random};
use esker_model::{BrokerId, LeaderEpoch, Offset};
use std::time::Duration;

const BROKERS: [BrokerId; 3] = [0, 1, 2];
const LAG_MAX: Duration = Duration::from_secs(10);

/// A record: the epoch that it was appended in and a number that no other has.
type Record = (LeaderEpoch, u64);

struct Replica {
    state: PartitionState,
    log: Vec<Record>,
    high_watermark: Offset,
    /// Appends that wait for an acknowledgement: tenure, end, record.
    waiting: Vec<(LeaderEpoch, Offset, Record)>,
    /// What the controller has been asked, and not yet heard.
    asked: Option<IsrProposal>,
    alive: bool,
}

impl Replica {
    fn ends(&self) -> LogEnds {
        let log_end = self.log.len() as Offset;
        LogEnds { high_watermark: self.high_watermark, own_end: log_end, log_end }
    }
}

struct Cluster {
    replicas: Vec<Replica>,
    /// What the controller has committed.
    truth: Assignment,
    fenced: [bool; 3],
    acknowledged: Vec<Record>,
    now: Instant,
    next: u64,
    random: SeededRandom,
    acks: u64,
    elections: u64,
    joins: u64,
}

impl Cluster {
    fn new(seed: u64, min_isr: usize) -> Self {
        let truth = Assignment {
            replicas: BROKERS.into(),
            isr: BROKERS.into(),
            leader: Some(0),
            leader_epoch: 0,
            partition_epoch: 0,
        };
        let replica = |id| Replica {
            state: PartitionState::new(id, min_isr, LAG_MAX),
            log: Vec::new(),
            high_watermark: 0,
            waiting: Vec::new(),
            asked: None,
            alive: true,
        };
        Self {
            replicas: BROKERS.into_iter().map(replica).collect(),
            truth,
            fenced: [false; 3],
            acknowledged: Vec::new(),
            now: Instant::from_start(Duration::from_secs(100)),
            next: 0,
            random: SeededRandom::new(seed),
            acks: 0,
            elections: 0,
            joins: 0,
        }
    }

    fn below(&self, bound: u64) -> u64 {
        self.random.below(bound)
    }

    fn step(&mut self) {
        let one = self.below(3) as usize;
        self.now = self.now + Duration::from_millis(self.below(400));
        match self.below(100) {
            0..25 => self.produce(one),
            25..60 => self.fetch(one),
            60..70 => self.propose(one),
            70..80 => self.hear(one),
            80..92 => self.tell(one),
            92..94 => self.crash(one),
            94..99 => self.revive(one),
            _ if self.below(4) == 0 => self.elect(),
            _ => {}
        }
        self.acknowledge();
        self.check();
    }

    fn produce(&mut self, at: usize) {
        self.next += 1;
        let (number, now) = (self.next, self.now);
        let replica = &mut self.replicas[at];
        let Ok(term) = replica.state.term() else { return };
        if !replica.alive || replica.state.check_in_sync().is_err() {
            return;
        }
        let record = (term.epoch, number);
        replica.log.push(record);
        let end = replica.log.len() as Offset;
        replica.waiting.push((term.since, end, record));
        moved(replica, |replica| replica.state.own_end_moved(term.since, end, now));
    }

    /// A follower cuts its log where it parts from the leader's, says how far it has come and copies a little.
    fn fetch(&mut self, at: usize) {
        let Some(leader) = self.replicas[at].state.assignment().leader.map(|id| id as usize) else { return };
        if leader == at || !self.replicas[at].alive || !self.replicas[leader].alive {
            return;
        }
        let epoch = self.replicas[at].state.assignment().leader_epoch;
        if self.replicas[leader].state.check_epoch(Some(epoch)).is_err() || self.replicas[leader].state.term().is_err()
        {
            return;
        }
        let leader_log = self.replicas[leader].log.clone();
        let follower = &mut self.replicas[at];
        let same = follower.log.iter().zip(&leader_log).take_while(|(mine, its)| mine == its).count();
        follower.log.truncate(same);
        follower.high_watermark = follower.high_watermark.min(same as Offset);
        let fetch = FollowerFetch {
            id: at as BrokerId,
            broker_epoch: Some(1),
            offset: same as Offset,
            log_end: leader_log.len() as Offset,
            now: self.now,
        };
        let serving = &mut self.replicas[leader];
        moved(serving, |serving| serving.state.follower_fetched(&fetch).unwrap());
        let leader_mark = serving.high_watermark;
        if self.random.below(4) == 0 {
            return; // the answer is lost
        }
        let more = self.random.below(4) as usize;
        let follower = &mut self.replicas[at];
        follower.log.extend(leader_log.iter().skip(same).take(more));
        follower.high_watermark = leader_mark.min(follower.log.len() as Offset).max(follower.high_watermark);
    }

    fn propose(&mut self, at: usize) {
        let (ends, now) = (self.replicas[at].ends(), self.now);
        let fenced = self.fenced;
        let replica = &mut self.replicas[at];
        if !replica.alive {
            return;
        }
        moved(replica, |replica| replica.state.brokers_changed(now, |id| (!fenced[id as usize]).then_some(1)));
        if let Some(proposal) = replica.state.propose_isr(ends, now) {
            replica.asked = Some(proposal);
        }
    }

    /// The controller hears a proposal, and its answer may or may not arrive.
    fn hear(&mut self, at: usize) {
        let Some(asked) = self.replicas[at].asked.take() else { return };
        let valid = asked.leader_epoch == self.truth.leader_epoch
            && asked.partition_epoch == self.truth.partition_epoch
            && asked.isr.iter().all(|(id, _)| !self.fenced[*id as usize]);
        let answer = if valid {
            self.joins += u64::from(asked.isr.len() > self.truth.isr.len());
            self.truth.isr = asked.isr.iter().map(|(id, _)| *id).collect();
            self.truth.partition_epoch += 1;
            IsrAnswer::Committed(self.truth.clone())
        } else if asked.partition_epoch == self.truth.partition_epoch {
            IsrAnswer::Refused
        } else {
            return; // the leader waits for the metadata that it has not seen
        };
        if self.below(3) > 0 {
            let (now, replica) = (self.now, &mut self.replicas[at]);
            let ends = replica.ends();
            moved(replica, |replica| replica.state.isr_answered(answer, ends, now));
        }
    }

    /// A broker learns what the controller has committed.
    fn tell(&mut self, at: usize) {
        let (truth, now) = (self.truth.clone(), self.now);
        let replica = &mut self.replicas[at];
        if replica.alive {
            let ends = replica.ends();
            let assigned = replica.state.assign(truth, ends, now);
            if let Assigned::Leads { continues: false, .. } | Assigned::Follows { .. } = assigned {
                replica.asked = None;
            }
            take_mark(replica);
        }
    }

    /// A broker stops; the controller fences it and moves leadership within the in-sync set. Disks survive.
    fn crash(&mut self, at: usize) {
        self.replicas[at].alive = false;
        self.fenced[at] = true;
        let id = at as BrokerId;
        if self.truth.isr.len() > 1 && self.truth.isr.contains(&id) {
            self.truth.isr = self.truth.isr.iter().copied().filter(|one| *one != id).collect();
            self.truth.partition_epoch += 1;
        }
        if self.truth.leader == Some(id) {
            self.elect();
        }
    }

    fn revive(&mut self, at: usize) {
        let replica = &mut self.replicas[at];
        if !replica.alive {
            replica.alive = true;
            replica.waiting.clear();
            replica.asked = None;
            let min_isr = replica.state.effective_min_isr();
            replica.state = PartitionState::new(at as BrokerId, min_isr, LAG_MAX);
            self.fenced[at] = false;
            if self.truth.leader.is_none() {
                self.elect();
            }
        }
    }

    fn elect(&mut self) {
        let candidates: Vec<BrokerId> =
            self.truth.isr.iter().copied().filter(|id| !self.fenced[*id as usize]).collect();
        let leader = (!candidates.is_empty()).then(|| candidates[self.below(candidates.len() as u64) as usize]);
        self.truth.leader = leader;
        self.truth.leader_epoch += 1;
        self.truth.partition_epoch += 1;
        self.elections += 1;
    }

    fn acknowledge(&mut self) {
        for replica in self.replicas.iter_mut().filter(|replica| replica.alive) {
            let state = &replica.state;
            let acknowledged = &mut self.acknowledged;
            replica.waiting.retain(|(since, end, record)| match state.replicated(*since, *end) {
                Replicated::NotYet => true,
                Replicated::Done => {
                    acknowledged.push(*record);
                    self.acks += 1;
                    false
                }
                Replicated::TooFew(_) | Replicated::TenureOver(_) => false,
            });
        }
    }

    /// Every acknowledged record is on every replica that may become leader.
    fn check(&self) {
        for &id in &self.truth.isr {
            let log = &self.replicas[id as usize].log;
            for record in &self.acknowledged {
                assert!(log.contains(record), "{record:?} was acknowledged and is not on in-sync replica {id}");
            }
        }
        for (at, replica) in self.replicas.iter().enumerate() {
            assert!(replica.high_watermark <= replica.log.len() as Offset, "replica {at}");
        }
    }
}

/// Runs a transition and gives the replica's log the high watermark that came of it.
fn moved(replica: &mut Replica, transition: impl FnOnce(&mut Replica) -> Option<Offset>) {
    let reported = transition(replica);
    if let (Some(reported), Some(mark)) = (reported, replica.state.high_watermark()) {
        assert_eq!(reported, mark, "what is reported as moved is where it is");
    }
    take_mark(replica);
}

fn take_mark(replica: &mut Replica) {
    if let Some(mark) = replica.state.high_watermark() {
        assert!(mark <= replica.log.len() as Offset, "the high watermark lies within the log");
        replica.high_watermark = replica.high_watermark.max(mark);
    }
}

#[test]
fn what_was_acknowledged_survives_every_election() {
    let (mut acks, mut elections, mut joins) = (0, 0, 0);
    for seed in 0..300 {
        let mut cluster = Cluster::new(seed, 1 + (seed as usize % 3));
        (0..3).for_each(|at| cluster.tell(at));
        (0..800).for_each(|_| cluster.step());
        acks += cluster.acks;
        elections += cluster.elections;
        joins += cluster.joins;
    }
    // A run in which nothing happened proves nothing.
    assert!(acks > 5_000 && elections > 1_000 && joins > 300, "acks {acks}, elections {elections}, joins {joins}");
}
