//! Seeded clients and a truth that moves: whatever they do, what a client has been told is what is true.

use super::cache::{Ask, FetchSessions, SessionError};
use super::partition::Shown;
use super::session_test::{key, wanted};
use esker_env::sim::SeededRandom;
use esker_env::{Instant, Random};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

const PARTITIONS: u64 = 6;
const CLIENTS: usize = 4;
const SLOTS: usize = 3;

/// A client of the protocol, with what it believes of each partition that it fetches.
#[derive(Debug, Default)]
struct Client {
    session: i32,
    epoch: i32,
    fetches: BTreeSet<i32>,
    believes: BTreeMap<i32, (i64, i64, bool)>,
}

struct Run {
    random: SeededRandom,
    sessions: FetchSessions,
    /// High watermark, log start, and whether the partition is in error.
    truth: Vec<(i64, i64, bool)>,
    clients: Vec<Client>,
    now: Instant,
    incremental: usize,
}

impl Run {
    fn new(seed: u64) -> Self {
        Self {
            random: SeededRandom::new(seed),
            sessions: FetchSessions::new(SLOTS, Arc::new(SeededRandom::new(seed + 1))),
            truth: vec![(0, 0, false); PARTITIONS as usize],
            clients: (0..CLIENTS).map(|_| Client::default()).collect(),
            now: Instant::default(),
            incremental: 0,
        }
    }

    fn step(&mut self) {
        self.now = self.now + Duration::from_secs(self.random.below(30));
        let moved = &mut self.truth[self.random.below(PARTITIONS) as usize];
        match self.random.below(4) {
            0 => moved.0 += 1,
            1 => moved.1 = moved.0,
            2 => moved.2 = !moved.2,
            _ => {}
        }
        let client = self.random.below(CLIENTS as u64) as usize;
        self.fetch(client);
        let stats = self.sessions.stats();
        assert!(stats.sessions <= SLOTS && stats.partitions <= SLOTS * PARTITIONS as usize);
    }

    /// One request: a client that has no session names everything, another one only what changes.
    fn fetch(&mut self, number: usize) {
        let client = &mut self.clients[number];
        let before = client.fetches.clone();
        for _ in 0..self.random.below(3) {
            let partition = self.random.below(PARTITIONS) as i32;
            if !client.fetches.remove(&partition) {
                client.fetches.insert(partition);
            }
        }
        let full = client.session == 0;
        let added = client.fetches.iter().filter(|partition| full || !before.contains(*partition));
        let forgotten = before.difference(&client.fetches).filter(|_| !full);
        let ask = Ask {
            id: client.session,
            epoch: client.epoch,
            by_id: false,
            privileged: number == 0,
            wanted: added.copied().map(wanted).collect(),
            forgotten: forgotten.copied().map(key).collect(),
        };
        let opened = match self.sessions.open(ask, self.now, |_| None) {
            Ok(opened) => opened,
            Err(error) => {
                assert_eq!(error, SessionError::NotFound, "a client that keeps the rules is only ever evicted");
                *client = Client { fetches: std::mem::take(&mut client.fetches), ..Client::default() };
                return;
            }
        };
        let asked: BTreeSet<i32> = opened.wanted.iter().map(|wanted| wanted.key.partition).collect();
        assert_eq!(asked, client.fetches, "what is served is what the client wants");
        let shown: Vec<Shown> =
            opened.wanted.iter().map(|wanted| shown(self.truth[wanted.key.partition as usize])).collect();
        let closing = self.sessions.close(opened.context, &opened.wanted, &shown, self.now);
        let told = closing.told.unwrap();
        client.believes.retain(|partition, _| client.fetches.contains(partition));
        for ((wanted, shown), _) in opened.wanted.iter().zip(&shown).zip(&told).filter(|(_, told)| **told) {
            let partition = wanted.key.partition;
            client.believes.insert(partition, (shown.high_watermark, shown.log_start, shown.failed));
        }
        for partition in &client.fetches {
            let shown = shown_of(&opened.wanted, &shown, *partition);
            let belief = client.believes.get(partition);
            assert_eq!(belief, Some(&(shown.high_watermark, shown.log_start, shown.failed)), "partition {partition}");
        }
        self.incremental += usize::from(!full && told.contains(&false));
        client.session = closing.session_id;
        client.epoch = if closing.session_id == 0 { 0 } else { client.epoch + 1 };
    }
}

fn shown((high_watermark, log_start, failed): (i64, i64, bool)) -> Shown {
    if failed {
        Shown { high_watermark: -1, log_start: -1, failed, ..Shown::default() }
    } else {
        Shown { high_watermark, log_start, ..Shown::default() }
    }
}

fn shown_of<'a>(wanted: &[super::Wanted], shown: &'a [Shown], partition: i32) -> &'a Shown {
    let at = wanted.iter().position(|wanted| wanted.key.partition == partition).unwrap();
    &shown[at]
}

#[test]
fn a_client_always_knows_what_is_true_and_is_not_told_twice() {
    let (mut evictions, mut saved) = (0, 0);
    for seed in 0..50 {
        let mut run = Run::new(seed);
        (0..400).for_each(|_| run.step());
        evictions += run.sessions.stats().evictions;
        saved += run.incremental;
    }
    assert!(evictions > 100, "sessions must have been evicted: {evictions}");
    assert!(saved > 1000, "answers must have left something out: {saved}");
}
