//! Durability: who waits is told the truth, together, and never after a failed sync.

use crate::config::LogConfig;
use crate::error::StorageError;
use crate::testing::{Fixture, batch, partition, read_all, small};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[test]
fn all_who_wait_are_served_by_one_sync() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    fixture.manager.run_pending_syncs();
    let mut tickets: Vec<_> =
        (0..10).map(|_| fixture.append(&log, 1, 10)).map(|info| log.flush_to(info.last_offset + 1)).collect();
    assert!(tickets.iter_mut().all(|ticket| ticket.poll_now().is_none()));
    let before = fixture.world.disk.sync_count();
    assert_eq!(fixture.manager.run_pending_syncs(), 1);
    assert!(tickets.iter_mut().all(|ticket| matches!(ticket.poll_now(), Some(Ok(())))));
    assert_eq!(log.recovery_point(), 10);
    assert!(fixture.world.disk.sync_count() <= before + 2, "the log, and the epochs of the first append");
    assert!(matches!(log.flush_to(10).poll_now(), Some(Ok(()))), "what is durable needs no sync");
}

#[test]
fn a_failed_sync_is_an_error_for_all_and_is_not_tried_again() {
    let fixture = Fixture::new(small());
    let (log, other) = (fixture.log(0), fixture.log(1));
    fixture.manager.run_pending_syncs();
    fixture.append(&log, 1, 10);
    fixture.append(&other, 1, 10);
    fixture.world.disk.fail_sync(1);
    let (mut first, mut second) = (log.flush_to(1), other.flush_to(1));
    fixture.manager.run_pending_syncs();
    assert!(matches!(first.poll_now(), Some(Err(StorageError::Offline(_)))));
    assert!(matches!(second.poll_now(), Some(Err(StorageError::Offline(_)))), "the whole directory is given up");
    let syncs = fixture.world.disk.sync_count();
    assert!(log.flush_to(1).poll_now().is_some_and(|result| result.is_err()));
    assert!(log.flush().is_err());
    assert!(fixture.try_append(&log, &batch(fixture.now_ms(), 1, 1)).is_err());
    fixture.manager.checkpoint();
    fixture.manager.shut_down(1);
    assert_eq!(fixture.world.disk.sync_count(), syncs, "nothing is synced after the failure");
    assert_eq!(log.recovery_point(), 0);
    let fixture = fixture.crash();
    assert!(fixture.report.clean.is_empty(), "no clean stop is claimed");
    assert_eq!(read_all(&fixture.log(0), 0).len(), 0, "the high watermark was never checkpointed");
    assert_eq!(fixture.log(0).log_end(), 1);
}

#[test]
fn flush_messages_and_flush_ms_ask_for_syncs() {
    let fixture = Fixture::new(LogConfig { flush_messages: 3, flush_ms: 1000, ..small() });
    let log = fixture.log(0);
    assert_eq!([1, 2, 3, 4].map(|_| fixture.append(&log, 1, 10).flush_due), [false, false, true, true]);
    assert_eq!(fixture.manager.flush_due(fixture.now_ms() + 999), 0);
    assert_eq!(fixture.manager.flush_due(fixture.now_ms() + 1000), 1);
    fixture.manager.run_pending_syncs();
    assert_eq!(log.recovery_point(), 4);
    assert_eq!(fixture.manager.flush_due(i64::MAX), 0, "nothing is left to sync");
    assert!(!fixture.append(&log, 1, 10).flush_due);
}

#[test]
fn the_repetition_of_an_unsynced_batch_waits_for_the_sync_too() {
    let fixture = Fixture::new(LogConfig { flush_messages: 1, ..small() });
    let log = fixture.log(0);
    let sent = crate::testing::produced(1, 0, 0, 1, fixture.now_ms());
    fixture.try_append(&log, &sent).unwrap();
    let again = fixture.try_append(&log, &sent).unwrap();
    assert!(again.duplicate && again.flush_due);
    log.flush().unwrap();
    assert!(!fixture.try_append(&log, &sent).unwrap().flush_due);
}

#[test]
fn a_waiter_of_a_deleted_log_is_not_left_hanging() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    fixture.append(&log, 1, 10);
    let mut ticket = log.flush_to(1);
    fixture.manager.delete(&[partition(0).topic_partition], 0).unwrap();
    fixture.manager.run_pending_syncs();
    assert!(matches!(ticket.poll_now(), Some(Err(StorageError::Closed))));
    assert!(matches!(log.flush_to(1).poll_now(), Some(Err(StorageError::Closed))));
}

