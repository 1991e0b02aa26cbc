//! Groups at work: a rebalance of many members, many consumers of the new protocol, offsets committed, and loaded again.

use crate::blocking::Blocking;
use crate::group_messages::{
    Beat, Consumer, Joined, find_coordinator_request, heartbeat_request, join_group_request, offset_commit_request,
    offset_fetch_request, parse_beat, parse_committed, parse_joined, parse_offsets, parse_synced, subscription,
    sync_group_request,
};
use crate::measure::Sample;
use crate::transaction_messages::parse_found_coordinator;
use crate::{Bound, LoadError, SILENCE_MAX};
use hdrhistogram::Histogram;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// Bytes that each member is assigned: about a hundred partitions.
const ASSIGNMENT_BYTES: usize = 512;
/// "The member must join again with this id", KIP-394.
const MEMBER_ID_REQUIRED: i16 = 79;
/// Connections that share the members of the consumer protocol.
const HEARTBEAT_LINKS: usize = 8;
/// A group that is not stable by then never is.
const ROUNDS_MAX: u32 = 50;

/// A broker and an existing topic.
#[derive(Clone, Debug)]
pub struct GroupLoad {
    /// The broker; it must coordinate everything.
    pub address: SocketAddr,
    /// Name of the topic.
    pub topic: String,
    /// Its partitions.
    pub partitions: i32,
}

/// How long each rebalance took, from the last member's join to the last member's assignment.
pub type Rebalances = Vec<Duration>;

/// How many times each member asked until all had what is theirs.
#[derive(Clone, Copy, Debug)]
pub struct Settled {
    /// Heartbeats of each member after the last one has joined; the next one brought nothing new.
    pub rounds: u32,
    /// How long one took, in the mean.
    pub heartbeat: Duration,
}

