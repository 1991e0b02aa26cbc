//! A damaged newest version is rebuilt as it was, and a leader goes on from it; what nobody can know is refused.

use crate::bucket::repair_pages::seal;
use crate::bucket::testing::{Filled, HOME, RECORDS, SEGMENTS};
use crate::bucket::{BucketPartition, Repair, RepairError};
use crate::manifest::test_roots::entry;
use crate::manifest::{Page, Root, decode_page};
use crate::object::{FOOTER_LEN, Footer, TrailerHead, TrailerTail, encode_trailer};
use crate::testing::MemoryLog;
use crate::tier_test_world::{UNSURE, tiered_to, token};
use bytes::Bytes;
use uuid::Uuid;

const END: i64 = SEGMENTS * RECORDS;

/// Names that nobody has used.
fn fresh() -> impl FnMut() -> Uuid {
    let mut last = 0xf0e5;
    move || {
        last += 1;
        Uuid::from_u128(last)
    }
}

async fn repair(partition: &BucketPartition) -> Result<Repair, RepairError> {
    let repair = partition.plan_repair(false).await?;
    partition.write_repair(&repair, fresh()).await?;
    Ok(repair)
}

async fn rot_newest(filled: &Filled) -> Root {
    let newest = filled.newest().await;
    filled.flip(&filled.keys().manifest(HOME, newest.sequence), 60).await;
    newest
}

