//! Millions of random events against a simple model of what transactions promise.
//!
//! The system is a [`Book`] over a log whose tail may be lost in a crash, partitions that hold open records and markers,
//! and clients that remember what they were told, some of them zombies. The model only writes down each decision that was
//! committed, and asks for the promises: a decision is never turned round, a completed one has its marker in every
//! partition, epochs only grow, and nobody writes who was fenced.

use super::book::Book;
use super::codec::{encode_key, encode_value};
use super::decision::Decision;
use super::end::{EndTxn, fence, goes_on};
use super::init::InitProducer;
use super::state::{Outcome, TransactionVersion, TxnState};
use super::txn::{Busy, Producer, TxnData};
use esker_env::Random;
use esker_env::sim::SeededRandom;
use esker_model::TopicPartition;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

const IDS: u64 = 3;
const CLIENTS_PER_ID: u64 = 2;
const PARTITIONS: u64 = 3;
const STEPS: u64 = 1_000_000;

/// One record of the log.
struct Logged {
    id: Arc<str>,
    value: Option<Vec<u8>>,
}

/// What a partition knows of a producer, by Kafka's rules.
#[derive(Clone, Copy, Default)]
struct Written {
    epoch: i16,
    open: bool,
}

/// A decision that was committed.
struct Decided {
    outcome: Outcome,
    producer: Producer,
    partitions: BTreeSet<TopicPartition>,
    marked: BTreeSet<TopicPartition>,
}

struct World {
    random: SeededRandom,
    now: i64,
    book: Book,
    log: Vec<Logged>,
    committed: usize,
    next_producer_id: i64,
    partitions: HashMap<(TopicPartition, i64), Written>,
    /// What each client believes to be.
    clients: HashMap<(u64, u64), Producer>,
    /// The newest decision of each id, while it is being carried out.
    decided: HashMap<Arc<str>, Decided>,
    /// The highest epoch that was committed of each producer id.
    epochs: HashMap<i64, i16>,
    counts: [u64; 8],
}

fn id(number: u64) -> Arc<str> {
    format!("id-{number}").into()
}

fn partition(number: u64) -> TopicPartition {
    TopicPartition::new("t", i32::try_from(number).unwrap())
}

impl World {
    fn new(seed: u64) -> Self {
        Self {
            random: SeededRandom::new(seed),
            now: 1,
            book: Book::default(),
            log: Vec::new(),
            committed: 0,
            next_producer_id: 0,
            partitions: HashMap::new(),
            clients: HashMap::new(),
            decided: HashMap::new(),
            epochs: HashMap::new(),
            counts: [0; 8],
        }
    }

    fn below(&self, bound: u64) -> u64 {
        self.random.below(bound)
    }

    fn version(&self) -> TransactionVersion {
        if self.below(3) == 0 { TransactionVersion::V0 } else { TransactionVersion::V2 }
    }

    fn some_partitions(&self) -> BTreeSet<TopicPartition> {
        (0..=self.below(2)).map(|_| partition(self.below(PARTITIONS))).collect()
    }

    fn fresh(&mut self) -> i64 {
        self.next_producer_id += 1;
        self.next_producer_id
    }

    fn step(&mut self) {
        self.now += i64::try_from(self.below(3)).unwrap();
        let (number, client) = (self.below(IDS), self.below(CLIENTS_PER_ID));
        match self.below(100) {
            0..8 => self.init(number, client),
            8..28 => self.add(number, client),
            28..45 => self.produce(number, client),
            45..60 => self.end(number, client),
            60..63 => self.time_out(number),
            63..78 => self.commit(),
            78..88 => self.mark(number),
            88..97 => self.complete(number),
            97..99 => self.forget(number),
            _ => self.crash(),
        }
    }

    /// Appends what was decided; the client learns the answer once it is committed, which the model lets happen at once or never.
    fn append(&mut self, id: &Arc<str>, data: TxnData) {
        let value = encode_value(&data, TransactionVersion::V2);
        self.log.push(Logged { id: Arc::clone(id), value: Some(value) });
        self.book.written(id, data);
    }

    fn init(&mut self, number: u64, client: u64) {
        let id = id(number);
        let known = self.clients.get(&(number, client)).copied();
        let expected = if self.below(2) == 0 { known } else { None };
        let request = InitProducer { timeout_ms: 50, expected };
        let fresh = self.fresh();
        match self.book.init(&id, &request, self.now, Some(fresh)) {
            Decision::Write(mut data) => {
                // Epochs are used up quickly here, so that what follows is met often.
                if data.epoch > 3 && data.epoch < i16::MAX - 20 && self.book.get(&id).is_some() {
                    data.epoch = i16::MAX - 20;
                }
                let producer = data.producer();
                self.append(&id, data);
                if self.commit_all() {
                    self.clients.insert((number, client), producer);
                }
                self.counts[0] += 1;
            }
            Decision::Fence => self.fence(&id),
            Decision::Refuse(_) | Decision::Answer(()) => {}
            Decision::NeedsProducerId => panic!("a fresh id was given"),
        }
    }

