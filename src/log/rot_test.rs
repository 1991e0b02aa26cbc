//! Bit rot, cut files and zeroed blocks in every kind of file of a partition: what is served is what was written or nothing, and nothing is
//! deleted for it.

use crate::config::LogConfig;
use crate::log::{AppendContext, Origin, PartitionLog, ReadRequest};
use crate::segment::TIME_ENTRY_LEN;
use crate::testing::{Fixture, build, files, produced, small, whole};
use esker_env::{Disk, DiskFile, OpenMode};
use esker_model::Offset;
use esker_record::{BatchBuilder, Batches, Codec, EndMarker, end_marker_batch};
use std::collections::BTreeMap;
use std::io::IoSlice;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Each batch as it was written, by its base offset.
type Written = BTreeMap<Offset, Vec<u8>>;

const KINDS: [&str; 8] = [
    ".log",
    ".index",
    ".timeindex",
    ".txnindex",
    ".snapshot",
    "leader-epoch-checkpoint",
    "recovery-point-offset-checkpoint",
    "replication-offset-checkpoint",
];

/// How the broker comes to look at the file again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// It never stopped.
    Running,
    Stopped,
    Killed,
}

#[derive(Clone, Copy, Debug)]
enum Rot {
    Flip,
    Cut,
    Zeros,
}

/// A small generator (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }
}

/// A log with several segments and transactions, all of it durable.
fn filled() -> (Fixture, Arc<PartitionLog>, Written) {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    let now_ms = fixture.now_ms();
    let client = AppendContext { transactions: true, ..AppendContext::client(0, now_ms) };
    let coordinator = AppendContext { origin: Origin::Coordinator, ..client };
    for n in 0..60 {
        fixture.try_append(&log, &produced(1, 0, 8 * n, 8, now_ms + i64::from(n))).unwrap();
        if n % 12 == 5 {
            let open = BatchBuilder::new(Codec::None).producer(2, 0, n / 12).transactional();
            log.append_as_leader(&build(open, now_ms, 1, 5), &client).unwrap();
            log.append_as_leader(&end_marker_batch(2, 0, EndMarker::Abort, 0, now_ms).unwrap(), &coordinator).unwrap();
        }
    }
    assert!(log.segment_count() >= 3);
    log.advance_high_watermark(i64::MAX);
    log.flush().unwrap();
    fixture.manager.checkpoint();
    let (mut written, mut next) = (Written::new(), 0);
    while next < log.log_end() {
        let bytes = log.read(&whole(next)).unwrap().slice.unwrap().read_verified().unwrap();
        for batch in Batches::new(&bytes) {
            let batch = batch.unwrap();
            written.insert(batch.header.base_offset, batch.bytes.to_vec());
            next = batch.header.last_offset() + 1;
        }
    }
    assert_eq!(written.len(), 70);
    (fixture, log, written)
}

/// `at`, or a place near it that a batch's checksum covers or its length field fills.
fn covered(file: &dyn DiskFile, at: u64) -> u64 {
    let mut bytes = vec![0; file.len().unwrap() as usize];
    file.read_exact_at(&mut bytes, 0).unwrap();
    let mut base = 0;
    for batch in Batches::new(&bytes) {
        let len = batch.unwrap().bytes.len() as u64;
        if at < base + len {
            return if matches!(at - base, 0..8 | 12..16) { base + 16 + at % 8 } else { at };
        }
        base += len;
    }
    at
}

/// Spoils one file of the kind; its path.
fn spoil(fixture: &Fixture, log: &PartitionLog, kind: &str, rot: Rot, dice: &mut Dice) -> PathBuf {
    let mut paths: Vec<PathBuf> =
        files(log).into_iter().filter(|name| name.ends_with(kind)).map(|name| log.path().join(name)).collect();
    if kind.ends_with("-offset-checkpoint") {
        paths = vec![Path::new("/data").join(kind)];
    }
    let disk = &fixture.world.disk;
    let len = |path: &PathBuf| disk.open(path, OpenMode::Read).unwrap().len().unwrap();
    paths.retain(|path| len(path) > 0);
    let path = paths.swap_remove(dice.below(paths.len() as u64) as usize);
    let file = disk.open(&path, OpenMode::ReadWrite).unwrap();
    let (len, mut at) = (len(&path), dice.below(len(&path)));
    if kind == ".log" {
        at = covered(&*file, at);
    }
    match rot {
        Rot::Flip => disk.flip_bit(&path, at, dice.below(8) as u8),
        Rot::Cut => file.set_len(at).unwrap(),
        Rot::Zeros => file.write_all_at(&[IoSlice::new(&vec![0; (len - at).min(64) as usize])], at).unwrap(),
    }
    path
}

/// Names and lengths of the files that hold records.
fn record_files(fixture: &Fixture) -> Vec<(String, u64)> {
    let listed = fixture.world.disk.list(Path::new("/data/t-0")).unwrap();
    let mut files: Vec<_> =
        listed.into_iter().filter(|entry| entry.name.ends_with(".log")).map(|entry| (entry.name, entry.len)).collect();
    files.sort();
    files
}

