//! Random logs against a plain list of records: whatever compaction does, a reader's table is the same, no record is changed, and
//! what is superseded goes.

use super::testing::{Seen, by_hand, committed, compacted, end_txn, put, table};
use crate::config::LogConfig;
use crate::log::PartitionLog;
use crate::testing::Fixture;
use esker_env::Random;
use esker_env::sim::SeededRandom;
use esker_record::{BatchBuilder, Codec, EndMarker};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

const CODECS: [Codec; 5] = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];

/// The log as it would be without compaction.
#[derive(Default)]
struct Model {
    committed: Vec<Seen>,
    /// Open transactions by producer.
    open: HashMap<i64, Vec<Seen>>,
    sequences: HashMap<i64, i32>,
    number: u64,
}

struct Run {
    fixture: Fixture,
    log: Arc<PartitionLog>,
    model: Model,
    random: SeededRandom,
    /// Whether producers take part: with them the log is not cut.
    producers: bool,
}

impl Run {
    fn new(seed: u64, config: LogConfig) -> Self {
        let fixture = Fixture::new(config);
        let log = fixture.log(0);
        let producers = !seed.is_multiple_of(3);
        Self { fixture, log, model: Model::default(), random: SeededRandom::new(seed), producers }
    }

    fn draw(&self, below: u64) -> u64 {
        self.random.below(below)
    }

    fn step(&mut self) {
        match self.draw(40) {
            0..=15 => self.append(None),
            16..=25 => self.append(Some(self.draw(3) as i64).filter(|_| self.producers)),
            26..=29 => self.end_transaction(),
            30..=32 => self.fixture.world.clock.advance(Duration::from_millis(self.draw(900))),
            33 => self.log.roll_now().unwrap(),
            34 => self.reopen(),
            35 => self.truncate(),
            36..=37 => self.compact(),
            _ => self.check(),
        }
    }

    fn append(&mut self, producer: Option<i64>) {
        let now_ms = self.fixture.now_ms();
        let mut builder = BatchBuilder::new(CODECS[self.draw(5) as usize]);
        let mut transactional = false;
        let count = 1 + self.draw(6) as i32;
        if let Some(producer) = producer {
            let sequence = self.model.sequences.entry(producer).or_default();
            builder = builder.producer(producer, 0, *sequence);
            *sequence += count;
            // Producer 0 is idempotent only.
            transactional = producer > 0;
            builder = if transactional { builder.transactional() } else { builder };
        }
        let rows: Vec<(Vec<u8>, Option<Vec<u8>>)> = (0..count).map(|_| self.row()).collect();
        let borrowed: Vec<_> = rows.iter().map(|(key, value)| (key.as_slice(), value.as_deref())).collect();
        let info = put(&self.log, now_ms, builder, &borrowed);
        let seen = rows.into_iter().enumerate().map(|(at, (key, value))| Seen {
            offset: info.base_offset + at as i64,
            timestamp: now_ms,
            key,
            value,
        });
        match producer.filter(|_| transactional) {
            Some(producer) => self.model.open.entry(producer).or_default().extend(seen),
            None => self.model.committed.extend(seen),
        }
    }

    fn row(&mut self) -> (Vec<u8>, Option<Vec<u8>>) {
        self.model.number += 1;
        let key = format!("key-{}", self.draw(12)).into_bytes();
        let value = format!("{} {}", self.model.number, "x".repeat(self.draw(60) as usize)).into_bytes();
        (key, (self.draw(4) > 0).then_some(value))
    }

    fn end_transaction(&mut self) {
        let producer = 1 + self.draw(2) as i64;
        let Some(records) = self.model.open.remove(&producer) else { return };
        let marker = if self.draw(2) == 0 { EndMarker::Abort } else { EndMarker::Commit };
        end_txn(&self.log, self.fixture.now_ms(), producer, marker);
        if marker == EndMarker::Commit {
            self.model.committed.extend(records);
            self.model.committed.sort_by_key(|record| record.offset);
        }
    }

    /// Ends the process, cleanly or not, and opens the log again.
    fn reopen(&mut self) {
        let cleanly = self.draw(2) == 0;
        let fixture = std::mem::replace(&mut self.fixture, Fixture::new(compacted()));
        self.log = self.fixture.log(0);
        self.fixture = if cleanly { fixture.restart() } else { fixture.crash() };
        assert!(self.fixture.report.broken.is_empty(), "{:?}", self.fixture.report.broken);
        self.log = self.fixture.log(0);
        self.log.advance_high_watermark(self.log.log_end());
    }

    /// Cuts some of the end off, as a follower does, where no transaction is open and no producer would be set back.
    fn truncate(&mut self) {
        if self.producers {
            return;
        }
        // What is compacted is replicated, and what is replicated is never cut off.
        let compacted = self.log.dir().cleaner_checkpoint(self.log.partition()).unwrap_or(0);
        let cut = (self.log.log_end() - self.draw(30) as i64).max(compacted);
        self.log.truncate_to(cut).unwrap();
        let end = self.log.log_end();
        self.model.committed.retain(|record| record.offset < end);
        self.check();
    }