    fn fence(&mut self, id: &Arc<str>) {
        let (version, fresh) = (self.version(), self.fresh());
        let Some(txn) = self.book.get(id) else { return };
        if let Decision::Write(data) = fence(txn, version, self.now, Some(fresh)) {
            self.append(id, data);
            self.counts[1] += 1;
        }
    }

    fn add(&mut self, number: u64, client: u64) {
        let Some(producer) = self.clients.get(&(number, client)).copied() else { return };
        let (id, partitions, version) = (id(number), self.some_partitions(), self.version());
        if let Decision::Write(data) = self.book.add(&id, producer, &partitions, version, self.now) {
            self.append(&id, data);
            self.counts[2] += 1;
        }
    }

    /// A client writes. The partition asks the coordinator before the first record of a transaction, as KIP-890 has it.
    fn produce(&mut self, number: u64, client: u64) {
        let Some(producer) = self.clients.get(&(number, client)).copied() else { return };
        let (id, target) = (id(number), partition(self.below(PARTITIONS)));
        let written = self.partitions.entry((target.clone(), producer.id)).or_default();
        if producer.epoch < written.epoch {
            return;
        }
        let data = self.book.get(&id).map(|txn| &txn.data);
        if written.open && written.epoch == producer.epoch {
            // It goes on with what is open. A marker for that must still be to come.
            let awaited = data.is_some_and(|data| data.partitions.contains(&target) && !data.state.is_at_rest());
            let unmarked = self.decided.get(&id).is_none_or(|decided| !decided.marked.contains(&target));
            assert!(awaited && unmarked, "{producer:?} writes what will never be decided: {data:?}");
        } else {
            if super::add::verify(self.book.get(&id), producer, [&target]) != Ok(vec![true]) {
                return;
            }
            let own = data.is_some_and(|data| data.producer() == producer && data.state == TxnState::Ongoing);
            assert!(own, "{producer:?} writes without a transaction of its own");
        }
        *written = Written { epoch: producer.epoch, open: true };
        self.counts[3] += 1;
    }

    fn end(&mut self, number: u64, client: u64) {
        let Some(producer) = self.clients.get(&(number, client)).copied() else { return };
        let outcome = if self.below(2) == 0 { Outcome::Commit } else { Outcome::Abort };
        // A client works by the rules by which its transaction began.
        let began = self.book.get(&id(number)).map(|txn| txn.data.client_version);
        let version = began.unwrap_or(TransactionVersion::V2);
        let (id, fresh) = (id(number), self.fresh());
        match self.book.end(&id, &EndTxn { producer, outcome, version }, self.now, Some(fresh)) {
            Decision::Write(data) => {
                let next = goes_on(&data);
                self.append(&id, data);
                if self.commit_all() {
                    self.clients.insert((number, client), next);
                }
                self.counts[4] += 1;
            }
            Decision::Answer(next) if version.bumps_epoch() => drop(self.clients.insert((number, client), next)),
            _ => {}
        }
    }

    fn time_out(&mut self, number: u64) {
        let late = self.book.timed_out(self.now);
        if let Some((id, _)) = late.into_iter().find(|(late, _)| *late == id(number)) {
            self.fence(&id);
        }
    }

    /// Commits the whole log in half of the cases, so that an answer goes out.
    fn commit_all(&mut self) -> bool {
        let commits = self.below(2) == 0;
        while commits && self.committed < self.log.len() {
            self.commit();
        }
        commits
    }

    /// One more record of the log is committed.
    fn commit(&mut self) {
        let Some(logged) = self.log.get(self.committed) else { return };
        let id = Arc::clone(&logged.id);
        let forgets = logged.value.is_none();
        self.committed += 1;
        if forgets {
            self.book.forgotten(&[Arc::clone(&id)]);
            assert!(self.book.get(&id).is_none());
            return;
        }
        self.book.committed(&id);
        let txn = self.book.get(&id).expect("what is written is known");
        let data = txn.data.clone();
        let highest = self.epochs.entry(data.producer_id).or_insert(data.epoch);
        assert!(data.epoch >= *highest, "epoch {} after {highest} of {data:?}", data.epoch);
        *highest = data.epoch;
        if let Some(outcome) = data.state.decided() {
            assert_eq!(txn.busy, Some(Busy::Completing));
            let marked = BTreeSet::new();
            let decided = Decided { outcome, producer: data.producer(), partitions: data.partitions, marked };
            assert!(self.decided.insert(id, decided).is_none(), "a decision is followed by another");
        } else if data.state.is_at_rest() && data.state != TxnState::Empty {
            self.check_completed(&id, data.state);
        }
    }

