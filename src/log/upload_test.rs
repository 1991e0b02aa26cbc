//! What the tier gets is what the log holds, up to the last stable offset, whole segments only.

use crate::log::{AppendContext, Origin};
use crate::testing::{Fixture, build, produced, small};
use esker_record::{BatchBuilder, Batches, Codec, EndMarker, end_marker_batch};

#[test]
fn closed_segments_follow_each_other_without_a_gap() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    for n in 0..100 {
        fixture.try_append(&log, &produced(n % 7, 0, 0, 2, fixture.now_ms() + n)).ok();
        fixture.append(&log, 3, 40);
    }
    let (mut from, mut count) = (0, 0);
    while let Some(upload) = log.next_upload(from).unwrap() {
        assert_eq!(upload.range.start, from);
        let bytes = upload.slice.read_verified().unwrap();
        let headers: Vec<_> = Batches::new(&bytes).map(|batch| batch.unwrap().header).collect();
        assert_eq!((headers[0].base_offset, headers[headers.len() - 1].next_offset()), (from, upload.range.end));
        assert!(headers.iter().all(|header| header.max_timestamp <= upload.largest_timestamp.timestamp));
        let producers = crate::producer::parse_snapshot(&upload.producer_snapshot).unwrap();
        assert!(!producers.is_empty() && producers.len() <= 7);
        assert!(upload.epochs.entries().iter().all(|entry| entry.start_offset < upload.range.end));
        from = upload.range.end;
        count += 1;
    }
    assert_eq!(count + 1, log.segment_count());
    assert_eq!(from, log.segments().last().unwrap().base_offset, "only the active segment is left");
}

#[test]
fn an_upload_may_begin_inside_of_a_segment() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    for _ in 0..30 {
        fixture.append(&log, 5, 50);
    }
    let whole = log.next_upload(0).unwrap().unwrap();
    let part = log.next_upload(10).unwrap().unwrap();
    assert_eq!((part.range.start, part.range.end), (10, whole.range.end));
    let (all, some) = (whole.slice.read().unwrap(), part.slice.read().unwrap());
    assert!(all.ends_with(&some) && some.len() < all.len());
    assert_eq!(log.next_upload(12).unwrap().unwrap().range.start, 10, "a batch is never split");
}

#[test]
fn what_was_uploaded_is_given_again_where_one_closed_segment_holds_all_of_it() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    for _ in 0..60 {
        fixture.append(&log, 5, 50);
    }
    let first = log.next_upload(0).unwrap().unwrap();
    let second = log.next_upload(first.range.end).unwrap().unwrap();
    for part in [&first, &second] {
        let again = log.upload_again(part.range.start, part.range.end).unwrap().unwrap();
        assert_eq!(again.slice.read_verified().unwrap(), part.slice.read_verified().unwrap());
        assert_eq!(again.producer_snapshot, part.producer_snapshot);
    }
    // A replica that cuts its segments elsewhere: a part of one will do, parts of two will not, nor half a batch.
    let part = log.upload_again(5, 10).unwrap().unwrap();
    assert_eq!((part.range.start, part.range.end), (5, 10));
    assert!(log.upload_again(5, first.range.end + 5).unwrap().is_none());
    assert!(log.upload_again(5, 12).unwrap().is_none());
    log.set_tiered_end(second.range.end);
    log.advance_log_start(first.range.end).unwrap();
    log.delete_old_segments(fixture.now_ms(), true).unwrap();
    assert!(log.upload_again(0, first.range.end).unwrap().is_none(), "it is local no longer");
}

#[test]
fn a_lost_snapshot_is_made_again_from_the_log() {
    use esker_env::Disk;
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    for n in 0..80 {
        fixture.try_append(&log, &produced(n % 3, 0, (n / 3) as i32, 1, fixture.now_ms())).unwrap();
    }
    let upload = log.next_upload(0).unwrap().unwrap();
    let name = format!("{:020}.snapshot", upload.range.end);
    fixture.world.disk.remove_file(&log.path().join(name)).unwrap();
    assert_eq!(log.next_upload(0).unwrap().unwrap().producer_snapshot, upload.producer_snapshot);
}

#[test]
fn nothing_undecided_is_uploaded_and_aborted_transactions_go_along() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    let now_ms = fixture.now_ms();
    let client = AppendContext { transactions: true, ..AppendContext::client(0, now_ms) };
    log.append_as_leader(
        &build(BatchBuilder::new(Codec::None).producer(1, 0, 0).transactional(), now_ms, 1, 5),
        &client,
    )
    .unwrap();
    for _ in 0..30 {
        fixture.append(&log, 5, 50);
    }
    assert!(log.next_upload(0).unwrap().is_none(), "the transaction is open");
    assert!(log.next_upload_part(0, i64::MAX).unwrap().is_none(), "not one batch is decided");
    let coordinator = AppendContext { origin: Origin::Coordinator, ..client };
    log.append_as_leader(&end_marker_batch(1, 0, EndMarker::Abort, 0, now_ms).unwrap(), &coordinator).unwrap();
    log.advance_high_watermark(i64::MAX);
    let upload = log.next_upload(0).unwrap().unwrap();
    assert_eq!(upload.aborted.len(), 1);
    assert!(upload.aborted[0].last_offset >= upload.range.end, "its marker lies in a later segment");
}

#[test]
fn a_segment_whose_end_stays_undecided_is_cut_before_the_open_transaction() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    let now_ms = fixture.now_ms();
    let client = AppendContext { transactions: true, ..AppendContext::client(0, now_ms) };
    for _ in 0..3 {
        fixture.append(&log, 5, 50);
    }
    let open = BatchBuilder::new(Codec::None).producer(1, 0, 0).transactional();
    log.append_as_leader(&build(open, now_ms, 1, 5), &client).unwrap();
    for _ in 0..30 {
        fixture.append(&log, 5, 50);
    }
    assert!(log.next_upload(0).unwrap().is_none());
    assert!(log.next_upload_part(0, now_ms).unwrap().is_none(), "it was closed just now: the end may follow");
    let part = log.next_upload_part(0, now_ms + 1).unwrap().unwrap();
    assert_eq!((part.range.start, part.range.end), (0, 15));
    let bytes = part.slice.read_verified().unwrap();
    assert_eq!(Batches::new(&bytes).last().unwrap().unwrap().header.next_offset(), 15);
    assert!(log.next_upload_part(15, now_ms + 1).unwrap().is_none());
}

#[test]
fn the_size_from_an_offset_counts_whole_segments() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    for _ in 0..30 {
        fixture.append(&log, 5, 50);
    }
    let second = log.segments()[1].base_offset;
    assert_eq!(log.size_from(0), log.size());
    assert_eq!(log.size_from(1), log.size_from(second));
    assert!(log.size_from(second) < log.size());
    assert_eq!(log.size_from(i64::MAX), 0);
    assert!(!log.read(&crate::testing::whole(0)).unwrap().may_have_aborted(0));
}