    fn compact(&mut self) {
        let cleaner = by_hand(&self.fixture);
        for _ in 0..1 + self.draw(3) {
            cleaner.run_once();
        }
        assert_eq!(cleaner.gauges().uncleanable[0].1, 0, "nothing is uncleanable");
        drop(cleaner);
        self.check();
        let clean_upto = self.log.dir().cleaner_checkpoint(self.log.partition()).unwrap_or(0);
        self.check_is_compacted(clean_upto);
    }

    /// Of the readers' view: records are the model's, and the tables agree.
    fn check(&self) {
        let last_stable = self.log.bounds().last_stable();
        let expected: Vec<Seen> =
            self.model.committed.iter().filter(|record| record.offset < last_stable).cloned().collect();
        let seen = committed(&self.log, self.log.log_start());
        let by_offset: HashMap<i64, &Seen> = expected.iter().map(|record| (record.offset, record)).collect();
        let mut last = -1;
        for record in &seen {
            assert!(record.offset > last, "offsets grow");
            last = record.offset;
            assert_eq!(Some(&record), by_offset.get(&record.offset), "a record is what was written, or gone");
        }
        assert_eq!(table(&seen), table(&expected));
        let newest: BTreeMap<&[u8], &Seen> = expected.iter().map(|record| (record.key.as_slice(), record)).collect();
        let kept: HashSet<i64> = seen.iter().map(|record| record.offset).collect();
        for record in newest.values().filter(|record| record.value.is_some()) {
            assert!(kept.contains(&record.offset), "the newest record of a key is there: {record:?}");
        }
    }

    /// Below `upto` no key is there twice.
    fn check_is_compacted(&self, upto: i64) {
        let mut keys = HashSet::new();
        for record in committed(&self.log, 0).iter().filter(|record| record.offset < upto) {
            assert!(keys.insert(record.key.clone()), "superseded record at {} below {upto}", record.offset);
        }
    }
}

fn run(seed: u64, steps: usize, config: LogConfig) -> Run {
    let mut run = Run::new(seed, config);
    for _ in 0..steps {
        run.step();
    }
    run.compact();
    run
}

#[test]
fn readers_tables_never_change() {
    for seed in 0..25 {
        run(seed, 400, compacted());
    }
}

#[test]
fn in_the_end_only_the_newest_values_are_left() {
    for seed in 100..108 {
        let mut run = run(seed, 150, compacted());
        for producer in [1, 2] {
            if run.model.open.remove(&producer).is_some() {
                end_txn(&run.log, run.fixture.now_ms(), producer, EndMarker::Abort);
            }
        }
        run.log.roll_now().unwrap();
        for _ in 0..4 {
            // Something new makes the log dirty; markers and tombstones get their horizon, which passes.
            run.append(None);
            run.log.roll_now().unwrap();
            run.compact();
            run.fixture.world.clock.advance(Duration::from_secs(2));
        }
        run.append(None);
        run.log.roll_now().unwrap();
        run.compact();
        let clean_upto = run.log.dir().cleaner_checkpoint(run.log.partition()).unwrap();
        assert_eq!(clean_upto, run.log.log_end());
        let seen = committed(&run.log, 0);
        let live = table(&run.model.committed);
        let values = seen.iter().filter(|record| record.value.is_some()).count();
        assert_eq!(values, live.len());
        let first_new = run.model.committed.iter().rev().map(|record| record.offset).nth(14).unwrap_or(0);
        let old_tombstones = seen.iter().filter(|record| record.value.is_none() && record.offset < first_new).count();
        assert_eq!(old_tombstones, 0, "tombstones go after delete.retention.ms");
    }
}

#[test]
fn a_map_that_is_full_compacts_in_steps() {
    let fixture = Fixture::new(compacted());
    let log = fixture.log(0);
    for n in 0..2000 {
        let key = format!("{}", n % 700);
        super::testing::put_one(&log, fixture.now_ms(), &key, Some(&n.to_string()));
    }
    log.roll_now().unwrap();
    let expected = table(&committed(&log, 0));
    let config = super::CleanerConfig { threads: 0, dedupe_buffer_bytes: 24 * 100, ..super::CleanerConfig::default() };
    let cleaner = super::Cleaner::start(Arc::clone(&fixture.manager), config).unwrap();
    let mut rounds = 0;
    let mut last = 0;
    while cleaner.run_once() {
        rounds += 1;
        let upto = log.dir().cleaner_checkpoint(log.partition()).unwrap();
        assert!(upto > last, "each round gets further");
        last = upto;
    }
    assert!(rounds > 10, "a hundred slots do not hold 700 keys: {rounds}");
    assert_eq!(last, 2000);
    assert_eq!(table(&committed(&log, 0)), expected);
    assert_eq!(committed(&log, 0).len(), 700);
}
