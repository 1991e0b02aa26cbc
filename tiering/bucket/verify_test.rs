//! A sound bucket is found sound; every way to spoil it is found and called by its name; nothing is ever written.

use crate::bucket::testing::{EVERYTHING, Filled, HOME, RECORDS, SEGMENTS};
use crate::bucket::{Bucket, BucketAccess, FindingKind, VerifyDepth, VerifyOptions, VerifyProgress, VerifyReport};
use crate::options::TierOptions;
use crate::store::StoreErrorKind;
use crate::store::faulty::Fault;
use crate::tier::TierOpenError;
use crate::tier_test_world::{count, token};
use crate::url::TierUrl;
use esker_env::Env;
use futures::future::BoxFuture;
use tokio::runtime::Handle;

fn kinds(report: &VerifyReport) -> Vec<FindingKind> {
    report.findings.iter().map(|finding| finding.kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_bucket_is_sound_and_every_byte_of_it_is_read() {
    let filled = Filled::new().await;
    filled.world.store.take_calls();
    let report = filled.verify().await;
    assert_eq!(report.findings, []);
    assert_eq!((report.topics, report.partitions, report.objects), (1, 1, SEGMENTS as u64));
    assert_eq!(report.log_bytes, filled.written.len() as u64);
    let calls = filled.world.store.take_calls();
    assert!(calls.iter().all(|call| matches!(call.operation, "get" | "list" | "list dirs")), "nothing is written");
    assert_eq!(count(&calls, "get", "/segments/"), 2 * SEGMENTS as usize, "a trailer and a log for each object");
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_beneath_pages_are_checked_too() {
    let filled = Filled::new().await;
    filled.seal().await;
    let report = filled.verify().await;
    assert_eq!(report.findings, []);
    assert_eq!((report.pages, report.objects), (1, SEGMENTS as u64));
}

type Damage = for<'a> fn(&'a Filled) -> BoxFuture<'a, ()>;

macro_rules! damage {
    ($name:literal, $kinds:expr, |$filled:ident| $body:expr) => {
        ($name, $kinds, (|$filled: &Filled| Box::pin(async move { $body })) as Damage)
    };
}

#[rustfmt::skip] // one line for each way to spoil a bucket
fn damages() -> Vec<(&'static str, Vec<FindingKind>, Damage)> {
    use FindingKind::*;
    vec![
        damage!("an object is gone", vec![ObjectMissing], |f| f.delete(&f.key("/segments/", 1).await).await),
        damage!("an object is cut short", vec![ObjectDamaged], |f| {
            let key = f.key("/segments/", 1).await;
            let mut bytes = f.get(&key).await;
            bytes.truncate(bytes.len() / 2);
            f.put(&key, bytes).await;
        }),
        damage!("an object is longer than it was", vec![ObjectDamaged], |f| {
            let key = f.key("/segments/", 1).await;
            let bytes = [f.get(&key).await, vec![0]].concat();
            f.put(&key, bytes).await;
        }),
        damage!("a record has rotted", vec![ObjectDamaged], |f| f.flip(&f.key("/segments/", 1).await, 700_000).await),
        damage!("a base offset has rotted", vec![ObjectDamaged], |f| f.flip(&f.key("/segments/", 1).await, 7).await),
        damage!("a leader epoch has rotted", vec![ObjectDamaged], |f| f.flip(&f.key("/segments/", 1).await, 15).await),
        damage!("a chunk table has rotted", vec![ObjectDamaged], |f| {
            let entry = f.newest().await.entries[1];
            f.flip(&f.key("/segments/", 1).await, entry.log_len as i64 + 20).await;
        }),
        damage!("a producer snapshot has rotted", vec![ObjectDamaged], |f| {
            let entry = f.newest().await.entries[1];
            f.flip(&f.key("/segments/", 1).await, (entry.log_len + u64::from(entry.head_len)) as i64).await;
        }),
        damage!("a footer has rotted", vec![ObjectDamaged], |f| f.flip(&f.key("/segments/", 1).await, -1).await),
        damage!("an object has another's bytes", vec![ObjectDamaged], |f| {
            let other = f.get(&f.key("/segments/", 2).await).await;
            f.put(&f.key("/segments/", 1).await, other).await;
        }),
        damage!("the newest version has rotted", vec![ManifestDamaged], |f| {
            f.flip(&f.world.keys("/manifest/").await.pop().unwrap(), 60).await;
        }),
        damage!("the newest version is that of a later release", vec![ManifestDamaged], |f| {
            let key = f.world.keys("/manifest/").await.pop().unwrap();
            let mut bytes = f.get(&key).await;
            bytes[9] = 9;
            let end = bytes.len() - 4;
            let crc = esker_record::crc32c(&bytes[..end]).to_be_bytes();
            bytes[end..].copy_from_slice(&crc);
            f.put(&key, bytes).await;
        }),
        damage!("an older version has rotted", vec![ManifestDamaged], |f| f.flip(&f.key("/manifest/", 0).await, 60).await),
        damage!("a version in between is gone", vec![ManifestGap], |f| {
            f.add_version(|_| {}).await;
            f.delete(&f.keys().manifest(HOME, f.newest().await.sequence - 1)).await;
        }),
        damage!("a version goes back behind its predecessor", vec![ManifestOrder], |f| {
            f.add_version(|root| root.token = token(0)).await;
        }),
        damage!("all versions are gone", vec![ManifestMissing], |f| {
            for key in f.world.keys("/manifest/").await {
                f.delete(&key).await;
            }
        }),
        damage!("a page is gone", vec![PageMissing, Unreferenced, Unreferenced], |f| {
            let key = f.seal().await;
            f.delete(&key).await;
        }),
        damage!("a page has rotted", vec![PageDamaged, Unreferenced, Unreferenced], |f| {
            let key = f.seal().await;
            f.flip(&key, 40).await;
        }),
        damage!("the topic's file is gone", vec![TopicFileDamaged], |f| f.delete(&f.key("topic.json", 0).await).await),
        damage!("the topic's file is another's", vec![TopicFileDamaged], |f| {
            let text = br#"{"name":"orders","topic_id":"AAAAAAAAQACAAAAAAAAAAQ","created_ms":5}"#;
            f.put(&f.key("topic.json", 0).await, text.to_vec()).await;
        }),
        damage!("the snapshot has rotted", vec![SnapshotDamaged], |f| f.flip(&f.key("/cluster/", 0).await, -1).await),
        damage!("the snapshot is gone", vec![SnapshotMissing], |f| f.delete(&f.key("/cluster/", 0).await).await),
        damage!("the generation is gone", vec![GenerationMissing], |f| f.delete(&f.key("/generation/", 0).await).await),
        damage!("an object that no version names", vec![Unreferenced], |f| {
            let id = crate::keys::ObjectId { uuid: uuid::Uuid::from_u128(5), ..f.newest().await.entries[1].id() };
            f.put(&f.keys().segment(HOME, &id), vec![1, 2, 3]).await;
        }),
        damage!("an upload under way", vec![Unreferenced], |f| {
            let id = crate::keys::ObjectId { base: SEGMENTS * RECORDS, uuid: uuid::Uuid::from_u128(5), token: token(1) };
            f.put(&f.keys().segment(HOME, &id), vec![1, 2, 3]).await;
        }),
        damage!("somebody else's key", vec![UnknownKey], |f| {
            f.put(&format!("{}readme.txt", f.keys().segments(HOME)), vec![1]).await;
        }),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_spoil_a_bucket_is_found_and_called_by_its_name() {
    for (name, expected, damage) in damages() {
        let filled = Filled::new().await;
        damage(&filled).await;
        let report = filled.verify().await;
        assert_eq!(kinds(&report), expected, "{name}: {:?}", report.findings);
        let harmless = expected.iter().all(|kind| matches!(kind, FindingKind::Unreferenced | FindingKind::UnknownKey));
        assert_eq!(report.is_sound(), harmless, "{name}");
        assert!(report.findings.iter().all(|finding| !finding.key.is_empty() && !finding.detail.is_empty()), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_neither_damage_nor_without_a_reference() {
    let filled = Filled::new().await;
    filled
        .add_version(|root| {
            let first = root.entries.remove(0);
            (root.log_start, root.dropped_to) = (first.next, first.next);
            root.garbage = vec![crate::manifest::Garbage::Object(first.id())];
        })
        .await;
    let report = filled.verify().await;
    assert_eq!((report.findings.as_slice(), report.garbage), ([].as_slice(), 1));
    assert_eq!(report.objects, SEGMENTS as u64 - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn trailers_alone_cost_no_log_and_find_no_rot_in_it() {
    let filled = Filled::new().await;
    filled.flip(&filled.key("/segments/", 1).await, 700_000).await;
    let options = VerifyOptions { depth: VerifyDepth::Trailers, ..EVERYTHING };
    let progress = VerifyProgress::default();
    let report = filled.partition().verify(&options, &progress).await.unwrap();
    assert_eq!((report.findings.as_slice(), report.objects, report.log_bytes), ([].as_slice(), SEGMENTS as u64, 0));
    assert_eq!(progress.counts().objects_done, SEGMENTS as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_no_damage() {
    let filled = Filled::new().await;
    filled.world.store.set_rule(|call| match (call.operation, call.key.contains("/segments/")) {
        ("get", true) => Fault::Fail(StoreErrorKind::Denied),
        _ => Fault::None,
    });
    let denied = filled.partition().verify(&EVERYTHING, &VerifyProgress::default()).await.unwrap_err();
    assert_eq!(denied.kind, StoreErrorKind::Denied);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_connection_is_tried_again() {
    let filled = Filled::new().await;
    let tries = std::sync::atomic::AtomicUsize::new(0);
    filled.world.store.set_rule(move |call| {
        let is_log = call.operation == "get" && call.range.as_ref().is_some_and(|range| range.start == 0);
        let is_first = is_log && tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 2;
        if is_first { Fault::Fail(StoreErrorKind::Unknown) } else { Fault::None }
    });
    let report = filled.partition().verify(&EVERYTHING, &VerifyProgress::default()).await.unwrap();
    assert_eq!(report.findings, []);
    assert_eq!(report.log_bytes, filled.written.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_opened_for_reading_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let options = TierOptions::new(dir.path().join("data"));
    let (env, runtime) = (Env::system(), Handle::current());
    let open = |path: std::path::PathBuf, env: &Env| {
        Bucket::open(&TierUrl::File(path), BucketAccess::Read, &options, env.clone(), runtime.clone())
    };
    let missing = open(dir.path().join("nowhere"), &env).unwrap_err();
    assert!(matches!(missing, TierOpenError::Directory { .. }), "{missing}");
    let empty = open(dir.path().to_owned(), &env).unwrap();
    assert_eq!(empty.clusters().await.unwrap(), []);
    assert_eq!(env.disk.list(dir.path()).unwrap(), [], "nothing was created");
}
