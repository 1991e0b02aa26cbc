//! Power cuts at every operation of a partition's life: what was durable is there byte for byte, nothing lies behind a hole, nothing is
//! invented, and the log goes on.

use crate::config::LogConfig;
use crate::log::PartitionLog;
use crate::testing::{Fixture, build, read_all};
use esker_env::Disk;
use esker_env::sim::World;
use esker_model::Offset;
use esker_record::{BatchBuilder, Codec, NewRecord};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

/// Images that one run of the tests looks at. More by `ESKER_CRASH_IMAGES`.
const IMAGES: usize = 20_000;
const PRODUCER: i64 = 7;

/// What must be there from the moment on at which so many operations had been done.
#[derive(Clone, Default)]
struct Promise {
    ops: usize,
    /// Records that are durable.
    records: BTreeMap<Offset, Vec<u8>>,
    /// Sequence number of the producer's last durable batch.
    sequence: Option<i32>,
    /// Nothing below was asked to go.
    start_max: Offset,
}

/// A partition's life, recorded.
struct Life {
    fixture: Fixture,
    log: Arc<PartitionLog>,
    /// What is in the log now.
    now: Promise,
    promises: Vec<Promise>,
    /// Every value that was ever written at an offset.
    written: BTreeMap<Offset, BTreeSet<Vec<u8>>>,
    values: u32,
    sequence: i32,
}

fn config() -> LogConfig {
    LogConfig { segment_bytes: 1500, index_interval_bytes: 100, segment_index_bytes: 240, ..LogConfig::default() }
}

impl Life {
    fn begin() -> Self {
        let fixture = Fixture::start(World::recording(5), Arc::new(config()), vec![PathBuf::from("/data")]);
        fixture.world.disk.sync_dir("/".as_ref()).unwrap();
        let log = fixture.log(0);
        log.begin_epoch(0).unwrap();
        let (written, promises) = (BTreeMap::new(), Vec::new());
        Self { fixture, log, now: Promise::default(), promises, written, values: 0, sequence: 0 }
    }

    /// Appends a batch of new values, the producer's next one where it is one of the producer's.
    fn append(&mut self, count: i32, codec: Codec, produced: bool) {
        let mut builder = BatchBuilder::new(codec);
        if produced {
            builder = builder.producer(PRODUCER, 0, self.sequence);
            self.sequence += count;
        }
        let mut values = Vec::new();
        for _ in 0..count {
            self.values += 1;
            values.push(format!("value {} of a recorded run", self.values).into_bytes());
        }
        let timestamp = self.fixture.now_ms();
        for value in &values {
            let record = NewRecord { timestamp, key: Some(b"key"), value: Some(value), headers: &[] };
            builder.append(&record).unwrap();
        }
        let info = self.fixture.try_append(&self.log, &builder.build().unwrap()).unwrap();
        for (value, offset) in values.into_iter().zip(info.base_offset..) {
            self.written.entry(offset).or_default().insert(value.clone());
            self.now.records.insert(offset, value);
        }
        if produced {
            self.now.sequence = Some(self.sequence - count);
        }
    }

    fn promise(&mut self) {
        let ops = self.fixture.world.disk.op_count();
        self.promises.push(Promise { ops, ..self.now.clone() });
    }

    /// From here on everything is durable.
    fn flush(&mut self) {
        self.log.flush().unwrap();
        self.promise();
    }

    /// What is cut, up to the border of a batch, is in doubt from the moment on at which the cut begins.
    fn truncate(&mut self, offset: Offset) {
        let ops = self.fixture.world.disk.op_count();
        self.log.truncate_to(offset).unwrap();
        let end = self.log.log_end();
        assert!(end <= offset);
        let mut kept = self.promises.last().cloned().unwrap_or_default();
        for promise in [&mut kept, &mut self.now] {
            promise.records.retain(|at, _| *at < end);
            promise.sequence = None;
        }
        self.promises.push(Promise { ops, ..kept });
    }

