//! What has to happen from time to time, each on a task that waits for its moment.

use crate::manager::ReplicaManager;
use esker_log::LogManager;
use esker_model::TimestampMs;
use std::sync::Arc;
use std::time::Duration;

/// How often what is due within seconds is looked at: syncs by time, files to remove, recovery points of closed segments.
const OFTEN: Duration = Duration::from_secs(1);
/// Logs without an append for so long give their files back.
const IDLE: Duration = Duration::from_secs(60);

type Work = fn(&LogManager, TimestampMs);

/// Starts all tasks. They end with the manager's stop.
pub(crate) fn start(manager: &Arc<ReplicaManager>) {
    let times = manager.times();
    let (first, often): (Duration, Duration) = (times.initial_task_delay, OFTEN);
    let rounds: [(Duration, Duration, Work); 8] = [
        (first, times.retention_check_interval, |logs, now_ms| {
            logs.enforce_retention(now_ms);
        }),
        (first, times.recovery_checkpoint_interval, |logs, _| {
            in_each_dir(logs, "recovery points", esker_log::LogDir::checkpoint_recovery_points);
        }),
        (first, times.start_checkpoint_interval, |logs, _| {
            in_each_dir(logs, "log starts", esker_log::LogDir::checkpoint_log_starts);
        }),
        (times.high_watermark_checkpoint_interval, times.high_watermark_checkpoint_interval, |logs, _| {
            in_each_dir(logs, "high watermarks", esker_log::LogDir::checkpoint_high_watermarks);
        }),
        (times.producer_id_check_interval, times.producer_id_check_interval, |logs, now_ms| {
            logs.expire_producers(now_ms);
        }),
        (often, often, |logs, now_ms| {
            logs.flush_due(now_ms);
            logs.checkpoint_closed_segments();
            logs.remove_deleted(now_ms);
        }),
        (often, often, |logs, now_ms| {
            logs.relieve_disks(now_ms);
        }),
        (IDLE, IDLE, |logs, now_ms| {
            logs.release_idle(now_ms.saturating_sub(IDLE.as_millis() as i64));
        }),
    ];
    for (first, interval, work) in rounds {
        esker_env::spawn(repeat(Arc::clone(manager), first, interval.max(Duration::from_millis(1)), work));
    }
}

async fn repeat(manager: Arc<ReplicaManager>, first: Duration, interval: Duration, work: Work) {
    let (mut stopping, mut pause) = (manager.stopping(), first);
    loop {
        tokio::select! {
            () = esker_env::sleep(pause) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
        pause = interval;
        let (logs, now_ms) = (Arc::clone(manager.logs()), manager.wall_ms());
        if let Err(error) = manager.disk_pool().run(move || work(&logs, now_ms)).await {
            tracing::debug!(%error, "background work waits for its next turn");
        }
    }
}

fn in_each_dir(
    logs: &LogManager,
    what: &str,
    work: impl Fn(&esker_log::LogDir) -> Result<(), esker_log::StorageError>,
) {
    for dir in logs.dirs().iter().filter(|dir| dir.offline().is_none()) {
        if let Err(error) = work(dir) {
            tracing::error!(dir = %dir.path().display(), %error, what, "a checkpoint cannot be written");
        }
    }
}
