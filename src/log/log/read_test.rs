//! Reads: whole batches, the one that holds the offset included, never beyond the bound.

use super::{PartitionLog, ReadError, ReadRequest, UpTo};
use crate::segment::Access;
use crate::testing::{Fixture, read_all, small, whole};
use esker_record::Batches;

/// A log of 40 batches of 5 records over several segments.
fn filled(fixture: &Fixture) -> std::sync::Arc<PartitionLog> {
    let log = fixture.log(0);
    for _ in 0..40 {
        fixture.append(&log, 5, 50);
    }
    assert!(log.segment_count() > 3);
    log
}

fn offsets(log: &PartitionLog, request: &ReadRequest) -> Vec<(i64, i64)> {
    let Some(slice) = log.read(request).unwrap().slice else { return Vec::new() };
    let bytes = slice.read().unwrap();
    Batches::new(&bytes)
        .map(|batch| batch.unwrap().header)
        .map(|header| (header.base_offset, header.last_offset()))
        .collect()
}

#[test]
fn every_record_is_found_from_every_offset() {
    let fixture = Fixture::new(small());
    let log = filled(&fixture);
    let all = read_all(&log, 0);
    assert_eq!(all.iter().map(|(offset, _)| *offset).collect::<Vec<_>>(), (0..200).collect::<Vec<_>>());
    for from in 0..200 {
        let first = offsets(&log, &whole(from))[0];
        assert!(first.0 <= from && from <= first.1, "the batch that holds {from} comes first: {first:?}");
        assert_eq!(first.0, from / 5 * 5);
    }
}

#[test]
fn only_whole_batches_below_the_bound_are_returned() {
    let fixture = Fixture::new(small());
    let log = filled(&fixture);
    for upper in 0..=200 {
        for from in [0, upper / 2, upper.max(1) - 1, upper] {
            let request = ReadRequest { up_to: UpTo::Offset(upper), ..whole(from) };
            let found = offsets(&log, &request);
            assert!(found.iter().all(|(_, last)| *last < upper), "{upper} {from} {found:?}");
            let expected_first = from / 5 * 5 + 5 <= upper && from < upper;
            assert_eq!(!found.is_empty(), expected_first, "up to {upper} from {from}");
        }
    }
    assert_eq!(log.read(&ReadRequest { up_to: UpTo::LogEnd, ..whole(200) }).unwrap().upper, 200);
}

#[test]
fn the_byte_limit_cuts_at_a_batch_and_the_first_may_exceed_it() {
    let fixture = Fixture::new(small());
    let log = filled(&fixture);
    let batch_len = log.read(&ReadRequest { max_bytes: 1, ..whole(0) }).unwrap().slice.unwrap().len;
    for (max_bytes, batches) in
        [(0, 1), (1, 1), (batch_len, 1), (2 * batch_len - 1, 1), (2 * batch_len, 2), (3 * batch_len + 7, 3)]
    {
        assert_eq!(offsets(&log, &ReadRequest { max_bytes, ..whole(0) }).len(), batches, "{max_bytes} bytes");
    }
    let strict = ReadRequest { max_bytes: batch_len - 1, min_one_batch: false, ..whole(0) };
    assert_eq!(offsets(&log, &strict), []);
}

#[test]
fn offsets_outside_are_told_apart() {
    let fixture =
        Fixture::new(crate::config::LogConfig { remote_storage_enable: true, local_retention_bytes: 0, ..small() });
    let log = filled(&fixture);
    assert!(matches!(log.read(&whole(201)), Err(ReadError::OutOfRange(_))));
    assert!(matches!(log.read(&whole(-1)), Err(ReadError::OutOfRange(_))));
    assert_eq!(log.read(&whole(200)).unwrap().slice.map(|slice| slice.len), None, "the log end is no error");
    log.set_tiered_end(100);
    log.delete_old_segments(fixture.now_ms(), true).unwrap();
    let local = log.bounds().local_log_start;
    assert!(local > 0 && local <= 100);
    assert!(matches!(log.read(&whole(local - 1)), Err(ReadError::BelowLocal(bounds)) if bounds.log_start == 0));
    log.advance_log_start(50).unwrap();
    assert!(matches!(log.read(&whole(49)), Err(ReadError::OutOfRange(_))));
}