    fn raise_start(&mut self, offset: Offset) {
        self.now.start_max = offset;
        let mut raised = self.promises.last().cloned().unwrap_or_default();
        (raised.start_max, raised.ops) = (offset, self.fixture.world.disk.op_count());
        self.promises.push(raised);
        self.log.advance_log_start(offset).unwrap();
        self.fixture.manager.checkpoint();
        self.log.delete_old_segments(self.fixture.now_ms(), true).unwrap();
    }
}

/// Appends in two codecs, with and without a producer, over many segments; syncs, checkpoints, a cut, deletions, a clean stop.
fn live() -> Life {
    let mut life = Life::begin();
    for round in 0..6 {
        life.append(3, Codec::None, true);
        life.append(2, Codec::Lz4, false);
        if round % 2 == 0 {
            life.flush();
        }
    }
    life.fixture.manager.checkpoint();
    for _ in 0..8 {
        life.append(5, Codec::None, true);
    }
    life.flush();
    life.append(4, Codec::None, false);
    let end = life.log.log_end();
    life.truncate(end - 6);
    for _ in 0..4 {
        life.append(6, Codec::None, false);
    }
    life.flush();
    life.raise_start(20);
    for _ in 0..6 {
        life.append(5, Codec::Gzip, false);
        life.fixture.manager.run_pending_syncs();
    }
    life.flush();
    life.fixture.manager.shut_down(3);
    life.promise();
    life
}

/// Starts a broker on what a power cut left and looks at everything.
fn check(life: &Life, promise: &Promise, world: World, story: &str) {
    let again = Fixture::start(world, Arc::new(config()), vec![PathBuf::from("/data")]);
    assert!(again.report.broken.is_empty(), "{story}: {:?}", again.report.broken);
    let log = again.log(0);
    log.advance_high_watermark(log.log_end());
    let start = log.log_start();
    assert!(start <= promise.start_max.max(life.now.start_max), "{story}: log start {start}");
    let found: BTreeMap<Offset, Vec<u8>> = read_all(&log, start).into_iter().collect();
    for (offset, value) in promise.records.range(start..) {
        assert_eq!(found.get(offset), Some(value), "{story}: offset {offset} was durable");
    }
    let offsets: Vec<Offset> = found.keys().copied().collect();
    assert!(offsets.windows(2).all(|pair| pair[1] == pair[0] + 1), "{story}: a hole in {offsets:?}");
    for (offset, value) in &found {
        assert!(life.written.get(offset).is_some_and(|known| known.contains(value)), "{story}: {offset} is invented");
    }
    if let Some(sequence) = promise.sequence {
        let known = log.producers().into_iter().find(|known| known.producer_id == PRODUCER);
        let last = known.map(|known| known.last_sequence());
        assert!(last.is_some_and(|last| last >= sequence), "{story}: the producer's last sequence is {last:?}");
    }
    // It goes on where it ends, and what it takes then is there after a clean stop.
    let end = log.log_end();
    log.begin_epoch(9).unwrap();
    let batch = build(BatchBuilder::new(Codec::None), again.now_ms(), 1, 9);
    let info = log.append_as_leader(&batch, &crate::log::AppendContext::client(9, again.now_ms())).unwrap();
    assert_eq!(info.base_offset, end, "{story}");
    drop(log);
    let restarted = again.restart();
    assert_eq!(restarted.log(0).log_end(), end + 1, "{story}");
}

#[test]
fn a_power_cut_at_any_moment_loses_nothing_that_was_durable() {
    let wanted = std::env::var("ESKER_CRASH_IMAGES").ok().and_then(|text| text.parse().ok()).unwrap_or(IMAGES);
    let life = live();
    let created = life.promises[0].ops;
    let (mut images, mut seed) = (0, 1);
    while images < wanted {
        let before = images;
        for image in life.fixture.world.disk.crash_images(seed, 24) {
            let Some(promise) = life.promises.iter().rev().find(|promise| promise.ops <= image.ops) else { continue };
            images += 1;
            let story =
                format!("seed {seed}, after {} operations of which {created} came first: {}", image.ops, image.story);
            check(&life, promise, World::with_disk(image.disk, 2), &story);
            if images >= wanted {
                break;
            }
        }
        assert!(images > before, "a recorded life has crash images");
        seed += 1;
    }
    println!("{images} states after a power cut recovered");
}