/// Whether every file is still there, with all that it had; a stop gives a file that was cut its length back.
fn keeps(after: &[(String, u64)], before: &[(String, u64)]) -> bool {
    let at_least = |((name, len), (was, had)): (&(String, u64), &(String, u64))| name == was && len >= had;
    after.len() == before.len() && after.iter().zip(before).all(at_least)
}

/// How many batches are served; each one as it was written.
fn served(log: &PartitionLog, written: &Written, story: &str) -> usize {
    let mut good = 0;
    for (&base, bytes) in written {
        let one = ReadRequest { max_bytes: 1, ..whole(base) };
        let slice = match log.read(&one) {
            Ok(read) => read.slice,
            Err(error) => {
                println!("{story}: offset {base}: {error}");
                None
            }
        };
        if let Some(Ok(read)) = slice.map(|slice| slice.read_verified()) {
            assert_eq!(read[..], bytes[..], "{story}: offset {base} is not what was written");
            good += 1;
        }
    }
    good
}

#[derive(Debug, Default)]
struct Tally {
    offline: usize,
    refused: usize,
    healed: usize,
}

fn try_one(kind: &str, rot: Rot, mode: Mode, seed: u64, tally: &mut Tally) {
    let story = format!("{kind} {rot:?} {mode:?} seed {seed}");
    let (fixture, log, written) = filled();
    let path = spoil(&fixture, &log, kind, rot, &mut Dice(seed));
    let (end, before) = (log.log_end(), record_files(&fixture));
    drop(log);
    let fixture = match mode {
        Mode::Running => fixture,
        Mode::Stopped => fixture.restart(),
        Mode::Killed => fixture.crash(),
    };
    let after = record_files(&fixture);
    assert!(keeps(&after, &before), "{story}: records went with {}: {after:?} of {before:?}", path.display());
    if !fixture.report.broken.is_empty() {
        tally.offline += 1;
        return;
    }
    let log = fixture.log(0);
    assert_eq!((log.bounds().log_start, log.log_end()), (0, end), "{story}");
    log.advance_high_watermark(i64::MAX);
    let good = served(&log, &written, &story);
    tally.refused += usize::from(good < written.len());
    tally.healed += usize::from(good == written.len());
    assert!(kind == ".log" || good == written.len(), "{story}: {good} of {}", written.len());
    assert!(keeps(&record_files(&fixture), &before), "{story}: records went");
}

#[test]
fn rot_in_any_file_serves_no_wrong_byte_loses_no_whole_record_and_deletes_nothing() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (from, seeds) = (number("ESKER_ROT_FROM").unwrap_or(0), number("ESKER_ROT_SEEDS").unwrap_or(8));
    let mut spoils = 0;
    for kind in KINDS {
        let mut tally = Tally::default();
        for (rot, mode) in [Rot::Flip, Rot::Cut, Rot::Zeros]
            .into_iter()
            .flat_map(|rot| [Mode::Running, Mode::Stopped, Mode::Killed].into_iter().map(move |mode| (rot, mode)))
        {
            // No medium cuts a file underneath a mapping; whoever does ends the process.
            if matches!((kind, rot, mode), (".index" | ".timeindex", Rot::Cut, Mode::Running)) {
                continue;
            }
            (from..from + seeds).for_each(|seed| try_one(kind, rot, mode, seed, &mut tally));
            spoils += seeds;
        }
        println!("{kind}: {tally:?}");
        assert!(kind != ".log" || tally.refused + tally.offline > 0, "nobody noticed");
    }
    println!("{spoils} spoils");
}

/// A position in the index that is off by just as much as is asked for: no border comes of it that is none.
#[test]
fn an_index_entry_that_points_at_the_end_of_what_is_asked_for_makes_no_border() {
    for bit in 0..10u8 {
        let (fixture, log, written) = filled();
        let name = files(&log).into_iter().find(|name| name.ends_with(".index")).unwrap();
        let path = log.path().join(name);
        let entries = fixture.world.disk.open(&path, OpenMode::Read).unwrap().len().unwrap() / 8;
        assert!(entries > 3);
        for entry in 0..entries {
            fixture.world.disk.flip_bit(&path, 8 * entry + 7 - u64::from(bit / 8), bit % 8);
        }
        for (&base, bytes) in &written {
            let asked = ReadRequest { max_bytes: 1 << bit, ..whole(base) };
            let read = log.read(&asked).unwrap().slice.unwrap().read_verified();
            let read = read.unwrap_or_else(|error| panic!("bit {bit}, offset {base}: {error}"));
            assert_eq!(read[..bytes.len()], bytes[..], "bit {bit}, offset {base}");
        }
    }
}

