//! The swap: whatever moment the power goes at, readers' tables are whole afterwards; readers that are under way are not disturbed; and
//! whoever cuts, deletes or closes the log comes first.

use super::testing::{by_hand, committed, compacted, end_txn, put, put_one, table};
use super::{Cleaner, CleanerConfig};
use crate::config::{CleanupPolicy, LogConfig};
use crate::log::PartitionLog;
use crate::testing::{Fixture, files, whole};
use esker_env::Disk;
use esker_env::sim::World;
use esker_record::{BatchBuilder, Codec, EndMarker};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Several segments of few keys, with transactions, of which the last is active and empty.
fn fill(fixture: &Fixture, log: &PartitionLog) {
    let now_ms = fixture.now_ms();
    for n in 0..20 {
        let key = format!("key-{}", n % 7);
        put_one(log, now_ms, &key, (n % 11 > 0).then_some("a value that takes its room in the segment"));
        if n % 10 == 5 {
            let builder = BatchBuilder::new(Codec::None).producer(5, 0, n / 10).transactional();
            put(log, now_ms, builder, &[(key.as_bytes(), Some(b"transactional"))]);
            let marker = if n % 20 == 5 { EndMarker::Abort } else { EndMarker::Commit };
            end_txn(log, now_ms, 5, marker);
        }
    }
    log.roll_now().unwrap();
}

/// So small that [`fill`] makes many segments.
fn tiny() -> LogConfig {
    LogConfig { segment_bytes: 300, ..compacted() }
}

/// As [`fill`], with room for several of the segments in one from then on.
fn fill_and_widen(fixture: &Fixture, log: &PartitionLog) {
    fill(fixture, log);
    log.set_config(Arc::new(LogConfig { segment_bytes: 900, ..tiny() }));
}

#[test]
fn a_power_cut_at_any_moment_loses_nothing() {
    let fixture = Fixture::start(World::recording(1), Arc::new(tiny()), vec![PathBuf::from("/data")]);
    let log = fixture.log(0);
    fill_and_widen(&fixture, &log);
    let disk = fixture.world.disk.clone();
    disk.sync_dir("/".as_ref()).unwrap();
    log.flush().unwrap();
    fixture.manager.checkpoint();
    let expected = table(&committed(&log, 0));
    let (log_end, before) = (log.log_end(), log.segment_count());
    let started = disk.op_count();
    let cleaner = by_hand(&fixture);
    assert!(cleaner.run_once());
    // A second round works on what the first has left.
    put_one(&log, fixture.now_ms(), "key-1", Some("new"));
    log.roll_now().unwrap();
    log.flush().unwrap();
    let second = disk.op_count();
    assert!(cleaner.run_once());
    let newest = table(&committed(&log, 0));
    assert!(log.segment_count() < before && newest != expected);
    let (mut images, mut finished) = (0, 0);
    for image in disk.crash_images(3, 12).filter(|image| image.ops >= started) {
        images += 1;
        let story = image.story;
        let again = Fixture::start(World::with_disk(image.disk, 2), Arc::new(tiny()), vec![PathBuf::from("/data")]);
        assert!(again.report.broken.is_empty(), "after {} operations, {story}: {:?}", image.ops, again.report.broken);
        let log = again.log(0);
        assert!(log.log_end() >= log_end, "after {} operations, {story}", image.ops);
        log.advance_high_watermark(log.log_end());
        let found = table(&committed(&log, 0));
        assert!(found == newest || (found == expected && image.ops < second), "after {}, {story}", image.ops);
        assert!(!files(&log).iter().any(|name| name.ends_with(".swap") || name.ends_with(".cleaned")));
        finished += usize::from(log.segment_count() < before);
        // And it can be compacted once more.
        put_one(&log, again.now_ms(), "key-2", Some("newer"));
        log.roll_now().unwrap();
        let all = table(&committed(&log, 0));
        by_hand(&again).run_once();
        assert_eq!(table(&committed(&log, 0)), all, "after {} operations, {story}", image.ops);
    }
    assert!(images > 200 && finished > 50, "{images} images, {finished} of them compacted");
}

