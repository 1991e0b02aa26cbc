//! The whole tier over a store in memory: upload, commit, local deletion, cold reads, retention, fences, crashes.

use crate::local_log::LocalLog;
use crate::object::{AbortedTransaction, OpenTransaction, Outcome};
use crate::options::TierTopicConfig;
use crate::partition::{RaiseError, Readiness, Standing};
use crate::process::TierState;
use crate::read::TierReadError;
use crate::store::StoreErrorKind;
use crate::store::faulty::{Fault, FaultyBackend};
use crate::testing::MemoryLog;
use crate::tier_test_world::{NEW, UNSURE, World, count, id, serves, tiered_to, token, until};
use crate::{DeleteProgress, TierTopicConfig as Config};
use futures::FutureExt;
use std::sync::Arc;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_segment_settles_in_the_bucket_and_is_read_back_byte_for_byte() {
    let world = World::new();
    let log = MemoryLog::new();
    log.append_segment(300, 0, 5_000);
    log.append_segment(300, 0, 5_000);
    log.append(1, 0, 0, 100);
    let written = log.bytes();
    let partition = world.lead(&log, token(1), NEW);
    tiered_to(&partition, 600).await;
    until("local segments go", || log.bounds().local_log_start == 600).await;
    let expected = written.slice(..600 * 5_061);
    for bytes_max in [1, 10_000, 1 << 20, 100 << 20] {
        assert_eq!(world.read_all(&partition, 0, bytes_max).await, expected, "{bytes_max}");
    }
    let keys = world.keys("").await;
    assert!(keys.iter().any(|key| key.ends_with("topic.json")));
    assert_eq!(world.keys("/segments/").await.len(), 2);
    let object = world.memory.get(&world.keys("/segments/").await[0], Some(0..300 * 5_061)).await.unwrap();
    let first: Vec<_> = futures::TryStreamExt::try_collect::<Vec<bytes::Bytes>>(object).await.unwrap();
    assert_eq!(first.concat(), written[..300 * 5_061], "an object begins with its segment's bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_costs_two_puts_a_segment_at_most_and_no_listing() {
    let world = World::new();
    world.ready().await;
    let log = MemoryLog::new();
    let partition = world.lead(&log, token(1), NEW);
    log.append_segment(10, 0, 1_000);
    partition.wake();
    tiered_to(&partition, 10).await;
    world.store.take_calls();
    for round in 2..=20 {
        log.append_segment(10, 0, 1_000);
        partition.wake();
        tiered_to(&partition, round * 10).await;
    }
    let calls = world.store.take_calls();
    assert_eq!(count(&calls, "put", "/segments/"), 19);
    assert!(count(&calls, "create", "/manifest/") <= 19);
    assert_eq!(count(&calls, "list", ""), 0);
    assert_eq!(calls.len(), count(&calls, "put", "") + count(&calls, "create", ""), "and nothing else");
    let before = world.store.calls().len();
    world.read_all(&partition, 0, 1 << 20).await;
    assert_eq!(count(&world.store.calls()[before..], "list", ""), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_version_commits_all_that_finished_since_the_last() {
    let world = World::new();
    let log = MemoryLog::new();
    (0..40).for_each(|_| log.append_segment(5, 0, 100));
    let partition = world.lead(&log, token(1), NEW);
    world.ready().await;
    world.store.set_rule(|call| match call.operation {
        "create" => Fault::Delay(Duration::from_millis(100)),
        _ => Fault::None,
    });
    tiered_to(&partition, 200).await;
    let versions = world.keys("/manifest/").await.len();
    assert!(versions <= 20, "{versions} versions for 40 segments");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_the_leader_has_gone_to_sleep_is_uploaded_when_its_time_has_come() {
    let world = World::new();
    world.ready().await;
    let log = MemoryLog::new();
    let config = Config { local_retention_ms: Some(50), ..Config::default() };
    let partition = world.open(&log, config);
    partition.lead(token(1), NEW);
    until("the fence", || partition.bounds().is_some()).await;
    // Long enough for everything that the fence has begun to be over.
    esker_env::sleep(Duration::from_millis(300)).await;
    log.append(1, 0, 0, 100);
    tiered_to(&partition, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_local_goes_before_the_manifest_is_confirmed() {
    let world = World::new();
    world.ready().await;
    let log = MemoryLog::new();
    let partition = world.lead(&log, token(1), NEW);
    until("the fence", || partition.bounds().is_some()).await;
    world.store.set_rule(|call| match call.operation {
        "create" => Fault::Fail(StoreErrorKind::Unreachable),
        _ => Fault::None,
    });
    log.append_segment(10, 0, 100);
    partition.wake();
    esker_env::sleep(Duration::from_millis(500)).await;
    assert!(!world.keys("/segments/").await.is_empty(), "the object is there");
    assert_eq!(log.bounds().local_log_start, 0, "and the local segment too");
    world.store.heal();
    until("it goes", || log.bounds().local_log_start == 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_a_version_is_found_out_by_reading_back() {
    let world = World::new();
    world.ready().await;
    let log = MemoryLog::new();
    let partition = world.lead(&log, token(1), NEW);
    world.store.set_rule(|call| if call.operation == "create" { Fault::LoseAnswer } else { Fault::None });
    for round in 1..=5 {
        log.append_segment(10, 0, 100);
        partition.wake();
        tiered_to(&partition, round * 10).await;
    }
    assert_eq!(world.keys("/manifest/").await.len(), 6);
    assert_eq!(world.read_all(&partition, 0, 1 << 20).await.len(), 50 * 161);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_a_segment_leaves_no_gap_and_what_stays_is_garbage() {
    let world = World::with(|options| options.garbage_grace = Duration::from_secs(60));
    world.ready().await;
    let log = MemoryLog::new();
    let partition = world.lead(&log, token(1), NEW);
    let mut losses = 12;
    world.store.set_rule(move |call| {
        if call.operation == "put" && losses > 0 {
            losses -= 1;
            return Fault::LoseAnswer;
        }
        Fault::None
    });
    (0..4).for_each(|_| log.append_segment(10, 0, 100));
    partition.wake();
    tiered_to(&partition, 40).await;
    assert_eq!(world.read_all(&partition, 0, 1 << 20).await.len(), 40 * 161);
    let stored = world.keys("/segments/").await.len();
    if stored > 4 {
        world.clock.advance(Duration::from_secs(61));
        partition.wake();
        until("the lost attempts are collected", || world.keys("/segments/").now_or_never().unwrap().len() == 4).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rot_is_never_tiered() {
    let world = World::new();
    let log = MemoryLog::new();
    log.append_segment(10, 0, 100);
    log.append_segment(10, 0, 100);
    log.rot(12);
    let partition = world.lead(&log, token(1), NEW);
    until("damage is reported", || log.damage().is_some()).await;
    tiered_to(&partition, 10).await;
    esker_env::sleep(Duration::from_millis(200)).await;
    assert_eq!(partition.bounds().unwrap().tiered_end, 10);
    assert_eq!(world.keys("/segments/").await.len(), 1);
    assert!(log.damage().unwrap().contains("checksum"), "{:?}", log.damage());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_uploaded_above_the_last_stable_offset() {
    let world = World::new();
    let log = MemoryLog::new();
    log.append_segment(10, 0, 100);
    log.set_unstable(Some(7));
    let partition = world.lead(&log, token(1), NEW);
    tiered_to(&partition, 7).await;
    esker_env::sleep(Duration::from_millis(200)).await;
    assert_eq!(partition.bounds().unwrap().tiered_end, 7);
    log.set_unstable(None);
    partition.wake();
    tiered_to(&partition, 10).await;
    assert_eq!(world.read_all(&partition, 0, 1 << 20).await.len(), 10 * 161);
}

#[tokio::test(flavor = "multi_thread")]
async fn aborted_transactions_come_from_the_same_objects_as_the_data() {
    let world = World::new();
    let log = MemoryLog::new();
    let aborted =
        |producer_id, first_offset, last_offset| AbortedTransaction { producer_id, first_offset, last_offset };
    log.add_transactions(&[aborted(1, 2, 5), aborted(2, 8, 12), aborted(3, 15, 16)], &[]);
    (0..2).for_each(|_| log.append_segment(10, 0, 100));
    let partition = world.lead(&log, token(1), NEW);
    tiered_to(&partition, 20).await;
    let read = partition.read(0, 1 << 20..=1 << 20, i64::MAX, world.deadline()).await.unwrap();
    assert_eq!(read.aborted, [aborted(1, 2, 5), aborted(2, 8, 12), aborted(3, 15, 16)]);
    let read = partition.read(6, 1..=161, i64::MAX, world.deadline()).await.unwrap();
    assert_eq!((read.next_offset, read.aborted), (7, vec![]));
    let read = partition.read(6, 161 * 3..=161 * 3, i64::MAX, world.deadline()).await.unwrap();
    assert_eq!(
        (read.next_offset, read.aborted),
        (9, vec![aborted(2, 8, 12)]),
        "though its marker is in the next object"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_loses_nothing_and_uploads_resume_within_five_seconds_of_its_end() {
    let world = World::new();
    world.ready().await;
    let log = MemoryLog::new();
    let partition = world.lead(&log, token(1), NEW);
    log.append_segment(10, 0, 100);
    partition.wake();
    tiered_to(&partition, 10).await;
    world.store.set_rule(|_| Fault::Fail(StoreErrorKind::Unreachable));
    (0..5).for_each(|_| log.append_segment(10, 0, 100));
    partition.wake();
    esker_env::sleep(Duration::from_secs(3)).await;
    let sent = world.store.take_calls().len();
    assert!(sent < 60, "{sent} requests to a store that is down for three seconds");
    assert_eq!(partition.metrics().lag_offsets, 50, "the lag is known with the store away");
    assert_eq!(log.bounds().local_log_start, 10);
    world.store.heal();
    let healed = std::time::Duration::from_secs(5);
    esker_env::timeout(healed, tiered_to(&partition, 60)).await.expect("resumes within 5 s");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_store_suspends_the_tier_until_a_probe_passes() {
    let store = FaultyBackend::new(World::new().memory);
    store.set_rule(|_| Fault::Fail(StoreErrorKind::Unreachable));
    let world = World::new().with_store(Arc::new(store));
    let log = MemoryLog::new();
    log.append_segment(10, 0, 100);
    let partition = world.lead(&log, token(1), NEW);
    assert!(matches!(world.tier.first_probe(Duration::from_millis(300)).await, TierState::Suspended { .. }));
    assert_eq!(serves(&partition).await, Readiness::Ready, "a new partition is served without the bucket");
    world.store.heal();
    world.ready().await;
    tiered_to(&partition, 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_broker_serves_without_the_bucket_when_its_checkpoint_is_the_newest() {
    let world = World::new();
    let log = MemoryLog::new();
    log.append_segment(10, 0, 100);
    log.append(1, 0, 0, 50);
    let partition = world.lead(&log, token(1), NEW);
    tiered_to(&partition, 10).await;
    until("the log was told", || !log.confirmed_versions().iter().all(|version| version.tiered_end < 10)).await;
    partition.close();
    let after = world.restart();
    after.store.set_rule(|_| Fault::Hang);
    let standing = Standing { led_last: true, ..UNSURE };
    let again = after.lead(&log, token(2), standing);
    assert_eq!(serves(&again).await, Readiness::Ready);
    assert_eq!(again.bounds().unwrap().tiered_end, 10, "and log start and tiered end are known at once");
    // Without the exemption the bucket is asked first.
    let unsure = after.lead(&log, token(3), UNSURE);
    esker_env::sleep(Duration::from_millis(100)).await;
    assert_eq!(unsure.readiness(), Readiness::Waiting);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_lost_its_disk_continues_at_the_tiered_end_with_epochs_producers_and_open_transactions() {
    let world = World::new();
    let log = MemoryLog::new();
    let open = OpenTransaction { producer_id: 9, producer_epoch: 1, first_offset: 15, outcome: Outcome::Aborted };
    log.add_transactions(&[], &[open]);
    (0..2).for_each(|_| log.append_segment(10, 3, 100));
    log.append(5, 3, 0, 10);
    let partition = world.lead(&log, token(3), NEW);
    tiered_to(&partition, 20).await;
    partition.close();
    let other = world.other_broker();
    let fresh = MemoryLog::new();
    let again = other.lead(&fresh, token(4), UNSURE);
    assert_eq!(serves(&again).await, Readiness::Ready);
    let reset = fresh.resets().pop().expect("the log was reset");
    assert_eq!((reset.tiered_end, reset.log_start), (20, 0));
    assert_eq!(reset.producer_snapshot, "producers at 20");
    assert_eq!(reset.open, [open]);
    assert_eq!(reset.epochs, log.epoch_history());
    assert_eq!(fresh.bounds().log_end, 20);
    fresh.append_segment(10, 4, 100);
    again.wake();
    tiered_to(&again, 30).await;
    assert_eq!(other.read_all(&again, 0, 1 << 20).await.len(), 30 * 161);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_longer_log_of_another_lineage_is_cut_whatever_the_election() {
    let world = World::new();
    let log = MemoryLog::new();
    log.append_segment(10, 2, 100);
    let partition = world.lead(&log, token(2), NEW);
    tiered_to(&partition, 10).await;
    let other = world.other_broker();
    let divergent = MemoryLog::new();
    divergent.append_segment(50, 1, 100);
    let again = other.lead(&divergent, token(3), Standing { log_is_whole: true, ..UNSURE });
    until("cut", || divergent.bounds().log_end == 10).await;
    assert_eq!(divergent.high_watermark_at_least(), 10);
    divergent.append_segment(5, 3, 100);
    again.wake();
    tiered_to(&again, 15).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unclean_leader_waits_for_its_fence_and_fences_the_old_one() {
    let world = World::new();
    let log = MemoryLog::new();
    log.append_segment(10, 1, 100);
    let old = world.lead(&log, token(1), NEW);
    tiered_to(&old, 10).await;
    let other = world.other_broker();
    other.ready().await;
    other.store.set_rule(|call| match call.operation {
        "create" if call.key.contains("/manifest/") => Fault::Delay(Duration::from_millis(300)),
        _ => Fault::None,
    });
    let copy = MemoryLog::new();
    copy.append_segment(10, 1, 100);
    let new = other.lead(&copy, token(2), Standing { is_unclean: true, ..UNSURE });
    esker_env::sleep(Duration::from_millis(100)).await;
    assert_eq!(new.readiness(), Readiness::Waiting);
    assert_eq!(serves(&new).await, Readiness::Ready);
    log.append_segment(10, 1, 100);
    old.wake();
    until("the old one is fenced", || matches!(old.readiness(), Readiness::Stopped(_))).await;
    assert_eq!(old.raise_log_start(5).await, Err(RaiseError::NotLeader));
    assert_eq!(new.bounds().unwrap().tiered_end, 10, "what the fenced one uploaded is named nowhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_fenced_leader_uploaded_is_swept_after_the_grace() {
    let world = World::with(|options| options.garbage_grace = Duration::from_secs(600));
    let log = MemoryLog::new();
    log.append_segment(10, 1, 100);
    let old = world.lead(&log, token(1), NEW);
    tiered_to(&old, 10).await;
    world.store.set_rule(|call| if call.operation == "create" { Fault::Hang } else { Fault::None });
    log.append_segment(10, 1, 100);
    old.wake();
    until("the object without a version", || {
        world.store.calls().iter().filter(|call| call.operation == "put").count() == 2
    })
    .await;
    esker_env::sleep(Duration::from_millis(50)).await;
    assert_eq!(world.keys("/segments/").await.len(), 2);
    let other = world.other_broker();
    let copy = MemoryLog::new();
    copy.append_segment(10, 1, 100);
    let new = other.lead(&copy, token(2), UNSURE);
    assert_eq!(serves(&new).await, Readiness::Ready);
    until("the fence", || new.bounds().is_some_and(|bounds| bounds.sequence == 3)).await;
    other.clock.advance(Duration::from_secs(601));
    new.wake();
    for _ in 0..6_000 {
        if other.keys("/segments/").await.len() == 1 {
            assert_eq!(other.read_all(&new, 0, 1 << 20).await.len(), 10 * 161);
            return;
        }
        esker_env::sleep(Duration::from_millis(10)).await;
    }
    panic!("the orphan was not swept");
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_records_answers_after_the_version_that_holds_it() {
    let world = World::with(|options| options.garbage_grace = Duration::from_secs(600));
    let log = MemoryLog::new();
    (0..4).for_each(|_| log.append_segment(10, 0, 100));
    let partition = world.lead(&log, token(1), NEW);
    tiered_to(&partition, 40).await;
    partition.raise_log_start(25).await.unwrap();
    assert_eq!(log.bounds().log_start, 25);
    assert_eq!(partition.bounds().unwrap().log_start, 25);
    let below = partition.read(24, 1..=1 << 20, i64::MAX, world.deadline()).await;
    assert_eq!(below.unwrap_err(), TierReadError::NotTiered { log_start: 25, tiered_end: 40 });
    let read = partition.read(25, 1 << 20..=1 << 20, i64::MAX, world.deadline()).await.unwrap();
    assert_eq!((read.next_offset, read.len), (40, 15 * 161));
    assert_eq!(world.keys("/segments/").await.len(), 4, "objects stay for the grace");
    world.clock.advance(Duration::from_secs(601));
    partition.wake();
    for _ in 0..6_000 {
        if world.keys("/segments/").await.len() == 2 {
            return;
        }
        esker_env::sleep(Duration::from_millis(10)).await;
    }
    panic!("garbage was not collected");
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_by_size_and_time_moves_log_start_over_both_tiers() {
    let world = World::new();
    let log = MemoryLog::new();
    let now = world.env.clock.wall_ms();
    for at in 0..6i64 {
        log.append(10, 0, now - (6 - at) * 3_600_000, 5_000);
        log.roll();
    }
    let config = Config { retention_bytes: Some(25_000), ..Config::default() };
    let partition = world.open(&log, config);
    partition.lead(token(1), NEW);
    tiered_to(&partition, 60).await;
    until("by size", || partition.bounds().unwrap().log_start == 10).await;
    partition.configure(Config { retention_ms: Some(3 * 3_600_000 + 1000), ..config });
    until("by time", || partition.bounds().unwrap().log_start == 30).await;
    until("the log follows", || log.bounds().log_start == 30).await;
    world.clock.jump_wall(48 * 3_600_000);
    partition.configure(config);
    partition.configure(Config { retention_ms: Some(3 * 3_600_000 + 1000), ..config });
    esker_env::sleep(Duration::from_millis(200)).await;
    assert_eq!(partition.bounds().unwrap().log_start, 30, "a clock that jumped deletes nothing");
    world.tier.confirm_clock();
    partition.wake();
    until("the operator has confirmed", || partition.bounds().unwrap().log_start == 60).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_active_segment_is_rolled_once_local_retention_or_the_largest_lag_has_passed() {
    let world = World::with(|options| options.task_interval = Duration::from_millis(50));
    let log = MemoryLog::new();
    log.append(10, 0, world.env.clock.wall_ms(), 100);
    let config = TierTopicConfig { max_lag_ms: Some(60_000), ..TierTopicConfig::default() };
    let partition = world.open(&log, config);
    partition.lead(token(1), NEW);
    until("the fence", || partition.bounds().is_some()).await;
    esker_env::sleep(Duration::from_millis(200)).await;
    assert_eq!(partition.bounds().unwrap().tiered_end, 0);
    world.clock.advance(Duration::from_secs(61));
    tiered_to(&partition, 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_lag_holds_segments_back_until_they_are_old_or_enough_is_behind_them() {
    let world = World::with(|options| options.task_interval = Duration::from_millis(50));
    let log = MemoryLog::new();
    let config = TierTopicConfig { copy_lag_ms: 60_000, copy_lag_bytes: 9_000, ..TierTopicConfig::default() };
    for _ in 0..2 {
        log.append(10, 0, world.env.clock.wall_ms(), 5_000);
        log.roll();
    }
    let partition = world.open(&log, config);
    partition.lead(token(1), NEW);
    until("the fence", || partition.bounds().is_some()).await;
    esker_env::sleep(Duration::from_millis(150)).await;
    assert_eq!(partition.bounds().unwrap().tiered_end, 0, "too young, and too little behind them");
    log.append(10, 0, world.env.clock.wall_ms(), 5_000);
    log.roll();
    partition.wake();
    tiered_to(&partition, 10).await;
    esker_env::sleep(Duration::from_millis(150)).await;
    assert_eq!(partition.bounds().unwrap().tiered_end, 10, "enough was behind the first alone");
    world.clock.advance(Duration::from_secs(61));
    tiered_to(&partition, 30).await;
}

#[test]
fn a_copy_lag_of_zero_uploads_at_once_and_the_largest_lag_bounds_it() {
    let config = |copy_lag_ms, copy_lag_bytes| TierTopicConfig { copy_lag_ms, copy_lag_bytes, ..Default::default() };
    assert!(config(0, u64::MAX).lag_is_over(0, 0) && config(u64::MAX, 0).lag_is_over(0, 0));
    assert!(!config(u64::MAX, u64::MAX).lag_is_over(i64::MAX, u64::MAX - 1), "both follow an endless local retention");
    assert!(config(1000, 500).lag_is_over(-1, 0), "a segment from the future does not wait");
    assert!(config(1000, 500).lag_is_over(1000, 0) && config(1000, 500).lag_is_over(0, 500));
    assert!(!config(1000, 500).lag_is_over(999, 499));
    let bounded = TierTopicConfig { max_lag_ms: Some(100), ..config(1000, 500) };
    assert!(bounded.lag_is_over(100, 0) && !bounded.lag_is_over(99, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_copy_uploads_nothing_and_reads_on() {
    let world = World::new();
    let log = MemoryLog::new();
    log.append_segment(10, 0, 100);
    let partition = world.lead(&log, token(1), NEW);
    tiered_to(&partition, 10).await;
    partition.configure(TierTopicConfig { copy_disabled: true, ..TierTopicConfig::default() });
    log.append_segment(10, 0, 100);
    partition.wake();
    esker_env::sleep(Duration::from_millis(200)).await;
    assert_eq!(partition.bounds().unwrap().tiered_end, 10);
    assert_eq!(world.read_all(&partition, 0, 1 << 20).await.len(), 10 * 161);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_newest_version_stops_writing_and_is_not_fallen_back_from() {
    let world = World::new();
    let log = MemoryLog::new();
    log.append_segment(10, 0, 100);
    let partition = world.lead(&log, token(1), NEW);
    tiered_to(&partition, 10).await;
    partition.close();
    let newest = damage_newest(&world).await;
    let other = world.other_broker();
    let copy = MemoryLog::new();
    copy.append_segment(20, 0, 100);
    let again = other.lead(&copy, token(2), UNSURE);
    let Readiness::Stopped(reason) = serves(&again).await else { panic!("it must not lead") };
    assert!(reason.contains("damaged"), "{reason}");
    assert_eq!(world.keys("/manifest/").await.last(), Some(&newest));
    assert_eq!(copy.bounds().log_end, 20, "and nothing local is cut");
    let whole = Standing { log_is_whole: true, ..UNSURE };
    let serving = other.lead(&copy, token(3), whole);
    assert_eq!(serves(&serving).await, Readiness::Ready, "a log that needs no manifest is served");
    esker_env::sleep(Duration::from_millis(200)).await;
    assert_eq!(serving.readiness(), Readiness::Ready);
    assert_eq!(world.keys("/manifest/").await.last(), Some(&newest), "and nothing is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_newest_version_stops_the_tier_of_a_whole_log_and_not_the_log() {
    let world = World::new();
    let log = MemoryLog::new();
    log.append_segment(10, 0, 100);
    let partition = world.lead(&log, token(1), NEW);
    tiered_to(&partition, 10).await;
    damage_newest(&world).await;
    let other = world.other_broker();
    let again = other.lead(&log, token(2), Standing { log_is_whole: true, ..Standing::default() });
    assert_eq!(serves(&again).await, Readiness::Ready);
    let raised = esker_env::timeout(Duration::from_secs(10), again.raise_log_start(5)).await;
    assert_eq!(raised, Some(Err(RaiseError::NotLeader)), "nobody may write this chain");
    assert_eq!(again.readiness(), Readiness::Ready, "what is local goes on being served");
}

/// Replaces the newest version by something else; its key.
async fn damage_newest(world: &World) -> String {
    let newest = world.keys("/manifest/").await.pop().unwrap();
    world.memory.delete(std::slice::from_ref(&newest)).await.unwrap();
    let body = vec![bytes::Bytes::from_static(b"not a manifest")];
    world.memory.put(&newest, &body, crate::store::PutMode::Create).await.unwrap();
    newest
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_reads_what_its_leader_told_it_of() {
    let world = World::new();
    let log = MemoryLog::new();
    log.append_segment(10, 0, 100);
    let leader = world.lead(&log, token(1), NEW);
    tiered_to(&leader, 10).await;
    let bounds = leader.bounds().unwrap();
    let other = world.other_broker();
    let follower = other.open(&MemoryLog::new(), TierTopicConfig::default());
    assert_eq!(follower.bounds(), None);
    follower.observe(bounds.sequence, bounds.log_start, bounds.tiered_end);
    assert_eq!(other.read_all(&follower, 0, 1 << 20).await.len(), 10 * 161);
    assert_eq!(count(&other.store.calls(), "list", "/manifest/"), 0);
    let stranger = other.open(&MemoryLog::new(), TierTopicConfig::default());
    assert_eq!(other.read_all(&stranger, 0, 1 << 20).await.len(), 10 * 161, "or finds it in the bucket");
    let state = stranger.end_state(other.deadline()).await.unwrap();
    assert_eq!((state.tiered_end, state.epochs), (10, log.epoch_history()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_topic_stops_its_leaders_and_leaves_nothing() {
    let world = World::with(|options| options.garbage_grace = Duration::from_secs(600));
    let log = MemoryLog::new();
    (0..3).for_each(|_| log.append_segment(10, 0, 100));
    let partition = world.lead(&log, token(1), NEW);
    tiered_to(&partition, 30).await;
    let topic = id().topic_id;
    let progress = world.tier.delete_topic(topic, 5, 1).await.unwrap();
    assert!(matches!(progress, DeleteProgress::Waiting { .. }), "{progress:?}");
    assert!(world.keys("/segments/").await.is_empty());
    assert!(!world.keys("/manifest/").await.is_empty(), "manifests stay while somebody may act on old knowledge");
    log.append_segment(10, 0, 100);
    partition.wake();
    until("the leader stops", || matches!(partition.readiness(), Readiness::Stopped(_))).await;
    world.clock.advance(Duration::from_secs(601));
    assert_eq!(world.tier.delete_topic(topic, 5, 1).await.unwrap(), DeleteProgress::Empty);
    assert_eq!(world.keys(&topic.to_hex()).await, Vec::<String>::new());
    assert_eq!(world.tier.delete_topic(topic, 5, 1).await.unwrap(), DeleteProgress::Empty);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefix_without_the_mark_is_never_emptied() {
    let world = World::new();
    let log = MemoryLog::new();
    log.append_segment(10, 0, 100);
    let partition = world.lead(&log, token(1), NEW);
    tiered_to(&partition, 10).await;
    world.store.set_rule(|call| match call.operation {
        "create" if call.key.ends_with("/deleted") => Fault::Fail(StoreErrorKind::Denied),
        _ => Fault::None,
    });
    assert!(world.tier.delete_topic(id().topic_id, 5, 1).await.is_err());
    assert_eq!(world.keys("/segments/").await.len(), 1);
    // The grace is that of the mark, however long it took to write it.
    world.clock.advance(Duration::from_secs(2 * 3600));
    world.store.heal();
    let progress = world.tier.delete_topic(id().topic_id, 5, 1).await.unwrap();
    assert!(matches!(progress, DeleteProgress::Waiting { .. }), "{progress:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn generations_are_claimed_once_and_a_higher_one_stops_the_lower() {
    let world = World::new();
    world.ready().await;
    assert_eq!(world.tier.clusters_in_prefix().await.unwrap(), []);
    assert_eq!(world.tier.claim_generation(None).await.unwrap(), 1);
    assert!(world.tier.claim_generation(None).await.is_err(), "a new cluster never takes an existing id");
    assert_eq!(world.tier.clusters_in_prefix().await.unwrap(), ["test-cluster".parse().unwrap()]);
    assert_eq!(world.tier.check_generation(1).await.unwrap(), None);
    assert_eq!(world.other_broker().tier.claim_generation(Some(1)).await.unwrap(), 2);
    assert_eq!(world.tier.check_generation(1).await.unwrap(), Some(2));
    assert_eq!(world.tier.state(), TierState::Superseded { generation: 2 });
}

#[tokio::test(flavor = "multi_thread")]
async fn cluster_snapshots_are_a_chain_that_a_deposed_controller_cannot_continue() {
    let world = World::new();
    assert_eq!(world.tier.latest_cluster_snapshot().await.unwrap(), None);
    assert_eq!(world.tier.write_cluster_snapshot(token(1), b"one").await.unwrap(), 1);
    let other = world.other_broker();
    assert_eq!(other.tier.write_cluster_snapshot(token(2), b"two").await.unwrap(), 2);
    assert!(world.tier.write_cluster_snapshot(token(1), b"stale").await.is_err());
    world.store.set_rule(|call| if call.operation == "create" { Fault::LoseAnswer } else { Fault::None });
    assert_eq!(world.tier.write_cluster_snapshot(token(3), b"three").await.unwrap(), 3);
    let latest = other.tier.latest_cluster_snapshot().await.unwrap().unwrap();
    assert_eq!((latest.sequence, latest.token, &latest.bytes[..]), (3, token(3), &b"three"[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_knows_the_number_of_its_last_snapshot_asks_for_nothing() {
    let world = World::new();
    world.ready().await; // the probe's requests are behind it
    let write = async |epoch, bytes: &'static [u8], before| {
        world.tier.write_group_offsets(3, token(epoch), bytes, before).await
    };
    assert_eq!(write(1, b"one", None).await.unwrap(), 1);
    world.store.take_calls();
    assert_eq!(write(1, b"two", Some(1)).await.unwrap(), 2);
    // The probe may still be under way beside it.
    let calls = world.store.take_calls();
    let asked = calls.iter().filter(|call| call.key.contains("/offsets/")).map(|call| call.operation);
    assert_eq!(asked.collect::<Vec<_>>(), ["create"]);
    // Where another has written since, the number is taken.
    assert_eq!(write(2, b"three", None).await.unwrap(), 3);
    assert!(write(1, b"stale", Some(2)).await.is_err());
    assert_eq!(write(2, b"four", Some(2)).await.unwrap(), 4);
    // Chains of other brokers are others.
    assert_eq!(world.tier.write_group_offsets(4, token(1), b"theirs", None).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_killed_at_any_request_loses_nothing_and_goes_on() {
    // The task dies with its n-th request, before or after the store has taken it; the next leader must get everything tiered.
    for at in 0..24 {
        for applied in [false, true] {
            let world = World::new();
            world.ready().await;
            let mut requests = 0;
            world.store.set_rule(move |call| {
                requests += usize::from(!call.key.contains("/probe/"));
                match requests.cmp(&(at + 1)) {
                    std::cmp::Ordering::Less => Fault::None,
                    std::cmp::Ordering::Equal if applied => Fault::LoseAnswer,
                    _ => Fault::Hang,
                }
            });
            let log = MemoryLog::new();
            (0..6).for_each(|_| log.append_segment(5, 1, 100));
            log.append(1, 1, 0, 10);
            let written = log.bytes();
            let dead = world.lead(&log, token(1), NEW);
            esker_env::sleep(Duration::from_millis(60)).await;
            dead.close();
            let local_start = log.bounds().local_log_start;
            let after = world.restart();
            let again = after.lead(&log, token(2), UNSURE);
            assert_eq!(serves(&again).await, Readiness::Ready, "request {at}");
            assert!(again.bounds().is_none_or(|bounds| bounds.tiered_end >= local_start), "request {at}");
            again.wake();
            tiered_to(&again, 30).await;
            assert_eq!(after.read_all(&again, 0, 1 << 20).await, written.slice(..30 * 161), "request {at}");
        }
    }
}