impl GroupLoad {
    /// Rebalances a classic group so many times: all members join at once, the leader assigns, all are told. Before, they join
    /// a group that is new, which waits for `group.initial.rebalance.delay.ms`.
    pub fn rebalance(&self, group: &str, members: usize, times: usize) -> Result<Rebalances, LoadError> {
        let barrier = Barrier::new(members);
        let rounds: Vec<Result<Vec<(Instant, Instant)>, LoadError>> = std::thread::scope(|scope| {
            let barrier = &barrier;
            let start = |_| scope.spawn(move || self.member(group, times, barrier));
            let threads: Vec<_> = (0..members).map(start).collect();
            let lost = || LoadError::Settings("a member's thread panicked".into());
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(lost()))).collect()
        });
        let rounds = rounds.into_iter().collect::<Result<Vec<_>, _>>()?;
        let of_round = |round: usize| {
            let joined = rounds.iter().map(|member| member[round].0).max()?;
            let assigned = rounds.iter().map(|member| member[round].1).max()?;
            Some(assigned - joined)
        };
        Ok((1..=times).filter_map(of_round).collect())
    }

    /// When the member joined and when it was assigned, in each round. Every member gets to every barrier, whatever fails.
    fn member(&self, group: &str, times: usize, barrier: &Barrier) -> Result<Vec<(Instant, Instant)>, LoadError> {
        let begun = self.new_member(group);
        barrier.wait();
        let mut state = begun;
        let mut rounds = Vec::new();
        for number in 0..=times {
            let round = state.and_then(|(mut link, member)| {
                let round = self.join_and_sync(&mut link, group, &member, number)?;
                Ok(((link, member), round))
            });
            barrier.wait();
            state = round.map(|(kept, round)| {
                rounds.push(round);
                kept
            });
        }
        state.map(|_| rounds)
    }

    /// A member that has its id, but has not joined yet.
    fn new_member(&self, group: &str) -> Result<(Blocking, String), LoadError> {
        let mut link = Blocking::connect(self.address)?;
        link.insist("FindCoordinator", &find_coordinator_request(group), parse_found_coordinator)?;
        let first = join_group_request(group, "", &subscription(&self.topic, 0));
        let named = |frame: &[u8]| {
            let (code, joined) = parse_joined(frame)?;
            Some((if code == MEMBER_ID_REQUIRED { 0 } else { code }, joined))
        };
        let joined = link.insist("JoinGroup", &first, named)?;
        Ok((link, joined.member))
    }

    fn join_and_sync(
        &self,
        link: &mut Blocking,
        group: &str,
        member: &str,
        round: usize,
    ) -> Result<(Instant, Instant), LoadError> {
        // What is new in a subscription begins a rebalance, whoever it comes from.
        let request = join_group_request(group, member, &subscription(&self.topic, round));
        let asked = Instant::now();
        let joined: Joined = link.insist("JoinGroup", &request, parse_joined)?;
        let request = sync_group_request(group, &joined, &[0; ASSIGNMENT_BYTES]);
        let assigned = link.insist("SyncGroup", &request, parse_synced)?;
        if assigned != ASSIGNMENT_BYTES {
            return Err(LoadError::Settings(format!("a member was assigned {assigned} bytes")));
        }
        Ok((asked, Instant::now()))
    }

    /// Consumers of the new protocol join one after the other, and then send a heartbeat in each interval until all have what is theirs.
    pub fn consumers(&self, group: &str, members: usize, interval: Duration) -> Result<Settled, LoadError> {
        let mut links = (0..HEARTBEAT_LINKS.min(members).max(1))
            .map(|_| Blocking::connect(self.address))
            .collect::<Result<Vec<_>, _>>()?;
        links[0].insist("FindCoordinator", &find_coordinator_request(group), parse_found_coordinator)?;
        let mut consumers = vec![Consumer::default(); members];
        self.beat_all(&mut links, group, &mut consumers)?;
        let (mut rounds, mut asking) = (0, Duration::ZERO);
        while rounds < ROUNDS_MAX {
            std::thread::sleep(interval);
            let began = Instant::now();
            let news = self.beat_all(&mut links, group, &mut consumers)?;
            (rounds, asking) = (rounds + 1, asking + began.elapsed());
            if !news && self.is_settled(&consumers) {
                let heartbeat = asking / (rounds * u32::try_from(members).unwrap_or(u32::MAX)).max(1);
                return Ok(Settled { rounds: rounds - 1, heartbeat });
            }
        }
        Err(LoadError::Settings(format!("the group was not stable after {ROUNDS_MAX} heartbeats of each member")))
    }

    /// One heartbeat of everybody; whether anybody heard news.
    fn beat_all(&self, links: &mut [Blocking], group: &str, consumers: &mut [Consumer]) -> Result<bool, LoadError> {
        let mut news = false;
        for (at, consumer) in consumers.iter_mut().enumerate() {
            let link = &mut links[at % HEARTBEAT_LINKS];
            let request = heartbeat_request(group, &self.topic, consumer);
            let beat: Beat = link.insist("ConsumerGroupHeartbeat", &request, parse_beat)?;
            news |= beat.epoch != consumer.epoch;
            (consumer.member, consumer.epoch) = (beat.member, beat.epoch);
            if let Some(assigned) = beat.assigned {
                news |= assigned != consumer.owned;
                consumer.owned = assigned;
            }
        }
        Ok(news)
    }

    /// Whether every partition has one owner, nobody has two more than another, and all are in the same epoch.
    fn is_settled(&self, consumers: &[Consumer]) -> bool {
        let owned: Vec<_> = consumers.iter().flat_map(|consumer| &consumer.owned).collect();
        let distinct: BTreeSet<_> = owned.iter().collect();
        let epochs: BTreeSet<i32> = consumers.iter().map(|consumer| consumer.epoch).collect();
        let counts = || consumers.iter().map(|consumer| consumer.owned.len());
        let even = counts().max().unwrap_or(0) - counts().min().unwrap_or(0) <= 1;
        even && owned.len() == distinct.len() && owned.len() == self.partitions.max(0) as usize && epochs.len() == 1
    }

    /// Commits the offsets of `partitions` partitions again and again, a group on each connection. Requests are commits.
    pub fn commit(&self, connections: usize, bound: Bound) -> Result<Sample, LoadError> {
        let began = Instant::now();
        let results: Vec<Result<Histogram<u64>, LoadError>> = std::thread::scope(|scope| {
            let start = |number| scope.spawn(move || self.commit_on_one(number, began, bound));
            let threads: Vec<_> = (0..connections).map(start).collect();
            let lost = || LoadError::Settings("a thread panicked".into());
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(lost()))).collect()
        });
        let mut all = histogram()?;
        for result in results {
            all.add(&result?).map_err(|error| LoadError::Settings(error.to_string()))?;
        }
        let requests = all.len();
        let records = requests * self.partitions.max(0) as u64;
        Ok(Sample { bytes: 0, requests, records, elapsed: began.elapsed(), produce_ns: Some(all), end_to_end_ns: None })
    }

    fn commit_on_one(&self, number: usize, began: Instant, bound: Bound) -> Result<Histogram<u64>, LoadError> {
        let group = format!("commits-{number}");
        let mut link = Blocking::connect(self.address)?;
        link.insist("FindCoordinator", &find_coordinator_request(&group), parse_found_coordinator)?;
        let mut latencies = histogram()?;
        for offset in 0.. {
            if began.elapsed() >= bound.time {
                break;
            }
            let request = offset_commit_request(&group, &self.topic, self.partitions, offset);
            let asked = Instant::now();
            link.insist("OffsetCommit", &request, parse_committed)?;
            let waited = u64::try_from(asked.elapsed().as_nanos()).unwrap_or(u64::MAX);
            latencies.record(waited).map_err(|error| LoadError::Settings(error.to_string()))?;
        }
        Ok(latencies)
    }

    /// Commits one offset of every partition in each of so many groups.
    pub fn fill(&self, groups: usize) -> Result<(), LoadError> {
        let mut link = Blocking::connect(self.address)?;
        link.insist("FindCoordinator", &find_coordinator_request("filled-0"), parse_found_coordinator)?;
        for group in 0..groups {
            let request = offset_commit_request(&format!("filled-{group}"), &self.topic, self.partitions, 1);
            link.insist("OffsetCommit", &request, parse_committed)?;
        }
        Ok(())
    }

    /// Waits for a broker that starts, and from its first answer on until every group of [`Self::fill`] has all its offsets.
    pub fn loaded(&self, groups: usize) -> Result<Duration, LoadError> {
        let waiting = Instant::now();
        let mut link = loop {
            match Blocking::connect(self.address) {
                Ok(link) => break link,
                Err(_) if waiting.elapsed() < SILENCE_MAX => std::thread::sleep(Duration::from_millis(1)),
                Err(error) => return Err(error),
            }
        };
        let began = Instant::now();
        // One after the other: the time is that of the last partition of the internal topic, and the asking's own.
        for group in 0..groups {
            let request = offset_fetch_request(&format!("filled-{group}"));
            let offsets = link.insist("OffsetFetch", &request, parse_offsets)?;
            if offsets != self.partitions.max(0) as usize {
                return Err(LoadError::Settings(format!("group {group} has {offsets} offsets")));
            }
        }
        Ok(began.elapsed())
    }
}

fn histogram() -> Result<Histogram<u64>, LoadError> {
    Histogram::new(3).map_err(|error| LoadError::Settings(error.to_string()))
}