#[test]
fn threads_of_the_directory_sync_on_the_real_disk() {
    let dir = tempfile::tempdir().unwrap();
    let config = crate::manager::ManagerConfig::new(vec![dir.path().join("d")], "c".parse().unwrap(), 1);
    let log_config = Arc::new(LogConfig::default());
    let env = esker_env::Env::system();
    let for_topics = Arc::clone(&log_config);
    let (manager, _) = crate::manager::LogManager::open(&env, &config, &move |_| Arc::clone(&for_topics)).unwrap();
    let logs: Vec<_> = (0..4).map(|n| manager.get_or_create(&partition(n), Arc::clone(&log_config)).unwrap()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    for round in 0..20 {
        let mut tickets = Vec::new();
        for log in &logs {
            let context = super::AppendContext::client(0, env.clock.wall_ms());
            let info = log.append_as_leader(&batch(env.clock.wall_ms(), 1, 100), &context).unwrap();
            tickets.push(log.flush_to(info.last_offset + 1));
        }
        for ticket in tickets {
            let done = runtime.block_on(async { esker_env::timeout(Duration::from_secs(20), ticket).await });
            done.expect("a sync takes less than twenty seconds").unwrap();
        }
        assert!(logs.iter().all(|log| log.recovery_point() == round + 1));
    }
    assert!(manager.metrics().sync_waiters.load(Ordering::Relaxed) >= 80);
    manager.shut_down(1);
}

#[derive(Debug, Default)]
struct Told(std::sync::atomic::AtomicUsize);

impl crate::log::SyncObserver for Told {
    fn synced(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn an_observer_is_told_of_every_sync_and_of_the_one_that_fails() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    fixture.manager.run_pending_syncs();
    let told: Arc<Told> = Arc::default();
    let observer: std::sync::Weak<dyn crate::log::SyncObserver> = Arc::downgrade(&told) as _;
    log.observe_syncs(observer);
    fixture.append(&log, 1, 10);
    log.sync_soon();
    log.sync_soon();
    assert_eq!(fixture.manager.run_pending_syncs(), 1, "two who ask are one sync");
    assert_eq!((told.0.load(Ordering::Relaxed), log.recovery_point()), (1, 1));
    fixture.append(&log, 1, 10);
    log.flush().unwrap();
    assert_eq!(told.0.load(Ordering::Relaxed), 2);
    fixture.append(&log, 1, 10);
    fixture.world.disk.fail_sync(1);
    log.sync_soon();
    fixture.manager.run_pending_syncs();
    assert_eq!(told.0.load(Ordering::Relaxed), 3);
    assert!(log.check().is_err());
}

#[test]
fn a_full_disk_delays_the_epoch_checkpoint_and_ends_nothing() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    fixture.append(&log, 1, 10);
    fixture.world.disk.limit_space(Some(1));
    assert!(matches!(log.flush(), Err(StorageError::Full(_))));
    assert_eq!((log.recovery_point(), log.check().is_ok()), (0, true));
    fixture.world.disk.limit_space(None);
    assert_eq!(log.flush().unwrap(), 1);
    let fixture = fixture.crash();
    assert_eq!(fixture.log(0).latest_epoch(), Some(0));
}

#[test]
fn a_log_that_is_deleted_while_it_is_synced_costs_the_directory_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let config = crate::manager::ManagerConfig::new(vec![dir.path().to_owned()], "test".parse().unwrap(), 1);
    let env = esker_env::Env::system();
    let (manager, _) =
        crate::manager::LogManager::open(&env, &config, &|_| std::sync::Arc::new(crate::testing::small())).unwrap();
    for round in 0..40 {
        let partition = crate::testing::partition(0);
        let log = manager.get_or_create(&partition, std::sync::Arc::new(crate::testing::small())).unwrap();
        log.begin_epoch(round).unwrap();
        let ticket = log.flush_to(1);
        // The directory's threads write the epoch's checkpoint about now.
        manager.delete(&[partition.topic_partition], 0).unwrap();
        assert!(ticket.wait().is_err(), "nothing was appended");
        assert!(manager.offline_dirs().is_empty(), "round {round}: {:?}", manager.offline_dirs());
    }
}