#[test]
fn a_reader_goes_on_with_what_it_began() {
    let fixture = Fixture::new(tiny());
    let log = fixture.log(0);
    fill_and_widen(&fixture, &log);
    let view = log.view();
    let read = log.read(&whole(0)).unwrap();
    let before = log.aborted_of(&read, 0, read.upper).unwrap();
    assert!(!before.is_empty());
    let bytes = read.slice.as_ref().unwrap().read().unwrap();
    by_hand(&fixture).run_once();
    assert!(log.segment_count() < view.segments.len());
    // Nothing that the old picture needs is found by its name any more.
    fixture.world.clock.advance(Duration::from_secs(3600));
    fixture.manager.remove_deleted(fixture.now_ms());
    view.segments.iter().for_each(|segment| segment.close());
    assert_eq!(read.slice.as_ref().unwrap().read().unwrap(), bytes);
    assert_eq!(log.aborted_of(&read, 0, read.upper).unwrap(), before);
    let budget = &log.dir().shared().open_segments;
    for (at, segment) in view.segments[..view.segments.len() - 1].iter().enumerate() {
        let file = segment.log(log.disk(), budget, crate::segment::Access::Cached).unwrap();
        let found =
            segment.locate(log.disk(), &*file, segment.base_offset, segment.size(), crate::segment::Access::Cached);
        assert!(found.unwrap().unwrap().header.base_offset < view.segment_end(at), "old segment {at} is whole");
    }
}