    /// A completed decision is the one that was made, and every partition of it has its marker.
    fn check_completed(&mut self, id: &Arc<str>, state: TxnState) {
        let Some(decided) = self.decided.remove(id) else { panic!("{id} is complete and nothing was decided") };
        assert_eq!(state, decided.outcome.complete());
        assert_eq!(decided.marked, decided.partitions, "a partition lacks its marker");
        for target in decided.partitions {
            let written = self.partitions.get(&(target, decided.producer.id)).copied().unwrap_or_default();
            assert!(!written.open, "records stay open behind {:?}", decided.producer);
        }
        self.counts[5] += 1;
    }

    /// A marker reaches a partition; some come twice.
    fn mark(&mut self, number: u64) {
        let id = id(number);
        let Some(job) = self.book.decided(&id) else { return };
        let at = self.below(job.partitions.len().max(1) as u64);
        let Some(target) = job.partitions.iter().nth(usize::try_from(at).unwrap()).cloned() else { return };
        let decided = self.decided.get_mut(&id).expect("markers follow a committed decision");
        assert_eq!((job.outcome, job.producer), (decided.outcome, decided.producer), "a decision is turned round");
        let written = self.partitions.entry((target.clone(), job.producer.id)).or_default();
        let valid = match job.version.bumps_epoch() {
            true => job.producer.epoch > written.epoch || !written.open || job.producer.epoch == i16::MAX,
            false => job.producer.epoch >= written.epoch,
        };
        assert!(valid, "the marker of {:?} is refused in epoch {}", job.producer, written.epoch);
        *written = Written { epoch: job.producer.epoch, open: false };
        decided.marked.insert(target.clone());
        // The word that it was written may be lost.
        if self.below(4) > 0 {
            self.book.marked(&id, &target);
        }
        self.counts[6] += 1;
    }

    fn complete(&mut self, number: u64) {
        let id = id(number);
        if let Some(data) = self.book.completed(&id, self.now) {
            self.append(&id, data);
        }
    }

    fn forget(&mut self, number: u64) {
        let silent = self.book.expired(self.now - 200, 10);
        if let Some(id) = silent.into_iter().find(|silent| *silent == id(number)) {
            self.log.push(Logged { id: Arc::clone(&id), value: None });
            self.book.forgetting(&[id]);
        }
    }

    /// The broker crashes: a part of what was not committed is gone, and everything is read again.
    fn crash(&mut self) {
        let uncommitted = self.log.len() - self.committed;
        let kept = self.committed + usize::try_from(self.below(uncommitted as u64 + 1)).unwrap();
        self.log.truncate(kept);
        self.book = Book::default();
        for logged in &self.log {
            let key = encode_key(&logged.id).unwrap();
            self.book.replay(&key, logged.value.as_deref()).unwrap();
        }
        // A coordinator that has loaded its log has committed all of it: it leads with all that is in there.
        while self.committed < self.log.len() {
            self.recommit();
        }
        self.book.resume();
        self.counts[7] += 1;
        self.compact();
    }

    /// What [`World::commit`] notes, for a record that is committed by a coordinator that only reads it.
    fn recommit(&mut self) {
        let logged = &self.log[self.committed];
        self.committed += 1;
        let Some(value) = &logged.value else { return };
        let data = super::codec::decode_value(value).unwrap();
        let id = Arc::clone(&logged.id);
        let highest = self.epochs.entry(data.producer_id).or_insert(data.epoch);
        assert!(data.epoch >= *highest);
        *highest = data.epoch;
        if let Some(outcome) = data.state.decided() {
            let marked = BTreeSet::new();
            let decided = Decided { outcome, producer: data.producer(), partitions: data.partitions, marked };
            assert!(self.decided.insert(id, decided).is_none(), "a decision is followed by another");
        } else if data.state.is_at_rest() && data.state != TxnState::Empty {
            self.check_completed(&id, data.state);
        }
    }

    /// Keeps the newest record of each id, as the cleaner does.
    fn compact(&mut self) {
        let mut seen = BTreeSet::new();
        let mut kept: Vec<Logged> = Vec::new();
        while let Some(logged) = self.log.pop() {
            if seen.insert(Arc::clone(&logged.id)) {
                kept.push(logged);
            }
        }
        kept.reverse();
        self.committed = kept.len();
        self.log = kept;
    }
}

#[test]
fn millions_of_events_break_no_promise() {
    for seed in 0..2 {
        let mut world = World::new(seed);
        for _ in 0..STEPS {
            world.step();
        }
        // A run in which something never happened says nothing about it.
        assert!(world.counts.iter().all(|count| *count > STEPS / 1000), "{:?}", world.counts);
        assert!(world.next_producer_id > 100 && world.epochs.values().any(|epoch| *epoch == i16::MAX));
    }
}
