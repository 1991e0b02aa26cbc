//! One segment becomes one object: in one request or in parts, verified before anything is sent.

use crate::keys::{Keys, ObjectId};
use crate::local_log::{LocalLog, UploadPolicy, UploadSource};
use crate::manifest::Finished;
use crate::manifest::test_roots::{HOME, token};
use crate::object::{CHUNK_LEN, Footer, TrailerHead, TrailerTail};
use crate::rate::RateLimit;
use crate::store::faulty::{Fault, FaultyBackend};
use crate::store::{MemoryBackend, Reason, Store, StoreErrorKind, StoreLimits};
use crate::testing::MemoryLog;
use crate::upload::{SegmentUpload, UploadError, UploadLimits};
use bytes::Bytes;
use esker_env::{Env, Pool};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use uuid::Uuid;

struct Bench {
    store: Store,
    backend: Arc<FaultyBackend>,
    limits: UploadLimits,
    pool: Pool,
}

fn bench(part_len: u64) -> Bench {
    let env = Env::system();
    let backend = Arc::new(FaultyBackend::new(Arc::new(MemoryBackend::new(env.clone()))));
    let limits = StoreLimits { retry_timeout: Duration::from_millis(200), ..StoreLimits::default() };
    Bench {
        store: Store::new(Arc::clone(&backend) as _, env.clone(), limits),
        backend,
        limits: UploadLimits::new(64 << 20, part_len, RateLimit::new(u64::MAX, Arc::clone(&env.clock))),
        pool: Pool::new(Handle::current(), 2, 16),
    }
}

impl Bench {
    async fn upload(&self, source: UploadSource) -> Result<(Finished, TrailerHead, Bytes), UploadError> {
        let keys = Keys::new(&"c".parse().unwrap());
        let id = ObjectId { base: source.base, token: token(1), uuid: Uuid::from_u128(6) };
        let (store, pool, limits) = (&self.store, &self.pool, &self.limits);
        let upload = SegmentUpload { store, keys: &keys, pool, limits, home: HOME, id };
        let (finished, head) = upload.run(source).await?;
        assert_eq!(self.limits.bytes_in_use(), 0, "the budget is given back");
        let object = self.store.get_small(Reason::Segment, &keys.segment(HOME, &id), 1 << 30).await.unwrap();
        Ok((finished, head, object))
    }
}

fn source(log: &MemoryLog) -> UploadSource {
    log.next_upload(0, UploadPolicy::default()).unwrap().unwrap()
}

fn log_of(batches: usize, body_len: usize) -> Arc<MemoryLog> {
    let log = MemoryLog::new();
    log.append_segment(batches, 3, body_len);
    log
}

fn check(log: &MemoryLog, (finished, head, object): &(Finished, TrailerHead, Bytes)) {
    let entry = finished.entry;
    let log_len = entry.log_len as usize;
    assert_eq!(object[..log_len], log.bytes()[..]);
    assert_eq!(object.len() as u64, entry.object_len());
    let head_end = log_len + entry.head_len as usize;
    assert_eq!(TrailerHead::decode(&object[log_len..head_end], entry.log_len, entry.uuid).as_ref(), Ok(head));
    let footer = Footer::decode(&object[object.len() - 128..]).unwrap();
    assert_eq!(
        (footer.base, footer.next, footer.uuid, footer.token),
        (entry.base, entry.next, entry.uuid, entry.token)
    );
    let tail = TrailerTail::decode(&object.slice(head_end..object.len() - 128), &footer).unwrap();
    assert_eq!(tail.epochs, log.epoch_history());
    assert_eq!(entry.next, log.bounds().log_end);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_segment_is_one_request() {
    let (bench, log) = (bench(64 << 20), log_of(400, 10_000));
    let done = bench.upload(source(&log)).await.unwrap();
    check(&log, &done);
    let puts: Vec<_> = bench.backend.calls().into_iter().filter(|call| call.operation != "get").collect();
    assert_eq!(puts.len(), 1);
    assert_eq!(done.1.chunks.len() as u64, done.0.entry.log_len.div_ceil(CHUNK_LEN));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_of_exactly_a_part_is_one_request_and_one_more_for_each_further_part() {
    const PART: u64 = 5 << 20;
    for parts in 1..=3u64 {
        let (bench, log) = (bench(PART), log_of(parts as usize * 40, (PART / 40) as usize - 61));
        assert_eq!(log.bytes().len() as u64, parts * PART);
        let done = bench.upload(source(&log)).await.unwrap();
        check(&log, &done);
        let calls = bench.backend.calls();
        let puts = calls.iter().filter(|call| call.operation == "put" || call.operation == "put part").count() as u64;
        assert_eq!(puts, parts, "the trailer goes along");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_segment_goes_in_parts_of_one_length() {
    let (bench, log) = (bench(5 << 20), log_of(170, 100_000));
    let done = bench.upload(source(&log)).await.unwrap();
    check(&log, &done);
    let calls = bench.backend.calls();
    let count = |operation| calls.iter().filter(|call| call.operation == operation).count();
    assert_eq!((count("begin multipart"), count("put part"), count("complete multipart")), (1, 4, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn rot_at_the_end_of_a_long_segment_leaves_no_object() {
    let (bench, log) = (bench(5 << 20), log_of(170, 100_000));
    log.rot(0);
    assert!(matches!(bench.upload(source(&log)).await, Err(UploadError::Damaged(_))));
    let calls = bench.backend.calls();
    assert!(calls.iter().any(|call| call.operation == "abort multipart"));
    assert!(!calls.iter().any(|call| call.operation == "complete multipart"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_leaves_the_name_of_what_it_may_hold() {
    let (bench, log) = (bench(64 << 20), log_of(10, 100));
    bench.backend.set_rule(|_| Fault::Fail(StoreErrorKind::Throttled));
    let Err(UploadError::Store { error, .. }) = bench.upload(source(&log)).await else { panic!("it must fail") };
    assert!(error.kind.is_transient());
}