#[test]
fn read_limits_follow_the_high_watermark() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    let context = super::AppendContext::client(0, fixture.now_ms());
    for _ in 0..3 {
        log.append_as_leader(&crate::testing::batch(fixture.now_ms(), 1, 10), &context).unwrap();
    }
    assert_eq!(offsets(&log, &whole(0)), []);
    log.advance_high_watermark(2);
    assert_eq!(offsets(&log, &whole(0)), [(0, 0), (1, 1)]);
    assert_eq!(log.advance_high_watermark(1), 2, "it does not go back");
    assert_eq!(log.advance_high_watermark(99), 3, "nor beyond the log end");
    assert_eq!(offsets(&log, &ReadRequest { up_to: UpTo::LogEnd, ..whole(1) }), [(1, 1), (2, 2)]);
}

#[test]
fn network_threads_never_wait_for_the_disk() {
    let fixture = Fixture::new(small());
    let log = filled(&fixture);
    let cached = |offset| ReadRequest { access: Access::Cached, ..whole(offset) };
    assert_eq!(offsets(&log, &cached(199)).len(), 1, "the active segment is open");
    let fixture = fixture.restart();
    let log = fixture.log(0);
    assert!(matches!(log.read(&cached(0)), Err(ReadError::WouldBlock)), "a closed segment has to be opened");
    log.read(&whole(0)).unwrap();
    assert!(log.read(&cached(0)).is_ok(), "and then it is open");
    fixture.world.disk.set_cold(true);
    assert!(matches!(log.read(&cached(0)), Err(ReadError::WouldBlock)));
    let slice = log.read(&whole(0)).unwrap().slice.unwrap();
    assert_eq!(slice.read_cached().unwrap(), None);
    assert_eq!(slice.read().unwrap().len(), slice.len);
}

#[test]
fn a_slice_outlives_its_segment() {
    let fixture = Fixture::new(crate::config::LogConfig { retention_bytes: 0, ..small() });
    let log = filled(&fixture);
    let slice = log.read(&whole(0)).unwrap().slice.unwrap();
    let before = slice.read().unwrap();
    log.delete_old_segments(fixture.now_ms(), true).unwrap();
    fixture.manager.remove_deleted(i64::MAX);
    assert_eq!(slice.read_verified().unwrap(), before);
}

#[test]
fn few_closed_segments_are_open_at_once() {
    let fixture = Fixture::new(small()).restart();
    let log = filled(&fixture);
    read_all(&log, 0);
    assert!(fixture.manager.open_segments() <= 3, "{} are open", fixture.manager.open_segments());
}

#[test]
fn damage_is_noticed_when_it_is_read_verified_and_when_frames_break() {
    let fixture = Fixture::new(small());
    let log = filled(&fixture);
    let file = log.path().join("00000000000000000000.log");
    fixture.world.disk.flip_bit(&file, 100, 3);
    assert!(log.read(&whole(0)).unwrap().slice.unwrap().read_verified().is_err());
    // The length field of the second batch: the walk to an offset behind it meets it.
    let second = log.read(&ReadRequest { max_bytes: 1, ..whole(0) }).unwrap().slice.unwrap().len as u64;
    fixture.world.disk.flip_bit(&file, second + 8, 7);
    let error = log.read(&ReadRequest { max_bytes: 1, ..whole(5) }).unwrap_err().to_string();
    assert!(error.contains("t-0 is damaged") && error.contains("00000000000000000000.log"), "{error}");
    assert!(log.check().is_err());
    assert_eq!(fixture.manager.damages().len(), 1);
    assert!(log.dir().check().is_ok(), "other partitions go on");
    assert!(fixture.append(&fixture.log(1), 1, 5).base_offset == 0);
}

#[test]
fn damaged_and_missing_indexes_of_closed_segments_are_built_again() {
    use esker_env::Disk;
    let fixture = Fixture::new(small());
    filled(&fixture);
    let fixture = fixture.restart();
    let log = fixture.log(0);
    let (index, times) =
        (log.path().join("00000000000000000000.index"), log.path().join("00000000000000000000.timeindex"));
    let before =
        (fixture.world.disk.read_small(&index, 9999).unwrap(), fixture.world.disk.read_small(&times, 9999).unwrap());
    fixture.world.disk.flip_bit(&index, 0, 7);
    fixture.world.disk.remove_file(&times).unwrap();
    assert_eq!(read_all(&log, 0).len(), 200);
    assert!(log.offset_for_timestamp(0, 0).unwrap().is_some());
    assert!(!before.0.is_empty() && !before.1.is_empty());
    assert_eq!(fixture.world.disk.read_small(&times, 9999).unwrap().len(), before.1.len());
    let rebuilt = fixture.world.disk.read_small(&index, 9999).unwrap();
    assert!(rebuilt.len().is_multiple_of(8) && rebuilt != before.0);
}