/// A length that is wrong in the last batch makes a torn tail of its end, were its checksum not looked at.
#[test]
fn a_wrong_length_of_the_last_durable_batch_is_damage_and_no_torn_tail() {
    for (mode, bit) in [Mode::Stopped, Mode::Killed].into_iter().flat_map(|mode| (0..8u8).map(move |bit| (mode, bit))) {
        let (fixture, log, written) = filled();
        let name = files(&log).into_iter().rfind(|name| name.ends_with(".log")).unwrap();
        let last = written.values().next_back().unwrap().len() as u64;
        let path = log.path().join(name);
        let batches_end = log.segments().last().unwrap().size();
        fixture.world.disk.flip_bit(&path, batches_end - last + 11, bit);
        let before = record_files(&fixture);
        drop(log);
        let fixture = if mode == Mode::Stopped { fixture.restart() } else { fixture.crash() };
        assert_eq!(fixture.report.broken.len(), 1, "{mode:?} bit {bit}");
        assert!(keeps(&record_files(&fixture), &before), "{mode:?} bit {bit}");
    }
}

/// No checksum covers a base offset. One that is zero fits the first segment, and must not let the batch be passed over.
#[test]
fn a_batch_that_the_index_leads_to_and_that_has_lost_its_offset_is_not_passed_over() {
    let (fixture, log, _) = filled();
    let name = files(&log).into_iter().find(|name| name.ends_with(".index")).unwrap();
    let entries = fixture.world.disk.open(&log.path().join(name), OpenMode::Read).unwrap().len().unwrap() / 8;
    let count = entries as usize;
    assert!(count > 3);
    for at in 0..count {
        let (fixture, log, written) = filled();
        let index = files(&log).into_iter().find(|name| name.ends_with(".index")).unwrap();
        let mut entry = [0; 8];
        let index = fixture.world.disk.open(&log.path().join(index), OpenMode::Read).unwrap();
        index.read_exact_at(&mut entry, 8 * at as u64).unwrap();
        let (last, position) = (u64::from_be_bytes(entry) >> 32, u64::from_be_bytes(entry) & 0xffff_ffff);
        let first = files(&log).into_iter().find(|name| name.ends_with(".log")).unwrap();
        let file = fixture.world.disk.open(&log.path().join(first), OpenMode::ReadWrite).unwrap();
        file.write_all_at(&[IoSlice::new(&[0; 8])], position).unwrap();
        let (&base, bytes) = written.range(..=last as i64).next_back().unwrap();
        match log.read(&ReadRequest { max_bytes: 1, ..whole(last as i64) }) {
            Err(_) => {}
            Ok(read) => {
                let read = read.slice.unwrap().read_verified().unwrap();
                assert_eq!(read[8..], bytes[8..], "entry {at}: another batch than that of offset {base}");
            }
        }
    }
}

/// A time that rot has made of another one must not let retention delete a segment before its time.
#[test]
fn a_time_index_that_says_what_no_batch_says_is_built_again() {
    for bit in 0..64u8 {
        let (fixture, log, _) = filled();
        let name = files(&log).into_iter().find(|name| name.ends_with(".timeindex")).unwrap();
        let path = log.path().join(name);
        let disk = &fixture.world.disk;
        let last = disk.open(&path, OpenMode::Read).unwrap().len().unwrap() - TIME_ENTRY_LEN as u64;
        let (end, now_ms) = (log.log_end(), fixture.now_ms());
        drop(log);
        disk.flip_bit(&path, last + u64::from(bit / 8), bit % 8);
        let fixture = fixture.restart();
        let log = fixture.log(0);
        let largest = log.offset_of_max_timestamp().unwrap().unwrap();
        assert!((now_ms..now_ms + 60).contains(&largest.timestamp), "bit {bit}: {largest:?}");
        log.set_config(Arc::new(LogConfig { retention_ms: 3_600_000, ..small() }));
        log.advance_high_watermark(i64::MAX);
        log.delete_old_segments(now_ms + 60_000, true).unwrap();
        assert_eq!((log.bounds().log_start, log.log_end()), (0, end), "bit {bit}");
    }
}

/// The base offset and the leader epoch lie outside of the checksum. A base offset that cannot be right is refused; the bytes of the
/// records are those that were written in any case.
#[test]
fn a_base_offset_that_leaves_its_segment_or_its_order_is_refused() {
    let (mut refused, mut served) = (0, 0);
    for bit in 0..64u8 {
        let (fixture, log, written) = filled();
        let name = files(&log).into_iter().find(|name| name.ends_with(".log")).unwrap();
        let first = written[&0].len() as u64;
        fixture.world.disk.flip_bit(&log.path().join(name), first + u64::from(bit / 8), 7 - bit % 8);
        let (_, batch) = written.iter().nth(1).unwrap();
        match log.read(&ReadRequest { max_bytes: 1, ..whole(8) }) {
            Err(_) => refused += 1,
            Ok(read) => {
                let read = read.slice.unwrap().read_verified().unwrap();
                assert_eq!(read[8..], batch[8..], "bit {bit}");
                served += 1;
            }
        }
    }
    println!("{refused} refused, {served} in order all the same");
    assert!(refused > 48, "{refused} of 64");
}
