//! What comes out of the bucket is what went in, from any offset, and never a wrong byte.

use crate::bucket::testing::{BODY_LEN, Filled, RECORDS, SEGMENTS};
use crate::bucket::{BucketError, Export};
use crate::store::StoreErrorKind;
use crate::store::faulty::Fault;
use esker_record::HEADER_LEN;

const BATCH_LEN: usize = HEADER_LEN + BODY_LEN;

async fn rest(mut export: Export<'_>) -> Result<Vec<u8>, BucketError> {
    let mut all = Vec::new();
    while let Some(batch) = export.next().await? {
        assert!(!batch.is_aborted);
        all.extend_from_slice(&batch.bytes);
    }
    Ok(all)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_offset_gives_what_was_written_from_there_on() {
    let filled = Filled::new().await;
    filled.seal().await;
    let partition = filled.partition();
    for from in [0, 1, 209, 210, 299, 300, 301, 777, SEGMENTS * RECORDS - 1, SEGMENTS * RECORDS] {
        let export = partition.export(from).await.unwrap();
        assert_eq!((export.log_start(), export.tiered_end()), (0, SEGMENTS * RECORDS));
        let bytes = rest(export).await.unwrap();
        assert!(bytes == filled.written[from as usize * BATCH_LEN..], "from {from}: {} bytes", bytes.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_is_begun_anew_where_it_broke() {
    let filled = Filled::new().await;
    let tries = std::sync::atomic::AtomicUsize::new(0);
    filled.world.store.set_rule(move |call| {
        let is_log =
            call.operation == "get" && call.range.as_ref().is_some_and(|range| range.end - range.start > 1 << 20);
        let breaks = is_log && tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 1;
        if breaks { Fault::BreakBody(700_000) } else { Fault::None }
    });
    let partition = filled.partition();
    assert!(rest(partition.export(0).await.unwrap()).await.unwrap() == filled.written);
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_ends_the_export_before_the_batch_that_it_hit() {
    let filled = Filled::new().await;
    let key = filled.key("/segments/", 1).await;
    filled.flip(&key, (10 * BATCH_LEN + 100) as i64).await;
    let partition = filled.partition();
    let mut export = partition.export(RECORDS).await.unwrap();
    for expected in RECORDS..RECORDS + 10 {
        assert_eq!(export.next().await.unwrap().unwrap().header.base_offset, expected);
    }
    let error = export.next().await.unwrap_err();
    assert!(matches!(&error, BucketError::Unreadable { key: of, .. } if *of == key), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_gone_is_an_error_and_not_an_end() {
    let filled = Filled::new().await;
    filled.delete(&filled.key("/segments/", 2).await).await;
    let partition = filled.partition();
    let error = rest(partition.export(0).await.unwrap()).await.unwrap_err();
    assert!(matches!(&error, BucketError::Store(error) if error.kind == StoreErrorKind::NotFound), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_is_shown_with_its_objects() {
    let filled = Filled::new().await;
    let partition = filled.partition();
    let details = partition.details().await.unwrap();
    assert_eq!((details.summary.log_start, details.summary.tiered_end), (0, SEGMENTS * RECORDS));
    let entries = partition.entries(RECORDS + 5, 2).await.unwrap();
    assert_eq!(entries.iter().map(|entry| entry.base).collect::<Vec<_>>(), [RECORDS, 2 * RECORDS]);
    let object = partition.object_at(RECORDS + 5).await.unwrap().unwrap();
    let chunks = object.entry.log_len.div_ceil(crate::object::CHUNK_LEN);
    assert_eq!((object.entry.base, object.chunks.len() as u64), (RECORDS, chunks));
    assert_eq!(partition.object_at(SEGMENTS * RECORDS).await.unwrap(), None);
}