#[test]
fn the_checkpoint_is_kafkas_and_follows_the_log() {
    let fixture = Fixture::new(tiny());
    let log = fixture.log(0);
    fill(&fixture, &log);
    let end = log.log_end();
    let checkpoint = |fixture: &Fixture| {
        let bytes = fixture.world.disk.read_small("/data/cleaner-offset-checkpoint".as_ref(), 100).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    by_hand(&fixture).run_once();
    assert_eq!(checkpoint(&fixture), format!("0\n1\nt 0 {end}\n"));
    log.truncate_to(20).unwrap();
    let cut = log.segments().last().unwrap().base_offset;
    assert!(cut > 0 && cut <= 20);
    assert_eq!(checkpoint(&fixture), format!("0\n1\nt 0 {cut}\n"), "what comes instead is not compacted");
    drop(log);
    let fixture = fixture.restart();
    let log = fixture.log(0);
    assert_eq!(log.dir().cleaner_checkpoint(log.partition()), Some(cut));
    log.advance_high_watermark(log.log_end());
    log.advance_log_start(log.log_end()).unwrap();
    by_hand(&fixture).run_once();
    assert_eq!(log.dir().cleaner_checkpoint(log.partition()), Some(log.log_end()), "reset to the log start");
    fixture.manager.delete(&[log.partition().clone()], 0).unwrap();
    assert_eq!(checkpoint(&fixture), "0\n0\n");
}

#[test]
fn whoever_takes_records_away_comes_first() {
    let fixture = Fixture::new(tiny());
    let log = fixture.log(0);
    fill(&fixture, &log);
    let cleaner = by_hand(&fixture);
    let hold = log.cleaning.hold();
    assert!(!cleaner.run_once(), "held off");
    drop(hold);
    let shared = super::pass::Shared::new(Arc::clone(&fixture.manager), CleanerConfig::default());
    let stopping = std::sync::atomic::AtomicBool::new(true);
    assert!(!shared.pass(0, &stopping, &|_| {}), "stopped");
    assert!(!files(&log).iter().any(|name| name.ends_with(".cleaned")));
    assert!(cleaner.run_once());
    fixture.manager.delete(&[log.partition().clone()], 0).unwrap();
    assert!(!cleaner.run_once());
    assert!(log.check().is_err());
}

#[test]
fn a_full_disk_puts_compaction_off_and_leaves_nothing_behind() {
    let fixture = Fixture::new(tiny());
    let log = fixture.log(0);
    fill(&fixture, &log);
    log.flush().unwrap();
    fixture.manager.checkpoint();
    let expected = table(&committed(&log, 0));
    let cleaner = by_hand(&fixture);
    fixture.world.disk.limit_space(Some(0));
    assert!(!cleaner.run_once());
    fixture.world.disk.limit_space(None);
    assert!(log.check().is_ok(), "the directory is fine");
    assert!(!files(&log).iter().any(|name| name.ends_with(".cleaned")));
    assert!(cleaner.run_once());
    assert_eq!(table(&committed(&log, 0)), expected);
}

#[test]
fn damage_makes_a_partition_uncleanable_and_is_never_sealed() {
    let fixture = Fixture::new(tiny());
    let (log, other) = (fixture.log(0), fixture.log(1));
    fill_and_widen(&fixture, &log);
    fill_and_widen(&fixture, &other);
    let first = log.segments()[0].path(crate::files::SegmentFile::Log);
    fixture.world.disk.flip_bit(&first, 100, 3);
    let before = fixture.world.disk.read_small(&first, 1 << 20).unwrap();
    let cleaner = by_hand(&fixture);
    assert!((0..4).filter(|_| cleaner.run_once()).count() == 1, "each is tried once");
    let gauges = cleaner.gauges();
    let (path, count, bytes) = &gauges.uncleanable[0];
    assert_eq!((path.as_path(), *count), ("/data".as_ref(), 1));
    assert!(*bytes > 0);
    assert_eq!(fixture.world.disk.read_small(&first, 1 << 20).unwrap(), before);
    assert!(!files(&log).iter().any(|name| name.ends_with(".cleaned")));
    assert!(other.segment_count() < log.segment_count(), "the other one is compacted");
    assert!(gauges.cleaner_recopy_percent > 0 && gauges.cleaner_recopy_percent < 100);
}

#[test]
fn producers_and_sequences_survive_compaction_and_a_crash() {
    let fixture = Fixture::new(tiny());
    let log = fixture.log(0);
    let batch = |sequence| BatchBuilder::new(Codec::None).producer(9, 0, sequence);
    for sequence in 0..40 {
        put(&log, fixture.now_ms(), batch(sequence), &[(b"key", Some(b"some value to fill the segment"))]);
    }
    put_one(&log, fixture.now_ms(), "key", Some("of somebody else"));
    log.roll_now().unwrap();
    by_hand(&fixture).run_once();
    assert_eq!(committed(&log, 0).len(), 1, "the last one of another");
    // All snapshots are lost: only the log tells.
    for name in files(&log).iter().filter(|name| name.ends_with(".snapshot")) {
        fixture.world.disk.remove_file(&log.path().join(name)).unwrap();
    }
    drop(log);
    let fixture = fixture.crash();
    let log = fixture.log(0);
    log.advance_high_watermark(log.log_end());
    let context = super::testing::context(fixture.now_ms(), crate::log::Origin::Client);
    let mut repeated = batch(39);
    let record = esker_record::NewRecord { timestamp: 0, key: Some(b"key"), value: None, headers: &[] };
    repeated.append(&record).unwrap();
    let info = log.append_as_leader(&repeated.build().unwrap(), &context).unwrap();
    assert!(info.duplicate && info.last_offset == 39);
    put(&log, fixture.now_ms(), batch(40), &[(b"key", Some(b"goes on"))]);
}

#[test]
fn compact_and_delete_does_both() {
    let cleanup_policy = CleanupPolicy { delete: true, compact: true };
    let fixture = Fixture::new(LogConfig { cleanup_policy, retention_ms: 5000, ..tiny() });
    let log = fixture.log(0);
    fill(&fixture, &log);
    let old_end = log.log_end();
    fixture.world.clock.advance(Duration::from_secs(3));
    fill(&fixture, &log);
    let cleaner = by_hand(&fixture);
    assert!(cleaner.run_once());
    fixture.world.clock.advance(Duration::from_secs(3));
    assert!(!cleaner.run_once(), "nothing is dirty");
    let seen = committed(&log, log.log_start());
    assert!(!seen.is_empty() && seen.iter().all(|record| record.offset >= log.log_start()));
    let keys: std::collections::HashSet<_> = seen.iter().map(|record| record.key.clone()).collect();
    assert_eq!(keys.len(), seen.len());
    fixture.world.clock.advance(Duration::from_secs(10));
    cleaner.run_once();
    assert!(log.log_start() > old_end, "all of it is too old");
    assert!(committed(&log, log.log_start()).is_empty());
}

#[test]
fn lag_settings_hold_back_and_drive() {
    let fixture = Fixture::new(LogConfig {
        min_compaction_lag_ms: 10_000,
        max_compaction_lag_ms: 60_000,
        min_cleanable_dirty_ratio: 1.0,
        ..tiny()
    });
    let log = fixture.log(0);
    fill(&fixture, &log);
    let cleaner = by_hand(&fixture);
    let pass = |seconds: u64| {
        fixture.world.clock.advance(Duration::from_secs(seconds));
        cleaner.run_once()
    };
    assert!(!pass(5) && cleaner.gauges().max_dirty_percent == 0, "too young");
    assert!(!pass(20), "not dirty enough: a ratio is never above one");
    assert_eq!(cleaner.gauges().max_dirty_percent, 100);
    assert!(pass(50), "overdue");
    assert!(cleaner.gauges().max_compaction_delay_secs >= 14);
}

#[test]
fn the_speed_limit_is_kept() {
    let fixture = Fixture::new(tiny());
    let log = fixture.log(0);
    fill(&fixture, &log);
    let bytes = log.size();
    let config = CleanerConfig { io_bytes_per_second: 1000.0, io_buffer_bytes: 1024, ..CleanerConfig::default() };
    let shared = super::pass::Shared::new(Arc::clone(&fixture.manager), config);
    let started = fixture.now_ms();
    let wait = |duration: Duration| fixture.world.clock.advance(duration.max(Duration::from_millis(1)));
    assert!(shared.pass(0, &false.into(), &wait));
    let took = fixture.now_ms() - started;
    // Every byte is read twice and some are written; a burst is free.
    assert!(took >= 2 * bytes as i64 - 1000 && took < 4 * bytes as i64, "{took} ms for {bytes} bytes");
}

#[test]
fn compaction_works_while_the_log_is_written_and_read() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let fixture = Fixture::new(LogConfig { file_delete_delay_ms: 0, ..compacted() });
    let (log, manager) = (fixture.log(0), &fixture.manager);
    let config = CleanerConfig { threads: 2, backoff: Duration::from_millis(1), ..CleanerConfig::default() };
    let cleaner = Cleaner::start(Arc::clone(manager), config).unwrap();
    let done = AtomicBool::new(false);
    let rounds = || cleaner.metrics().rounds.load(Ordering::Relaxed);
    let mut number = 0;
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let before = table(&committed(&log, 0));
                    let after = table(&committed(&log, 0));
                    let grows = |(key, value): (&Vec<u8>, &Vec<u8>)| {
                        after.get(key).is_some_and(|now| number_in(now) >= number_in(value))
                    };
                    assert!(before.iter().all(grows), "what a reader has seen of a key is there or superseded");
                    manager.remove_deleted(i64::MAX);
                }
            });
        }
        while number < 4000 {
            // Compaction sets the pace, for as long as it moves at all.
            let mut patience = 0;
            while rounds() < number / 200 && patience < 50_000_000 {
                std::thread::yield_now();
                patience += 1;
            }
            put_one(&log, fixture.now_ms(), &format!("key-{}", number % 50), Some(&format!("value {number}")));
            number += 1;
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(rounds() >= 15, "compaction ran beside: {} rounds for {number} records", rounds());
    cleaner.configure(CleanerConfig { threads: 1, ..CleanerConfig::clone(&cleaner.config()) }).unwrap();
    cleaner.stop();
    let seen = committed(&log, 0);
    let newest = table(&seen);
    assert_eq!(newest.len(), 50);
    assert!(newest.values().all(|value| number_in(value) + 50 >= number), "every key has its newest value");
    assert!((seen.len() as u64) < number / 2, "{} of {number} records are left", seen.len());
    assert_eq!(cleaner.gauges().dead_thread_count, 0);
}

fn number_in(value: &[u8]) -> u64 {
    String::from_utf8_lossy(value).trim_start_matches("value ").parse().unwrap()
}