async fn content(filled: &Filled) -> Vec<u8> {
    let partition = filled.partition();
    let mut export = partition.export(0).await.unwrap();
    let mut all = Vec::new();
    while let Some(batch) = export.next().await.unwrap() {
        all.extend_from_slice(&batch.bytes);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_whole_is_not_repaired() {
    let filled = Filled::new().await;
    let error = repair(&filled.partition()).await.unwrap_err();
    assert_eq!(error, RepairError::NotNeeded(filled.newest().await.sequence));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_whose_topic_is_being_deleted_is_not_rebuilt() {
    let filled = Filled::new().await;
    rot_newest(&filled).await;
    filled.put(&filled.keys().deleted_mark(HOME.topic_id), b"{}".to_vec()).await;
    assert_eq!(repair(&filled.partition()).await.unwrap_err(), RepairError::Marked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_newest_version_is_rebuilt_on_the_one_before_it_and_the_trailers() {
    let filled = Filled::new().await;
    // The version before the damaged one knows two segments less.
    filled
        .add_version(|root| {
            root.entries.truncate(2);
            root.tiered_end = 2 * RECORDS;
            root.live_bytes = root.entries.iter().map(crate::manifest::Entry::object_len).sum();
        })
        .await;
    filled.add_version(|_| {}).await;
    let damaged = rot_newest(&filled).await;
    let done = repair(&filled.partition()).await.unwrap();
    assert_eq!((done.damaged, done.based_on), (damaged.sequence, Some(damaged.sequence - 1)));
    assert_eq!((done.log_start, done.tiered_end, done.objects, done.from_trailers), (0, END, 4, 2));
    assert!(content(&filled).await == filled.written);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_version_the_trailers_alone_tell_all_and_a_leader_goes_on_behind_them() {
    let filled = Filled::new().await;
    for key in filled.world.keys("/manifest/").await {
        filled.flip(&key, 60).await;
    }
    let done = repair(&filled.partition()).await.unwrap();
    assert_eq!((done.based_on, done.objects, done.from_trailers), (None, 4, 4));
    assert!(content(&filled).await == filled.written);
    // A leader with a later epoch and an empty disk takes over where the repaired version ends.
    let broker = filled.world.other_broker();
    broker.ready().await;
    let log = MemoryLog::new();
    let partition = broker.lead(&log, token(9), UNSURE);
    tiered_to(&partition, END).await;
    crate::tier_test_world::until("the log begins at the tiered end", || log.resets().len() == 1).await;
    log.append_segment(5, 9, 100);
    partition.wake();
    tiered_to(&partition, END + 5).await;
    assert!(broker.read_all(&partition, 0, 1 << 20).await[..filled.written.len()] == filled.written);
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_of_known_epochs_do_not_go_on_beside_the_repaired_version() {
    let filled = Filled::new().await;
    rot_newest(&filled).await;
    repair(&filled.partition()).await.unwrap();
    assert!(filled.newest().await.token > token(1));
    assert!(filled.newest().await.token < token(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_objects_at_one_offset_the_later_leader_s_is_the_committed_one() {
    let filled = Filled::new().await;
    // A deposed leader's upload that came to nothing: the same offsets, another token and name, which its trailer tells too.
    let newest = rot_newest(&filled).await;
    let second = newest.entries[1];
    let key = filled.keys().segment(HOME, &second.id());
    let mut bytes = filled.get(&key).await;
    let footer_at = bytes.len() - FOOTER_LEN;
    let footer = Footer::decode(&bytes[footer_at..]).unwrap();
    let head_at = usize::try_from(footer.log_len).unwrap();
    let tail_at = head_at + footer.head_len as usize;
    let head = TrailerHead::decode(&bytes[head_at..tail_at], footer.log_len, footer.uuid).unwrap();
    let tail = TrailerTail::decode(&Bytes::copy_from_slice(&bytes[tail_at..footer_at]), &footer).unwrap();
    let (uuid, old) = (Uuid::from_u128(77), token(0));
    let (trailer, _) = encode_trailer(&head, &tail, Footer { uuid, token: old, ..footer });
    bytes.truncate(head_at);
    bytes.extend_from_slice(&trailer);
    let orphan = crate::keys::ObjectId { uuid, token: old, ..second.id() };
    filled.put(&filled.keys().segment(HOME, &orphan), bytes).await;
    for key in filled.world.keys("/manifest/").await {
        if filled.get(&key).await != filled.get(&filled.keys().manifest(HOME, newest.sequence)).await {
            filled.flip(&key, 60).await;
        }
    }
    let done = repair(&filled.partition()).await.unwrap();
    assert_eq!((done.objects, done.unusable.as_slice()), (4, [].as_slice()));
    assert!(filled.newest().await.entries.iter().all(|entry| entry.token == token(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_is_refused_and_with_the_loss_accepted_the_chain_begins_behind_it() {
    let filled = Filled::new().await;
    rot_newest(&filled).await;
    filled.delete(&filled.key("/segments/", 1).await).await;
    let partition = filled.partition();
    let refused = partition.plan_repair(false).await.unwrap_err();
    assert_eq!(refused, RepairError::Hole { from: RECORDS, to: 2 * RECORDS });
    let accepted = partition.plan_repair(true).await.unwrap();
    assert_eq!((accepted.log_start, accepted.tiered_end, accepted.objects), (2 * RECORDS, END, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_at_the_front_is_said() {
    let filled = Filled::new().await;
    rot_newest(&filled).await;
    assert_eq!(filled.partition().plan_repair(false).await.unwrap().began_at, None);
    filled.delete(&filled.key("/segments/", 0).await).await;
    let planned = filled.partition().plan_repair(false).await.unwrap();
    assert_eq!((planned.began_at, planned.log_start, planned.objects), (Some(0), RECORDS, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_that_are_damaged_are_named_and_not_used() {
    let filled = Filled::new().await;
    rot_newest(&filled).await;
    let last = filled.key("/segments/", 3).await;
    for key in filled.world.keys("/manifest/").await {
        let is_newest = filled.world.keys("/manifest/").await.last() == Some(&key);
        if !is_newest {
            filled.flip(&key, 60).await;
        }
    }
    filled.flip(&last, -1).await;
    let done = repair(&filled.partition()).await.unwrap();
    assert_eq!(done.tiered_end, 3 * RECORDS);
    assert!(done.unusable.len() == 1 && done.unusable[0].contains(&last), "{:?}", done.unusable);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_gone_is_rebuilt_too() {
    let filled = Filled::new().await;
    let page = filled.seal().await;
    filled.delete(&page).await;
    let done = repair(&filled.partition()).await.unwrap();
    assert_eq!((done.objects, done.from_trailers), (4, 2));
    assert!(content(&filled).await == filled.written);
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_of_a_later_release_and_deleted_partitions_are_left_alone() {
    let filled = Filled::new().await;
    let key = filled.keys().manifest(HOME, filled.newest().await.sequence);
    let mut bytes = filled.get(&key).await;
    bytes[9] = 9;
    let end = bytes.len() - 4;
    let crc = esker_record::crc32c(&bytes[..end]).to_be_bytes();
    bytes[end..].copy_from_slice(&crc);
    filled.put(&key, bytes).await;
    let error = repair(&filled.partition()).await.unwrap_err();
    assert!(matches!(error, RepairError::TooNew { format: 0x109 | 9, .. }), "{error}");
    let filled = Filled::new().await;
    filled.add_version(|root| root.is_final = true).await;
    filled.add_version(|_| {}).await;
    rot_newest(&filled).await;
    assert!(matches!(repair(&filled.partition()).await.unwrap_err(), RepairError::Deleted(_)));
}

#[test]
fn a_long_history_is_sealed_into_pages_that_a_reader_accepts() {
    let entries: Vec<_> = (0..600_000).map(|at| entry(at * 10, at * 10 + 10)).collect();
    let sealed = seal(HOME, &entries, &mut fresh());
    assert!(sealed.refs.len() < 256 && sealed.rest.len() < 1280);
    for (reference, bytes) in &sealed.written {
        assert!(bytes.len() <= crate::manifest::PAGE_LEN_MAX);
        let page = decode_page(bytes, HOME, reference).unwrap();
        let inside = match &page {
            Page::Entries(entries) => entries.len() as u64,
            Page::Refs(refs) => refs.iter().map(|page| page.entries).sum(),
        };
        assert_eq!(inside, reference.entries);
    }
    let mut root = Root::empty(HOME, 0, 1);
    (root.pages, root.entries, root.tiered_end) = (sealed.refs, sealed.rest, 6_000_000);
    assert_eq!(root.check(), Ok(()));
    assert!(crate::manifest::encode_root(&root).len() <= crate::manifest::ROOT_LEN_MAX);
    let named: u64 = root.pages.iter().map(|page| page.entries).sum::<u64>() + root.entries.len() as u64;
    assert_eq!(named, 600_000);
}
